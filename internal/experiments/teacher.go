package experiments

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/sweep"
	"github.com/seed-be841da4/prospect/train"
)

// Teacher lets a 2-2-1 ReLU student learn the sign of the output of a teacher of
// the same shape on 64 points from N(0, 1)², with the labels ±1.
//
// Source: the teacher-student example in the code of Song et al. 2024; it is not
// in the paper.
type Teacher struct {
	Learning
	// Points is the number of points, Batch how many are learned at once, always
	// in the same order, and Epochs how often all are.
	Points int `json:"points"`
	Batch  int `json:"batch"`
	Epochs int `json:"epochs"`
	// Precision of the networks.
	Precision graph.Precision `json:"precision"`
}

// PublishedTeacher returns the published settings of a rule at a learning rate:
// 0.05, 0.025, 0.01, 0.0075, 0.005, 0.0025, 0.001, 0.00075, 0.0005.
func PublishedTeacher(rule Rule, rate float64) Teacher {
	return Teacher{
		Learning: Learning{Rule: rule, Rate: rate, Gamma: 0.1, Discount: 0.8, Steps: 128},
		Points:   64, Batch: 4, Epochs: 128,
	}
}

// TeacherResult is the course of a [Teacher].
type TeacherResult struct {
	// Losses has for every epoch the sum of squares of a batch, before it was
	// learned, averaged over the batches. The published loss has no factor ½.
	Losses []float64 `json:"losses"`
	// Least is the least of them.
	Least float64 `json:"least"`
}

// RunTeacher runs simulations with a seed each together. They have to be equal, but for
// the rate.
func RunTeacher(ctx context.Context, all []Teacher, seeds []uint64) ([]Outcome[TeacherResult], error) {
	var learning []Learning
	for _, s := range all {
		learning = append(learning, s.Learning)
	}
	err := alike("teacher", seeds, learning...)
	if err != nil {
		return nil, err
	}
	first := all[0]
	school, err := newSchool(first)
	if err != nil {
		return nil, err
	}
	c, err := newClass(len(all), first.Learning, first.Batch, func() (*graph.Network, error) { return first.net(0) }, "x")
	if err != nil {
		return nil, err
	}
	batches := make([][]*train.Batch, len(all))
	for i, s := range all {
		same := s
		if same.Rate = first.Rate; same != first {
			return nil, errors.Errorf("experiments: teacher: settings, got %+v and %+v, want simulations that run together to be equal but for the rate", first, s)
		}
		l, err := school.lessons(seeds[i])
		if err != nil {
			return nil, err
		}
		batches[i] = l.batches
		if err := c.draw(i, l.student); err != nil {
			return nil, err
		}
		if err := c.rates(i, s.Rate, s.Rate); err != nil {
			return nil, err
		}
	}
	out := make([]Outcome[TeacherResult], len(all))
	for epoch := range first.Epochs {
		sweep.ProgressOf(ctx).Set(epoch, first.Epochs)
		losses, err := lesson(ctx, c, batches)
		if err != nil {
			return nil, errors.WithMessage(err, "experiments: teacher")
		}
		for i, loss := range losses {
			r := &out[i].Result
			if len(r.Losses) == 0 {
				r.Least = math.Inf(1)
			}
			r.Losses, r.Least = append(r.Losses, loss), min(r.Least, loss)
		}
	}
	for i := range out {
		out[i].Err = errors.WithMessage(c.err(i), "experiments: teacher")
	}
	return out, nil
}

// lesson learns all batches and returns the mean loss of each member.
func lesson(ctx context.Context, c *class, lessons [][]*train.Batch) ([]float64, error) {
	losses := make([]float64, len(lessons))
	for k := range lessons[0] {
		for i, batches := range lessons {
			for _, node := range []string{"x", "y"} {
				if err := c.set32(i, node, batches[k].Values[node]); err != nil {
					return nil, err
				}
			}
		}
		if err := c.predict(); err != nil {
			return nil, err
		}
		for i, batches := range lessons {
			y, err := c.output(i)
			if err != nil {
				return nil, err
			}
			for j, target := range batches[k].Values["y"] {
				d := float64(target) - y.At(j)
				losses[i] += d * d / float64(len(batches))
			}
		}
		if err := c.learn(ctx); err != nil {
			return nil, err
		}
	}
	return losses, nil
}

// net returns a network of a teacher or a student.
func (s Teacher) net(seed uint64) (*graph.Network, error) {
	return chain{widths: []int{2, 2, 1}, activation: "relu", init: FanIn}.new(settings(s.Precision, seed))
}

// school draws points, labels them by a teacher, and draws the student.
type school struct {
	Teacher
	pupil *pupil // of the teacher's network
	of    map[uint64]lessons
}

// lessons are what is drawn of a seed.
type lessons struct {
	batches []*train.Batch
	student func(*graph.Network) error // draws its weights
}

func newSchool(s Teacher) (*school, error) {
	net, err := s.net(0)
	if err != nil {
		return nil, err
	}
	p, err := newPupil(net, s.Learning, s.Batch, "x")
	return &school{Teacher: s, pupil: p, of: map[uint64]lessons{}}, err
}

// lessons draws the points of a seed and lets its teacher label them.
func (s *school) lessons(seed uint64) (lessons, error) {
	if known, ok := s.of[seed]; ok {
		return known, nil
	}
	points, l, err := s.draw(seed)
	if err != nil {
		return l, err
	}
	for range s.Points / s.Batch {
		b := &train.Batch{Size: s.Batch, Values: map[string][]float32{"x": make([]float32, 2*s.Batch), "y": make([]float32, s.Batch)}}
		points(b.Values["x"])
		s.pupil.batch = b
		y, err := s.pupil.predict()
		if err != nil {
			return l, err
		}
		for i := range b.Values["y"] {
			b.Values["y"][i] = float32(sign(y.At(i)))
		}
		l.batches = append(l.batches, b)
	}
	s.of[seed] = l
	return l, nil
}

// draw draws a teacher, and returns what draws the points of a batch and the student.
func (s *school) draw(seed uint64) (points func(x []float32), l lessons, err error) {
	if s.Draws == Own {
		l.student = func(net *graph.Network) error { return net.Reinitialize(seed) }
		rng := source(seed, "teacher/points")
		points = func(x []float32) {
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
		}
		return points, l, s.pupil.net.Reinitialize(source(seed, "teacher").Uint64())
	}
	g := torchrand.New(seed)
	if err := Torch.weights(g, s.pupil.net, nil); err != nil {
		return nil, l, err
	}
	l.student = func(net *graph.Network) error { return s.Draws.weights(g.Clone(), net, nil) }
	return func(x []float32) { g.Normal(x, 0, 1) }, l, nil
}

// sign is −1, 0 or 1.
func sign(x float64) float64 {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}
