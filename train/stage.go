package train

import (
	"context"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Stage is a further relaxation of a [Prospective], from where the one before ended.
type Stage struct {
	// Relax describes the relaxation. Steps and Control have no default.
	Relax relax.Settings `json:"relax"`
	// Coordinates are the quantities that it moves. Zero means Activities.
	Coordinates Coordinates `json:"coordinates"`
}

// stageSession relaxes one stage of a batch size.
type stageSession struct {
	driver   *relax.Driver
	errors   *graph.ErrorCoordinates // nil unless relaxation moves errors
	name     string
	settings relax.Settings
}

// checkStages returns an error unless the stages can be used.
func (p *Prospective) checkStages() error {
	for i, stage := range p.Stages {
		if err := stage.Relax.Validate(); err != nil {
			return errors.WithMessagef(err, "train: prospective: Stages[%d]", i)
		}
	}
	if len(p.Stages) > 0 && p.WarmStart {
		return errors.New("train: prospective: WarmStart, got true with Stages, want one of the two: displacements are those of one relaxation")
	}
	return nil
}

// last returns the settings of the last stage, of which State speaks.
func (s settings) last() *relax.Settings {
	if len(s.stages) > 0 {
		return &s.stages[len(s.stages)-1].Relax
	}
	return &s.relax
}

// buildStages makes the drivers of the stages. A last one that takes no step is left out.
func (s *prospectiveSession) buildStages(want settings) error {
	s.stages, s.phases = s.stages[:0], nil
	for i, stage := range want.stages {
		r := stage.Relax
		if i == len(want.stages)-1 && want.state == BeforeLast {
			r.Steps--
		}
		if r.Steps == 0 {
			continue
		}
		problem, e, err := s.problem(stage.Coordinates)
		if err != nil {
			return err
		}
		driver, err := relax.NewDriver(problem, r)
		if err != nil {
			return errors.WithMessagef(err, "train: prospective: Stages[%d]", i)
		}
		s.stages = append(s.stages, stageSession{driver, e, stage.Coordinates.String(), r})
	}
	return nil
}

// run relaxes a stage and stores the activities.
func (s *stageSession) run(ctx context.Context) (relax.Result, error) {
	r, err := s.driver.Run(ctx)
	if s.errors == nil {
		return r, err
	}
	if _, certified := s.settings.Stop.(relax.Certified); err != nil || certified && r.Status == relax.Converged {
		return r, err // its last evaluation stored the activities
	}
	return r, s.errors.Store()
}

// relaxStages relaxes the stages after the first.
func (s *prospectiveSession) relaxStages(ctx context.Context, first relax.Result) (relax.Result, error) {
	s.phases = append(s.phases[:0], Phase{s.made.coordinates.String(), first})
	total := first
	for i := range s.stages {
		stage := &s.stages[i]
		if stage.errors != nil {
			if err := stage.errors.Load(); err != nil {
				return total, err
			}
		}
		r, err := stage.run(ctx)
		s.phases = append(s.phases, Phase{stage.name, r})
		r.Steps += total.Steps
		r.Evaluations += total.Evaluations
		r.MeanSteps += total.MeanSteps
		r.EnergyStart = first.EnergyStart
		if r.MeasuredAt >= 0 {
			r.MeasuredAt += total.Steps
		}
		total = r
		if err != nil {
			return total, errors.WithMessagef(err, "train: prospective: Stages[%d]", i)
		}
	}
	return total, nil
}

// observed returns what the last relaxation of a batch moved.
func (s *prospectiveSession) observed() relax.Problem {
	e := s.errors
	if n := len(s.stages); n > 0 {
		e = s.stages[n-1].errors
	}
	if e != nil {
		return e
	}
	return s.Session
}
