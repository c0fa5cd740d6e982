package train

import (
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// Layout is the order in which a weight file stores the axes of matrices and kernels.
// The text form is the name of the constant without "Layout", in lower case.
//
//	              matrix     kernel                  of a transposed convolution
//	prospect      in×out     out×in×rows×columns     in×out×rows×columns
//	pytorch       out×in     out×in×rows×columns     in×out×rows×columns
//	keras         in×out     rows×columns×in×out     rows×columns×out×in
//
// All agree on biases, embeddings and normalisations. A layer declares its axes in
// [graph.ParamSpec].
type Layout int

// The layouts.
const (
	// LayoutOfFile is the layout in the file's metadata, as files of SaveWeights have
	// it.
	LayoutOfFile Layout = iota
	// LayoutProspect is the layout of this framework.
	LayoutProspect
	// LayoutPyTorch is the layout of torch.nn.
	LayoutPyTorch
	// LayoutKeras is the layout of Keras and Flax.
	LayoutKeras
)

var layoutNames = []string{"", "prospect", "pytorch", "keras"}

// String returns "prospect", "pytorch" or "keras", or "" for LayoutOfFile.
func (l Layout) String() string {
	if l < 0 || int(l) >= len(layoutNames) {
		return "unknown"
	}
	return layoutNames[l]
}

// MarshalText returns String.
func (l Layout) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText returns.
func (l *Layout) UnmarshalText(text []byte) error {
	i := slices.Index(layoutNames, strings.ToLower(string(text)))
	if i < 0 {
		return errors.Errorf("train: layout, got %q, want prospect, pytorch or keras", text)
	}
	*l = Layout(i)
	return nil
}

// order returns the axes of the file in the order of the network: axis k of the network
// is axis order[k] of the file. It is nil if the layout does not define it.
func (l Layout) order(axes graph.Axes, rank int) []int {
	switch {
	case axes == graph.AxesUnknown && rank > 1 && l != LayoutProspect:
		return nil
	case l == LayoutPyTorch && axes == graph.AxesInOut, l == LayoutKeras && axes == graph.AxesOutIn:
		return []int{1, 0}
	case l == LayoutKeras && (axes == graph.AxesKernel || axes == graph.AxesKernelTransposed):
		return []int{3, 2, 0, 1}
	}
	return identity(rank)
}

// orders returns the possible orders over all layouts, this framework's first.
func orders(axes graph.Axes, rank int) [][]int {
	all := [][]int{identity(rank)}
	add := func(order []int) {
		if !slices.ContainsFunc(all, func(o []int) bool { return slices.Equal(o, order) }) {
			all = append(all, order)
		}
	}
	if axes == graph.AxesUnknown {
		reversed := identity(rank)
		slices.Reverse(reversed)
		add(reversed)
		return all
	}
	add(LayoutPyTorch.order(axes, rank))
	add(LayoutKeras.order(axes, rank))
	return all
}

func identity(rank int) []int {
	order := make([]int, rank)
	for k := range order {
		order[k] = k
	}
	return order
}

// ordered returns the shape with its axes in that order.
func ordered(shape, order []int) []int {
	out := make([]int, len(order))
	for k, axis := range order {
		out[k] = shape[axis]
	}
	return out
}

// moves reports whether the order changes the positions of the elements of a shape.
func moves(shape, order []int) bool {
	last := -1
	for _, axis := range order {
		if shape[axis] == 1 {
			continue
		}
		if axis < last {
			return true
		}
		last = axis
	}
	return false
}

// inverse returns the inverse of an order.
func inverse(order []int) []int {
	out := make([]int, len(order))
	for k, axis := range order {
		out[axis] = k
	}
	return out
}

// permute returns the elements of an array of the given shape with its axes reordered,
// or src itself if nothing moves.
func permute[T any](src []T, shape, order []int) []T {
	if !moves(shape, order) {
		return src
	}
	strides := make([]int, len(shape))
	stride := 1
	for k := len(shape) - 1; k >= 0; k-- {
		strides[k] = stride
		stride *= shape[k]
	}
	dst := make([]T, 0, len(src))
	at := make([]int, len(order))
	for from := 0; len(dst) < len(src); {
		dst = append(dst, src[from])
		for k := len(order) - 1; k >= 0; k-- { // the next index, row-major
			axis := order[k]
			at[k]++
			from += strides[axis]
			if at[k] < shape[axis] {
				break
			}
			from -= at[k] * strides[axis]
			at[k] = 0
		}
	}
	return dst
}
