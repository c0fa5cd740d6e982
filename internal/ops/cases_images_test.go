package ops

import (
	"fmt"

	"gorgonia.org/tensor"
)

func window(kh, kw, sh, sw, ph, pw, dh, dw int) Window {
	return Window{Kernel: [2]int{kh, kw}, Stride: [2]int{sh, sw}, Pad: [2]int{ph, pw}, Dilation: [2]int{dh, dw}}
}

// padded returns x (N, C, H, W) between borders of a constant.
func padded(x []float64, s tensor.Shape, ph, pw int, border float64) ([]float64, tensor.Shape) {
	p := tensor.Shape{s[0], s[1], s[2] + 2*ph, s[3] + 2*pw}
	out := make([]float64, size(p))
	for i := range out {
		out[i] = border
	}
	for image := range s[0] * s[1] {
		for r := range s[2] {
			copy(out[(image*p[2]+r+ph)*p[3]+pw:], x[(image*s[2]+r)*s[3]:][:s[3]])
		}
	}
	return out, p
}

// naiveConv is the convolution of the padded input, group by group.
func naiveConv(x, w []float64, xs, ws, ys tensor.Shape, k Window, groups int) []float64 {
	p, ps := padded(x, xs, k.Pad[0], k.Pad[1], 0)
	y := make([]float64, size(ys))
	in, out := xs[1]/groups, ws[0]/groups
	for n := range ys[0] {
		for g := range groups {
			for o := g * out; o < (g+1)*out; o++ {
				for c := range in {
					for u := range ws[2] {
						for v := range ws[3] {
							for i := range ys[2] {
								for j := range ys[3] {
									y[((n*ys[1]+o)*ys[2]+i)*ys[3]+j] += w[((o*in+c)*ws[2]+u)*ws[3]+v] *
										p[((n*xs[1]+g*in+c)*ps[2]+i*k.Stride[0]+u*k.Dilation[0])*ps[3]+j*k.Stride[1]+v*k.Dilation[1]]
								}
							}
						}
					}
				}
			}
		}
	}
	return y
}

// adjoint returns the vector a with ⟨a, e⟩ = ⟨g, f(e)⟩ for every unit vector e of
// n values, which is how the adjoint of a linear f is defined.
func adjoint(n int, g []float64, f func(e []float64) []float64) []float64 {
	a, e := make([]float64, n), make([]float64, n)
	for i := range a {
		e[i] = 1
		for j, v := range f(e) {
			a[i] += g[j] * v
		}
		e[i] = 0
	}
	return a
}

func convCases() (cases []opCase) {
	for _, c := range []struct {
		k       Window
		groups  int
		x, w, y tensor.Shape
	}{
		{window(3, 3, 1, 1, 1, 1, 1, 1), 1, tensor.Shape{2, 2, 4, 5}, tensor.Shape{3, 2, 3, 3}, tensor.Shape{2, 3, 4, 5}},
		{window(3, 2, 2, 1, 1, 0, 1, 1), 1, tensor.Shape{1, 2, 5, 4}, tensor.Shape{2, 2, 3, 2}, tensor.Shape{1, 2, 3, 3}},
		{window(2, 3, 1, 2, 0, 2, 2, 1), 1, tensor.Shape{2, 1, 4, 3}, tensor.Shape{1, 1, 2, 3}, tensor.Shape{2, 1, 2, 3}},
		{window(1, 1, 1, 1, 0, 0, 1, 1), 1, tensor.Shape{1, 1, 1, 1}, tensor.Shape{1, 1, 1, 1}, tensor.Shape{1, 1, 1, 1}},
		{window(2, 2, 3, 3, 0, 0, 1, 1), 2, tensor.Shape{2, 4, 6, 6}, tensor.Shape{2, 2, 2, 2}, tensor.Shape{2, 2, 2, 2}},
		{window(3, 3, 1, 1, 1, 1, 1, 1), 3, tensor.Shape{1, 3, 3, 2}, tensor.Shape{6, 1, 3, 3}, tensor.Shape{1, 6, 3, 2}},
	} {
		k, in := c.k, [2]int{c.x[2], c.x[3]}
		name := fmt.Sprintf("%v, groups %d", k, c.groups)
		conv := func(x, w []float64) []float64 { return naiveConv(x, w, c.x, c.w, c.y, k, c.groups) }
		cases = append(cases,
			opCase{
				"conv2d " + name,
				[]tensor.Shape{c.x, c.w},
				func(n []node) (node, error) { return ApplyConv2D(k, c.groups, n[0], n[1]) }, c.y,
				func(in [][]float64) []float64 { return conv(in[0], in[1]) }, -1, 0,
			},
			opCase{
				"conv2d-input " + name,
				[]tensor.Shape{c.w, c.y},
				func(n []node) (node, error) { return ApplyConv2DInput(k, c.groups, in, n[0], n[1]) }, c.x,
				func(in [][]float64) []float64 {
					return adjoint(size(c.x), in[1], func(e []float64) []float64 { return conv(e, in[0]) })
				}, -1, 0,
			},
			opCase{
				"conv2d-weight " + name,
				[]tensor.Shape{c.x, c.y},
				func(n []node) (node, error) { return ApplyConv2DWeight(k, c.groups, n[0], n[1]) }, c.w,
				func(in [][]float64) []float64 {
					return adjoint(size(c.w), in[1], func(e []float64) []float64 { return conv(in[0], e) })
				}, -1, 0,
			})
	}
	return cases
}

