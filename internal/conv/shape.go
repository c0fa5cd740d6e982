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

// tiles returns the number of tiles of side m that cover n.
func tiles(n, m int) int { return (n + m - 1) / m }
