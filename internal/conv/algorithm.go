package conv

import "github.com/seed-be841da4/prospect/internal/kernel"

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

// mapAlgorithm returns the fastest algorithm for a convolution or its adjoint in the
// images. It does not depend on the instruction set, so that the bits do not.
//
// The shares of the peak that direct and gathered products reach were measured, see
// docs/bench.
func mapAlgorithm[T kernel.Float](s Shape, adjoint bool) Algorithm {
	src, dst := s.x(), s.y()
	if adjoint {
		src, dst = dst, src
	}
	switch s.tile(dst) {
	case 2:
		return Winograd2
	case 4:
		return Winograd4
	}
	// Of the columns that are computed, those of the result.
	phases := s.phases(adjoint)
	width := planesOf[T](src, phases).width
	useful, computed := 0, 0
	for _, p := range phases {
		if len(p.taps) > 0 {
			useful += p.grid[0] * p.grid[1]
			computed += columnsOf(p.grid, width, 64/sizeOf[T]())
		}
	}
	share := 0.9
	if computed > useful { // lines are copied from the columns
		share = 0.8 * float64(useful) / float64(computed)
	}
	if share >= s.gathered() {
		return Direct
	}
	return Gathered
}

// gathered is the share of the peak that gathered products reach.
func (s Shape) gathered() float64 {
	switch {
	case min(s.Channels, s.Out)/s.Groups < 16:
		return 0.4
	case s.taps() == 1:
		return 0.75
	}
	return 0.83
}

// gradientAlgorithm returns the fastest algorithm for the adjoint in the weights.
func gradientAlgorithm[T kernel.Float](s Shape) Algorithm {
	switch s.tile(s.y()) {
	case 2:
		return Winograd2
	case 4:
		return Winograd4
	}
	lanes, line := 64/sizeOf[T](), s.OutWidth
	if s.taps() == 1 && s.Stride == [2]int{1, 1} && s.Pad == [2]int{} {
		line = s.y().pixels()
	}
	share := 0.8 * float64(line) / float64(tiles(line, lanes)*lanes)
	if s.y().pixels() >= 64 && share >= s.gathered()-0.05 || share > 2*s.gathered() {
		return Direct
	}
	return Gathered
}

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
