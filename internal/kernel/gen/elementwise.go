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

// tanhSlope and sigmoidSlope are f′ from y = f(x): 1 − y² and y − y².
func (u *unit) tanhSlope(y r) r { return u.fnma(y, y, u.c(1)) }

func (u *unit) sigmoidSlope(y r) r { return u.fnma(y, y, y) }

// arithmeticSpecs are sums, products and comparisons.
func arithmeticSpecs() []spec {
	var out []spec
	out = append(out, spec{
		name: "TanhSlope", exported: true, doc: "1 − a²", in: []int{1}, out: []int{0},
		body: f1((*unit).tanhSlope),
	})
	two := func(name string, f func(u *unit, a, b r) r) {
		out = append(out,
			spec{name: name, exported: true, in: []int{1, 2}, out: []int{0}, body: f2(f)},
			spec{name: name + "Scalar", exported: true, in: []int{1}, out: []int{0}, scalars: 1, body: fs(f)})
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
	scalar := func(name, doc string, in []int, f func(u *unit, in, sc []r) r) {
		out = append(out, spec{
			name: name, exported: true, doc: doc, in: in, out: []int{0}, scalars: 1,
			body: func(u *unit, in, sc []r) ([]r, r) { return []r{f(u, in, sc)}, nil },
		})
	}
	scalar("MaxScalar", "NaN where a or s is", []int{1}, func(u *unit, in, sc []r) r { return u.maxNaN(in[0], sc[0]) })
	scalar("ScalarSub", "s − a", []int{1}, func(u *unit, in, sc []r) r { return u.sub(sc[0], in[0]) })
	scalar("ScalarDiv", "s / a", []int{1}, func(u *unit, in, sc []r) r { return u.div(sc[0], in[0]) })
	scalar("Descend", "dst −= s·a, the product rounded first", []int{0, 1}, func(u *unit, in, sc []r) r { return u.sub(in[0], u.mul(sc[0], in[1])) })
	out = append(out, spec{
		name: "Affine", in: []int{1}, out: []int{0}, scalars: 2,
		body: func(u *unit, in, sc []r) ([]r, r) { return []r{u.fma(sc[0], in[0], sc[1])}, nil },
	})
	three := func(name, doc string, f func(u *unit, a, b, c r) r) {
		out = append(out, spec{name: name, exported: true, doc: doc, in: []int{1, 2, 3}, out: []int{0}, body: f3(f)})
	}
	three("MulAdd", "a·b + c, rounded once", (*unit).fma)
	three("SubMul", "a − b·c, rounded once", func(u *unit, a, b, c r) r { return u.fnma(b, c, a) })
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
