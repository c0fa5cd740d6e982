package conv

// Shape is the geometry of a convolution. Strides and dilations are at least 1; Out,
// OutHeight and OutWidth follow from the others.
type Shape struct {
	Batch                         int
	Channels, Height, Width       int // of the image x
	Out, OutHeight, OutWidth      int // of the result y
	Groups                        int // divides Channels and Out
	Kernel, Stride, Pad, Dilation [2]int
}

// FLOPs is the number of floating-point operations of the direct convolution, and of
// either adjoint; taps in the padding count.
func (s Shape) FLOPs() float64 {
	return 2 * float64(s.Batch*s.Out*s.OutHeight*s.OutWidth) * float64(s.Channels/s.Groups*s.taps())
}

func (s Shape) taps() int { return s.Kernel[0] * s.Kernel[1] }

// image is the layout of one image.
type image struct{ channels, height, width int }

func (i image) pixels() int { return i.height * i.width }
func (i image) size() int   { return i.channels * i.height * i.width }

func (s Shape) x() image { return image{s.Channels, s.Height, s.Width} }
func (s Shape) y() image { return image{s.Out, s.OutHeight, s.OutWidth} }

// Algorithm is a way to compute a convolution or an adjoint of it.
type Algorithm uint8

const (
	// Gathered multiplies gathered rows with packed weights.
	Gathered Algorithm = iota
	// Direct multiplies with the image where it lies.
	Direct
	// Winograd2 and Winograd4 are Winograd's filtering on tiles of 2×2 and 4×4 outputs.
	Winograd2
	Winograd4
)

// String names the algorithm, with its share of the multiplications.
func (a Algorithm) String() string {
	return [...]string{"gathered", "direct", "Winograd 2×2, 0.44 of the multiplications", "Winograd 4×4, 0.25 of the multiplications"}[a]
}

// tile is the side of Winograd's output tiles, 0 for the other algorithms.
func (a Algorithm) tile() int { return [...]int{0, 0, 2, 4}[a] }

// algorithm returns the fastest one for results of size out.
func (s Shape) algorithm(out image, _ bool) Algorithm {
	switch s.tile(out) {
	case 2:
		return Winograd2
	case 4:
		return Winograd4
	}
	return Direct
}

// gradientAlgorithm returns the fastest one for the adjoint in the weights.
func (s Shape) gradientAlgorithm() Algorithm { return s.algorithm(s.y(), false) }

// tile returns the side of Winograd's output tiles for results of size out, 0 where
// gathering is cheaper.
//
// The costs are in vector multiply-adds per tile of outputs, including the cost of the
// transforms per channel.
func (s Shape) tile(out image) int {
	if !s.small() || min(s.Channels, s.Out) < 16 {
		return 0
	}
	products := float64(s.Channels) * float64(s.Out) / 16
	channels := float64(s.Channels+s.Out) / 16
	best, tile := float64(9*out.pixels())*(products+2*channels), 0
	for _, t := range []struct {
		m         int
		transform float64
	}{{2, 60}, {4, 200}} {
		n := float64((t.m + 2) * (t.m + 2))
		if cost := float64(tiles(out.height, t.m)*tiles(out.width, t.m)) * (n*products + t.transform*channels); cost < best {
			best, tile = cost, t.m
		}
	}
	return tile
}

// small reports whether Winograd's filtering applies: a 3×3 kernel of stride 1,
// without dilation or groups.
func (s Shape) small() bool {
	return s.Kernel == [2]int{3, 3} && s.Stride == [2]int{1, 1} && s.Dilation == [2]int{1, 1} && s.Groups == 1
}

// tiles returns the number of tiles of side m that cover n.
func tiles(n, m int) int { return (n + m - 1) / m }
