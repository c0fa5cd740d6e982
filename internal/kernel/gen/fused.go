package main

// The kernels of relaxation. x is an activity, e its prediction error, y = f(x), g the
// error of the layer above propagated back through its weights, mu the prediction.
func fusedSpecs() []spec {
	gradient := func(name string, slope func(u *unit, y r) r) spec {
		// out; e, y, g
		return spec{name: name, in: []int{1, 2, 3}, out: []int{0}, reduce: sumSquare, body: func(u *unit, in, _ []r) ([]r, r) {
			v := u.fnma(slope(u, in[1]), in[2], in[0])
			return []r{v}, v
		}}
	}
	return []spec{
		// e; x, mu
		{name: "ErrorEnergy", in: []int{1, 2}, out: []int{0}, reduce: sumSquare, body: func(u *unit, in, _ []r) ([]r, r) {
			e := u.sub(in[0], in[1])
			return []r{e}, e
		}},
		gradient("GradTanh", (*unit).tanhSlope),
		gradient("GradSigmoid", (*unit).sigmoidSlope),
		// x, v, g; size, β
		{name: "HeavyBall", in: []int{0, 1, 2}, out: []int{0, 1}, scalars: 2, body: func(u *unit, in, sc []r) ([]r, r) {
			v := u.add(u.mul(sc[1], in[1]), in[2])
			return []r{u.sub(in[0], u.mul(sc[0], v)), v}, nil
		}},
		{name: "LookAhead", in: []int{0, 1, 2}, out: []int{0, 1}, scalars: 2, body: func(u *unit, in, sc []r) ([]r, r) {
			v := u.add(u.mul(sc[1], in[1]), in[2])
			return []r{u.sub(in[0], u.mul(sc[0], u.add(in[2], u.mul(sc[1], v)))), v}, nil
		}},
		// x, m, v, g; size, β₁, 1−β₁, β₂, 1−β₂, ε
		{name: "RootMeanSquare", in: []int{0, 1, 2, 3}, out: []int{0, 1, 2}, scalars: 6, body: func(u *unit, in, sc []r) ([]r, r) {
			m := u.add(u.mul(sc[1], in[1]), u.mul(sc[2], in[3]))
			v := u.add(u.mul(sc[3], in[2]), u.mul(sc[4], u.mul(in[3], in[3])))
			return []r{u.sub(in[0], u.div(u.mul(sc[0], m), u.add(u.sqrt(v), sc[5]))), m, v}, nil
		}},
		// size, E, E before, 0 or NaN, steps, factor, amplify
		{name: "Discount", in: []int{0, 1, 2, 3, 4, 5, 6}, out: []int{0, 2, 3, 4}, body: func(u *unit, in, _ []r) ([]r, r) {
			size := u.mul(in[0], u.blend(u.cmp(lt, in[1], in[2]), in[6], in[5]))
			sound := u.add(in[3], u.mul(in[1], u.c(0)))
			steps := u.add(in[4], u.one(u.cmp(eq, sound, u.c(0))))
			return []r{size, in[1], sound, steps}, nil
		}},
	}
}
