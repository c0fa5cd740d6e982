package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// tolerance of the compiled engine against the tape machine, relative to the
// largest number of a tensor.
func tolerance(p graph.Precision) float64 {
	if p == graph.Float64 {
		return 1e-11
	}
	return 1e-5
}

// pairOf is one network on both engines, in the same state.
type pairOf struct {
	tape, compiled *graph.Network
	a, b           *graph.Session
	roles          graph.Roles
}

func newPair(t require, d graph.Declaration, r graph.Roles, p graph.Precision, batch int, seed uint64, threads int) *pairOf {
	return newPairOn(t, d, r, p, batch, seed, graph.Compiled{Threads: threads, ParallelFrom: 1})
}

// newPairOn is newPair with another engine in the place of the compiled one.
func newPairOn(t require, d graph.Declaration, r graph.Roles, p graph.Precision, batch int, seed uint64, e graph.Engine) *pairOf {
	x := &pairOf{roles: r}
	var err error
	x.tape, err = graph.New(d, graph.Settings{Precision: p, Seed: seed, Engine: graph.Tape{}})
	t.ok(err)
	x.compiled, err = graph.New(d, graph.Settings{Precision: p, Seed: seed, Engine: e})
	t.ok(err)
	x.a, err = x.tape.Session(batch, r)
	t.ok(err)
	x.b, err = x.compiled.Session(batch, r)
	t.ok(err)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, n := range d.Nodes {
		data := make([]float64, batch*n.Shape.Size())
		for i := range data {
			data[i] = float64(float32(rng.NormFloat64()))
			if strings.HasPrefix(n.Name, "q") { // a probability
				data[i] = float64(rng.Float32()) / float64(n.Shape.Size())
			}
		}
		for _, s := range []*graph.Session{x.a, x.b} {
			if s.ClampFloat64(n.Name, data) == nil {
				continue
			}
			v, err := s.View(n.Name)
			t.ok(err)
			for i, z := range data {
				v.Set(i, z)
			}
		}
	}
	return x
}

// require fails a test or a property.
type require struct {
	fatalf func(format string, args ...any)
}

func (r require) ok(err error) {
	if err != nil {
		r.fatalf("%+v", err)
	}
}

func (r require) close(what string, got, want relax.Vector, tol float64) {
	r.closeTo(what, got, want, tol, 1)
}

// closeTo compares relative to the largest element, or to a scale that the
// summands have where they cancel.
func (r require) closeTo(what string, got, want relax.Vector, tol, scale float64) {
	size := math.Max(want.MaxAbs(), scale)
	for i := range want.Len() {
		if d := math.Abs(got.At(i) - want.At(i)); !(d <= tol*size) {
			r.fatalf("%s[%d]: compiled %.10g, tape %.10g, difference %.2g of %.2g", what, i, got.At(i), want.At(i), d/size, tol)
		}
	}
}

// compare compares energies, activity gradients and parameter gradients.
func (x *pairOf) compare(t require, what string, tol float64) {
	ea, eb := make([]float64, len(x.a.Terms())), make([]float64, len(x.b.Terms()))
	_, err := x.a.Evaluate(ea)
	t.ok(err)
	_, err = x.b.Evaluate(eb)
	t.ok(err)
	t.close(what+": energies", relax.Float64(eb), relax.Float64(ea), tol)
	for i, a := range x.a.Activities() {
		t.close(fmt.Sprintf("%s: ∂E/∂%s", what, a.Name), x.b.Activities()[i].Grad, a.Grad, tol)
	}
	_, err = x.a.Learn(ea)
	t.ok(err)
	_, err = x.b.Learn(eb)
	t.ok(err)
	t.close(what+": energies of learn", relax.Float64(eb), relax.Float64(ea), tol)
	for i, p := range x.tape.Params() {
		scale := 1.0
		if strings.HasSuffix(p.Name, "/logprecision") { // ½e^s Σε² − ½N: two large values cancel
			scale = float64(x.a.Batch() * 14)
		}
		t.closeTo(what+": ∂E/∂"+p.Name, gradOf(x.compiled.Params()[i]), gradOf(p), tol, scale)
	}
}

func gradOf(p *graph.Param) relax.Vector {
	if g := p.Grads().Float32(); g != nil {
		return relax.Float32(g)
	}
	g := p.Grads().Float64()
	return relax.Float64(g)
}

// descend takes steps of gradient descent on both engines: by hand on the tape
// machine, by its own fused step on the compiled one.
func (x *pairOf) descend(t require, steps int, size float64) {
	ea, eb := make([]float64, len(x.a.Terms())), make([]float64, len(x.b.Terms()))
	fused := relax.Descender(x.b)
	for range steps {
		_, err := x.a.Evaluate(ea)
		t.ok(err)
		for _, a := range x.a.Activities() {
			a.X.AddScaled(-size, a.Grad)
		}
		_, err = fused.Descend(size, eb)
		t.ok(err)
	}
}

