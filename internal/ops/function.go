package ops

import (
	"math"
)

// Function names an element-wise function of one variable x, some with a
// constant parameter p.
type Function uint8

// The element-wise functions. D marks a derivative.
const (
	Sigmoid      Function = iota // 1/(1+e⁻ˣ)
	SigmoidD                     // σ(x)(1−σ(x))
	Softplus                     // log(1+eˣ)
	GELU                         // x·Φ(x)
	GELUD                        // Φ(x) + x·φ(x)
	SiLU                         // x·σ(x)
	SiLUD                        // σ(x)(1 + x(1−σ(x)))
	HardTanh                     // min(1, max(−1, x))
	HardTanhD                    // 1 where |x| < 1, else 0
	ReLU                         // max(0, x)
	ReLUD                        // 1 where x > 0, else 0
	LeakyReLU                    // x where x > 0, else p·x
	LeakyReLUD                   // 1 where x > 0, else p
	ELU                          // x where x > 0, else p(eˣ − 1)
	ELUD                         // 1 where x > 0, else p·eˣ
	SmoothAbs                    // √(x² + p²) − p
	SmoothAbsD                   // x / √(x² + p²)
	Huber                        // ½x² where |x| ≤ p, else p(|x| − ½p)
	HuberD                       // min(p, max(−p, x))
	XLogX                        // x·log x where x > 0, else 0
	XLogXD                       // 1 + log x where x > 0, else 0
	Log2                         // log₂ x
	Log2D                        // 1/(x·log 2)
	InverseSqrt                  // 1/√x
	InverseSqrtD                 // −1/(2x√x)
	NumFunctions                 // the number of functions
)

// rule is a row of the table of functions: its name, its value in float64 and its
// derivative.
type rule struct {
	name  string
	value func(x, p float64) float64
	deriv Function
	hasD  bool
}

var rules = [NumFunctions]rule{
	Sigmoid:   {name: "sigmoid", value: sigmoid, deriv: SigmoidD, hasD: true},
	SigmoidD:  {name: "sigmoid′", value: sigmoidD},
	Softplus:  {name: "softplus", value: softplus, deriv: Sigmoid, hasD: true},
	GELU:      {name: "gelu", value: gelu, deriv: GELUD, hasD: true},
	GELUD:     {name: "gelu′", value: geluD},
	SiLU:      {name: "silu", value: silu, deriv: SiLUD, hasD: true},
	SiLUD:     {name: "silu′", value: siluD},
	HardTanh:  {name: "hardtanh", value: hardTanh, deriv: HardTanhD, hasD: true},
	HardTanhD: {name: "hardtanh′", value: hardTanhD},
	ReLU:      {name: "relu", value: relu, deriv: ReLUD, hasD: true},
	ReLUD:     {name: "relu′", value: reluD},

	LeakyReLU:  {name: "leakyrelu", value: leakyReLU, deriv: LeakyReLUD, hasD: true},
	LeakyReLUD: {name: "leakyrelu′", value: leakyReLUD},
	ELU:        {name: "elu", value: elu, deriv: ELUD, hasD: true},
	ELUD:       {name: "elu′", value: eluD},
	SmoothAbs:  {name: "smoothabs", value: smoothAbs, deriv: SmoothAbsD, hasD: true},
	SmoothAbsD: {name: "smoothabs′", value: smoothAbsD},
	Huber:      {name: "huber", value: huber, deriv: HuberD, hasD: true},
	HuberD:     {name: "huber′", value: huberD},
	XLogX:      {name: "xlogx", value: xLogX, deriv: XLogXD, hasD: true},
	XLogXD:     {name: "xlogx′", value: xLogXD},

	Log2:         {name: "log2", value: func(x, _ float64) float64 { return math.Log2(x) }, deriv: Log2D, hasD: true},
	Log2D:        {name: "log2′", value: func(x, _ float64) float64 { return 1 / (x * math.Ln2) }},
	InverseSqrt:  {name: "invsqrt", value: func(x, _ float64) float64 { return 1 / math.Sqrt(x) }, deriv: InverseSqrtD, hasD: true},
	InverseSqrtD: {name: "invsqrt′", value: func(x, _ float64) float64 { return -0.5 / (x * math.Sqrt(x)) }},
}

// String returns the field's name of the function; a derivative ends in a prime.
func (f Function) String() string { return rules[f].name }

// At returns the function's value at x with parameter p, which functions
// without a parameter ignore.
func (f Function) At(x, p float64) float64 { return rules[f].value(x, p) }

// Derivative returns the derivative of f, and whether it is in the table.
func (f Function) Derivative() (Function, bool) { return rules[f].deriv, rules[f].hasD }

func sigmoid(x, _ float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

func sigmoidD(x, _ float64) float64 {
	e := math.Exp(-math.Abs(x))
	return e / ((1 + e) * (1 + e))
}

// softplus uses max(x, 0) + log1p(e^−|x|), which neither overflows nor loses small
// values.
func softplus(x, _ float64) float64 {
	return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
}

// phi is the standard normal distribution function Φ.
func phi(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

func gelu(x, _ float64) float64 {
	if math.IsInf(x, -1) {
		return 0
	}
	return x * phi(x)
}

func geluD(x, _ float64) float64 {
	if math.IsInf(x, 0) {
		return phi(x)
	}
	return phi(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
}

func silu(x, _ float64) float64 {
	if math.IsInf(x, -1) {
		return 0
	}
	return x * sigmoid(x, 0)
}

func siluD(x, _ float64) float64 {
	if math.IsInf(x, 0) {
		return sigmoid(x, 0)
	}
	s := sigmoid(x, 0)
	return s * (1 + x*(1-s))
}

func hardTanh(x, _ float64) float64 {
	if x != x {
		return x
	}
	return min(1, max(-1, x))
}

func hardTanhD(x, _ float64) float64 {
	switch {
	case x != x:
		return x
	case x > -1 && x < 1:
		return 1
	}
	return 0
}

func relu(x, _ float64) float64 {
	if x > 0 || x != x {
		return x
	}
	return 0
}

func reluD(x, _ float64) float64 {
	switch {
	case x != x:
		return x
	case x > 0:
		return 1
	}
	return 0
}

func leakyReLU(x, p float64) float64 {
	if x > 0 || x != x {
		return x
	}
	return p * x
}

func leakyReLUD(x, p float64) float64 {
	switch {
	case x != x:
		return x
	case x > 0:
		return 1
	}
	return p
}

func elu(x, p float64) float64 {
	if x > 0 {
		return x
	}
	return p * math.Expm1(x)
}

func eluD(x, p float64) float64 {
	if x > 0 {
		return 1
	}
	return p * math.Exp(x)
}

func smoothAbs(x, p float64) float64 { return math.Hypot(x, p) - p }

func smoothAbsD(x, p float64) float64 {
	if math.IsInf(x, 0) {
		return math.Copysign(1, x)
	}
	return x / math.Hypot(x, p)
}

func huber(x, p float64) float64 {
	if math.Abs(x) > p {
		return p * (math.Abs(x) - p/2)
	}
	return x * x / 2
}

func huberD(x, p float64) float64 {
	if x != x {
		return x
	}
	return min(p, max(-p, x))
}

func xLogX(x, _ float64) float64 {
	switch {
	case x != x:
		return x
	case x > 0:
		return x * math.Log(x)
	}
	return 0
}

func xLogXD(x, _ float64) float64 {
	switch {
	case x != x:
		return x
	case x > 0:
		return 1 + math.Log(x)
	}
	return 0
}
