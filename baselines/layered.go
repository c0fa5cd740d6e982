package baselines

import (
	"maps"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// layered is a chain of dense layers as matrices, for rules implemented directly. With
// L weight matrices, for l = 1 … L:
//
//	a_l = f_l(x_l)     μ_l = a_{l−1}·W_l + b_l
//
//	x_l, a_l, μ_l: (batch, n_l)   W_l: (n_{l−1}, n_l)   b_l: (n_l)
//
// f_0 … f_{L−1} are the activation functions of the layers' inputs; f_L is the identity
// unless the rule says otherwise. It computes in float64.
type layered struct {
	net     *graph.Network
	nodes   []string // 0 … L
	widths  []int
	weights []*graph.Param // W_l at l−1
	biases  []*graph.Param // b_l at l−1, nil if there is none
	f       []layers.Pointwise
}

// newLayered describes a network, or returns why it is not a chain of dense layers.
// rule is for messages.
func newLayered(rule string, net *graph.Network) (*layered, error) {
	d := net.Declaration()
	by := map[string]graph.Prediction{} // by the node predicted from
	of := map[string]bool{}
	for _, p := range d.Predictions {
		if len(p.From) != 1 || of[p.Of] || p.Energy != nil || p.Share != "" {
			return nil, errors.Errorf("baselines: %s: prediction %q: want a chain in which every node is predicted once, from one node, with its own parameters and the squared error", rule, p.Name)
		}
		if _, ok := by[p.From[0]]; ok {
			return nil, errors.Errorf("baselines: %s: node %q: predicts several nodes, want a chain", rule, p.From[0])
		}
		by[p.From[0]], of[p.Of] = p, true
	}
	l := &layered{net: net}
	for _, n := range d.Nodes {
		if n.Prior != nil || n.Data {
			return nil, errors.Errorf("baselines: %s: node %q: has a prior or holds only data, want plain nodes", rule, n.Name)
		}
		if !of[n.Name] {
			l.nodes = append(l.nodes, n.Name)
		}
		l.widths = append(l.widths, 0)
	}
	if len(l.nodes) != 1 {
		return nil, errors.Errorf("baselines: %s: inputs, got %q, want one node that nothing predicts", rule, l.nodes)
	}
	l.widths = l.widths[:0]
	for name := l.nodes[0]; ; {
		n, err := net.Node(name)
		if err != nil {
			return nil, err
		}
		l.widths = append(l.widths, n.Shape.Size())
		p, ok := by[name]
		if !ok {
			break
		}
		if err := l.add(p); err != nil {
			return nil, errors.WithMessagef(err, "baselines: %s: prediction %q", rule, p.Name)
		}
		name = p.Of
		l.nodes = append(l.nodes, name)
	}
	if len(l.nodes) != len(d.Nodes) {
		return nil, errors.Errorf("baselines: %s: %d of %d nodes lie on the chain from %q, want all", rule, len(l.nodes), len(d.Nodes), l.nodes[0])
	}
	l.f = append(l.f, layers.Identity{})
	return l, nil
}

// add appends the layer of a prediction: a dense layer, optionally after an activation
// function.
func (l *layered) add(p graph.Prediction) error {
	var f layers.Pointwise = layers.Identity{}
	layer := p.Layer
	prefix := p.Name
	if s, ok := layer.(layers.Sequential); ok && len(s) == 2 {
		if f, ok = s[0].(layers.Pointwise); !ok {
			return errors.Errorf("layer %T, want an activation function before the dense layer", s[0])
		}
		layer = s[1]
		prefix += "/1"
	}
	dense, ok := layer.(layers.Dense)
	if !ok || dense.Transposed {
		return errors.Errorf("layer %T, want layers.Dense, or layers.Sequential of an activation function and layers.Dense; models.MLP with Placement Before is that", p.Layer)
	}
	w, err := l.net.Param(prefix + "/weight")
	if err != nil {
		return err
	}
	var b *graph.Param
	if !dense.NoBias {
		if b, err = l.net.Param(prefix + "/bias"); err != nil {
			return err
		}
	}
	l.weights, l.biases, l.f = append(l.weights, w), append(l.biases, b), append(l.f, f)
	return nil
}

// depth is L.
func (l *layered) depth() int { return len(l.weights) }

// matrices returns copies of W_1 … W_L, at l−1.
func (l *layered) matrices() []*mat.Dense {
	out := make([]*mat.Dense, l.depth())
	for i, p := range l.weights {
		out[i] = mat.NewDense(l.widths[i], l.widths[i+1], values(p))
	}
	return out
}

// values returns a copy of a parameter.
func values(p *graph.Param) []float64 { return p.Values().AppendTo(nil) }

func widened(v []float32) []float64 { return relax.Float32(v).AppendTo(nil) }

// ends returns input and target of a batch.
func (l *layered) ends(rule string, b *train.Batch) (input, target *mat.Dense, err error) {
	last := l.depth()
	in, out := b.Values[l.nodes[0]], b.Values[l.nodes[last]]
	if len(b.Values) != 2 || len(in) != b.Size*l.widths[0] || len(out) != b.Size*l.widths[last] {
		return nil, nil, errors.Errorf("baselines: %s: batch, got data for %q, want %d samples of %q and %q", rule, slices.Sorted(maps.Keys(b.Values)), b.Size, l.nodes[0], l.nodes[last])
	}
	if err := b.Check(l.net); err != nil {
		return nil, nil, err
	}
	for name, data := range b.Values {
		if k := relax.Float32(data).FirstNonFinite(); k >= 0 {
			size := len(data) / b.Size
			return nil, nil, errors.Errorf("baselines: %s: node %q: data of sample %d, unit %d, got %v, want a finite number; clean the data", rule, name, k/size, k%size, data[k])
		}
	}
	return mat.NewDense(b.Size, l.widths[0], widened(in)), mat.NewDense(b.Size, l.widths[last], widened(out)), nil
}

// pass is the state of a layered network.
type pass struct {
	x, a, slope []*mat.Dense // by l: activity, f(x), f′(x)
}

// activate computes a_l and f′ from x_l.
func (l *layered) activate(p *pass, i int) {
	rows, cols := p.x[i].Dims()
	if p.a[i] == nil {
		p.a[i], p.slope[i] = mat.NewDense(rows, cols, nil), mat.NewDense(rows, cols, nil)
	}
	x, a, s := p.x[i].RawMatrix().Data, p.a[i].RawMatrix().Data, p.slope[i].RawMatrix().Data
	for k, v := range x {
		a[k], s[k] = l.f[i].At(v)
	}
}

// predict writes μ_l into dst.
func (l *layered) predict(dst *mat.Dense, p *pass, w []*mat.Dense, i int) {
	dst.Mul(p.a[i-1], w[i-1])
	if b := l.biases[i-1]; b != nil {
		bias := values(b)
		dst.Apply(func(_, j int, v float64) float64 { return v + bias[j] }, dst)
	}
}

// feedforward returns the state x_l = μ_l.
func (l *layered) feedforward(input *mat.Dense, w []*mat.Dense) *pass {
	n := l.depth() + 1
	p := &pass{x: make([]*mat.Dense, n), a: make([]*mat.Dense, n), slope: make([]*mat.Dense, n)}
	for i := range n {
		if p.x[i] = input; i > 0 {
			p.x[i] = new(mat.Dense)
			l.predict(p.x[i], p, w, i)
		}
		l.activate(p, i)
	}
	return p
}

// addGradient adds factor · left_{l−1}ᵀ·right_l to the gradient of W_l, and factor
// times the column sums of right_l to the gradient of b_l.
func (l *layered) addGradient(i int, factor float64, left, right *mat.Dense) {
	var g mat.Dense
	g.Mul(left.T(), right)
	addTo(l.weights[i-1], factor, g.RawMatrix().Data)
	if b := l.biases[i-1]; b != nil {
		rows, cols := right.Dims()
		sums := make([]float64, cols)
		for n := range rows {
			for j, v := range right.RawRowView(n) {
				sums[j] += v
			}
		}
		addTo(b, factor, sums)
	}
}

// zeroGradients clears all gradients.
func (l *layered) zeroGradients() {
	for _, p := range l.net.Params() {
		p.Grad.Zero()
	}
}

// addTo adds factor·g to a gradient.
func addTo(p *graph.Param, factor float64, g []float64) {
	scaled := make([]float64, len(g))
	for i, v := range g {
		scaled[i] = factor * v
	}
	grad := p.Grads()
	rounded := grad.MakeLike()
	rounded.ConvertFrom(relax.Float64(scaled))
	grad.AddScaled(1, rounded)
}

// halfSquares is ½Σ e².
func halfSquares(e *mat.Dense) float64 {
	sum := 0.0
	for _, v := range e.RawMatrix().Data {
		sum += v * v / 2
	}
	return sum
}
