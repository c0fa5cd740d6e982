package main

// optimizerSpecs update the weights p[0] in place; the last pointer is the gradient,
// the pointers between are the optimizer's state.
func optimizerSpecs() []spec {
	return []spec{
		// w, g; lr, decay
		{name: "SGD", in: []int{0, 1}, out: []int{0}, scalars: 2, body: func(u *unit, in, sc []r) ([]r, r) {
			return []r{u.sgd(in[0], in[1], sc)}, nil
		}},
		// w, v, g; lr, decay, momentum, keep
		{name: "Momentum", in: []int{0, 1, 2}, out: []int{0, 1}, scalars: 4, body: func(u *unit, in, sc []r) ([]r, r) {
			v, _ := u.velocity(in[0], in[1], in[2], sc)
			return []r{u.sub(in[0], u.mul(sc[0], v)), v}, nil
		}},
		{name: "Nesterov", in: []int{0, 1, 2}, out: []int{0, 1}, scalars: 4, body: func(u *unit, in, sc []r) ([]r, r) {
			v, g := u.velocity(in[0], in[1], in[2], sc)
			return []r{u.sub(in[0], u.mul(sc[0], u.add(g, u.mul(sc[2], v)))), v}, nil
		}},
		// w, m, v, g; lr, decay, β₁, 1−β₁, β₂, 1−β₂, ε, 1/(1−β₁ᵗ), 1/(1−β₂ᵗ)
		{name: "Adam", in: []int{0, 1, 2, 3}, out: []int{0, 1, 2}, scalars: 9, body: func(u *unit, in, sc []r) ([]r, r) {
			g := u.fma(sc[1], in[0], in[3])
			d, m, v := u.adamDirection(in[1], in[2], g, sc)
			return []r{u.fnma(sc[0], d, in[0]), m, v}, nil
		}},
		{name: "AdamW", in: []int{0, 1, 2, 3}, out: []int{0, 1, 2}, scalars: 9, body: func(u *unit, in, sc []r) ([]r, r) {
			d, m, v := u.adamDirection(in[1], in[2], in[3], sc)
			return []r{u.fnma(sc[0], u.fma(sc[1], in[0], d), in[0]), m, v}, nil
		}},
	}
}

// sgd returns w − lr·(g + decay·w).
func (u *unit) sgd(w, g r, sc []r) r { return u.fnma(sc[0], u.fma(sc[1], w, g), w) }

// velocity returns momentum·v + keep·g, with g + decay·w for g, and that g. Every
// product is rounded, so that the bits equal those of plain Go.
func (u *unit) velocity(w, v, g r, sc []r) (vNew, gNew r) {
	gNew = u.add(g, u.mul(sc[1], w))
	return u.add(u.mul(sc[2], v), u.mul(sc[3], gNew)), gNew
}

func (u *unit) adamDirection(m, v, g r, sc []r) (d, mNew, vNew r) {
	mNew = u.fma(sc[2], m, u.mul(sc[3], g))
	vNew = u.fma(sc[4], v, u.mul(sc[5], u.mul(g, g)))
	root := u.sqrt(u.mul(vNew, sc[8]))
	return u.div(u.mul(mNew, sc[7]), u.add(root, sc[6])), mNew, vNew
}
