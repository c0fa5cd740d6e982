package main

import "github.com/seed-be841da4/prospect/relax"

// Barzilai moves the activities by gradient descent with a step size of its own
// for each node, from how gradient and activity changed in the step before:
//
//	x ← x − γ·g      γ = Σs² / Σs·y,   s = Δx, y = Δg
//
// within a tenth of the size that the control asks for and ten times it. The
// first step has that size.
//
// Source: Barzilai and Borwein 1988.
type Barzilai struct {
	x, g  []relax.Vector // of the state before, by node
	begun bool
}

// Init forgets an earlier run and makes room.
func (s *Barzilai) Init(p relax.Problem) error {
	s.begun = false
	if len(s.x) != len(p.Activities()) {
		s.x, s.g = nil, nil
	}
	for i, a := range p.Activities() {
		if len(s.x) <= i {
			s.x, s.g = append(s.x, a.X.MakeLike()), append(s.g, a.X.MakeLike())
		} else if s.x[i].Len() != a.X.Len() {
			s.x[i], s.g[i] = a.X.MakeLike(), a.X.MakeLike()
		}
	}
	return nil
}

// Step takes the step in place.
func (s *Barzilai) Step(p relax.Problem, size float64) error {
	for i, a := range p.Activities() {
		step := size
		if s.begun {
			s.x[i].AddScaled(-1, a.X) // −s
			s.g[i].AddScaled(-1, a.Grad)
			if curvature := s.x[i].Dot(s.g[i]); curvature > 0 {
				step = min(10*size, max(size/10, s.x[i].Dot(s.x[i])/curvature))
			}
		}
		s.x[i].CopyFrom(a.X)
		s.g[i].CopyFrom(a.Grad)
		a.X.AddScaled(-step, a.Grad)
	}
	s.begun = true
	return nil
}
