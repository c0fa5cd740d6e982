package relax_test

import "github.com/seed-be841da4/prospect/relax"

// heun is a second-order solver, here to show what the interface asks of one.
//
//	x ← x - ½γ·(g(x) + g(x - γ·g(x)))
type heun struct {
	first    []relax.Vector
	energies []float64
}

func (h *heun) Init(p relax.Problem) error {
	h.first = h.first[:0]
	for _, a := range p.Activities() {
		h.first = append(h.first, a.Grad.MakeLike())
	}
	h.energies = make([]float64, len(p.Terms()))
	return nil
}

func (h *heun) Step(p relax.Problem, size float64) error {
	for i, a := range p.Activities() {
		h.first[i].CopyFrom(a.Grad)
		a.X.AddScaled(-size, a.Grad)
	}
	if _, err := p.Evaluate(h.energies); err != nil {
		return err
	}
	for i, a := range p.Activities() {
		a.X.AddScaled(size/2, h.first[i])
		a.X.AddScaled(-size/2, a.Grad)
	}
	return nil
}