// checkFused compares the fused step with its two halves, bit for bit.
func (x *pairOf) checkFused(t require, size float64) {
	want, got := make([]float64, len(x.b.Terms())), make([]float64, len(x.b.Terms()))
	_, err := x.b.Evaluate(want)
	t.ok(err)
	var before, after []relax.Vector
	for _, a := range x.b.Activities() {
		v, w := a.X.MakeLike(), a.X.MakeLike()
		v.CopyFrom(a.X)
		w.CopyFrom(a.X)
		w.AddScaled(-size, a.Grad)
		before, after = append(before, v), append(after, w)
	}
	_, err = x.b.Descend(size, got)
	t.ok(err)
	if !slices.Equal(got, want) {
		t.fatalf("energies of a fused step: got %v, want %v", got, want)
	}
	for i, a := range x.b.Activities() {
		t.closeTo("fused step of "+a.Name, a.X, after[i], 0, 1)
		a.X.CopyFrom(before[i])
	}
}

// checkMotions compares two fused steps of every solver with memory with evaluations
// and steps in plain Go, bit for bit.
func (x *pairOf) checkMotions(t require, size float64) {
	free := x.b.Activities()
	if len(free) == 0 {
		return
	}
	energies := make([]float64, len(x.b.Terms()))
	var start []relax.Vector
	for _, a := range free {
		start = append(start, a.X.MakeLike())
		start[len(start)-1].CopyFrom(a.X)
	}
	for _, m := range []relax.Motion{
		{Kind: relax.HeavyBall, Size: size, Beta: 0.9},
		{Kind: relax.LookAhead, Size: size, Beta: 0.9},
		{Kind: relax.LookAhead, Size: size, Beta: 0.9, Slopes: make([]float64, free[0].Samples)},
		{Kind: relax.RootMeanSquare, Size: size, Beta: 0.9, Beta2: 0.99, Epsilon: 1e-3},
	} {
		run := func(step func(m *relax.Motion) error) (out []relax.Vector) {
			m.First, m.Second = nil, nil
			for i, a := range free {
				a.X.CopyFrom(start[i])
				m.First, m.Second = append(m.First, a.X.MakeLike()), append(m.Second, a.X.MakeLike())
			}
			for range 2 {
				t.ok(step(&m))
			}
			for i, a := range free {
				x := a.X.MakeLike()
				x.CopyFrom(a.X)
				out = append(out, x, m.First[i], m.Second[i])
			}
			return out
		}
		want := run(func(m *relax.Motion) error {
			_, err := x.b.Evaluate(energies)
			m.Apply(free)
			return err
		})
		got := run(func(m *relax.Motion) error {
			_, err := x.b.Move(m, energies)
			return err
		})
		for i := range want {
			t.closeTo(fmt.Sprintf("fused step of %v, %s", m.Kind, free[i/3].Name), got[i], want[i], 0, 1)
		}
	}
	for i, a := range free {
		a.X.CopyFrom(start[i])
	}
}

func (x *pairOf) check(t require, p graph.Precision) {
	tol := tolerance(p)
	x.compare(t, "at once", tol)
	x.checkFused(t, 0.01)
	x.checkMotions(t, 0.01)
	x.descend(t, 1, 0.01)
	x.compare(t, "after 1 step", tol)
	x.descend(t, 49, 0.01)
	x.compare(t, "after 50 steps", tol)
	t.ok(x.a.Feedforward())
	t.ok(x.b.Feedforward())
	for _, n := range x.tape.Declaration().Nodes {
		a, err := x.a.View(n.Name)
		t.ok(err)
		b, err := x.b.View(n.Name)
		t.ok(err)
		t.close("feedforward "+n.Name, b, a, tol)
	}
}

// The result of Gorgonia's own reshape shares memory with what it reshapes, and
// its tape machine adds the second summand into it, which made the gradient of
// the tanh wrong.
func TestCompiledAgreesOnReshapedTanh(t *testing.T) {
	reshape := layers.Reshape{Shape: graph.Shape{3, 2}}
	d := graph.Declaration{
		Nodes: []graph.Node{node("x", 4), {Name: "y", Shape: graph.Shape{3, 2}}},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x", "x"}, Layer: layers.Sum{
			layers.Sequential{layers.Dense{Out: 6}, layers.Tanh{}, reshape},
			layers.Sequential{layers.Dense{Out: 6}, reshape},
		}}},
	}
	newPair(require{t.Fatalf}, d, graph.Roles{Clamped: []string{"y"}}, graph.Float64, 5, 3, 1).check(require{t.Fatalf}, graph.Float64)
}

