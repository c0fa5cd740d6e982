package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/lower"
	"github.com/seed-be841da4/prospect/relax"
)

// splitTerms adds to the graph the energy of every sample of every term, without its
// coefficient, where the operations of all of them show that samples are apart.
//
//	split: (batch) by term
func (p *plan) splitTerms() error {
	samples := lower.Samples{Graph: p.g, Batch: p.batch, Values: map[*gorgonia.Node]bool{}}
	for _, nodes := range []([]*gorgonia.Node){p.acts, p.errs, p.still, p.mus} {
		for _, n := range nodes {
			if n != nil {
				samples.Values[n] = true
			}
		}
	}
	split := make([]*gorgonia.Node, len(p.terms))
	p.index.grow(16 * len(p.terms))
	for k, e := range p.terms {
		if e == nil {
			continue
		}
		sums, ok := samples.Sums(e)
		if !ok {
			return nil
		}
		var err error
		if split[k], err = p.guard("energy of the samples", func() (*gorgonia.Node, error) { return p.splitTerm(sums) }); err != nil {
			return err
		}
	}
	p.split = split
	return nil
}

// splitTerm is the energy of every sample, from the sums of a term.
func (p *plan) splitTerm(sums []lower.SampleSum) (*gorgonia.Node, error) {
	b := p.builder("", "samples", "")
	var total *gorgonia.Node
	for _, s := range sums {
		part, err := p.splitSum(b, s)
		if err != nil {
			return nil, err
		}
		switch {
		case total == nil && s.Negative:
			total, err = gorgonia.Neg(part)
		case total == nil:
			total = part
		case s.Negative:
			total, err = gorgonia.Sub(total, part)
		default:
			total, err = gorgonia.Add(total, part)
		}
		if err != nil {
			return nil, errors.Wrap(err, "graph: energy of the samples")
		}
	}
	return total, nil
}

func (p *plan) splitSum(b *Builder, s lower.SampleSum) (*gorgonia.Node, error) {
	var part *gorgonia.Node
	var err error
	if s.Of == nil {
		share := make([]float64, p.batch)
		for n := range share {
			share[n] = 1 / float64(p.batch)
		}
		part, err = b.ConstantTensor("share", Shape{p.batch}, share)
	} else if part, err = gorgonia.Reshape(s.Of, tensor.Shape{p.batch, s.Of.Shape().TotalSize() / p.batch}); err == nil {
		part, err = gorgonia.Sum(part, 1)
	}
	for _, f := range s.Factors {
		if err == nil {
			part, err = gorgonia.Mul(f, part)
		}
	}
	return part, errors.Wrap(err, "graph: energy of the samples")
}

// sampleEnergies holds the energy of every sample of every term.
type sampleEnergies []*tensor.Dense

// newSampleEnergies allocates them for the terms that are in force; nil if the plan
// cannot split its terms.
func newSampleEnergies(p *plan, active []int) sampleEnergies {
	if p.split == nil {
		return nil
	}
	e := make(sampleEnergies, len(p.split))
	for _, k := range active {
		e[k] = tensor.New(tensor.Of(p.net.settings.Precision.Dtype()), tensor.WithShape(p.batch))
	}
	return e
}

// outputs lists the energies that a plan computes.
func (e sampleEnergies) outputs(p *plan) Stage {
	var stage Stage
	for k, t := range e {
		if t != nil {
			stage = append(stage, Output{Node: p.split[k], Tensor: t})
		}
	}
	return stage
}

// sum writes the energy of every sample, over all terms with their coefficients.
func (e sampleEnergies) sum(dst, coefficients []float64) {
	clear(dst)
	for k, t := range e {
		if t == nil {
			continue
		}
		v := vector(t)
		addTo(dst, coefficients[k], v)
	}
}

func addTo(dst []float64, c float64, v relax.Vector) {
	if x := v.Float32(); x != nil {
		for n, e := range x {
			dst[n] += c * float64(e)
		}
		return
	}
	for n, e := range v.Float64() {
		dst[n] += c * e
	}
}
