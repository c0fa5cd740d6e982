package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

// Map is a convolution, or its adjoint in the images, with packed weights. One
// goroutine packs; then any number may run it.
type Map[T kernel.Float] struct {
	shape    Shape
	adjoint  bool
	src, dst image
	how      Algorithm
	tile     int // side of Winograd's output tiles
	phases   []phase
	packed   []kernel.Packed[T] // gathered: by phase, then by group; else by position in the transformed tile
	data     []T                // of all positions
	plane    int                // distance between positions

	// Of the direct algorithm, by phase.
	planes planes
	direct []direct
	flat   [][]T // weights: a row for every result channel
	depth  []int // distance between rows
}

// New returns the convolution of a shape, or its adjoint in the images.
func New[T kernel.Float](s Shape, adjoint bool) *Map[T] {
	return newMap[T](s, adjoint, mapAlgorithm[T](s, adjoint))
}

func newMap[T kernel.Float](s Shape, adjoint bool, how Algorithm) *Map[T] {
	m := &Map[T]{shape: s, adjoint: adjoint, src: s.x(), dst: s.y(), how: how, tile: how.tile()}
	if adjoint {
		m.src, m.dst = m.dst, m.src
	}
	if m.tile > 0 {
		m.packed = make([]kernel.Packed[T], (m.tile+2)*(m.tile+2))
		m.plane = padded[T](kernel.PackedSize[T](m.src.channels, m.dst.channels))
		m.data = kernel.Aligned[T](len(m.packed) * m.plane)
		for p := range m.packed {
			m.packed[p].Place(m.data[p*m.plane:(p+1)*m.plane], m.src.channels, m.dst.channels)
		}
		return m
	}
	m.phases = s.phases(adjoint)
	if how == Direct {
		m.inDirect()
		return m
	}
	for _, p := range m.phases {
		for range s.Groups {
			var w kernel.Packed[T]
			w.Reset(len(p.taps)*m.src.channels/s.Groups, m.dst.channels/s.Groups)
			m.packed = append(m.packed, w)
		}
	}
	return m
}

// Algorithm is what the map uses.
func (m *Map[T]) Algorithm() Algorithm { return m.how }

// PackedSize is the number of packed weights.
func (m *Map[T]) PackedSize() int {
	n := 0
	for i := range m.packed {
		n += m.packed[i].Rows() * m.packed[i].Cols()
	}
	for k := range m.flat {
		n += m.direct[k].rows.Len() * m.dst.channels
	}
	return n
}

// Run computes the samples lo … hi−1 of dst from src, and adds bias, if not nil, to the
// channels.
func (m *Map[T]) Run(dst, src, bias []T, lo, hi int, s *Scratch[T]) {
	dst, src = dst[lo*m.dst.size():hi*m.dst.size()], src[lo*m.src.size():hi*m.src.size()]
	if bias != nil {
		bias = bias[:m.dst.channels]
	}
	block := m.shape.Block(m.adjoint)
	for at := 0; at < hi-lo; at += block {
		n := min(block, hi-lo-at)
		d, x := dst[at*m.dst.size():(at+n)*m.dst.size()], src[at*m.src.size():(at+n)*m.src.size()]
		switch m.how {
		case Gathered:
			m.gather(d, x, bias, n, s)
		case Direct:
			m.directly(d, x, bias, n, s)
		default:
			m.winograd(d, x, bias, n, s)
		}
	}
}

// Block is the number of samples that a map computes at a time, so that its products
// have many rows.
func (s Shape) Block(adjoint bool) int {
	dst, steps := s.y(), 1
	if adjoint {
		dst, steps = s.x(), s.Stride[0]*s.Stride[1]
	}
	if t := s.tile(dst); t > 0 {
		return max(1, tileBlock/(tiles(dst.height, t)*tiles(dst.width, t)))
	}
	return max(1, rowBlock*steps/dst.pixels())
}

const (
	tileBlock = 112 // tiles
	rowBlock  = 112 // pixels
)

// channelsLast transposes an image to channels last.
func channelsLast[T kernel.Float](dst, src []T, i image) {
	kernel.Transpose(dst, i.channels, src, i.pixels(), i.channels, i.pixels())
}

// channelsFirst transposes an image to channels first.
func channelsFirst[T kernel.Float](dst, src []T, i image) {
	kernel.Transpose(dst, i.pixels(), src, i.channels, i.pixels(), i.channels)
}
