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
		// size, E, E before, 0 or NaN, steps, factor, amplify
		{name: "Discount", in: []int{0, 1, 2, 3, 4, 5, 6}, out: []int{0, 2, 3, 4}, body: func(u *unit, in, _ []r) ([]r, r) {
			size := u.mul(in[0], u.blend(u.cmp(lt, in[1], in[2]), in[6], in[5]))
			sound := u.add(in[3], u.mul(in[1], u.c(0)))
			steps := u.add(in[4], u.one(u.cmp(eq, sound, u.c(0))))
			return []r{size, in[1], sound, steps}, nil
		}},
	}
}
