package kernel

// Transform is a linear map of Winograd's minimal filtering F(m, 3), which computes m
// outputs of a three-tap filter with m + 2 products,
//
//	y = Aᵀ[(G g) ⊙ (Bᵀ d)]     d: m+2 inputs   g: 3 taps   y: m outputs
//
// and, in two dimensions, a tile of m × m outputs with (m+2)² products instead of 9m².
//
// The interpolation points are 0, ±1, ∞ for m = 2 and 0, ±¾, ±3⁄2, ∞ for m = 4; the
// latter have a quarter of the single precision error of 0, ±1, ±2, ∞. A. Lavin and S.
// Gray, "Fast Algorithms for Convolutional Neural Networks", 2015; B. Barabasz et al.,
// "Error Analysis and Improving the Accuracy of Winograd Convolution for Deep Neural
// Networks", 2020.
type Transform uint8

// The maps.
const (
	WinogradInput         Transform = iota // Bᵀ: m+2 → m+2
	WinogradKernel                         // G: 3 → m+2
	WinogradOutput                         // Aᵀ: m+2 → m
	WinogradOutputAdjoint                  // A: m → m+2
	WinogradKernelAdjoint                  // Gᵀ: m+2 → 3
	numTransforms         = 5
)

// sizes returns the number of input and output vectors of the map for tiles of side m.
func (t Transform) sizes(m int) (in, out int) {
	in, out = m+2, m+2
	switch t {
	case WinogradKernel:
		in = 3
	case WinogradOutput:
		out = m
	case WinogradOutputAdjoint:
		in = m
	case WinogradKernelAdjoint:
		out = 3
	}
	return in, out
}

// Winograd applies a map of F(m, 3), m = 2 or 4, to vectors of n elements: in every
// row, the vectors of dst become linear combinations of the vectors of src. dst must
// not overlap src.
func Winograd[T Float](t Transform, m int, dst, src Lines[T], rows, n int) {
	if rows <= 0 || n <= 0 {
		return
	}
	in, out := t.sizes(m)
	src.check(rows, in, n)
	dst.check(rows, out, n)
	if active == Portable {
		winogradPortable(t, m, dst, src, rows, n)
		return
	}
	b := size[T]()
	runLine[T](int(t)+numTransforms*(m/2-1), &lineArgs{
		dst: ptr(dst.Data), dstRow: dst.Row * b, dstCol: dst.Col * b,
		src: ptr(src.Data), srcRow: src.Row * b, srcCol: src.Col * b,
		rows: rows, n: n,
	})
}

// winogradPortable multiplies by the matrix of the map.
func winogradPortable[T Float](t Transform, m int, dst, src Lines[T], rows, n int) {
	matrix := winogradMatrix(t, m)
	for r := range rows {
		for i, row := range matrix {
			y := dst.Data[r*dst.Row+i*dst.Col:][:n]
			clear(y)
			for j, f := range row {
				if f == 0 {
					continue
				}
				for k, x := range src.Data[r*src.Row+j*src.Col:][:n] {
					y[k] += T(f) * x
				}
			}
		}
	}
}

// The points of F(4, 3), their squares, and the derivatives of x(x²−a²)(x²−b²) there.
const (
	pointA, pointB = 0.75, 1.5
	a2, b2         = pointA * pointA, pointB * pointB
	slopeA, slopeB = 2 * a2 * (a2 - b2), 2 * b2 * (b2 - a2)
)

// winogradMatrices are Bᵀ, G and Aᵀ by m/2 − 1.
var winogradMatrices = [2][3][][]float64{
	{
		{{1, 0, -1, 0}, {0, 1, 1, 0}, {0, -1, 1, 0}, {0, 1, 0, -1}},
		{{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}},
		{{1, 1, 1, 0}, {0, 1, -1, -1}},
	},
	{
		{
			{a2 * b2, 0, -a2 - b2, 0, 1, 0},
			{0, -pointA * b2, -b2, pointA, 1, 0},
			{0, pointA * b2, -b2, -pointA, 1, 0},
			{0, -pointB * a2, -a2, pointB, 1, 0},
			{0, pointB * a2, -a2, -pointB, 1, 0},
			{0, a2 * b2, 0, -a2 - b2, 0, 1},
		},
		{
			{1 / (a2 * b2), 0, 0},
			{1 / slopeA, pointA / slopeA, a2 / slopeA},
			{1 / slopeA, -pointA / slopeA, a2 / slopeA},
			{1 / slopeB, pointB / slopeB, b2 / slopeB},
			{1 / slopeB, -pointB / slopeB, b2 / slopeB},
			{0, 0, 1},
		},
		{
			{1, 1, 1, 1, 1, 0},
			{0, pointA, -pointA, pointB, -pointB, 0},
			{0, a2, a2, b2, b2, 0},
			{0, pointA * a2, -pointA * a2, pointB * b2, -pointB * b2, 1},
		},
	},
}

// winogradAdjoints are A and Gᵀ.
var winogradAdjoints = [2][2][][]float64{
	{transposedMatrix(winogradMatrices[0][WinogradOutput]), transposedMatrix(winogradMatrices[0][WinogradKernel])},
	{transposedMatrix(winogradMatrices[1][WinogradOutput]), transposedMatrix(winogradMatrices[1][WinogradKernel])},
}

func winogradMatrix(t Transform, m int) [][]float64 {
	if t >= WinogradOutputAdjoint {
		return winogradAdjoints[m/2-1][t-WinogradOutputAdjoint]
	}
	return winogradMatrices[m/2-1][t]
}

func transposedMatrix(a [][]float64) [][]float64 {
	out := make([][]float64, len(a[0]))
	for j := range out {
		for i := range a {
			out[j] = append(out[j], a[i][j])
		}
	}
	return out
}
