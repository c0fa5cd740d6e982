package train

import (
	"context"
	"strings"

	"github.com/pkg/errors"

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

// problem returns the problem that the driver relaxes.
func (s *prospectiveSession) problem(c Coordinates) (relax.Problem, error) {
	if c != Errors {
		return s.Session, nil
	}
	var err error
	s.errors, err = s.ErrorCoordinates()
	return s.errors, err
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
	r, err := s.driver.Run(ctx)
	if s.errors == nil {
		return r, err
	}
	if _, certified := s.made.relax.Stop.(relax.Certified); err != nil || certified && r.Status == relax.Converged {
		return r, err // its last evaluation stored the activities
	}
	return r, s.errors.Store()
}
