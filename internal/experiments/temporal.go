package experiments

import (
	"context"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/torchrand"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Tracking is the task of datasets.Tracking with the draws of the published programs:
// PyTorch's numbers, C from a generator of its own, then for every step the noise of the
// state and that of the observation.
//
// Source: Millidge, Tang, Osanlouy, Harper and Bogacz 2024, "Predictive coding networks
// for temporal prediction", PLoS Comput Biol, 10.1371/journal.pcbi.1011183, and the
// settings in its public programs.
type Tracking struct {
	// Length is the number of time steps.
	Length int `json:"length"`
	// ObservationSeed is the seed of C.
	ObservationSeed uint64 `json:"observation_seed"`
}

// linearModel is a state-space model of three numbers, x_t = A·x_{t−1} + B·u_t, y = C·x.
type linearModel struct{ a, c *mat.Dense }

// trackingInterval is the published Δ.
const trackingInterval = 1e-3

// draw returns the model and a trajectory with the noise of a seed.
func (s Tracking) draw(seed uint64) (linearModel, *datasets.Trajectory, error) {
	if s.Length < 1 {
		return linearModel{}, nil, errors.Errorf("experiments: tracking: Length, got %d, want at least 1", s.Length)
	}
	m := linearModel{rowsOf(datasets.Tracking{Interval: trackingInterval}.Transition()), torchMatrix(s.ObservationSeed)}
	g := torchrand.New(seed)
	noise := func() *mat.VecDense {
		v := make([]float32, 3)
		g.Normal(v, 0, 1)
		return vector(v)
	}
	out, x := &datasets.Trajectory{}, mat.NewVecDense(3, nil)
	for t := range s.Length {
		u := math.Exp(-float64(t) / 100)
		next, y := mat.NewVecDense(3, nil), mat.NewVecDense(3, nil)
		next.MulVec(m.a, x)
		next.SetVec(2, next.AtVec(2)+u)
		next.AddVec(next, noise())
		y.MulVec(m.c, next)
		y.AddVec(y, noise())
		x = next
		out.States = append(out.States, x.RawVector().Data)
		out.Controls = append(out.Controls, []float32{float32(u)})
		seen := make([]float32, 3)
		for i := range seen {
			seen[i] = float32(y.AtVec(i))
		}
		out.Observations = append(out.Observations, seen)
	}
	return m, out, nil
}

// torchMatrix is randn(3, 3) of a generator of that seed.
func torchMatrix(seed uint64) *mat.Dense {
	v := make([]float32, 9)
	torchrand.New(seed).Normal(v, 0, 1)
	return mat.NewDense(3, 3, vector(v).RawVector().Data)
}

// rowsOf makes a matrix of rows.
func rowsOf(rows [][]float64) *mat.Dense {
	return mat.NewDense(len(rows), len(rows[0]), slices.Concat(rows...))
}

// vector converts numbers.
func vector(x []float32) *mat.VecDense {
	v := mat.NewVecDense(len(x), nil)
	for i, f := range x {
		v.SetVec(i, float64(f))
	}
	return v
}

// TrackingErrors are mean squared errors over a trajectory.
type TrackingErrors struct {
	// State is that of the estimate.
	State float64 `json:"state"`
	// Observation is that of the observation predicted from the estimate of the step
	// before.
	Observation float64 `json:"observation"`
}

// add counts a step.
func (e *TrackingErrors) add(state []float64, estimate, y, predicted mat.Vector, steps int) {
	n := float64(3 * steps)
	for i, x := range state {
		d, o := estimate.AtVec(i)-x, y.AtVec(i)-predicted.AtVec(i)
		e.State, e.Observation = e.State+d*d/n, e.Observation+o*o/n
	}
}

// Kalman is the Kalman filter with the true matrices and unit covariances, and
// covariance 1 at first.
func (s Tracking) Kalman(seed uint64) (TrackingErrors, error) {
	var out TrackingErrors
	m, path, err := s.draw(seed)
	if err != nil {
		return out, err
	}
	one := rowsOf([][]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})
	k := &baselines.Kalman{A: m.a, C: m.c, Q: one, R: one, Mean: mat.NewVecDense(3, nil), Covariance: one}
	for t, state := range path.States {
		if err := k.Predict(mat.NewVecDense(3, []float64{0, 0, float64(path.Controls[t][0])})); err != nil {
			return out, err
		}
		y, predicted := vector(path.Observations[t]), mat.NewVecDense(3, nil)
		predicted.MulVec(m.c, k.Mean)
		if err := k.Update(y); err != nil {
			return out, err
		}
		out.add(state, k.Mean, y, predicted, s.Length)
	}
	return out, nil
}

// Equilibrium is temporal predictive coding whose every step is solved exactly,
//
//	x_t = (I + Cᵀ·C)⁻¹·(Cᵀ·y_t + A·x_{t−1} + B·u_t)
//
// with the true matrices.
func (s Tracking) Equilibrium(seed uint64) (TrackingErrors, error) {
	var out TrackingErrors
	m, path, err := s.draw(seed)
	if err != nil {
		return out, err
	}
	var left mat.Dense
	left.Mul(m.c.T(), m.c)
	for i := range 3 {
		left.Set(i, i, left.At(i, i)+1)
	}
	x := mat.NewVecDense(3, nil)
	for t, state := range path.States {
		moved, predicted, right := mat.NewVecDense(3, nil), mat.NewVecDense(3, nil), mat.NewVecDense(3, nil)
		moved.MulVec(m.a, x)
		moved.SetVec(2, moved.AtVec(2)+float64(path.Controls[t][0]))
		predicted.MulVec(m.c, moved)
		y := vector(path.Observations[t])
		right.MulVec(m.c.T(), y)
		right.AddVec(right, moved)
		x = mat.NewVecDense(3, nil)
		if err := x.SolveVec(&left, right); err != nil {
			return out, errors.Wrap(err, "experiments: tracking: equilibrium")
		}
		out.add(state, x, y, predicted, s.Length)
	}
	return out, nil
}

