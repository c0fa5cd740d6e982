package graph_test

import (
	"cmp"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

var thorough = flag.Bool("thorough", false, "sweep the operations over many random shapes")

// trial is an operation on inputs of some shapes. The first input is an activity,
// whose first axis is the batch; the others are parameters.
type trial struct {
	in    [][]int
	build func(b *graph.Builder, in []*gorgonia.Node) (*gorgonia.Node, error)
	want  func(in ...array) array
	// positive makes all elements positive.
	positive bool
}

// operation is a function of Gorgonia's.
type operation struct {
	name    string
	outcome verdict
	// note says what happens, or what to use instead: a part of the error.
	note string
	// trials draws shapes, at a batch size.
	trials func(r *rand.Rand, batch int) []trial
	// refusal is a layer that is refused, with refusalNote, or note, in the error.
	refusal     func(b *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error)
	refusalNote string
}

type verdict string

const (
	supported   verdict = "supported"
	replaced    verdict = "replaced"
	refused     verdict = "refused"
	noOperation verdict = "no operation"
)

// target is the prior ½Σ(f(x, w) − c)² with random c.
type target struct {
	trial
	c *array
}

func (g target) Build(b *graph.Builder, x *gorgonia.Node) (*gorgonia.Node, error) {
	in := []*gorgonia.Node{x}
	for i, s := range g.in[1:] {
		w, err := b.Param(graph.ParamSpec{Name: fmt.Sprint("w", i), Shape: s, Init: layers.Normal{Std: 1}})
		if err != nil {
			return nil, err
		}
		in = append(in, w)
	}
	if b.Batch() != g.in[0][0] { // graph.New builds at batch 2, which the parameters do not fit
		return squares(b, in)
	}
	y, err := g.build(b, in)
	if err != nil {
		return nil, err
	}
	shape := slices.Clone([]int(y.Shape()))
	*g.c = targets(shape)
	if len(shape) == 0 {
		y, err = gorgonia.Sub(y, b.Constant(g.c.data[0]))
		if err != nil {
			return nil, err
		}
		return graph.HalfSquare(b, y)
	}
	c, err := b.ConstantTensor(fmt.Sprint("target", len(g.c.data)), shape, g.c.data)
	if err != nil {
		return nil, err
	}
	return graph.SquaredError(b, y, c)
}

// squares is the energy of all inputs at 0.
func squares(b *graph.Builder, in []*gorgonia.Node) (*gorgonia.Node, error) {
	var sum []*gorgonia.Node
	for _, x := range in {
		e, err := graph.HalfSquare(b, x)
		if err != nil {
			return nil, err
		}
		sum = append(sum, e)
	}
	return gorgonia.ReduceAdd(sum)
}

func targets(shape []int) array {
	r := rand.New(rand.NewPCG(uint64(size(shape)), 3))
	return tabulate(shape, func([]int) float64 { return r.NormFloat64() })
}

// declare makes a network of the prior, beside a prediction that does not read x.
func (g target) declare() graph.Declaration {
	apart := layerFunc(func(b *graph.Builder, _ ...*gorgonia.Node) (*gorgonia.Node, error) {
		return b.ConstantTensor("zero", graph.Shape{b.Batch(), 1}, make([]float64, b.Batch()))
	})
	return graph.Declaration{
		Nodes:       []graph.Node{{Name: "x", Shape: g.in[0][1:], Prior: g}, node("z", 1)},
		Predictions: []graph.Prediction{{Of: "z", From: []string{"x"}, Layer: apart}},
	}
}

// TestOperations sweeps Gorgonia's operations: values against loops, gradients
// against finite differences of the loops, on both engines, at batch 1 and 3, and
// nothing that the compiled engine would have to run by Gorgonia's own means.
func TestOperations(t *testing.T) {
	rounds := 1
	if *thorough {
		rounds = 25
	}
	for _, o := range operations() {
		if o.trials == nil {
			continue
		}
		t.Run(o.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, uint64(len(o.name))))
			for range rounds {
				for _, batch := range []int{1, 3} {
					for _, x := range o.trials(r, batch) {
						x.check(t, r)
					}
				}
			}
		})
	}
}

