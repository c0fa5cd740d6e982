package cli

import (
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/sweep"
)

// maxTrials bounds the trials of a sweep.
const maxTrials = 100_000

// sweepPlan is what a sweep tries.
type sweepPlan struct {
	base   run.Settings
	common map[string]json.RawMessage // the settings that all trials have in common
	axes   []sweepAxis
	points []point // all of them, or those of the first round of tpe
	pruner *pruning
	tpe    *tpeSearch // nil for a search whose points are known
	companies
}

// sweepAxis is a setting with several values, or the range of a search.
type sweepAxis struct {
	name    string // in JSON
	field   int    // of run.Settings
	values  []string
	between *sweep.Range // nil for a list
}

// plan reads the flags.
func (s *sweepCmd) plan(c *console) (*sweepPlan, error) {
	p := &sweepPlan{base: run.Defaults()}
	search, err := p.search(s)
	if err != nil {
		return nil, err
	}
	if s.Trials < 1 || s.Trials > maxTrials {
		return nil, errors.Errorf("--trials, got %d, want 1 to %d", s.Trials, maxTrials)
	}
	if s.Workers < 0 {
		return nil, errors.Errorf("--workers, got %d, want 0 (one for each processor) or more", s.Workers)
	}
	p.base.Kinds = c.kinds
	p.base.Rule, p.base.Engine = run.PC, "compiled:threads=1" // which share the processors
	if err := s.read(p, search); err != nil {
		return nil, err
	}
	if p.base.ValSplit == 0 && !p.sweeps("val_split") && !p.base.IsText() {
		p.base.ValSplit = 0.1
	}
	if p.tpe != nil {
		if err := p.begin(s.Trials); err != nil {
			return nil, err
		}
		return p, p.finish()
	}
	if err := p.combine(search, s.Trials); err != nil {
		return nil, err
	}
	return p, p.finish()
}

// finish checks the settings of the points, and notes what all trials have in common.
func (p *sweepPlan) finish() error {
	for _, at := range p.points {
		s, err := p.settings(at)
		if err != nil {
			return err
		}
		if err := p.companies.add(at.label(p.names()), &s); err != nil {
			return err
		}
	}
	return p.describe()
}

func (p *sweepPlan) sweeps(name string) bool {
	return slices.ContainsFunc(p.axes, func(a sweepAxis) bool { return a.name == name })
}

