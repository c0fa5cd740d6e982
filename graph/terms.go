package graph

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// terms are the energy terms of a session: the coefficients, which its programs
// read, and the energies, which they write.
type terms struct {
	gates  []float64 // by term of the network: the coefficient, 0 if inactive
	raw    []float64 // by term of the network: the energy without its coefficient
	active []int     // the active terms
	names  []string  // their names
}

func newTerms(n *Network) terms {
	return terms{gates: make([]float64, n.numTerms()), raw: make([]float64, n.numTerms())}
}

// add activates a term.
func (t *terms) add(k int, name string) {
	t.gates[k] = 1
	t.active, t.names = append(t.active, k), append(t.names, name)
}

// check returns an error if no term is active.
func (t *terms) check() error {
	if len(t.active) == 0 {
		return errors.New("graph: session: no energy term is in force; name fewer nodes in Roles.Outputs")
	}
	return nil
}

// inputs lists the coefficients that a plan reads.
func (t *terms) inputs(p *plan) []Input {
	var in []Input
	for k, c := range p.gates {
		if c != nil {
			in = append(in, Input{Node: c, Kind: CoefficientInput, Scalar: &t.gates[k]})
		}
	}
	return in
}

// outputs lists the energies that a plan computes.
func (t *terms) outputs(p *plan) Stage {
	var stage Stage
	for _, k := range t.active {
		stage = append(stage, Output{Node: p.terms[k], Scalar: &t.raw[k]})
	}
	return stage
}

// sum multiplies the energies by their coefficients, into dst, and returns the total.
func (t *terms) sum(dst []float64) (float64, error) {
	if len(dst) != len(t.active) {
		return 0, errors.Errorf("graph: session: energies, got room for %d terms, want %d, one for each of Terms()", len(dst), len(t.active))
	}
	total := 0.0
	for j, k := range t.active {
		dst[j] = t.gates[k] * t.raw[k]
		total += dst[j]
	}
	return total, nil
}

// sumFinite is sum with a [relax.NonFiniteError] that names the first term whose energy
// is not finite.
func (t *terms) sumFinite(dst []float64) (float64, error) {
	total, err := t.sum(dst)
	if err != nil || total-total == 0 {
		return total, err
	}
	e := &relax.NonFiniteError{Node: "total", Kind: relax.KindEnergy, Sample: -1, Number: total}
	for i, x := range dst {
		if x-x != 0 {
			e.Node, e.Number = t.names[i], x
			break
		}
	}
	return total, e
}