func channelCases() (cases []opCase) {
	for _, s := range []tensor.Shape{{2, 3, 2, 4}, {3, 2}, {1, 1, 1, 1}, {2, 4, 3}} {
		each := func(f func(i, c int)) {
			i := 0
			for range s[0] {
				for c := range s[1] {
					for range size(s[2:]) {
						f(i, c)
						i++
					}
				}
			}
		}
		channels := tensor.Shape{s[1]}
		both := func(f func(x, b float64) float64) func(in [][]float64) []float64 {
			return func(in [][]float64) []float64 {
				y := make([]float64, size(s))
				each(func(i, c int) { y[i] = f(in[0][i], in[1][c]) })
				return y
			}
		}
		cases = append(cases,
			opCase{
				fmt.Sprint("add-channels ", s),
				[]tensor.Shape{s, channels},
				func(n []node) (node, error) { return ApplyAddChannels(n[0], n[1]) }, s,
				both(func(x, b float64) float64 { return x + b }), -1, 0,
			},
			opCase{
				fmt.Sprint("mul-channels ", s),
				[]tensor.Shape{s, channels},
				func(n []node) (node, error) { return ApplyMulChannels(n[0], n[1]) }, s,
				both(func(x, b float64) float64 { return x * b }), -1, 0,
			},
			opCase{
				fmt.Sprint("sum-channels ", s),
				[]tensor.Shape{s},
				func(n []node) (node, error) { return ApplySumChannels(n[0]) }, channels,
				func(in [][]float64) []float64 {
					y := make([]float64, s[1])
					each(func(i, c int) { y[c] += in[0][i] })
					return y
				}, -1, 0,
			},
			opCase{
				fmt.Sprint("expand-channels ", s),
				[]tensor.Shape{channels},
				func(n []node) (node, error) { return ApplyExpandChannels(s, n[0]) }, s,
				func(in [][]float64) []float64 {
					y := make([]float64, size(s))
					each(func(i, c int) { y[i] = in[0][c] })
					return y
				}, -1, 0,
			})
	}
	return cases
}

// naivePool calls f with the taps of each window in the padded input, whose
// border is NaN.
func naivePool(x []float64, xs, ys tensor.Shape, k Window, f func(taps []float64) float64) []float64 {
	p, ps := padded(x, xs, k.Pad[0], k.Pad[1], nan)
	var y []float64
	for image := range ys[0] * ys[1] {
		for i := range ys[2] {
			for j := range ys[3] {
				var taps []float64
				for u := range k.Kernel[0] {
					for v := range k.Kernel[1] {
						taps = append(taps, p[(image*ps[2]+i*k.Stride[0]+u*k.Dilation[0])*ps[3]+j*k.Stride[1]+v*k.Dilation[1]])
					}
				}
				y = append(y, f(taps))
			}
		}
	}
	return y
}

func poolCases() (cases []opCase) {
	largest := func(taps []float64) float64 {
		m := -inf
		for _, v := range taps {
			if v > m {
				m = v
			}
		}
		return m
	}
	mean := func(countPad bool) func(taps []float64) float64 {
		return func(taps []float64) float64 {
			sum, n := 0.0, 0
			for _, v := range taps {
				if countPad || v == v {
					n++
				}
				if v == v {
					sum += v
				}
			}
			return sum / float64(n)
		}
	}
	for _, c := range []struct {
		k    Window
		x, y tensor.Shape
	}{
		{window(2, 2, 2, 2, 0, 0, 1, 1), tensor.Shape{2, 2, 4, 5}, tensor.Shape{2, 2, 2, 2}},
		{window(3, 3, 2, 2, 1, 1, 1, 1), tensor.Shape{1, 2, 5, 4}, tensor.Shape{1, 2, 3, 2}},
		{window(3, 2, 1, 2, 1, 0, 1, 2), tensor.Shape{2, 1, 3, 5}, tensor.Shape{2, 1, 3, 2}},
		{window(1, 1, 1, 1, 0, 0, 1, 1), tensor.Shape{1, 1, 1, 1}, tensor.Shape{1, 1, 1, 1}},
	} {
		k, in := c.k, [2]int{c.x[2], c.x[3]}
		cases = append(cases, opCase{
			"maxpool2d " + k.String(),
			[]tensor.Shape{c.x},
			func(n []node) (node, error) { return ApplyMaxPool2D(k, n[0]) }, c.y,
			func(in [][]float64) []float64 { return naivePool(in[0], c.x, c.y, k, largest) }, -1, 0,
		})
		for _, countPad := range []bool{false, true} {
			f := func(x []float64) []float64 { return naivePool(x, c.x, c.y, k, mean(countPad)) }
			cases = append(cases,
				opCase{
					fmt.Sprintf("avgpool2d %v %v", k, countPad),
					[]tensor.Shape{c.x},
					func(n []node) (node, error) { return ApplyAvgPool2D(k, countPad, n[0]) }, c.y,
					func(in [][]float64) []float64 { return f(in[0]) }, -1, 0,
				},
				opCase{
					fmt.Sprintf("avgpool2d′ %v %v", k, countPad),
					[]tensor.Shape{c.y},
					func(n []node) (node, error) { return ApplyAvgPool2DGrad(k, countPad, in, n[0]) }, c.x,
					func(in [][]float64) []float64 { return adjoint(size(c.x), in[0], f) }, -1, 0,
				})
		}
	}
	return cases
}
