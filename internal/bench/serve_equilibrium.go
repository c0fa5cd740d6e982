package bench

import (
	"context"
	"time"

	"github.com/seed-be841da4/prospect/internal/safetensors"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// settling relaxes the batches of a server to their equilibrium.
type settling struct {
	*equilibria
	way    way
	driver *relax.Driver
	next   int
}

// settlingSteps is the most steps of such a relaxation.
const settlingSteps = 100

func (s *Server) settling(tolerance float64) (*settling, error) {
	if s.settled != nil && s.settled.Tolerance == tolerance {
		return s.settled, nil
	}
	q := &settling{
		equilibria: &equilibria{EquilibriumSettings: EquilibriumSettings{Settings: s.Settings, Tolerance: tolerance}, batches: s.updater.batches},
		way:        way{coordinates: train.Errors, name: "anderson", solver: &relax.Anderson{}},
	}
	if err := q.prepareSession(s.updater.net, s.Case); err != nil {
		return nil, err
	}
	var err error
	if q.driver, err = q.equilibria.driver(q.way, 1, settlingSteps, 0); err != nil {
		return nil, err
	}
	s.settled = q
	return q, nil
}

// one relaxes the next batch, from the data on, and returns the evaluations.
func (q *settling) one(ctx context.Context) (passes int, err error) {
	b := q.batches[q.next%len(q.batches)]
	q.next++
	if err := q.begin(b); err != nil {
		return 0, err
	}
	r, _, err := q.relax(ctx, q.way, q.driver)
	return r.Evaluations, err
}

// relax answers the request to relax.
func (s *Server) relax(ctx context.Context, r request, a *reply) error {
	q, err := s.settling(r.Tolerance)
	if err != nil {
		return err
	}
	start := time.Now()
	for range r.Count {
		n, err := q.one(ctx)
		if err != nil {
			return err
		}
		a.Passes += float64(n) / float64(r.Count)
	}
	a.Count, a.Seconds = r.Count, time.Since(start).Seconds()
	return nil
}

// activities writes the free activities of every batch at its equilibrium.
func (s *Server) activities(ctx context.Context, r request) error {
	q, err := s.settling(r.Tolerance)
	if err != nil {
		return err
	}
	free := q.session.Activities()
	var f safetensors.File
	for _, x := range free {
		f.Tensors = append(f.Tensors, safetensors.Tensor{Name: x.Name, Shape: []int{len(q.batches), x.Samples, x.Width()}})
	}
	q.next = 0
	for range q.batches {
		if _, err := q.one(ctx); err != nil {
			return err
		}
		for i, x := range free {
			f.Tensors[i].F32 = append(f.Tensors[i].F32, x.X.Float32()...)
			f.Tensors[i].F64 = append(f.Tensors[i].F64, x.X.Float64()...)
		}
	}
	return safetensors.WriteFile(r.Path, f)
}

// learn makes updates at equilibrium with all the data.
func (s *Server) learn(ctx context.Context, r request) error {
	settings := s.Settings
	var err error
	if settings.Data, err = s.Data(); err != nil {
		return err
	}
	l, err := newLearner(s.updater.net, s.Case, settings)
	if err != nil {
		return err
	}
	return l.learn(ctx, r.Count)
}
