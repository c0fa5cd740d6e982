package graph

import (
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

var (
	_ relax.Weighted = (*Session)(nil)
	_ relax.Weighted = (*ErrorCoordinates)(nil)
)

// weights are the factors of the terms beside their coefficients.
type weights struct {
	factors []float64 // by active term; nil means 1
}

// of returns the factor of term k of the network.
func (w *weights) of(active []int, k int) float64 {
	if j := slices.Index(active, k); w.factors != nil && j >= 0 {
		return w.factors[j]
	}
	return 1
}

// Weigh multiplies every term, in the order of Terms, by a factor until the next call,
// beside its coefficient; see [relax.Weighted].
func (s *Session) Weigh(factors []float64) error {
	if len(factors) != len(s.terms.active) {
		return errors.Errorf("graph: session: factors, got %d, want %d, one for each of Terms()", len(factors), len(s.terms.active))
	}
	s.weights.factors = append(s.weights.factors[:0], factors...)
	for j, k := range s.terms.active {
		s.terms.gates[k] = s.coefficient(k) * factors[j]
	}
	s.inputs++
	return nil
}

// coefficient returns what SetCoefficient set.
func (s *Session) coefficient(k int) float64 {
	if c, ok := s.coefficients[k]; ok {
		return c
	}
	return 1
}

// Arrivals returns the first step of a relaxation from the feedforward predictions at
// which the error of each term can differ from 0, or −1 if it never can; see [Reach].
func (s *Session) Arrivals() ([]int, error) {
	w := newReaching(s.net, s.roles)
	w.travel()
	out := make([]int, len(s.terms.active))
	for j, k := range s.terms.active {
		out[j] = w.term[k]
	}
	return out, nil
}

// Weigh is that of the session.
func (e *ErrorCoordinates) Weigh(factors []float64) error { return e.session.Weigh(factors) }

// Arrivals are those of the session, but at most 1: one step reaches everything.
func (e *ErrorCoordinates) Arrivals() ([]int, error) {
	out, err := e.session.Arrivals()
	for j, t := range out {
		out[j] = min(t, 1)
	}
	return out, err
}
