package conv

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/internal/kernel"
)

// eachProduct calls f with the indices into x, w and y of every product of a convolution.
func eachProduct(s Shape, f func(ix, iw, iy int)) {
	c, o := s.Channels/s.Groups, s.Out/s.Groups
	for n := range s.Batch {
		for k := range s.Out {
			for i := range s.OutHeight {
				for j := range s.OutWidth {
					for ch := range c {
						for u := range s.Kernel[0] {
							for v := range s.Kernel[1] {
								h, w := i*s.Stride[0]+u*s.Dilation[0]-s.Pad[0], j*s.Stride[1]+v*s.Dilation[1]-s.Pad[1]
								if h < 0 || w < 0 || h >= s.Height || w >= s.Width {
									continue
								}
								f(((n*s.Channels+k/o*c+ch)*s.Height+h)*s.Width+w,
									((k*c+ch)*s.Kernel[0]+u)*s.Kernel[1]+v,
									((n*s.Out+k)*s.OutHeight+i)*s.OutWidth+j)
							}
						}
					}
				}
			}
		}
	}
}

func drawShape(t *rapid.T) Shape {
	var s Shape
	s.Batch, s.Groups = rapid.IntRange(1, 5).Draw(t, "batch"), rapid.SampledFrom([]int{1, 1, 1, 2, 3}).Draw(t, "groups")
	channels := rapid.OneOf(rapid.IntRange(1, 4), rapid.IntRange(1, 40))
	s.Channels, s.Out = s.Groups*channels.Draw(t, "in"), s.Groups*channels.Draw(t, "out")
	s.Kernel, s.Stride, s.Dilation = [2]int{3, 3}, [2]int{1, 1}, [2]int{1, 1}
	if rapid.Bool().Draw(t, "any kernel") {
		for k := range 2 {
			s.Kernel[k] = rapid.IntRange(1, 5).Draw(t, "kernel")
			s.Stride[k] = rapid.IntRange(1, 3).Draw(t, "stride")
			s.Dilation[k] = rapid.IntRange(1, 2).Draw(t, "dilation")
		}
	}
	var in, out [2]int
	for k := range 2 {
		s.Pad[k] = rapid.IntRange(0, 3).Draw(t, "pad")
		span := (s.Kernel[k]-1)*s.Dilation[k] + 1
		in[k] = rapid.IntRange(max(1, span-2*s.Pad[k]), 12).Draw(t, "size")
		if rapid.IntRange(0, 5).Draw(t, "whole vectors") == 0 {
			out[k] = rapid.SampledFrom([]int{8, 16, 32}).Draw(t, "out")
			in[k] = max(1, (out[k]-1)*s.Stride[k]+span-2*s.Pad[k]+rapid.IntRange(0, s.Stride[k]-1).Draw(t, "rest"))
		}
		out[k] = (in[k]+2*s.Pad[k]-span)/s.Stride[k] + 1
	}
	s.Height, s.Width, s.OutHeight, s.OutWidth = in[0], in[1], out[0], out[1]
	return s
}

// sums are the exact values of a result and bounds of its rounding errors.
type sums struct{ value, bound []float64 }

func newSums(n int) sums { return sums{make([]float64, n), make([]float64, n)} }

func (s sums) add(at int, v float64) { s.value[at] += v; s.bound[at] += math.Abs(v) }

// check compares with the exact values, to a tolerance relative to the largest bound.
func check[T kernel.Float](t *rapid.T, what string, got []T, want sums, tol float64) {
	t.Helper()
	scale := slices.Max(want.bound)
	for i, v := range got {
		if !(math.Abs(float64(v)-want.value[i]) <= tol*scale) {
			t.Fatalf("%s %d: got %v, want %v ± %v", what, i, v, want.value[i], tol*scale)
		}
	}
}

func numbers[T kernel.Float](n int, seed uint64) []T {
	r, out := rand.New(rand.NewPCG(seed, 1)), make([]T, n)
	for i := range out {
		out[i] = T(r.NormFloat64())
	}
	return out
}

func algorithms(s Shape) []Algorithm {
	if s.small() {
		return []Algorithm{Gathered, Direct, Winograd2, Winograd4}
	}
	return []Algorithm{Gathered, Direct}
}

