package main

// f1, f2 and f3 lift functions of one to three vectors to bodies.
func f1(f func(u *unit, a r) r) body {
	return func(u *unit, in, _ []r) ([]r, r) { return []r{f(u, in[0])}, nil }
}

func f2(f func(u *unit, a, b r) r) body {
	return func(u *unit, in, _ []r) ([]r, r) { return []r{f(u, in[0], in[1])}, nil }
}

func f3(f func(u *unit, a, b, c r) r) body {
	return func(u *unit, in, _ []r) ([]r, r) { return []r{f(u, in[0], in[1], in[2])}, nil }
}

// fs lifts a function of a vector and a scalar.
func fs(f func(u *unit, a, s r) r) body {
	return func(u *unit, in, sc []r) ([]r, r) { return []r{f(u, in[0], sc[0])}, nil }
}

func unarySpecs() []spec {
	var out []spec
	one := func(name string, single bool, f func(u *unit, a r) r) {
		out = append(out, spec{name: name, in: []int{1}, out: []int{0}, single: single, body: f1(f)})
	}
	one("Neg", false, (*unit).neg)
	one("Abs", false, (*unit).abs)
	one("Square", false, func(u *unit, a r) r { return u.mul(a, a) })
	one("Cube", false, func(u *unit, a r) r { return u.mul(u.mul(a, a), a) })
	one("Sqrt", false, (*unit).sqrt)
	one("Reciprocal", false, func(u *unit, a r) r { return u.div(u.c(1), a) })
	one("Relu", false, func(u *unit, a r) r { return u.max(u.c(0), a) })
	one("HardTanh", false, (*unit).hardTanh)
	one("TanhSlope", false, (*unit).tanhSlope)
	one("HardTanhSlope", false, (*unit).hardTanhSlope)
	one("Exp", true, (*unit).exp)
	one("Log", true, (*unit).log)
	one("Log1p", true, (*unit).log1p)
	one("Tanh", true, (*unit).tanh)
	one("Sigmoid", true, (*unit).sigmoid)
	one("GELU", true, func(u *unit, a r) r { return u.geluFrom(a, u.phi(a)) })
	one("GELUSlope", true, func(u *unit, a r) r { return u.geluSlopeFrom(a, u.phi(a)) })
	one("SiLU", true, func(u *unit, a r) r { return u.siluFrom(a, u.sigmoid(a)) })
	one("SiLUSlope", true, func(u *unit, a r) r { _, d := u.silu(a); return d })
	one("Softplus", true, func(u *unit, a r) r { return u.softplusFrom(a, u.expNegAbs(a)) })
	return out
}

func (u *unit) hardTanh(a r) r { return u.max(u.c(-1), u.min(u.c(1), a)) }

func (u *unit) tanhSlope(y r) r { return u.fnma(y, y, u.c(1)) }

func (u *unit) sigmoidSlope(y r) r { return u.fnma(y, y, y) }

func (u *unit) hardTanhSlope(y r) r { return u.one(u.cmp(lt, u.abs(y), u.c(1))) }

func binarySpecs() []spec {
	var out []spec
	two := func(name string, f func(u *unit, a, b r) r) {
		out = append(out,
			spec{name: name, in: []int{1, 2}, out: []int{0}, body: f2(f)},
			spec{name: name + "Scalar", in: []int{1}, out: []int{0}, scalars: 1, body: fs(f)})
	}
	two("Add", (*unit).add)
	two("Sub", (*unit).sub)
	two("Mul", (*unit).mul)
	two("Div", (*unit).div)
	for _, c := range []struct {
		name string
		pred int
	}{{"Greater", gt}, {"GreaterEqual", ge}, {"Less", lt}, {"LessEqual", le}, {"Equal", eq}, {"NotEqual", ne}} {
		two(c.name, func(u *unit, a, b r) r { return u.one(u.cmp(c.pred, a, b)) })
	}
	scalar := func(name string, n int, in []int, f func(u *unit, in, sc []r) r) {
		out = append(out, spec{name: name, in: in, out: []int{0}, scalars: n, body: func(u *unit, in, sc []r) ([]r, r) {
			return []r{f(u, in, sc)}, nil
		}})
	}
	scalar("MaxScalar", 1, []int{1}, func(u *unit, in, sc []r) r { return u.maxNaN(in[0], sc[0]) })
	scalar("ScalarSub", 1, []int{1}, func(u *unit, in, sc []r) r { return u.sub(sc[0], in[0]) })
	scalar("ScalarDiv", 1, []int{1}, func(u *unit, in, sc []r) r { return u.div(sc[0], in[0]) })
	scalar("LeakyRelu", 1, []int{1}, func(u *unit, in, sc []r) r { y, _ := u.leakyRelu(in[0], sc); return y })
	scalar("LeakyReluSlope", 1, []int{1}, func(u *unit, in, sc []r) r { _, d := u.leakyRelu(in[0], sc); return d })
	scalar("Descend", 1, []int{0, 1}, func(u *unit, in, sc []r) r { return u.sub(in[0], u.mul(sc[0], in[1])) })
	scalar("Affine", 2, []int{1}, func(u *unit, in, sc []r) r { return u.fma(sc[0], in[0], sc[1]) })
	three := func(name string, f func(u *unit, a, b, c r) r) {
		out = append(out, spec{name: name, in: []int{1, 2, 3}, out: []int{0}, body: f3(f)})
	}
	three("MulAdd", (*unit).fma)
	three("SubMul", func(u *unit, a, b, c r) r { return u.fnma(b, c, a) })
	return out
}

// reductionSpecs reduce p[0] (and p[1]) row by row.
func reductionSpecs() []spec {
	id := func(_ *unit, in, _ []r) ([]r, r) { return nil, in[0] }
	return []spec{
		{name: "RowSum", in: []int{0}, reduce: sum, body: id},
		{name: "RowSumSquare", in: []int{0}, reduce: sumSquare, body: id},
		{name: "RowMax", in: []int{0}, reduce: maximum, body: id},
		{name: "RowDot", in: []int{0, 1}, reduce: sum, body: func(u *unit, in, _ []r) ([]r, r) { return nil, u.mul(in[0], in[1]) }},
		{name: "RowFinite", in: []int{0}, reduce: sum, body: func(u *unit, in, _ []r) ([]r, r) { return nil, u.mul(in[0], u.c(0)) }},
		{name: "ExpShifted", in: []int{1}, out: []int{0}, scalars: 1, reduce: sum, single: true, body: func(u *unit, in, sc []r) ([]r, r) {
			y := u.exp(u.sub(in[0], sc[0]))
			return []r{y}, y
		}},
	}
}
