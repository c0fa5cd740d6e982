package bench

import (
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/train"
)

// load reads batches of the data, with one-hot targets; a network of images of another
// size, or of symbols, gets noise.
func load(d datasets.Dataset, c Case) ([]*train.Batch, error) {
	if c.Inputs != 784 && (c.Symbols > 0 || datasets.SampleSize(d) != c.Inputs) {
		return noise(c), nil
	}
	if datasets.SampleSize(d) != c.Inputs || d.Classes() != c.Outputs {
		return nil, errors.Errorf("bench: data of %d numbers and %d classes, want %d and %d; use fashion-mnist, mnist or glyphs", datasets.SampleSize(d), d.Classes(), c.Inputs, c.Outputs)
	}
	n := max(1, min(d.Len()/c.Batch, 2048/c.Batch+1))
	src := &train.Labelled{Data: d, Settings: datasets.BatchSettings{Size: c.Batch, Limit: n}}
	var out []*train.Batch
	for b, err := range src.Batches(0, 0) {
		if err != nil {
			return nil, err
		}
		copied := &train.Batch{Size: b.Size, Values: map[string][]float32{}}
		for name, data := range b.Values {
			copied.Values[name] = slices.Clone(data)
		}
		out = append(out, copied)
	}
	return out, nil
}

// noise makes one batch of normally distributed values with random labels, or of random
// symbols with random symbols to follow.
func noise(c Case) []*train.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	x, y := make([]float32, c.Batch*c.Inputs), make([]float32, c.Batch*c.Outputs)
	classes := c.Outputs
	if c.Symbols > 0 {
		classes = c.Symbols
	}
	for i := range x {
		if c.Symbols > 0 {
			x[i] = float32(r.IntN(c.Symbols))
			continue
		}
		x[i] = float32(r.NormFloat64())
	}
	for n := range len(y) / classes {
		y[n*classes+r.IntN(classes)] = 1
	}
	return []*train.Batch{{Size: c.Batch, Values: map[string][]float32{"x": x, "y": y}}}
}
