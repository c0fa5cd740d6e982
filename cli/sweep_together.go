package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/sweep"
)

// companies are the groups of trials that can train as one.
type companies struct {
	of    map[string]string // by the label of the point: its group
	known map[string]string // by run.Settings.Company: the group, empty if it gains nothing
}

// add notes the group of a point. One without company is a group of its own.
func (c *companies) add(label string, s *run.Settings) error {
	if c.of == nil {
		c.of, c.known = map[string]string{}, map[string]string{}
	}
	name := s.Company()
	if name == "" {
		return nil
	}
	group, ok := c.known[name]
	if !ok {
		gains, err := s.GainsTogether()
		if err != nil {
			return err
		}
		if gains {
			group = fmt.Sprintf("company %d", len(c.known))
		}
		c.known[name] = group
	}
	if group != "" {
		c.of[label] = group
	}
	return nil
}

// group returns the group of a point.
func (p *sweepPlan) group(at point) string {
	label := at.label(p.names())
	if group, ok := p.companies.of[label]; ok {
		return group
	}
	return label
}

// together trains at points of one group as one. What has to be said of a single point,
// such as an error, is found by training one by one.
func (s *sweepCmd) together(ctx context.Context, p *sweepPlan, points []point) ([]trialResult, error) {
	if len(points) > 1 {
		results, err := s.asOne(ctx, p, points)
		if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return results, err
		}
	}
	var results []trialResult
	for _, at := range points {
		r, err := s.trial(ctx, p, at)
		if err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

func (s *sweepCmd) asOne(ctx context.Context, p *sweepPlan, points []point) ([]trialResult, error) {
	all := run.Together{DataDir: s.DataDir, Progress: sweep.ProgressOf(ctx).Set}
	for _, at := range points {
		settings, err := p.settings(at)
		if err != nil {
			return nil, err
		}
		all.Settings = append(all.Settings, settings)
	}
	endings, err := all.Train(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]trialResult, len(endings))
	for i, e := range endings {
		if results[i] = newTrialResult(e.Last); e.Err != nil {
			results[i] = trialResult{Diverged: true}
		}
	}
	return results, nil
}
