package baselines_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/baselines"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// settlingNet is a small tanh net with biases and one sample for it.
func settlingNet(t *testing.T) (*graph.Network, *train.Batch) {
	t.Helper()
	net, err := models.MLP{Widths: []int{3, 4, 5, 2}, Activation: layers.Tanh{}, Init: layers.Normal{Std: .4}}.New(graph.Settings{Precision: graph.Float64, Seed: 8})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(6, 6))
	for _, p := range net.Params() { // biases too
		w := p.Values().Float64()
		for i := range w {
			w[i] += .1 * rng.NormFloat64()
		}
	}
	net.ParamsChanged()
	return net, randomBatch(net, 1, rng)
}

// loops is a layered net written out in loops: forward weights and biases, and
// separate backward weights.
type loops struct {
	forward, backward [][][]float64 // [l][i][j] from unit i of layer l to j of l+1
	bias              [][]float64   // [l][j] of layer l+1
	x                 [][]float64   // by layer
	hidden, output    func(float64) (float64, float64)
}

// newLoops copies a chain of "x", "h1", "h2", "y".
func newLoops(t *testing.T, net *graph.Network, b *train.Batch, output func(float64) (float64, float64)) *loops {
	t.Helper()
	n := &loops{hidden: layers.Tanh{}.At, output: output}
	var x []float64
	for _, v := range b.Values["x"] {
		x = append(x, float64(v))
	}
	n.x = [][]float64{x}
	for i := 0; i < len(net.Params()); i += 2 {
		w := net.Params()[i].Values().Float64()
		bias := net.Params()[i+1].Values().Float64()
		in, out := net.Params()[i].Value.Shape()[0], net.Params()[i].Value.Shape()[1]
		var forward, backward [][]float64
		for j := range in {
			forward = append(forward, append([]float64(nil), w[j*out:(j+1)*out]...))
			backward = append(backward, append([]float64(nil), w[j*out:(j+1)*out]...))
		}
		n.forward, n.backward, n.bias = append(n.forward, forward), append(n.backward, backward), append(n.bias, append([]float64(nil), bias...))
		n.x = append(n.x, make([]float64, out))
	}
	for l := 1; l < len(n.x); l++ { // feedforward
		for j := range n.x[l] {
			n.x[l][j] = n.below(l, j)
		}
	}
	return n
}

// f is the activation of layer l, whose input passes as it is.
func (n *loops) f(l int, x float64) (value, slope float64) {
	switch l {
	case 0:
		return x, 1
	case len(n.x) - 1:
		return n.output(x)
	}
	return n.hidden(x)
}

// below and above are what unit j of layer l gets.
func (n *loops) below(l, j int) float64 {
	sum := n.bias[l-1][j]
	for i, x := range n.x[l-1] {
		a, _ := n.f(l-1, x)
		sum += a * n.forward[l-1][i][j]
	}
	return sum
}

func (n *loops) above(l, j int) float64 {
	sum := 0.0
	if l+1 < len(n.x) {
		for k, x := range n.x[l+1] {
			a, _ := n.f(l+1, x)
			sum += a * n.backward[l][j][k]
		}
	}
	return sum
}

// settle takes Euler steps of dx = drive(l, j) for the layers 1 … top.
func (n *loops) settle(steps int, size float64, top int, drive func(l, j int) float64) {
	for range steps {
		dx := make([][]float64, top+1)
		for l := 1; l <= top; l++ {
			for j := range n.x[l] {
				dx[l] = append(dx[l], drive(l, j))
			}
		}
		for l := 1; l <= top; l++ {
			for j := range n.x[l] {
				n.x[l][j] += size * dx[l][j]
			}
		}
	}
}

// energyDrive is −∂E/∂x of GeneRec (leak 1) or the Hopfield net (leak 0).
func (n *loops) energyDrive(leak float64) func(l, j int) float64 {
	return func(l, j int) float64 {
		_, slope := n.f(l, n.x[l][j])
		return -leak*n.x[l][j] + slope*(n.below(l, j)+n.above(l, j))
	}
}

