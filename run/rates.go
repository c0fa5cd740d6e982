package run

import (
	"math"
	"strconv"
	"strings"

	"github.com/seed-be841da4/prospect/train"
)

// groups returns the parameters that do not learn, or at another rate; nil if there are
// none. Frozen ones are first, which is where they count.
func (s *Settings) groups() (train.Groups, error) {
	var groups train.Groups
	if s.Freeze != "" {
		for pattern := range strings.SplitSeq(s.Freeze, ",") {
			groups = append(groups, train.Group{Match: pattern, Freeze: true})
		}
	}
	if s.Rates == "" {
		return groups, nil
	}
	for part := range strings.SplitSeq(s.Rates, ",") {
		pattern, text, ok := strings.Cut(part, "=")
		factor, err := strconv.ParseFloat(text, 64)
		switch {
		case !ok || pattern == "" || err != nil:
			return nil, settingf("{rates}, got %q, want PATTERN=FACTOR, such as h1/*=0.1", part)
		case factor == 0:
			return nil, settingf("{rates}, got %q, want a factor above 0; {freeze} %s for parameters that do not learn", part, pattern)
		case !(factor > 0) || math.IsInf(factor, 0):
			return nil, settingf("{rates}, got %q, want a positive finite factor", part)
		}
		groups = append(groups, train.Group{Match: pattern, Rate: factor})
	}
	return groups, nil
}

// checkGroups returns an error for a pattern that matches no parameter.
func (s *Settings) checkGroups() error {
	net, err := s.Network()
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		Settings
	}{
		{"{freeze}", Settings{Freeze: s.Freeze}},
		{"{rates}", Settings{Freeze: s.Freeze, Rates: s.Rates}},
	} {
		groups, err := c.groups()
		if err != nil {
			return err
		}
		if groups == nil {
			continue
		}
		if err := (train.Chain{groups, &train.SGD{}}).Step(net.Params(), 1); err != nil {
			return withSetting(err, c.name)
		}
	}
	return nil
}
