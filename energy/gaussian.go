package energy

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/expr"
)

// Gaussian is the energy of a Gaussian prediction, up to a constant:
//
//	E = ½ Σ π (x−μ)²                    fixed precision π
//	E = ½ Σ e^s (x−μ)² − ½ Σ s          learned log-precision s
//
//	x, μ: (batch, ...)   sums over units and samples
//
// The zero value has unit precision: the paper's ½‖x−μ‖². At most one field may
// be set.
//
// Source: Song et al. 2024, eq. 1; the learned precision is the negative
// log-likelihood with its log-determinant term, without ½ log 2π for each unit.
type Gaussian struct {
	// Precision is one π for all units. Zero means 1.
	Precision float64 `json:"precision,omitempty"`
	// PerUnit is a π for each unit of the node, row-major.
	PerUnit []float64 `json:"per_unit,omitempty"`
	// Learned makes the log-precision a parameter, "energy/logprecision", which
	// starts at 0.
	Learned Learned `json:"learned,omitempty"`
	// From names a data node of the same shape as the predicted one that holds a
	// precision for each unit and sample; 0 leaves a unit out of the energy.
	From string `json:"from,omitempty"`
}

// Learned says how many log-precisions a [Gaussian] learns.
type Learned string

// The kinds of learned precision.
const (
	NotLearned    Learned = ""         // fixed
	LearnedScalar Learned = "scalar"   // one for the whole node
	LearnedUnits  Learned = "per-unit" // one for each unit
)

// Build returns the energy.
func (g Gaussian) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	if err := g.check(x); err != nil {
		return nil, err
	}
	switch {
	case g.Learned == LearnedScalar:
		return g.learnedScalar(b, x, mu)
	case g.Learned == LearnedUnits:
		return g.learnedUnits(b, x, mu)
	case g.PerUnit != nil:
		pi, err := b.ConstantTensor("precision", graph.Shape{len(g.PerUnit)}, g.PerUnit)
		if err != nil {
			return nil, err
		}
		return weightedRows(b, x, mu, pi)
	case g.From != "":
		return g.fromData(b, x, mu)
	}
	e, err := graph.SquaredError(b, x, mu)
	if err != nil || g.Precision == 0 || g.Precision == 1 {
		return e, err
	}
	e, err = gorgonia.Mul(b.Constant(g.Precision), e)
	return e, errors.Wrap(err, "energy: gaussian")
}

func (g Gaussian) check(x *gorgonia.Node) error {
	set := 0
	for _, on := range []bool{g.Precision != 0, g.PerUnit != nil, g.Learned != NotLearned, g.From != ""} {
		if on {
			set++
		}
	}
	if set > 1 {
		return errors.New("energy: gaussian: at most one of Precision, PerUnit, Learned and From may be set")
	}
	if !(g.Precision >= 0) || math.IsInf(g.Precision, 0) {
		return errors.Errorf("energy: gaussian: Precision, got %v, want a finite number of at least 0 (0 means 1)", g.Precision)
	}
	if units := x.Shape().TotalSize() / x.Shape()[0]; g.PerUnit != nil && len(g.PerUnit) != units {
		return errors.Errorf("energy: gaussian: PerUnit, got %d precisions, want %d, one for each unit of the node", len(g.PerUnit), units)
	}
	for i, p := range g.PerUnit {
		if !(p >= 0) || math.IsInf(p, 0) {
			return errors.Errorf("energy: gaussian: PerUnit[%d], got %v, want a finite number of at least 0", i, p)
		}
	}
	switch g.Learned {
	case NotLearned, LearnedScalar, LearnedUnits:
		return nil
	}
	return errors.Errorf("energy: gaussian: Learned, got %q, want %q, %q or nothing", g.Learned, LearnedScalar, LearnedUnits)
}

// learnedScalar is e^s ½Σ(x−μ)² − ½·N·s with N = batch × units.
func (g Gaussian) learnedScalar(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	e, err := graph.SquaredError(b, x, mu)
	if err != nil {
		return nil, err
	}
	s, err := b.Param(graph.ParamSpec{Name: "logprecision", Shape: graph.Shape{1}, NoDecay: true})
	if err != nil {
		return nil, err
	}
	c := expr.Chain{}
	scalar := c.Do(gorgonia.Sum(s)) // the one number, as a scalar
	weighted := c.Mul(c.Do1(gorgonia.Exp, scalar), e)
	det := c.Mul(b.Constant(0.5*float64(x.Shape().TotalSize())), scalar)
	return c.Sub(weighted, det), errors.Wrap(c.Err, "energy: gaussian: learned precision")
}

// learnedUnits is ½Σ e^s (x−μ)² − ½·batch·Σ s.
func (g Gaussian) learnedUnits(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	units := x.Shape().TotalSize() / x.Shape()[0]
	s, err := b.Param(graph.ParamSpec{Name: "logprecision", Shape: graph.Shape{units}, NoDecay: true})
	if err != nil {
		return nil, err
	}
	c := expr.Chain{}
	pi := c.Do1(gorgonia.Exp, s)
	if c.Err != nil {
		return nil, errors.Wrap(c.Err, "energy: gaussian: learned precision")
	}
	e, err := weightedRows(b, x, mu, pi)
	if err != nil {
		return nil, err
	}
	det := c.Mul(b.Constant(0.5*float64(b.Batch())), c.Do(gorgonia.Sum(s)))
	return c.Sub(e, det), errors.Wrap(c.Err, "energy: gaussian: learned precision")
}

// weightedRows is ½Σ π (x−μ)² with one π for each unit.
func weightedRows(b *graph.Builder, x, mu, pi *gorgonia.Node) (*gorgonia.Node, error) {
	c := expr.Chain{}
	e := c.Sub(x, mu)
	rows := c.Reshape(e, b.Batch(), pi.Shape()[0])
	if c.Err != nil {
		return nil, errors.Wrap(c.Err, "energy: gaussian")
	}
	weighted := c.Do(gorgonia.BroadcastHadamardProd(c.Do1(gorgonia.Square, rows), pi, nil, []byte{0}))
	return c.Mul(b.Constant(0.5), c.Sum(weighted)), errors.Wrap(c.Err, "energy: gaussian: precision per unit")
}

// fromData is ½Σ π (x−μ)² with π given by a data node.
func (g Gaussian) fromData(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	pi, err := b.Activity(g.From)
	if err != nil {
		return nil, err
	}
	if !pi.Shape().Eq(x.Shape()) {
		return nil, errors.Errorf("energy: gaussian: precision node %q: shape, got %v, want %v, that of the predicted node", g.From, graph.Shape(pi.Shape()[1:]), graph.Shape(x.Shape()[1:]))
	}
	c := expr.Chain{}
	sq := c.Do1(gorgonia.Square, c.Sub(x, mu))
	return c.Mul(b.Constant(0.5), c.Sum(c.Hadamard(pi, sq))), errors.Wrap(c.Err, "energy: gaussian: precision from data")
}