// correlation is f(x_{l−1,i})·f(x_{l,j}).
func (n *loops) correlation(l, i, j int) float64 {
	a, _ := n.f(l-1, n.x[l-1][i])
	b, _ := n.f(l, n.x[l][j])
	return a * b
}

// loss is ½‖target − x_L‖².
func (n *loops) loss(target []float32) float64 {
	sum := 0.0
	for j, x := range n.x[len(n.x)-1] {
		d := float64(target[j]) - x
		sum += d * d / 2
	}
	return sum
}

// eachWeight compares the gradients of all weights with want.
func eachWeight(t *testing.T, net *graph.Network, what string, tolerance float64, want func(l, i, j int) float64) {
	t.Helper()
	for l := 1; 2*(l-1) < len(net.Params()); l++ {
		p := net.Params()[2*(l-1)]
		g := p.Grads().Float64()
		rows, cols := p.Value.Shape()[0], p.Value.Shape()[1]
		for i := range rows {
			for j := range cols {
				if w := want(l, i, j); math.Abs(g[i*cols+j]-w) > tolerance*max(1e-3, math.Abs(w)) {
					t.Errorf("%s, %s[%d,%d]: got %.10g, want %.10g", what, p.Name, i, j, g[i*cols+j], w)
				}
			}
		}
	}
}

// Both contrastive rules against loops: free phase, clamped phase, difference of
// correlations.
func TestContrastiveLonghand(t *testing.T) {
	settling := baselines.Settling{Steps: 30, Size: .05, Output: layers.Tanh{}}
	for leak, rule := range []train.Rule{&baselines.Hopfield{Settling: settling}, &baselines.GeneRec{Settling: settling}} {
		net, b := settlingNet(t)
		gradients(t, net, rule, b)
		free, held := newLoops(t, net, b, layers.Tanh{}.At), newLoops(t, net, b, layers.Tanh{}.At)
		free.settle(30, .05, 3, free.energyDrive(float64(leak)))
		held.settle(30, .05, 3, held.energyDrive(float64(leak)))
		for j := range held.x[3] {
			held.x[3][j] = float64(b.Values["y"][j])
		}
		held.settle(30, .05, 2, held.energyDrive(float64(leak)))
		eachWeight(t, net, []string{"Hopfield", "GeneRec"}[leak], 1e-10, func(l, i, j int) float64 {
			return free.correlation(l, i, j) - held.correlation(l, i, j)
		})
	}
}

// As the nudge goes to 0 GeneRec's gradients go to the derivative of the loss at
// the free minimum, weights of both directions being one.
func TestGeneRecNudgeGoesToGradient(t *testing.T) {
	net, b := settlingNet(t)
	gradients(t, net, &baselines.GeneRec{Settling: baselines.Settling{Steps: 3000, Size: .1}, Nudge: 1e-5}, b)
	loss := func(l, i, j int, h float64) float64 {
		n := newLoops(t, net, b, layers.Identity{}.At)
		n.forward[l-1][i][j] += h
		n.backward[l-1][i][j] += h
		n.settle(3000, .1, 3, n.energyDrive(1))
		return n.loss(b.Values["y"])
	}
	eachWeight(t, net, "GeneRec", 2e-3, func(l, i, j int) float64 {
		return (loss(l, i, j, 1e-5) - loss(l, i, j, -1e-5)) / 2e-5
	})
}