// A fused step leaves the bits of its two halves also where a gradient multiplies
// the activity itself.
func TestFusedStepOfProducts(t *testing.T) {
	square := layerFunc(func(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
		return gorgonia.Add(gorgonia.Must(gorgonia.Tanh(in[0])), gorgonia.Must(gorgonia.Square(in[0])))
	})
	d := graph.Declaration{
		Nodes: []graph.Node{node("x", 9), node("y", 9)},
		Predictions: []graph.Prediction{
			{Of: "y", From: []string{"x"}, Layer: square},
			{Of: "x", From: []string{"y"}, Layer: layers.Sequential{square, layers.Dense{Out: 9}, square}},
		},
	}
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		x := newPair(require{t.Fatalf}, d, graph.Roles{}, p, 8, 3, 1)
		x.checkFused(require{t.Fatalf}, 0.01)
		x.checkMotions(require{t.Fatalf}, 0.01)
	}
}

func TestCompiledAgreesOnTangledNetwork(t *testing.T) {
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		for _, batch := range []int{1, 3, 17} {
			for _, r := range []graph.Roles{{Clamped: []string{"a", "b", "y"}}, {Clamped: []string{"y"}}, {Clamped: []string{"a", "b"}, Outputs: []string{"y"}}} {
				newPair(require{t.Fatalf}, tangled(), r, p, batch, 3, 1).check(require{t.Fatalf}, p)
			}
		}
	}
}

// tied is a network whose matrices serve both directions.
func tied() graph.Declaration {
	shared := func(name string, d layers.Dense) graph.Layer {
		return layers.Sequential{layers.Tanh{}, layers.Shared{Name: name, Layer: d}}
	}
	return graph.Declaration{
		Nodes: []graph.Node{node("x", 5), node("y", 3)},
		Predictions: []graph.Prediction{
			{Of: "y", From: []string{"x", "y"}, Layer: layers.Sum{shared("w", layers.Dense{Out: 3}), shared("v", layers.Dense{Out: 3})}},
			{Of: "x", From: []string{"y"}, Layer: shared("w", layers.Dense{Out: 5, Transposed: true})},
			{Of: "y", From: []string{"y"}, Layer: shared("v", layers.Dense{Out: 3, Transposed: true, NoBias: true}), Name: "again"},
		},
	}
}

func TestCompiledAgreesOnTiedNetwork(t *testing.T) {
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		for _, batch := range []int{1, 4} {
			x := newPair(require{t.Fatalf}, tied(), graph.Roles{Clamped: []string{"x"}}, p, batch, 5, 1)
			x.check(require{t.Fatalf}, p)
			text, err := x.b.Explain()
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(text, "Aᵀ{") {
				t.Errorf("a transposition is an operation of its own:\n%s", text)
			}
		}
	}
}

// randomNetwork draws a declaration: nodes of random widths, a random graph of
// predictions with cycles, shared weights, energies, activations and priors.
func randomNetwork(t *rapid.T) (graph.Declaration, graph.Roles) {
	var d graph.Declaration
	var r graph.Roles
	n := rapid.IntRange(2, 5).Draw(t, "nodes")
	for i := range n {
		node := graph.Node{Name: fmt.Sprintf("n%d", i), Shape: graph.Shape{rapid.IntRange(1, 7).Draw(t, "width")}}
		if rapid.IntRange(0, 3).Draw(t, "axes") == 0 {
			node.Shape = append(node.Shape, rapid.IntRange(1, 2).Draw(t, "width"))
		}
		switch rapid.IntRange(0, 5).Draw(t, "prior") {
		case 0:
			node.Prior = energy.L2{Weight: 0.3}
		case 1:
			node.Prior = energy.L1{Weight: 0.2}
		}
		if rapid.IntRange(0, 3).Draw(t, "role") == 0 { // a node that is compared by its probabilities
			node.Name = fmt.Sprintf("q%d", i)
		}
		if rapid.Bool().Draw(t, "clamped") || node.Name[0] == 'q' {
			r.Clamped = append(r.Clamped, node.Name)
		}
		d.Nodes = append(d.Nodes, node)
	}
	m := rapid.IntRange(n-1, n+3).Draw(t, "predictions")
	for k := range m {
		of := k + 1 // the first ones make a chain, so that every node is used
		if k >= n-1 {
			of = rapid.IntRange(0, n-1).Draw(t, "of")
		}
		shape := d.Nodes[of].Shape
		p := graph.Prediction{Name: fmt.Sprintf("p%d", k), Of: d.Nodes[of].Name, Energy: drawEnergy(t, shape.Size())}
		if p.Of[0] == 'q' {
			p.Energy = rapid.SampledFrom([]graph.Energy{energy.CrossEntropy{}, energy.KullbackLeibler{}, energy.Bernoulli{}}).Draw(t, "energy")
		}
		if k >= n && rapid.IntRange(0, 2).Draw(t, "shared") == 0 { // the weights of an earlier one, from other activities
			if like := d.Predictions[rapid.IntRange(0, k-1).Draw(t, "like")]; like.Share == "" {
				like.Share, like.Name = like.Name, p.Name
				d.Predictions = append(d.Predictions, swapped(t, d, like))
				continue
			}
		}
		var sum layers.Sum
		inputs := rapid.IntRange(1, 2).Draw(t, "inputs")
		for j := range inputs {
			from := rapid.IntRange(0, n-1).Draw(t, "from")
			if k < n-1 && j == 0 {
				from = k
			}
			p.From = append(p.From, d.Nodes[from].Name)
			sum = append(sum, drawLayer(t, shape))
		}
		p.Layer = sum
		if inputs == 1 {
			p.Layer = sum[0]
		}
		d.Predictions = append(d.Predictions, p)
	}
	return d, r
}

