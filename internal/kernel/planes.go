package kernel

import "unsafe"

// planeArgs are the arguments of the plane kernels. Strides and jumps are in bytes,
// tables in elements. The generator knows the offsets of the fields.
type planeArgs struct {
	c, a, b, bias unsafe.Pointer
	rows, cols    unsafe.Pointer // tables
	ldc, aRow     int
	k, tiles      int
	vecs, tail    int // full vectors of 64 bytes of a line, and the elements that are left
	lines         int
	aRest, bRest  int // from the last vector of a line to the next line
	repeat        int
	aJump, bJump  int // from the end of a sample to the next
}

// The indices of the kernels, as in the generator: the products have their rows.
const (
	planeDots    = 16
	planeMax     = 32
	planeMaxGrad = 33
)

// Offsets are places in a slice, in elements.
type Offsets struct {
	at   []int
	last int
}

// NewOffsets returns the given places, none of them negative; it keeps the slice.
func NewOffsets(at []int) Offsets {
	o := Offsets{at: at}
	for _, v := range at {
		if v < 0 {
			panic("kernel: negative offset")
		}
		o.last = max(o.last, v)
	}
	return o
}

// Len is the number of places.
func (o *Offsets) Len() int { return len(o.at) }

// Lanes is the number of elements in a vector of the active path.
func Lanes[T Float]() int { return geometryOf[T]().lanes }

// GemmPlanes computes a product with a matrix that is read where it lies, such as the
// shifted parts of an image,
//
//	C[i,j] = bias[i] + Σₖ A[i,k]·b[rows[k] + place(j)]     C: m×n   A: m×k
//
// where place(j) = cols[j/lanes] + j mod lanes: columns come in vectors of [Lanes]
// elements, of which cols holds an even number. A nil bias is zero.
//
// Every element is one chain of fused multiply-adds over k, from the bias on, and has
// the same bits whichever rows and columns are computed with it, on AVX-512 and AVX2.
func GemmPlanes[T Float](c []T, ldc, m int, a []T, lda int, b []T, rows, cols *Offsets, bias []T) {
	lanes, k := Lanes[T](), rows.Len()
	n := cols.Len() * lanes
	if m <= 0 || n == 0 {
		return
	}
	_ = c[(m-1)*ldc+n-1]
	if k == 0 {
		for i := range m {
			row := c[i*ldc:][:n]
			clear(row)
			for j := range row[:n*min(len(bias), 1)] {
				row[j] = bias[i]
			}
		}
		return
	}
	_, _ = a[(m-1)*lda+k-1], b[rows.last+cols.last+lanes-1]
	if bias != nil {
		_ = bias[m-1]
	}
	if active == Portable {
		gemmPlanesPortable(c, ldc, m, a, lda, b, rows.at, cols.at, bias)
		return
	}
	bytes := size[T]()
	v := planeArgs{
		b: ptr(b), rows: ptrInt(rows.at), cols: ptrInt(cols.at),
		ldc: ldc * bytes, aRow: lda * bytes, k: k, tiles: cols.Len() / 2,
	}
	most := geometryOf[T]().rows
	for i, left := 0, (m+most-1)/most; i < m; left-- {
		strip := (m - i + left - 1) / left
		v.c, v.a = ptr(c[i*ldc:]), ptr(a[i*lda:])
		if bias != nil {
			v.bias = ptr(bias[i:])
		}
		runPlane[T](strip, &v)
		i += strip
	}
}

func gemmPlanesPortable[T Float](c []T, ldc, m int, a []T, lda int, b []T, rows, cols []int, bias []T) {
	lanes := Lanes[T]()
	for i := range m {
		row := a[i*lda:][:len(rows)]
		for j, place := range cols {
			s := c[i*ldc+j*lanes:][:lanes]
			for l := range s {
				s[l] = 0
				if bias != nil {
					s[l] = bias[i]
				}
			}
			for k, x := range row {
				for l, y := range b[rows[k]+place:][:lanes] {
					s[l] += x * y
				}
			}
		}
	}
}