// Almeida–Pineda's gradients are the derivative of the loss at the fixed point in
// the forward weights, the backward ones held.
func TestAlmeidaPinedaIsGradient(t *testing.T) {
	net, b := settlingNet(t)
	gradients(t, net, &baselines.AlmeidaPineda{Settling: baselines.Settling{Steps: 2000, Size: .1, Output: layers.Tanh{}}}, b)
	loss := func(l, i, j int, h float64) float64 {
		n := newLoops(t, net, b, layers.Tanh{}.At)
		n.forward[l-1][i][j] += h
		n.settle(2000, .1, 3, func(l, j int) float64 { return -n.x[l][j] + n.below(l, j) + n.above(l, j) })
		return n.loss(b.Values["y"])
	}
	eachWeight(t, net, "Almeida-Pineda", 1e-5, func(l, i, j int) float64 {
		return (loss(l, i, j, 1e-5) - loss(l, i, j, -1e-5)) / 2e-5
	})
}

// Without feedback Almeida–Pineda is backprop, with a batch too.
func TestAlmeidaPinedaWithoutFeedbackIsBackprop(t *testing.T) {
	net := biasedTanh(t, graph.Float64)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	rule := &baselines.AlmeidaPineda{Settling: baselines.Settling{Steps: 400, Size: .3, Feedback: 1e-12}}
	if d := furthest(gradients(t, net, rule, b), gradients(t, net, &train.Backprop{}, b)); d > 1e-10 {
		t.Errorf("gradients differ from backprop's by %g", d)
	}
	if d := furthest(gradients(t, net, &baselines.AlmeidaPineda{Settling: rule.Settling, Published: true}, b), gradients(t, net, &train.Backprop{}, b)); d > 1e-10 {
		t.Errorf("as published, with a linear output: gradients differ from backprop's by %g", d)
	}
}

// In a linear net with weak feedback g, GeneRec's gradients of layer l are
// backprop's times g^(L−l), to first order: contrastive Hebbian learning and
// backprop are equivalent (Xie and Seung 2003).
func TestGeneRecWeakFeedbackIsBackprop(t *testing.T) {
	const g = 1e-4
	net := mlp(t, models.MLP{Widths: []int{3, 4, 5, 2}}, 5)
	b := randomBatch(net, 3, rand.New(rand.NewPCG(1, 2)))
	bp := gradients(t, net, &train.Backprop{}, b)
	got := gradients(t, net, &baselines.GeneRec{Settling: baselines.Settling{Steps: 500, Size: .2, Feedback: g}}, b)
	for l := range bp {
		scale := math.Pow(g, float64(len(bp)-1-l))
		for j := range bp[l] {
			if math.Abs(got[l][j]/scale-bp[l][j]) > 5e-3*max(.1, math.Abs(bp[l][j])) {
				t.Errorf("layer %d, weight %d: got %g, want %g·%g", l+1, j, got[l][j], scale, bp[l][j])
			}
		}
	}
}

// With a nudge β the positive phase goes on from the free one, the output pulled
// by β·(target − x_L), and the difference of correlations is divided by β: both
// contrastive rules, by loops.
func TestNudgeLonghand(t *testing.T) {
	const beta = 0.3
	settling := baselines.Settling{Steps: 30, Size: .05, Output: layers.Tanh{}}
	for leak, rule := range []train.Rule{&baselines.Hopfield{Settling: settling, Nudge: beta}, &baselines.GeneRec{Settling: settling, Nudge: beta}} {
		net, b := settlingNet(t)
		gradients(t, net, rule, b)
		free, pulled := newLoops(t, net, b, layers.Tanh{}.At), newLoops(t, net, b, layers.Tanh{}.At)
		free.settle(30, .05, 3, free.energyDrive(float64(leak)))
		pulled.settle(30, .05, 3, pulled.energyDrive(float64(leak)))
		drive := pulled.energyDrive(float64(leak))
		pulled.settle(30, .05, 3, func(l, j int) float64 {
			dx := drive(l, j)
			if l == 3 {
				dx += beta * (float64(b.Values["y"][j]) - pulled.x[3][j])
			}
			return dx
		})
		eachWeight(t, net, []string{"Hopfield", "GeneRec"}[leak], 1e-9, func(l, i, j int) float64 {
			return (free.correlation(l, i, j) - pulled.correlation(l, i, j)) / beta
		})
	}
}
