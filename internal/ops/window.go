package ops

import (
	"fmt"

	"github.com/pkg/errors"
)

// Window is the geometry of a convolution or a pooling over two axes, rows and
// columns: output (i, j) reads, for every (u, v) of the kernel, the input at
//
//	(i·Stride₀ + u·Dilation₀ − Pad₀,  j·Stride₁ + v·Dilation₁ − Pad₁)
//
// where that lies within the input.
type Window struct {
	// Kernel is the number of taps, at least 1.
	Kernel [2]int
	// Stride is the distance between outputs, at least 1.
	Stride [2]int
	// Pad is the padding on either side of the input.
	Pad [2]int
	// Dilation is the distance between taps, at least 1.
	Dilation [2]int
}

// String contains every field, such as "3×3/2×2+1×1*1×1".
func (w Window) String() string {
	return fmt.Sprintf("%d×%d/%d×%d+%d×%d*%d×%d", w.Kernel[0], w.Kernel[1],
		w.Stride[0], w.Stride[1], w.Pad[0], w.Pad[1], w.Dilation[0], w.Dilation[1])
}

// Span is the number of inputs from the first tap to the last, inclusive.
func (w Window) Span() [2]int {
	return [2]int{(w.Kernel[0]-1)*w.Dilation[0] + 1, (w.Kernel[1]-1)*w.Dilation[1] + 1}
}

// Out is the size of the output for an input of a size,
//
//	⌊(in + 2·Pad − Span) / Stride⌋ + 1
func (w Window) Out(in [2]int) (out [2]int, err error) {
	for k := range 2 {
		if w.Kernel[k] < 1 || w.Stride[k] < 1 || w.Dilation[k] < 1 || w.Pad[k] < 0 {
			return out, errors.Errorf("window %v: got kernel %v, stride %v, dilation %v, padding %v, want at least 1, 1, 1 and 0", w, w.Kernel, w.Stride, w.Dilation, w.Pad)
		}
		room := in[k] + 2*w.Pad[k] - w.Span()[k]
		if room < 0 {
			return out, errors.Errorf("the window spans %v, but the input has only %v with padding %v; use a smaller kernel or more padding", w.Span(), in, w.Pad)
		}
		out[k] = room/w.Stride[k] + 1
	}
	return out, nil
}

// reads reports whether output i along axis k reads any of in inputs.
func (w Window) reads(k, i, in int) bool {
	at := i*w.Stride[k] - w.Pad[k] // the first tap
	u := 0
	if at < 0 {
		u = (-at-1)/w.Dilation[k] + 1 // the first tap within the input
	}
	return u < w.Kernel[k] && at+u*w.Dilation[k] < in
}

// taps calls f for every tap of output (i, j) within an input of size in, row by row:
// its index in the kernel and its index in the input.
func (w Window) taps(in [2]int, i, j int, f func(tap, at int)) {
	for u := range w.Kernel[0] {
		r := i*w.Stride[0] + u*w.Dilation[0] - w.Pad[0]
		if r < 0 || r >= in[0] {
			continue
		}
		for v := range w.Kernel[1] {
			c := j*w.Stride[1] + v*w.Dilation[1] - w.Pad[1]
			if c >= 0 && c < in[1] {
				f(u*w.Kernel[1]+v, r*in[1]+c)
			}
		}
	}
}
