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

// momentum is the heavy ball, a solver with a memory.
type momentum struct {
	decay          float64
	velocity, last []relax.Vector
}

func (m *momentum) Init(p relax.Problem) error {
	m.velocity, m.last = m.velocity[:0], m.last[:0]
	for _, a := range p.Activities() {
		m.velocity = append(m.velocity, a.X.MakeLike())
		m.last = append(m.last, a.X.MakeLike())
	}
	return nil
}

func (m *momentum) Step(p relax.Problem, size float64) error {
	for i, a := range p.Activities() {
		m.last[i].CopyFrom(m.velocity[i])
		m.velocity[i].Scale(m.decay)
		m.velocity[i].AddScaled(-size, a.Grad)
		a.X.AddScaled(1, m.velocity[i])
	}
	return nil
}

func (m *momentum) Rewind() {
	for i := range m.velocity {
		m.velocity[i].CopyFrom(m.last[i])
	}
}