// TemporalPC is temporal predictive coding on a [Tracking] task.
type TemporalPC struct {
	Tracking
	// Steps of relaxation for each time step, of that Size, from the previous estimate.
	Steps int     `json:"steps"`
	Size  float64 `json:"size"`
	// Random starts A and C as randn of the seeds TransitionSeed and EmissionSeed, instead
	// of at the true ones.
	Random         bool   `json:"random,omitempty"`
	TransitionSeed uint64 `json:"transition_seed,omitempty"`
	EmissionSeed   uint64 `json:"emission_seed,omitempty"`
	// Rate is the learning rate of A and C, after every time step of Passes over the
	// trajectory; errors are then those of one more without learning. Zero means that
	// nothing is learned.
	Rate   float64 `json:"rate,omitempty"`
	Passes int     `json:"passes,omitempty"`
}

// PublishedTrackingInference returns the settings of inference with the true matrices:
// published are 2, 4 … 20 steps of size 0.12, 0.14 … 0.32.
func PublishedTrackingInference(steps int, size float64) TemporalPC {
	return TemporalPC{Tracking: Tracking{Length: 2000, ObservationSeed: 10}, Steps: steps, Size: size}
}

// PublishedTrackingLearning returns the settings of learning A and C from random ones, of
// the latest of the public programs, which has 20 seeds. An earlier one has 1 pass with
// steps of 0.2.
// A zero Rate gives the random matrices without learning, and Random false the true ones.
func PublishedTrackingLearning() TemporalPC {
	return TemporalPC{
		Tracking: Tracking{Length: 1000, ObservationSeed: 1}, Steps: 20, Size: 0.05,
		Random: true, TransitionSeed: 1, EmissionSeed: 2, Rate: 2e-5, Passes: 80,
	}
}

// driven is a dense layer of the first input to which the second is added.
type driven struct{ layers.Dense }

func (d driven) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	if len(in) != 2 {
		return nil, errors.Errorf("experiments: driven: got %d inputs, want two", len(in))
	}
	mu, err := d.Dense.Build(b, in[0])
	if err != nil {
		return nil, err
	}
	return layers.Add{}.Build(b, mu, in[1])
}

// network declares one time step.
func (m linearModel) network() (*graph.Network, error) {
	node := func(name string) graph.Node { return graph.Node{Name: name, Shape: graph.Shape{3}} }
	// A network multiplies rows, x·W, so that W is the transposed matrix.
	dense := func(w *mat.Dense) layers.Dense {
		return layers.Dense{Out: 3, NoBias: true, Weight: layers.Values(mat.DenseCopyOf(w.T()).RawMatrix().Data)}
	}
	return graph.New(graph.Declaration{
		Nodes: []graph.Node{node("previous"), node("push"), node("x"), node("y")},
		Predictions: []graph.Prediction{
			{Of: "x", From: []string{"previous", "push"}, Layer: driven{dense(m.a)}},
			{Of: "y", From: []string{"x"}, Layer: dense(m.c)},
		},
	}, settings(graph.Float64, 0))
}

// learned are the matrices that a network holds now.
func learned(net *graph.Network) linearModel {
	of := func(i int) *mat.Dense {
		return mat.DenseCopyOf(mat.NewDense(3, 3, net.Params()[i].Values().AppendTo(nil)).T())
	}
	return linearModel{of(0), of(1)}
}

// Run follows a trajectory with the noise of a seed.
func (s TemporalPC) Run(ctx context.Context, seed uint64) (TrackingErrors, error) {
	var out TrackingErrors
	m, path, err := s.draw(seed)
	if err != nil {
		return out, err
	}
	if s.Random {
		m = linearModel{torchMatrix(s.TransitionSeed), torchMatrix(s.EmissionSeed)}
	}
	net, err := m.network()
	if err != nil {
		return out, err
	}
	r := &train.Rollout{
		Network: net, Carry: map[string]string{"x": "previous"}, FromEstimate: true,
		Relax: relax.Settings{Steps: s.Steps, Control: relax.Constant{Size: s.Size}},
	}
	b := &train.Batch{Size: 1, Values: map[string][]float32{"push": make([]float32, 3)}}
	step := func(t int) error {
		b.Values["push"][2], b.Values["y"] = path.Controls[t][0], path.Observations[t]
		_, err := r.Step(ctx, b)
		return err
	}
	if s.Rate != 0 {
		r.Optimizer, r.Rate = &train.SGD{}, s.Rate
		for range s.Passes {
			for t := range s.Length {
				if err := step(t); err != nil {
					return out, err
				}
			}
			r.Reset()
		}
		m, r.Optimizer = learned(net), nil
	}
	estimate := mat.NewVecDense(3, nil)
	moved, predicted := mat.NewVecDense(3, nil), mat.NewVecDense(3, nil)
	for t, state := range path.States {
		moved.MulVec(m.a, estimate)
		moved.SetVec(2, moved.AtVec(2)+float64(path.Controls[t][0]))
		predicted.MulVec(m.c, moved)
		if err := step(t); err != nil {
			return out, err
		}
		x, err := r.Activity("x")
		if err != nil {
			return out, err
		}
		for i := range 3 {
			estimate.SetVec(i, x.At(i))
		}
		out.add(state, estimate, vector(path.Observations[t]), predicted, s.Length)
	}
	if math.IsNaN(out.State) || math.IsInf(out.State, 0) {
		return out, errors.New("experiments: tracking: the estimate is not finite; take smaller steps or a smaller rate")
	}
	return out, nil
}