// Dots are the places over which [PlaneDots] sums: in each of Samples samples, Lines
// lines of Width elements. A line of A follows another at once.
type Dots struct {
	Samples, Lines, Width int
	ASample               int // from a sample to the next in A
	BLine, BSample        int // and in B
}

// PlaneDots adds inner products of the rows of A, lda apart, with parts of b to C,
//
//	C[i,j] += Σ A[i]·b[rows[j] + …]     C: m×n
//
// over the lines and samples of d. B is read in vectors of 64 bytes: it must be finite
// up to that far past the end of a line, and as long.
//
// A product is the sum of 64 bytes of lanes, which are added by halves, in an order
// that depends only on d; AVX-512 and AVX2 give the same bits.
func PlaneDots[T Float](c []T, ldc, m int, a []T, lda int, b []T, rows *Offsets, d Dots) {
	n := rows.Len()
	if m <= 0 || n == 0 || d.Samples <= 0 || d.Lines <= 0 || d.Width <= 0 {
		return
	}
	bytes := size[T]()
	lanes := 64 / bytes
	vecs := (d.Width - 1) / lanes
	_, _ = c[(m-1)*ldc+n-1], a[(m-1)*lda+(d.Samples-1)*d.ASample+d.Lines*d.Width-1]
	_ = b[rows.last+(d.Samples-1)*d.BSample+(d.Lines-1)*d.BLine+(vecs+1)*lanes-1]
	if active == Portable {
		planeDotsPortable(c, ldc, m, a, lda, b, rows.at, &d)
		return
	}
	v := planeArgs{
		b: ptr(b), aRow: lda * bytes, vecs: vecs, tail: d.Width - vecs*lanes, lines: d.Lines,
		aRest: (d.Width - vecs*lanes) * bytes, bRest: (d.BLine - vecs*lanes) * bytes,
		aJump: (d.ASample - d.Lines*d.Width) * bytes, bJump: (d.BSample - d.Lines*d.BLine) * bytes,
	}
	tileRows, tileCols := 4, 6
	if active == AVX2 {
		tileRows, tileCols = 2, 3
	}
	// The outer loop is over what would take longer to read again.
	length := d.Samples * d.Lines * d.Width
	byRows := m*length*(n/tileCols) > (rows.last+length)*(m/tileRows)
	var out [24]T
	var last [6]int
	v.c = unsafe.Pointer(&out)
	for i, j := 0, 0; i < m && j < n; {
		cols, strip := min(tileCols, n-j), min(tileRows, m-i)
		v.a, v.rows, v.repeat = ptr(a[i*lda:]), ptrInt(rows.at[j:]), d.Samples
		if cols < tileCols { // the others are not used
			for k := range last {
				last[k] = rows.at[min(j+k, n-1)]
			}
			v.rows = unsafe.Pointer(&last)
		}
		runPlane[T](planeDots+strip, &v)
		for r := range strip {
			s, to := out[r*tileCols:][:cols], c[(i+r)*ldc+j:][:cols]
			for q, x := range s {
				to[q] += x
			}
		}
		switch {
		case byRows && j+tileCols < n:
			j += tileCols
		case byRows:
			i, j = i+tileRows, 0
		case i+tileRows < m:
			i += tileRows
		default:
			i, j = 0, j+tileCols
		}
	}
}

func planeDotsPortable[T Float](c []T, ldc, m int, a []T, lda int, b []T, rows []int, d *Dots) {
	for i := range m {
		for j, at := range rows {
			var s T
			for k := range d.Samples {
				for r := range d.Lines {
					y := b[at+k*d.BSample+r*d.BLine:][:d.Width]
					for l, x := range a[i*lda+k*d.ASample+r*d.Width:][:d.Width] {
						s += x * y[l]
					}
				}
			}
			c[i*ldc+j] += s
		}
	}
}

func ptrInt(s []int) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }
