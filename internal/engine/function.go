package engine

import (
	"math"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// Func is an element-wise function of one argument: an [ops.Function] of Prospect or a
// function of Gorgonia.
type Func uint8

// Gorgonia's functions follow Prospect's.
const (
	Neg Func = Func(ops.NumFunctions) + iota
	Square
	Cube
	Abs
	Sign
	Exp
	Log
	Log2
	Sqrt
	Inverse
	InverseSqrt
	Tanh
	Log1p
	Expm1
	Sin
	Cos
	Ceil
	Floor
	numFuncs
)

// Own returns the function of package ops.
func Own(f ops.Function) Func { return Func(f) }

var gorgonias = [...]struct {
	name string
	at   func(float64) float64
}{
	Neg:         {"neg", func(x float64) float64 { return -x }},
	Square:      {"square", func(x float64) float64 { return x * x }},
	Cube:        {"cube", func(x float64) float64 { return x * x * x }},
	Abs:         {"abs", math.Abs},
	Sign:        {"sign", sign},
	Exp:         {"exp", math.Exp},
	Log:         {"ln", math.Log},
	Log2:        {"log2", math.Log2},
	Sqrt:        {"sqrt", math.Sqrt},
	Inverse:     {"inv", func(x float64) float64 { return 1 / x }},
	InverseSqrt: {"invSqrt", func(x float64) float64 { return 1 / math.Sqrt(x) }},
	Tanh:        {"tanh", math.Tanh},
	Log1p:       {"log1p", math.Log1p},
	Expm1:       {"expm1", math.Expm1},
	Sin:         {"sin", math.Sin},
	Cos:         {"cos", math.Cos},
	Ceil:        {"ceil", math.Ceil},
	Floor:       {"floor", math.Floor},
}

// sign is Gorgonia's sign function: 1 for +0.
func sign(x float64) float64 {
	if math.Signbit(x) {
		return -1
	}
	return 1
}

// String returns the function's name.
func (f Func) String() string {
	if f < Neg {
		return ops.Function(f).String()
	}
	return gorgonias[f].name
}

// At returns the value at x with parameter p.
func (f Func) At(x, p float64) float64 {
	if f < Neg {
		return ops.Function(f).At(x, p)
	}
	return gorgonias[f].at(x)
}

// FuncByName returns the Gorgonia function of that name.
func FuncByName(name string) (Func, bool) {
	for f := Neg; f < numFuncs; f++ {
		if gorgonias[f].name == name {
			return f, true
		}
	}
	return 0, false
}

// At returns a ∘ b.
func (f Binary) At(a, b float64) float64 {
	switch f {
	case Add:
		return a + b
	case Sub:
		return a - b
	case Mul:
		return a * b
	case Div:
		return a / b
	case Pow:
		return math.Pow(a, b)
	}
	return truth(f, a, b)
}

func truth(f Binary, a, b float64) float64 {
	var t bool
	switch f {
	case Less:
		t = a < b
	case LessEqual:
		t = a <= b
	case Greater:
		t = a > b
	case GreaterEqual:
		t = a >= b
	case Equal:
		t = a == b
	case NotEqual:
		t = a != b
	}
	if t {
		return 1
	}
	return 0
}