func (x trial) check(t *testing.T, r *rand.Rand) {
	t.Helper()
	in := make([]array, len(x.in))
	for i, s := range x.in {
		in[i] = distinct(s, r)
		if x.positive {
			for k, v := range in[i].data {
				in[i].data[k] = 1 + math.Abs(v)
			}
		}
	}
	for _, e := range []graph.Engine{graph.Tape{}, graph.Compiled{Threads: 2, ParallelFrom: 1}} {
		g := target{x, &array{}}
		what := fmt.Sprintf("%s, shapes %v", e.Name(), x.in)
		net, err := graph.New(g.declare(), graph.Settings{Precision: graph.Float64, Engine: e})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		s := newSession(t, net, x.in[0][0], graph.Roles{})
		copyInto(t, s, "x", in[0].data)
		for i, p := range net.Params() {
			copy(p.Value.Data().([]float64), in[i+1].data)
		}
		net.ParamsChanged()
		energy, err := s.Evaluate(make([]float64, len(s.Terms())))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if want := x.energy(t, in, *g.c); !(math.Abs(energy-want) <= 1e-9*(1+math.Abs(want))) {
			t.Fatalf("%s: energy, got %.12g, want %.12g", what, energy, want)
		}
		x.gradients(t, what, in, *g.c, 0, values(s.Activities()[0].Grad))
		if _, err := s.Learn(make([]float64, len(s.Terms()))); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for i, p := range net.Params() {
			x.gradients(t, what, in, *g.c, i+1, values(gradOf(p)))
		}
		if e.Name() == "compiled" {
			if text, err := s.Explain(); err != nil || !strings.Contains(text, "fallbacks  none") {
				t.Errorf("%s: falls back: %v\n%s", what, err, text)
			}
		}
	}
}

func copyInto(t *testing.T, s *graph.Session, name string, data []float64) {
	t.Helper()
	for _, a := range s.Activities() {
		for i := range a.X.Len() {
			a.X.Set(i, 0)
		}
	}
	v, err := s.View(name)
	if err != nil {
		t.Fatal(err)
	}
	for i, z := range data {
		v.Set(i, z)
	}
}

// distinct draws values that lie further apart than a step of a difference.
func distinct(shape []int, r *rand.Rand) array {
	n := size(shape)
	a := array{slices.Clone(shape), make([]float64, n)}
	for i, k := range r.Perm(n) {
		a.data[i] = 3*(float64(k)+0.5)/float64(n) - 1.5 + 0.01*r.Float64()/float64(n)
	}
	return a
}

func (x trial) energy(t *testing.T, in []array, c array) (e float64) {
	t.Helper()
	y := x.want(in...)
	if !slices.Equal(y.shape, c.shape) {
		t.Fatalf("shapes %v: shape of the result, got %v, want %v", x.in, c.shape, y.shape)
	}
	for i, v := range y.data {
		e += (v - c.data[i]) * (v - c.data[i]) / 2
	}
	return e
}

// gradients compares the gradients of input i with finite differences of the loops.
func (x trial) gradients(t *testing.T, what string, in []array, c array, i int, got []float64) {
	t.Helper()
	const h = 1e-6
	want := make([]float64, len(got))
	for k, old := range in[i].data {
		in[i].data[k] = old + h
		up := x.energy(t, in, c)
		in[i].data[k] = old - h
		want[k] = (up - x.energy(t, in, c)) / (2 * h)
		in[i].data[k] = old
	}
	near(t, fmt.Sprintf("%s: gradient of input %d", what, i), got, want, 2e-6)
}

// Refused operations are refused by name, with an alternative.
func TestRefusedOperations(t *testing.T) {
	for _, o := range operations() {
		if o.refusal == nil {
			continue
		}
		t.Run(o.name, func(t *testing.T) {
			mentions(t, o.refuse(), cmp.Or(o.refusalNote, o.note))
		})
	}
}

// refuse is the error of the layer that is refused.
func (o operation) refuse() error {
	_, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{2, 4, 6}}, {Name: "h", Shape: graph.Shape{2, 4, 6}}},
		Predictions: []graph.Prediction{{Of: "h", Name: "h1", From: []string{"x"}, Layer: layerFunc(
			func(b *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) { return o.refusal(b, in[0]) },
		)}},
	}, graph.Settings{})
	return err
}
