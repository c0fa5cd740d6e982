package analysis

import (
	"math"

	"github.com/seed-be841da4/prospect/graph"
)

// Path follows the weights of a network through training. For every parameter it
// compares the length of the path with the net displacement:
//
//	length = Σ_t ‖W_t − W_{t−1}‖     net = ‖W_T − W_0‖
//
// in the Frobenius norm. length/net is 1 on a straight line.
//
// Source: Song et al. 2024, less erratic weight trajectories.
type Path struct {
	net         *graph.Network
	start, last [][]float64
	lengths     []float64
}

// NewPath starts a path at the current parameters.
func NewPath(net *graph.Network) *Path {
	p := &Path{net: net, lengths: make([]float64, len(net.Params()))}
	for _, w := range net.Params() {
		p.start, p.last = append(p.start, w.Values().AppendTo(nil)), append(p.last, w.Values().AppendTo(nil))
	}
	return p
}

// Add adds the step from the parameters at the last call to the current ones. Call it
// after every update.
func (p *Path) Add() {
	for i, w := range p.net.Params() {
		now := w.Values().AppendTo(nil)
		p.lengths[i] += distance(p.last[i], now)
		p.last[i] = now
	}
}

// Lengths returns the length of the path of every parameter, in the order of
// [graph.Network.Params].
func (p *Path) Lengths() []float64 { return append([]float64(nil), p.lengths...) }

// Nets returns the net displacement of every parameter.
func (p *Path) Nets() []float64 {
	out := make([]float64, len(p.start))
	for i := range out {
		out[i] = distance(p.start[i], p.last[i])
	}
	return out
}

// distance is the Euclidean distance of a and b.
func distance(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += (b[i] - x) * (b[i] - x)
	}
	return math.Sqrt(sum)
}
