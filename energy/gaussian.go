package energy

import (
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// Gaussian is the energy of a Gaussian prediction, up to a constant:
//
//	E = ½ Σ π (x−μ)²                    fixed precision π
//	E = ½ Σ e^s (x−μ)² − ½ Σ s          learned log-precision s
//	E = ½ Σ π (x−μ)² − ½ Σ log π        learned with a floor, π = 1/(Floor + e⁻ˢ)
//
//	x, μ: (batch, ...)   sums over units and samples
//
// The zero value has unit precision: the paper's ½‖x−μ‖². At most one of Precision,
// PerUnit, Learned and From may be set.
//
// A learned precision descends with the weights, in the second phase of a rule. Where E
// is least in s, the variance 1/π is the mean of (x−μ)² over samples and, if the
// precision is one per node, units.
//
// Source: Song et al. 2024, eq. 1; the learned precision is the negative log-likelihood
// with its log-determinant term, without ½ log 2π per unit.
type Gaussian struct {
	// Precision is π for all units. Zero means 1.
	Precision float64 `json:"precision,omitempty"`
	// PerUnit is π for each unit of the node, row-major.
	PerUnit []float64 `json:"per_unit,omitempty"`
	// Learned makes the log-precision a parameter, "energy/logprecision", with initial
	// value 0.
	Learned Learned `json:"learned,omitempty"`
	// Floor is the least variance 1/π that Learned comes near to, in units of the
	// activity squared: the precision stays below 1/Floor where errors vanish, as they do
	// in a relaxation that moves the node, and E stays bounded below. A mean square below
	// Floor has no minimum in s, which then grows ever more slowly. Training starts at
	// π = 1/(1+Floor). Zero means none, and any value without Learned is an error.
	Floor float64 `json:"floor,omitempty"`
	// From names a data node of the same shape as the predicted node that holds a
	// precision for each unit and sample; 0 leaves a unit out of the energy, and a
	// negative one, which has no minimum, is an error of Clamp.
	From string `json:"from,omitempty"`
}

// Learned says how many log-precisions a [Gaussian] learns.
type Learned string

// The kinds of learned precision.
const (
	NotLearned    Learned = ""         // fixed
	LearnedScalar Learned = "scalar"   // one per node
	LearnedUnits  Learned = "per-unit" // one per unit
)

// Build returns the energy.
func (g Gaussian) Build(b *graph.Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	return ofError(b, g, x, mu)
}

// BuildError returns the energy of an error.
func (g Gaussian) BuildError(b *graph.Builder, e *gorgonia.Node) (*gorgonia.Node, error) {
	if err := g.check(e); err != nil {
		return nil, err
	}
	switch {
	case g.Learned == LearnedScalar:
		return g.learnedScalar(b, e)
	case g.Learned == LearnedUnits:
		return g.learnedUnits(b, e)
	case g.PerUnit != nil:
		pi, err := b.ConstantTensor("precision", graph.Shape{len(g.PerUnit)}, g.PerUnit)
		if err != nil {
			return nil, err
		}
		return weightedRows(b, e, pi)
	case g.From != "":
		return g.fromData(b, e)
	}
	half, err := graph.HalfSquare(b, e)
	if err != nil || g.Precision == 0 || g.Precision == 1 {
		return half, err
	}
	half, err = gorgonia.Mul(b.Constant(g.Precision), half)
	return half, errors.Wrap(err, "energy: gaussian")
}

// AtZero returns 0, or an error for a precision that is learned, because its energy
// depends on how many units there are.
func (g Gaussian) AtZero() (float64, error) {
	if g.Learned != NotLearned {
		return 0, errors.Errorf("energy: gaussian: Learned, got %q for a node with a Mask, want a precision that is given", g.Learned)
	}
	return 0, nil
}

func (g Gaussian) check(e *gorgonia.Node) error {
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
	if !(g.Floor >= 0) || math.IsInf(g.Floor, 0) {
		return errors.Errorf("energy: gaussian: Floor, got %v, want a finite variance of at least 0 (0 means none)", g.Floor)
	}
	if g.Floor != 0 && g.Learned == NotLearned {
		return errors.Errorf("energy: gaussian: Floor, got %v without Learned; the floor is that of a learned precision: set Learned, or leave Floor out", g.Floor)
	}
	if units := e.Shape().TotalSize() / e.Shape()[0]; g.PerUnit != nil && len(g.PerUnit) != units {
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

// logPrecision is log π of the parameter s: s, or with a floor v
//
//	log π = −log(v + e⁻ˢ) = s − log(1 + e^(s+log v))
func (g Gaussian) logPrecision(b *graph.Builder, c *ops.Chain, s *gorgonia.Node) *gorgonia.Node {
	if g.Floor == 0 {
		return s
	}
	return c.Sub(s, c.Softplus(c.Add(b.Constant(math.Log(g.Floor)), s)))
}

// learnedScalar is π ½Σ(x−μ)² − ½·N·log π with N = batch × units.
func (g Gaussian) learnedScalar(b *graph.Builder, e *gorgonia.Node) (*gorgonia.Node, error) {
	half, err := graph.HalfSquare(b, e)
	if err != nil {
		return nil, err
	}
	s, err := b.Param(graph.ParamSpec{Name: "logprecision", Shape: graph.Shape{1}, NoDecay: true, Log: true})
	if err != nil {
		return nil, err
	}
	c := ops.Chain{}
	scalar := c.Sum(g.logPrecision(b, &c, s)) // the only element, as a scalar
	weighted := c.Mul(c.Do1(gorgonia.Exp, scalar), half)
	det := c.Mul(b.Constant(0.5*float64(e.Shape().TotalSize())), scalar)
	return c.Sub(weighted, det), errors.Wrap(c.Err, "energy: gaussian: learned precision")
}

// learnedUnits is ½Σ π (x−μ)² − ½·batch·Σ log π.
func (g Gaussian) learnedUnits(b *graph.Builder, e *gorgonia.Node) (*gorgonia.Node, error) {
	units := e.Shape().TotalSize() / e.Shape()[0]
	s, err := b.Param(graph.ParamSpec{Name: "logprecision", Shape: graph.Shape{units}, NoDecay: true, Log: true})
	if err != nil {
		return nil, err
	}
	c := ops.Chain{}
	log := g.logPrecision(b, &c, s)
	pi := c.Do1(gorgonia.Exp, log)
	if c.Err != nil {
		return nil, errors.Wrap(c.Err, "energy: gaussian: learned precision")
	}
	weighted, err := weightedRows(b, e, pi)
	if err != nil {
		return nil, err
	}
	det := c.Mul(b.Constant(0.5*float64(b.Batch())), c.Sum(log))
	return c.Sub(weighted, det), errors.Wrap(c.Err, "energy: gaussian: learned precision")
}

// weightedRows is ½Σ π e² with one π per unit.
func weightedRows(b *graph.Builder, e, pi *gorgonia.Node) (*gorgonia.Node, error) {
	c := ops.Chain{}
	rows := c.Reshape(e, b.Batch(), pi.Shape()[0])
	if c.Err != nil {
		return nil, errors.Wrap(c.Err, "energy: gaussian")
	}
	weighted := c.Do(gorgonia.BroadcastHadamardProd(c.Do1(gorgonia.Square, rows), pi, nil, []byte{0}))
	return c.Mul(b.Constant(0.5), c.Sum(weighted)), errors.Wrap(c.Err, "energy: gaussian: precision per unit")
}

// fromData is ½Σ π e² with π given by a data node.
func (g Gaussian) fromData(b *graph.Builder, e *gorgonia.Node) (*gorgonia.Node, error) {
	pi, err := b.Activity(g.From)
	if err != nil {
		return nil, err
	}
	if !pi.Shape().Eq(e.Shape()) {
		return nil, errors.Errorf("energy: gaussian: precision node %q: shape, got %v, want %v, that of the predicted node; give the node that holds the precision this shape", g.From, graph.Shape(pi.Shape()[1:]), graph.Shape(e.Shape()[1:]))
	}
	if err := b.Expect(pi, graph.Domain{Max: math.Inf(1), Remedy: "a precision is positive, or 0 where a unit takes no part"}); err != nil {
		return nil, err
	}
	c := ops.Chain{}
	sq := c.Do1(gorgonia.Square, e)
	return c.Mul(b.Constant(0.5), c.Sum(c.Hadamard(pi, sq))), errors.Wrap(c.Err, "energy: gaussian: precision from data")
}