// read reads the values of every flag.
func (s *sweepCmd) read(p *sweepPlan, search string) error {
	settings := reflect.ValueOf(&p.base).Elem()
	for i := range settings.NumField() {
		f := settings.Type().Field(i)
		flag := s.flags.FieldByName(f.Name)
		if !flag.IsValid() || flag.String() == "" {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		a := sweepAxis{name: name, field: i}
		if err := a.read(flag.String(), f.Type, search); err != nil {
			return errors.WithMessage(err, flagOf(name))
		}
		if len(a.values) == 1 && a.between == nil {
			if err := set(settings.Field(i), a.values[0]); err != nil {
				return errors.WithMessage(err, flagOf(name))
			}
			continue
		}
		p.axes = append(p.axes, a)
	}
	return nil
}

// read reads a list "a,b,c", in which a;b;c serves values with commas; whole numbers
// "1..5"; and for a search a range "1e-4..1e-1:log".
func (a *sweepAxis) read(text string, of reflect.Type, search string) error {
	number := of.Kind() == reflect.Float64 || of.Kind() == reflect.Int || of.Kind() == reflect.Uint64
	separator := byte(',')
	if strings.Contains(text, ";") {
		separator = ';'
	}
	parts, err := kinds.Split(text, separator)
	if err != nil {
		return err
	}
	for _, part := range parts {
		from, to, span := strings.Cut(part, "..")
		switch {
		case part == "":
			return errors.Errorf("got %q, want values separated by commas, or by semicolons", text)
		case !span || !number:
			a.values = append(a.values, part)
		case search != "grid" && a.name != "seed":
			return a.readRange(text, from, to, of)
		case of.Kind() == reflect.Float64:
			return errors.Errorf("got %q, a range; list values for a grid, or add --search random, halton or tpe", text)
		default:
			first, err := strconv.ParseUint(from, 10, 63)
			last, err2 := strconv.ParseUint(to, 10, 63)
			if err != nil || err2 != nil || last < first || last-first >= maxTrials {
				return errors.Errorf("got %q, want FIRST..LAST with whole numbers", part)
			}
			for x := first; x <= last; x++ {
				a.values = append(a.values, strconv.FormatUint(x, 10))
			}
		}
	}
	for _, v := range a.values {
		if n := slices.Index(a.values, v); a.values[n] == v && slices.Contains(a.values[n+1:], v) {
			return errors.Errorf("got %s twice in %q, want it once", v, text)
		}
	}
	return nil
}

// readRange reads a range of a search.
func (a *sweepAxis) readRange(text, from, to string, of reflect.Type) error {
	to, scale, _ := strings.Cut(to, ":")
	low, err := strconv.ParseFloat(from, 64)
	high, err2 := strconv.ParseFloat(to, 64)
	if err != nil || err2 != nil || !(low < high) || scale != "" && scale != "log" || scale == "log" && low <= 0 || math.IsInf(high-low, 0) {
		return errors.Errorf("got %q, want MIN..MAX, or MIN..MAX:log with MIN above 0", text)
	}
	a.between = &sweep.Range{Name: a.name, Min: low, Max: high, Log: scale == "log", Integer: of.Kind() != reflect.Float64}
	return nil
}

// combine makes the points.
func (p *sweepPlan) combine(search string, trials int) error {
	drawn := []point{{}}
	var ranges []sweep.Range
	for _, a := range p.axes {
		if a.between != nil {
			ranges = append(ranges, *a.between)
		}
	}
	switch {
	case search != "grid" && ranges == nil:
		return errors.Errorf("--search %s: got no range to draw from, want one, such as --lr 1e-4..1e-1:log", search)
	case search != "grid":
		var sampler sweep.Sampler = sweep.Random{Ranges: ranges, Seed: p.base.Seed}
		if search == "halton" {
			sampler = sweep.Halton{Ranges: ranges, Seed: p.base.Seed}
		}
		var err error
		drawn, err = sweep.Sample(sampler, trials, func(x []float64) point {
			at := point{}
			for i, r := range ranges {
				at[r.Name] = drawnText(r, x[i])
			}
			return at
		})
		if err != nil {
			return errors.WithMessage(err, "--search")
		}
	}
	p.points = drawn
	for _, a := range p.axes {
		if a.between != nil {
			continue
		}
		var next []point
		for _, at := range p.points {
			for _, v := range a.values {
				more := point{a.name: v}
				for name, text := range at {
					more[name] = text
				}
				next = append(next, more)
			}
		}
		if p.points = next; len(next) > maxTrials {
			return errors.Errorf("got more than %d trials, want at most that; give fewer values", maxTrials)
		}
	}
	return nil
}

// drawnText writes a number that was drawn from a range.
func drawnText(r sweep.Range, x float64) string {
	if r.Integer {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 4, 64)
}

// assign returns the settings of a trial as the flags have them.
func (p *sweepPlan) assign(at point) (run.Settings, error) {
	s := p.base
	v := reflect.ValueOf(&s).Elem()
	for _, a := range p.axes {
		if err := set(v.Field(a.field), at[a.name]); err != nil {
			return s, errors.WithMessage(err, flagOf(a.name))
		}
	}
	return s, nil
}

// settings returns the complete settings of a trial.
func (p *sweepPlan) settings(at point) (run.Settings, error) {
	s, err := p.assign(at)
	if err != nil {
		return s, err
	}
	if err := s.Complete(); err != nil {
		return s, errors.WithMessage(err, at.label(p.names()))
	}
	if p.base.Cache == nil {
		p.base.Cache = s.Cache // the first time, so that all trials read the data once
	}
	return s, errors.WithMessage(s.Check(), at.label(p.names()))
}

// names lists the settings that are swept.
func (p *sweepPlan) names() []string {
	var names []string
	for _, a := range p.axes {
		names = append(names, a.name)
	}
	return names
}

// describe notes what all trials have in common.
func (p *sweepPlan) describe() error {
	var err error
	if p.common, err = members(p.base); err != nil {
		return err
	}
	for _, a := range p.axes {
		delete(p.common, a.name)
	}
	if p.pruner != nil {
		p.common["prune"], err = json.Marshal(p.pruner)
	}
	return err
}

// cost estimates the time of a trial by its epochs and steps.
func (p *sweepPlan) cost(at point) float64 {
	s, err := p.assign(at)
	if err != nil {
		return 1 // which the trial reports
	}
	cost := float64(s.Epochs)
	if s.Relaxes() {
		cost *= float64(s.Steps)
	}
	return cost
}

// set reads the text of a setting.
func set(dst reflect.Value, text string) error {
	if u, ok := dst.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	switch dst.Kind() {
	case reflect.String:
		dst.SetString(text)
		return nil
	case reflect.Int:
		x, err := strconv.Atoi(text)
		if err == nil {
			dst.SetInt(int64(x))
			return nil
		}
	case reflect.Uint64:
		x, err := strconv.ParseUint(text, 10, 64)
		if err == nil {
			dst.SetUint(x)
			return nil
		}
	case reflect.Float64:
		x, err := strconv.ParseFloat(text, 64)
		if err == nil {
			dst.SetFloat(x)
			return nil
		}
	}
	return fmt.Errorf("got %q, want %s", text, map[reflect.Kind]string{
		reflect.Int: "a whole number", reflect.Uint64: "a whole number of at least 0", reflect.Float64: "a number",
	}[dst.Kind()])
}
