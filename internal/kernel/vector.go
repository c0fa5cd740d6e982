package kernel

import "unsafe"

// Op names an element-wise kernel. Vector1 … Vector3 run it with one to three
// arguments and report whether the active path has it; where it is missing, the
// caller computes in plain Go.
type Op = id

// Kernels of one argument: dst = f(a). The error bounds of the float32 functions
// are in the package's documentation.
const (
	Neg        = idNeg
	Abs        = idAbs
	Square     = idSquare
	Cube       = idCube
	Sqrt       = idSqrt
	Reciprocal = idReciprocal
	ReLU       = idRelu
	HardTanh   = idHardTanh
	Exp        = idExp
	Log        = idLog
	Log1p      = idLog1p
	Tanh       = idTanh
	Sigmoid    = idSigmoid
	GELU       = idGELU
	GELUSlope  = idGELUSlope
	SiLU       = idSiLU // a·σ(a)
	SiLUSlope  = idSiLUSlope
	Softplus   = idSoftplus
)

// Kernels that give f′ from y = f(x).
const (
	TanhSlope     = idTanhSlope     // 1 − y²
	HardTanhSlope = idHardTanhSlope // 1 where |y| < 1, else 0
)

// Kernels of one argument and a scalar: dst = f(a, s).
const (
	AddScalar      = idAddScalar
	SubScalar      = idSubScalar
	MulScalar      = idMulScalar
	DivScalar      = idDivScalar
	ScalarSub      = idScalarSub // s − a
	ScalarDiv      = idScalarDiv // s / a
	LeakyReLU      = idLeakyRelu
	LeakyReLUSlope = idLeakyReluSlope
	Descend        = idDescend // dst −= s·a, the product rounded first

	MaxScalar          = idMaxScalar     // NaN where a or s is
	GreaterScalar      = idGreaterScalar // 1 where a > s, else 0; so the next ones
	GreaterEqualScalar = idGreaterEqualScalar
	LessScalar         = idLessScalar
	LessEqualScalar    = idLessEqualScalar
	EqualScalar        = idEqualScalar
	NotEqualScalar     = idNotEqualScalar
)

// Kernels of two arguments: dst = f(a, b).
const (
	Add = idAdd
	Sub = idSub
	Mul = idMul
	Div = idDiv

	Greater      = idGreater // 1 where a > b, else 0; so the next ones
	GreaterEqual = idGreaterEqual
	Less         = idLess
	LessEqual    = idLessEqual
	Equal        = idEqual
	NotEqual     = idNotEqual // 1 for NaN
)

// Kernels of three arguments, with one rounding.
const (
	MulAdd = idMulAdd // dst = a·b + c
	SubMul = idSubMul // dst = a − b·c
)

// vecArgs are the arguments of an element-wise kernel. The generator knows the
// offsets of the fields.
type vecArgs[T Float] struct {
	p    [8]unsafe.Pointer // slices of n·rows elements
	n    int               // elements of a row
	rows int               // rows; kernels without a reduction take everything as one
	sums unsafe.Pointer    // one float64 for each row
	s    [12]T             // scalars
}

// Vector1 computes dst = f(a), where f may take a scalar. dst may be a.
func Vector1[T Float](op Op, dst, a []T, s T) bool {
	if len(dst) == 0 {
		return true
	}
	_ = a[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.n, v.s[0] = ptr(dst), ptr(a), len(dst), s
	return runVec(op, &v)
}

// Vector2 computes dst = f(a, b). dst may be a or b.
func Vector2[T Float](op Op, dst, a, b []T) bool {
	if len(dst) == 0 {
		return true
	}
	_, _ = a[len(dst)-1], b[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.p[2], v.n = ptr(dst), ptr(a), ptr(b), len(dst)
	return runVec(op, &v)
}

// Vector3 computes dst = f(a, b, c). dst may be any of them.
func Vector3[T Float](op Op, dst, a, b, c []T) bool {
	if len(dst) == 0 {
		return true
	}
	_, _, _ = a[len(dst)-1], b[len(dst)-1], c[len(dst)-1]
	var v vecArgs[T]
	v.p[0], v.p[1], v.p[2], v.p[3], v.n = ptr(dst), ptr(a), ptr(b), ptr(c), len(dst)
	return runVec(op, &v)
}
