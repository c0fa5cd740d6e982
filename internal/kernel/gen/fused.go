package main

// The kernels of relaxation. x is an activity, e its prediction error, y = f(x), d = f'(x), g the
// error of the layer above sent back through its weights, mu the prediction.

func fusedSpecs() []spec {
	out := []spec{
		{name: "ErrorEnergy", in: []int{1, 2}, out: []int{0}, reduce: sumSquare, body: func(u *unit, in, _ []r) ([]r, r) {
			e := u.sub(in[0], in[1])
			return []r{e}, e
		}},
		{name: "GradSlope", in: []int{1, 2, 3}, out: []int{0}, reduce: sumSquare, body: func(u *unit, in, _ []r) ([]r, r) {
			v := u.fnma(in[1], in[2], in[0])
			return []r{v}, v
		}},
		// x, e, d, g
		{name: "UpdateSlope", in: []int{0, 1, 2, 3}, out: []int{0}, scalars: 1, body: func(u *unit, in, sc []r) ([]r, r) {
			return []r{u.descend(in[0], in[1], in[2], in[3], sc[0])}, nil
		}},
		// x, e, g
		{name: "StepIdentity", in: []int{0, 1, 2}, out: []int{0}, scalars: 1, body: func(u *unit, in, sc []r) ([]r, r) {
			return []r{u.fnma(sc[0], u.sub(in[1], in[2]), in[0])}, nil
		}},
		// x, e, g, mu
		{name: "StepErrorIdentity", in: []int{0, 1, 2, 3}, out: []int{0, 1}, scalars: 1, reduce: sumSquare, body: func(u *unit, in, sc []r) ([]r, r) {
			x := u.fnma(sc[0], u.sub(in[1], in[2]), in[0])
			e := u.sub(x, in[3])
			return []r{x, e}, e
		}},
	}
	for _, a := range activations {
		out = append(out, activationSpecs(a)...)
	}
	return out
}

// descend is x − γ·(e − d·g).
func (u *unit) descend(x, e, d, g, gamma r) r { return u.fnma(gamma, u.fnma(d, g, e), x) }

// activationSpecs are the kernels of one activation: the scalars are γ and then its own.
func activationSpecs(a activation) []spec {
	if a.slope == nil {
		return slopeSpecs(a)
	}
	step := func(u *unit, in, sc []r) (x, y r) { // in: x, y, e, g
		x = u.descend(in[0], in[2], a.slope(u, in[1], sc[1:]), in[3], sc[0])
		y, _ = a.both(u, x, sc[1:])
		return x, y
	}
	return []spec{
		// out; e, y, g
		{name: "Grad" + a.name, in: []int{1, 2, 3}, out: []int{0}, scalars: a.scalars, reduce: sumSquare, body: func(u *unit, in, sc []r) ([]r, r) {
			v := u.fnma(a.slope(u, in[1], sc), in[2], in[0])
			return []r{v}, v
		}},
		// x, y, e, g
		{name: "Step" + a.name, in: []int{0, 1, 2, 3}, out: []int{0, 1}, scalars: 1 + a.scalars, single: a.single, body: func(u *unit, in, sc []r) ([]r, r) {
			x, y := step(u, in, sc)
			return []r{x, y}, nil
		}},
		// x, y, e, g, mu
		{name: "StepError" + a.name, in: []int{0, 1, 2, 3, 4}, out: []int{0, 1, 2}, scalars: 1 + a.scalars, single: a.single, reduce: sumSquare, body: func(u *unit, in, sc []r) ([]r, r) {
			x, y := step(u, in, sc)
			e := u.sub(x, in[4])
			return []r{x, y, e}, e
		}},
	}
}

// slopeSpecs are the kernels of an activation whose derivative has its own buffer.
func slopeSpecs(a activation) []spec {
	return []spec{
		// x, y, e, g, d
		{name: "Step" + a.name, in: []int{0, 2, 4, 3}, out: []int{0, 1, 4}, scalars: 1, single: a.single, body: func(u *unit, in, sc []r) ([]r, r) {
			x := u.descend(in[0], in[1], in[2], in[3], sc[0])
			y, d := a.both(u, x, nil)
			return []r{x, y, d}, nil
		}},
		// x, y, e, g, mu, d
		{name: "StepError" + a.name, in: []int{0, 2, 5, 3, 4}, out: []int{0, 1, 2, 5}, scalars: 1, single: a.single, reduce: sumSquare, body: func(u *unit, in, sc []r) ([]r, r) {
			x := u.descend(in[0], in[1], in[2], in[3], sc[0])
			y, d := a.both(u, x, nil)
			e := u.sub(x, in[4])
			return []r{x, y, e, d}, e
		}},
	}
}