// swapped lets a prediction read other nodes of the same shapes, where there are
// some.
func swapped(t *rapid.T, d graph.Declaration, p graph.Prediction) graph.Prediction {
	shape := map[string]graph.Shape{}
	for _, n := range d.Nodes {
		shape[n.Name] = n.Shape
	}
	p.From = slices.Clone(p.From)
	for i, from := range p.From {
		var fit []string
		for _, n := range d.Nodes {
			if n.Shape.Equal(shape[from]) {
				fit = append(fit, n.Name)
			}
		}
		p.From[i] = rapid.SampledFrom(fit).Draw(t, "instead")
	}
	return p
}

func drawEnergy(t *rapid.T, width int) graph.Energy {
	per := make([]float64, width)
	for i := range per {
		per[i] = float64(i) * 0.5
	}
	return rapid.SampledFrom([]graph.Energy{
		nil, nil,
		energy.Gaussian{Precision: 0.7},
		energy.Gaussian{PerUnit: per},
		energy.Gaussian{Learned: energy.LearnedScalar},
		energy.Gaussian{Learned: energy.LearnedUnits},
		energy.Gaussian{Learned: energy.LearnedScalar, Floor: 0.1},
		energy.Gaussian{Learned: energy.LearnedUnits, Floor: 0.1},
		energy.Laplace{Delta: 0.5}, // its curvature 1/δ multiplies the rounding of the error
		energy.Huber{Delta: 0.4},
	}).Draw(t, "energy")
}

func drawLayer(t *rapid.T, shape graph.Shape) graph.Layer {
	f := rapid.SampledFrom(layers.Activations()).Draw(t, "activation").Layer
	dense := layers.Dense{Out: shape.Size(), NoBias: rapid.Bool().Draw(t, "no bias")}
	reshape := layers.Reshape{Shape: shape}
	switch rapid.IntRange(0, 4).Draw(t, "placement") {
	case 0:
		return layers.Sequential{f, layers.Flatten{}, dense, reshape}
	case 1:
		return layers.Sequential{layers.Flatten{}, dense, f, reshape}
	case 2:
		return layers.Sequential{layers.Flatten{}, dense, reshape, f}
	case 3:
		return layers.Sequential{f, layers.Flatten{}, dense, layers.Scale{Factor: 0.3}, reshape}
	}
	return layers.Sequential{f, layers.Flatten{}, dense, layers.Tanh{}, reshape, layers.Flatten{}, layers.Dense{Out: shape.Size()}, reshape}
}

func TestCompiledAgreesOnRandomNetworks(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d, r := randomNetwork(rt)
		p := rapid.SampledFrom([]graph.Precision{graph.Float32, graph.Float64}).Draw(rt, "precision")
		batch := rapid.SampledFrom([]int{1, 2, 5, 40}).Draw(rt, "batch")
		seed := rapid.Uint64().Draw(rt, "seed")
		threads := rapid.IntRange(1, 3).Draw(rt, "threads")
		x := newPair(require{rt.Fatalf}, d, r, p, batch, seed, threads)
		x.check(require{rt.Fatalf}, p)
		for _, term := range x.a.Terms() {
			c := rapid.SampledFrom([]float64{1, 0, 0.3, -2}).Draw(rt, "coefficient")
			for _, s := range []*graph.Session{x.a, x.b} {
				require{rt.Fatalf}.ok(s.SetCoefficient(term, c))
			}
		}
		x.compare(require{rt.Fatalf}, "other coefficients", tolerance(p))
		x.descend(require{rt.Fatalf}, 1, 0.01)
		x.compare(require{rt.Fatalf}, "other coefficients, after 1 step", tolerance(p))
	})
}
