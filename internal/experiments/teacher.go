package experiments

import (
	"context"
	"math"

	"github.com/seed-be841da4/prospect/graph"
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

// Run draws teacher, student and points, and trains.
func (s Teacher) Run(ctx context.Context, seed uint64) (TeacherResult, error) {
	r := TeacherResult{Least: math.Inf(1)}
	batches, err := s.lessons(seed)
	if err != nil {
		return r, err
	}
	net, err := chain{widths: []int{2, 2, 1}, activation: "relu", init: FanIn}.new(settings(s.Precision, seed))
	if err != nil {
		return r, err
	}
	p, err := newPupil(net, s.Learning, s.Batch, "x")
	if err != nil {
		return r, err
	}
	for range s.Epochs {
		loss := 0.0
		for _, b := range batches {
			p.batch = b
			y, err := p.predict()
			if err != nil {
				return r, err
			}
			for i, target := range b.Values["y"] {
				d := float64(target) - y.At(i)
				loss += d * d / float64(len(batches))
			}
			if err := p.learn(ctx); err != nil {
				return r, err
			}
		}
		r.Losses = append(r.Losses, loss)
		r.Least = min(r.Least, loss)
	}
	return r, nil
}

// lessons draws the points and lets a teacher label them.
func (s Teacher) lessons(seed uint64) ([]*train.Batch, error) {
	teacher, err := chain{widths: []int{2, 2, 1}, activation: "relu", init: FanIn}.new(settings(s.Precision, source(seed, "teacher").Uint64()))
	if err != nil {
		return nil, err
	}
	p, err := newPupil(teacher, s.Learning, s.Batch, "x")
	if err != nil {
		return nil, err
	}
	points := source(seed, "teacher/points")
	var out []*train.Batch
	for range s.Points / s.Batch {
		b := &train.Batch{Size: s.Batch, Values: map[string][]float32{"x": make([]float32, 2*s.Batch), "y": make([]float32, s.Batch)}}
		for i := range b.Values["x"] {
			b.Values["x"][i] = float32(points.NormFloat64())
		}
		p.batch = b
		y, err := p.predict()
		if err != nil {
			return nil, err
		}
		for i := range b.Values["y"] {
			b.Values["y"][i] = float32(sign(y.At(i)))
		}
		out = append(out, b)
	}
	return out, nil
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