func checkConv[T kernel.Float](t *rapid.T, tol float64) {
	s := drawShape(t)
	seed := rapid.Uint64Range(0, 1<<30).Draw(t, "seed")
	x, w := numbers[T](s.Batch*s.x().size(), seed), numbers[T](s.Out*s.Channels/s.Groups*s.taps(), seed+1)
	g, bias := numbers[T](s.Batch*s.y().size(), seed+2), numbers[T](max(s.Out, s.Channels), seed+3)
	y, dx, dw := newSums(len(g)), newSums(len(x)), newSums(len(w))
	eachProduct(s, func(ix, iw, iy int) {
		y.add(iy, float64(x[ix])*float64(w[iw]))
		dx.add(ix, float64(g[iy])*float64(w[iw]))
		dw.add(iw, float64(g[iy])*float64(x[ix]))
	})
	withBias := rapid.Bool().Draw(t, "bias")
	if withBias {
		for i := range y.value {
			y.add(i, float64(bias[i/s.y().pixels()%s.Out]))
		}
		for i := range dx.value {
			dx.add(i, float64(bias[i/s.x().pixels()%s.Channels]))
		}
	} else {
		bias = nil
	}
	var scratch Scratch[T]
	for _, how := range algorithms(s) {
		for _, m := range []struct {
			adjoint bool
			src     []T
			want    sums
		}{{false, x, y}, {true, g, dx}} {
			c := newMap[T](s, m.adjoint, how)
			for at := 0; at < c.Sources(); {
				next := rapid.IntRange(at+1, c.Sources()).Draw(t, "sources")
				c.Pack(w, at, next, &scratch)
				at = next
			}
			all, cut := make([]T, len(m.want.value)), make([]T, len(m.want.value))
			c.Run(all, m.src, bias, 0, s.Batch, &scratch)
			check(t, fmt.Sprintf("%+v, adjoint %v, %v: ", s, m.adjoint, how), all, m.want, tol)
			for at := 0; at < s.Batch; {
				next := rapid.IntRange(at+1, s.Batch).Draw(t, "samples")
				c.Run(cut, m.src, bias, at, next, &scratch)
				at = next
			}
			if !slices.Equal(all, cut) {
				t.Fatalf("%+v, adjoint %v, %v: depends on the samples computed together", s, m.adjoint, how)
			}
		}
		grad := newGradient[T](s, 1, how)
		all, cut := make([]T, len(w)), make([]T, len(w))
		grad.Run(all, x, g, 0, s.Out, &scratch)
		check(t, fmt.Sprintf("%+v, %v: gradient", s, how), all, dw, tol)
		for at := 0; at < s.Out; {
			next := rapid.IntRange(at+1, s.Out).Draw(t, "channels")
			grad.Run(cut, x, g, at, next, &scratch)
			at = next
		}
		if !slices.Equal(all, cut) {
			t.Fatalf("%+v, %v: gradient depends on the channels computed together", s, how)
		}
	}
}

func TestConv(t *testing.T) {
	t.Run("f32", func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { checkConv[float32](t, 2e-6) }) })
	t.Run("f64", func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { checkConv[float64](t, 1e-14) }) })
}

// What a workspace holds from before does not matter, even if it is not finite.
func TestScratchIsCleared(t *testing.T) {
	s := square(3, 5, 9, 6, 3, 2, 1)
	x, w, g := numbers[float32](s.Batch*s.x().size(), 1), numbers[float32](s.Out*s.Channels*9, 2), numbers[float32](s.Batch*s.y().size(), 3)
	for _, how := range algorithms(s) {
		run := func(scratch *Scratch[float32]) (y, dx, dw []float32) {
			y, dx, dw = make([]float32, len(g)), make([]float32, len(x)), make([]float32, len(w))
			forward, adjoint := newMap[float32](s, false, how), newMap[float32](s, true, how)
			forward.Pack(w, 0, s.Channels, scratch)
			adjoint.Pack(w, 0, s.Out, scratch)
			forward.Run(y, x, nil, 0, s.Batch, scratch)
			adjoint.Run(dx, g, nil, 0, s.Batch, scratch)
			newGradient[float32](s, 1, how).Run(dw, x, g, 0, s.Out, scratch)
			return y, dx, dw
		}
		var fresh Scratch[float32]
		y, dx, dw := run(&fresh)
		y2, dx2, dw2 := run(usedScratch[float32]())
		if !slices.Equal(y, y2) || !slices.Equal(dx, dx2) || !slices.Equal(dw, dw2) {
			t.Errorf("%v: depends on what the workspace held", how)
		}
	}
}

// usedScratch is a workspace that holds NaN.
func usedScratch[T kernel.Float]() *Scratch[T] {
	var s Scratch[T]
	for k := range s.parts {
		part := s.part(k, 1<<13)
		for i := range part {
			part[i] = T(math.NaN())
		}
	}
	return &s
}
