package layers

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
)

// The initialisers, for a parameter whose units have fan_in inputs and fan_out outputs.
// A Gain of zero means 1. It is an error of Fill if a gain, a deviation or a bound is
// negative or not finite.
type (
	// XavierUniform draws from U(−a, a) with a = gain·√(6/(fan_in+fan_out)).
	// Source: Glorot and Bengio, AISTATS 2010.
	XavierUniform struct {
		Gain float64 `json:"gain,omitempty"`
	}
	// XavierNormal draws from N(0, σ²) with σ = gain·√(2/(fan_in+fan_out)).
	// Source: Glorot and Bengio, AISTATS 2010.
	XavierNormal struct {
		Gain float64 `json:"gain,omitempty"`
	}
	// KaimingUniform draws from U(−a, a) with a = gain·√(3/fan_in). The gain of
	// ReLU is √2. Source: He et al., ICCV 2015.
	KaimingUniform struct {
		Gain float64 `json:"gain,omitempty"`
	}
	// KaimingNormal draws from N(0, σ²) with σ = gain/√fan_in. The gain of ReLU is
	// √2. Source: He et al., ICCV 2015.
	KaimingNormal struct {
		Gain float64 `json:"gain,omitempty"`
	}
	// Orthogonal draws a matrix whose rows or columns, whichever are fewer, are
	// orthonormal times the gain. A parameter of more than two axes is treated as a
	// matrix of its first axis by the rest. Source: Saxe et al., ICLR 2014.
	Orthogonal struct {
		Gain float64 `json:"gain,omitempty"`
	}
	// FanIn draws from U(−1/√fan_in, 1/√fan_in), the usual default of other
	// frameworks for weights and biases.
	FanIn struct{}
	// Normal draws from N(0, Std²). Zero Std means all zeros.
	Normal struct {
		Std float64 `json:"std"`
	}
	// Uniform draws from U(−Bound, Bound).
	Uniform struct {
		Bound float64 `json:"bound"`
	}
	// Constant sets every element to Value.
	Constant struct {
		Value float64 `json:"value"`
	}
	// Values sets the elements, row-major.
	Values []float64
)

func gainOrOne(g float64) float64 {
	if g == 0 {
		return 1
	}
	return g
}

// spread rejects a negative or non-finite gain, deviation or bound.
func spread(initializer, field string, v float64) error {
	if !(v >= 0) || math.IsInf(v, 1) {
		return errors.Errorf("layers: %s initialiser: %s, got %v, want a finite number of at least 0", initializer, field, v)
	}
	return nil
}

// uniform fills dst from U(−a, a) with a = v·scale, where v is a field of an
// initialiser.
func uniform(dst []float64, initializer, field string, v, scale float64, rng *rand.Rand) error {
	if err := spread(initializer, field, v); err != nil {
		return err
	}
	for i := range dst {
		dst[i] = v * scale * (2*rng.Float64() - 1)
	}
	return nil
}

// normal fills dst from N(0, σ²) with σ = v·scale, where v is a field of an
// initialiser.
func normal(dst []float64, initializer, field string, v, scale float64, rng *rand.Rand) error {
	if err := spread(initializer, field, v); err != nil {
		return err
	}
	for i := range dst {
		dst[i] = v * scale * rng.NormFloat64()
	}
	return nil
}

// Fill draws the parameter.
func (x XavierUniform) Fill(dst []float64, p graph.ParamSpec, rng *rand.Rand) error {
	return uniform(dst, "Xavier", "Gain", gainOrOne(x.Gain), math.Sqrt(6/float64(p.FanIn+p.FanOut)), rng)
}

// Fill draws the parameter.
func (x XavierNormal) Fill(dst []float64, p graph.ParamSpec, rng *rand.Rand) error {
	return normal(dst, "Xavier", "Gain", gainOrOne(x.Gain), math.Sqrt(2/float64(p.FanIn+p.FanOut)), rng)
}

// Fill draws the parameter.
func (k KaimingUniform) Fill(dst []float64, p graph.ParamSpec, rng *rand.Rand) error {
	return uniform(dst, "Kaiming", "Gain", gainOrOne(k.Gain), math.Sqrt(3/float64(p.FanIn)), rng)
}

// Fill draws the parameter.
func (k KaimingNormal) Fill(dst []float64, p graph.ParamSpec, rng *rand.Rand) error {
	if err := spread("Kaiming", "Gain", k.Gain); err != nil {
		return err
	}
	return normal(dst, "Kaiming", "Gain", gainOrOne(k.Gain)/math.Sqrt(float64(p.FanIn)), 1, rng)
}

// Fill draws the parameter.
func (FanIn) Fill(dst []float64, p graph.ParamSpec, rng *rand.Rand) error {
	return uniform(dst, "fan-in", "bound", 1/math.Sqrt(float64(p.FanIn)), 1, rng)
}

// Fill draws the parameter.
func (n Normal) Fill(dst []float64, _ graph.ParamSpec, rng *rand.Rand) error {
	return normal(dst, "normal", "Std", n.Std, 1, rng)
}

// Fill draws the parameter.
func (u Uniform) Fill(dst []float64, _ graph.ParamSpec, rng *rand.Rand) error {
	return uniform(dst, "uniform", "Bound", u.Bound, 1, rng)
}

// Fill sets the parameter.
func (c Constant) Fill(dst []float64, _ graph.ParamSpec, _ *rand.Rand) error {
	for i := range dst {
		dst[i] = c.Value
	}
	return nil
}

// Fill sets the parameter; it is an error if the sizes differ.
func (v Values) Fill(dst []float64, p graph.ParamSpec, _ *rand.Rand) error {
	if len(v) != len(dst) {
		return errors.Errorf("layers: initial values, got %d numbers, want %d for shape %v", len(v), len(dst), p.Shape)
	}
	copy(dst, v)
	return nil
}

// Fill draws the parameter: the Q of a QR decomposition of a normal matrix, with
// the signs of R's diagonal, so that it is uniform over orthogonal matrices.
func (o Orthogonal) Fill(dst []float64, p graph.ParamSpec, rng *rand.Rand) error {
	if err := spread("orthogonal", "Gain", o.Gain); err != nil {
		return err
	}
	rows := p.Shape[0]
	cols := len(dst) / rows
	tall, thin := max(rows, cols), min(rows, cols)
	a := mat.NewDense(tall, thin, nil)
	for i := range tall {
		for j := range thin {
			a.Set(i, j, rng.NormFloat64())
		}
	}
	var qr mat.QR
	qr.Factorize(a)
	var q, r mat.Dense
	qr.QTo(&q)
	qr.RTo(&r)
	gain := gainOrOne(o.Gain)
	for i := range rows {
		for j := range cols {
			k, l := i, j
			if rows < cols {
				k, l = j, i
			}
			dst[i*cols+j] = gain * math.Copysign(1, r.At(l, l)) * q.At(k, l)
		}
	}
	return nil
}
