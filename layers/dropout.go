package layers

import (
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
)

// Dropout drops units at random in training,
//
//	μ = x ⊙ m    m = 0 with probability Rate, else 1/(1 − Rate)
//
// and is the identity in evaluation; see [graph.Roles.Training]. One mask is drawn per
// relaxation, before the feedforward pass, and stays fixed while activities relax and
// weights learn: otherwise there would be no energy to descend. Backprop draws one mask
// per update. Any shape. Source: Srivastava et al., JMLR 2014.
type Dropout struct {
	// Rate is the drop probability, in [0, 1). Zero means the identity.
	Rate float64 `json:"rate"`
}

// Build adds the product with the mask.
func (l Dropout) Build(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	x, err := single("dropout", in)
	if err != nil {
		return nil, err
	}
	if !(l.Rate >= 0 && l.Rate < 1) {
		return nil, errors.Errorf("layers: dropout: Rate, got %v, want a probability from 0 up to, without, 1", l.Rate)
	}
	if l.Rate == 0 {
		return x, nil
	}
	mask, err := b.Noise(graph.NoiseSpec{Name: "mask", Shape: x.Shape().Clone(), Draw: survivors{l.Rate}, Rest: 1})
	if err != nil {
		return nil, errors.WithMessage(err, "layers: dropout")
	}
	y, err := gorgonia.HadamardProd(x, mask)
	return y, errors.Wrap(err, "layers: dropout")
}

// survivors draws the mask of a dropout.
type survivors struct{ rate float64 }

// Fill draws zeros at the rate, and elsewhere the value that keeps the mean at 1.
func (s survivors) Fill(dst []float64, _ graph.ParamSpec, rng *rand.Rand) error {
	for i := range dst {
		dst[i] = 0
		if rng.Float64() >= s.rate {
			dst[i] = 1 / (1 - s.rate)
		}
	}
	return nil
}
