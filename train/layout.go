package train

import (
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// Layout is the order in which a file of weights holds the axes of matrices and
// kernels. The names in text are those of the constants without "Layout", small.
//
//	              matrix     kernel                  of a transposed convolution
//	prospect      in×out     out×in×rows×columns     in×out×rows×columns
//	pytorch       out×in     out×in×rows×columns     in×out×rows×columns
//	keras         in×out     rows×columns×in×out     rows×columns×out×in
//
// All agree on biases, embeddings and normalisations. A layer declares what its
// axes are in [graph.ParamSpec].
type Layout int

// The layouts.
const (
	// LayoutOfFile is what the file says in its metadata, as files of SaveWeights do.
	LayoutOfFile Layout = iota
	// LayoutProspect is that of this framework.
	LayoutProspect
	// LayoutPyTorch is that of torch.nn.
	LayoutPyTorch
	// LayoutKeras is that of Keras and Flax.
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

// order returns the axes of the file in the order of the network: axis k of the
// network is axis order[k] of the file. It is nil where the layout does not know.
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

// orders returns the orders that one layout or another may mean, that of this
// framework first.
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

// moves reports whether the order changes where the elements of a shape stand.
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

// inverse returns the order that undoes another.
func inverse(order []int) []int {
	out := make([]int, len(order))
	for k, axis := range order {
		out[axis] = k
	}
	return out
}

// permute returns the elements of an array of that shape with its axes in another
// order, or src itself if nothing moves.
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
		for k := len(order) - 1; k >= 0; k-- { // the next place, row-major
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
