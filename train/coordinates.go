package train

import (
	"context"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Coordinates are the quantities that a relaxation moves.
type Coordinates int

const (
	// Activities are the values of the nodes themselves, as in the paper.
	Activities Coordinates = iota
	// Errors are the prediction errors, from which a pass through the network computes
	// the activities; see [graph.ErrorCoordinates]. The equilibrium is the same, deep
	// networks reach it in far fewer steps, and the trajectory differs. Use a solver
	// without a step size: [relax.Anderson] or [relax.LBFGS] under [relax.Armijo]
	// with Initial 1.
	Errors
)

// String returns "activities" or "errors".
func (c Coordinates) String() string {
	if c == Errors {
		return "errors"
	}
	return "activities"
}

// MarshalText returns "activities" or "errors".
func (c Coordinates) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads "activities" or "errors".
func (c *Coordinates) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "activities":
		*c = Activities
	case "errors":
		*c = Errors
	default:
		return errors.Errorf("train: coordinates, got %q, want activities or errors", text)
	}
	return nil
}

// problem returns the problem that a driver relaxes, and the error coordinates if it is
// those.
func (s *prospectiveSession) problem(c Coordinates) (relax.Problem, *graph.ErrorCoordinates, error) {
	if c != Errors {
		return s.Session, nil, nil
	}
	if s.shared == nil {
		var err error
		if s.shared, err = s.ErrorCoordinates(); err != nil {
			return nil, nil, err
		}
	}
	return s.shared, s.shared, nil
}

// moved returns the activities, or errors, that the driver moves.
func (s *prospectiveSession) moved() []relax.Activity {
	if s.errors != nil {
		return s.errors.Activities()
	}
	return s.Activities()
}

// relax relaxes the activities from their initial values, or from where the rule's warm
// start takes them.
func (s *prospectiveSession) relax(ctx context.Context, p *Prospective, b *Batch) (relax.Result, error) {
	if s.errors != nil {
		s.errors.Reset()
	}
	if p.WarmStart {
		if err := p.startWarm(s, b); err != nil {
			return relax.Result{}, err
		}
	}
	first := stageSession{s.driver, s.errors, "", s.made.relax}
	r, err := first.run(ctx)
	if err != nil || len(s.stages) == 0 {
		return r, err
	}
	return s.relaxStages(ctx, r)
}
