package graph

import (
	"math"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/relax"
)

// Precision is the floating-point precision of a network.
type Precision int

// The precisions. Float32 is the default; Float64 is for gradient checks and
// exact comparisons.
const (
	Float32 Precision = iota
	Float64
)

// Dtype returns the precision as a Gorgonia type.
func (p Precision) Dtype() tensor.Dtype {
	if p == Float64 {
		return tensor.Float64
	}
	return tensor.Float32
}

// String returns "f32" or "f64".
func (p Precision) String() string {
	if p == Float64 {
		return "f64"
	}
	return "f32"
}

// MarshalText returns "f32" or "f64".
func (p Precision) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads "f32" or "f64".
func (p *Precision) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "f32":
		*p = Float32
	case "f64":
		*p = Float64
	default:
		return errors.Errorf("graph: precision, got %q, want f32 or f64", text)
	}
	return nil
}

// firstNonFinite returns the index of the first element of v that is NaN or infinite
// after rounding to the precision, or -1.
func (p Precision) firstNonFinite(v relax.Vector) int {
	if x := v.Float64(); p == Float32 && x != nil {
		for i, f := range x {
			if r := float64(float32(f)); math.IsNaN(r) || math.IsInf(r, 0) {
				return i
			}
		}
		return -1
	}
	if x := v.Float32(); x != nil && kernel.Finite(x) {
		return -1
	}
	return v.FirstNonFinite()
}
