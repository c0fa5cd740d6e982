package hlo

import (
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/ops"
)

// direct are functions that are operations of StableHLO.
var direct = map[engine.Func]string{
	engine.Neg: "negate", engine.Abs: "abs", engine.Exp: "exponential", engine.Log: "log", engine.Sqrt: "sqrt",
	engine.InverseSqrt: "rsqrt", engine.Tanh: "tanh", engine.Log1p: "log_plus_one", engine.Expm1: "exponential_minus_one",
	engine.Sin: "sine", engine.Cos: "cosine", engine.Ceil: "ceil", engine.Floor: "floor",
	engine.Own(ops.Sigmoid): "logistic", engine.Own(ops.InverseSqrt): "rsqrt",
}

// function writes an element-wise function with its parameter p. A NaN stays one.
func (s *Scope) function(f engine.Func, p float64, x Ref) (Ref, error) {
	if op, ok := direct[f]; ok {
		return s.Unary(op, x), nil
	}
	switch f {
	case engine.Square:
		return s.Mul(x, x), nil
	case engine.Cube:
		return s.Mul(s.Mul(x, x), x), nil
	case engine.Sign:
		return s.sign(x), nil
	case engine.Inverse:
		return s.Div(s.Like(x, 1), x), nil
	case engine.Log2, engine.Own(ops.Log2):
		return s.times(s.Unary("log", x), 1/math.Ln2), nil
	}
	if f < engine.Neg {
		if r, ok := s.activation(ops.Function(f), p, x); ok {
			return r, nil
		}
	}
	return Ref{}, errors.Errorf("hlo: function %v: has no form for devices", f)
}

// times multiplies by a number, and plus adds one.
func (s *Scope) times(x Ref, c float64) Ref { return s.Mul(x, s.Like(x, c)) }
func (s *Scope) plus(x Ref, c float64) Ref  { return s.Add(x, s.Like(x, c)) }

// sign is 1 or −1, by the sign bit.
func (s *Scope) sign(x Ref) Ref {
	bits := Type{I32, x.Type.Shape}
	if x.Type.Element == F64 {
		bits.Element = "i64"
	}
	word := s.statement(bits, "stablehlo.bitcast_convert %s : (%s) -> %s", x.Name, x.Type, bits)
	zero := s.statement(bits, "stablehlo.constant dense<0> : %s", bits)
	return s.Select(s.Compare("LT", word, zero), s.Like(x, -1), s.Like(x, 1))
}

// where is a where x > 0, b elsewhere, and x where that is NaN.
func (s *Scope) where(x, a, b Ref) Ref {
	return s.Select(s.Compare("NE", x, x), x, s.Select(s.Compare("GT", x, s.Like(x, 0)), a, b))
}

// activation writes a function of package ops.
func (s *Scope) activation(f ops.Function, p float64, x Ref) (Ref, bool) {
	zero, one := func() Ref { return s.Like(x, 0) }, func() Ref { return s.Like(x, 1) }
	switch f {
	case ops.SigmoidD:
		y := s.Unary("logistic", x)
		return s.Mul(y, s.Sub(one(), y)), true
	case ops.Softplus:
		tail := s.Unary("log_plus_one", s.Unary("exponential", s.Unary("negate", s.Unary("abs", x))))
		return s.Add(s.Binary("maximum", x, zero()), tail), true
	case ops.GELU:
		return s.Select(s.Compare("EQ", x, s.Like(x, math.Inf(-1))), zero(), s.Mul(x, s.normal(x))), true
	case ops.GELUD:
		density := s.times(s.Unary("exponential", s.times(s.Mul(x, x), -0.5)), 1/math.Sqrt(2*math.Pi))
		far := s.Compare("EQ", s.Unary("abs", x), s.Like(x, math.Inf(1)))
		return s.Add(s.normal(x), s.Select(far, zero(), s.Mul(x, density))), true
	case ops.SiLU:
		return s.Select(s.Compare("EQ", x, s.Like(x, math.Inf(-1))), zero(), s.Mul(x, s.Unary("logistic", x))), true
	case ops.SiLUD:
		y := s.Unary("logistic", x)
		far := s.Compare("EQ", s.Unary("abs", x), s.Like(x, math.Inf(1)))
		return s.Select(far, y, s.Mul(y, s.plus(s.Mul(x, s.Sub(one(), y)), 1))), true
	case ops.HardTanh:
		return s.Binary("minimum", s.Binary("maximum", x, s.Like(x, -1)), one()), true
	case ops.HardTanhD:
		inside := s.Compare("LT", s.Unary("abs", x), one())
		return s.Select(s.Compare("NE", x, x), x, s.Select(inside, one(), zero())), true
	case ops.ReLU:
		return s.Binary("maximum", x, zero()), true
	case ops.ReLUD:
		return s.where(x, one(), zero()), true
	case ops.LeakyReLU:
		return s.where(x, x, s.times(x, p)), true
	case ops.LeakyReLUD:
		return s.where(x, one(), s.Like(x, p)), true
	case ops.ELU:
		return s.where(x, x, s.times(s.Unary("exponential_minus_one", x), p)), true
	case ops.ELUD:
		return s.where(x, one(), s.times(s.Unary("exponential", x), p)), true
	case ops.InverseSqrtD:
		return s.Div(s.Like(x, -0.5), s.Mul(x, s.Unary("sqrt", x))), true
	case ops.Log2D:
		return s.Div(one(), s.times(x, math.Ln2)), true
	}
	return s.penalty(f, p, x)
}

// normal is the normal distribution function Φ.
func (s *Scope) normal(x Ref) Ref {
	scaled := s.times(x, -1/math.Sqrt2)
	return s.times(s.statement(x.Type, "chlo.erfc %s : %s -> %s", scaled.Name, x.Type, x.Type), 0.5)
}

// penalty writes a function of package ops that energies have.
func (s *Scope) penalty(f ops.Function, p float64, x Ref) (Ref, bool) {
	zero := func() Ref { return s.Like(x, 0) }
	switch f {
	case ops.SmoothAbs:
		return s.plus(s.hypotenuse(x, p), -p), true
	case ops.SmoothAbsD:
		far := s.Compare("EQ", s.Unary("abs", x), s.Like(x, math.Inf(1)))
		return s.Select(far, s.Unary("sign", x), s.Div(x, s.hypotenuse(x, p))), true
	case ops.Huber:
		size := s.Unary("abs", x)
		return s.Select(s.Compare("GT", size, s.Like(x, p)), s.times(s.plus(size, -p/2), p), s.times(s.Mul(x, x), 0.5)), true
	case ops.HuberD:
		return s.Binary("minimum", s.Binary("maximum", x, s.Like(x, -p)), s.Like(x, p)), true
	case ops.XLogX:
		return s.where(x, s.Mul(x, s.Unary("log", x)), zero()), true
	case ops.XLogXD:
		return s.where(x, s.plus(s.Unary("log", x), 1), zero()), true
	}
	return Ref{}, false
}

// hypotenuse is √(x² + p²), of the larger of the two times a root, which does not
// overflow.
func (s *Scope) hypotenuse(x Ref, p float64) Ref {
	a, b := s.Unary("abs", x), s.Like(x, math.Abs(p))
	large, small := s.Binary("maximum", a, b), s.Binary("minimum", a, b)
	safe := s.Select(s.Compare("EQ", large, s.Like(x, 0)), s.Like(x, 1), large)
	ratio := s.Div(small, safe)
	return s.Mul(large, s.Unary("sqrt", s.plus(s.Mul(ratio, ratio), 1)))
}
