package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/relax"
)

// product is a layer without a bias: tanh(x)·W.
type product struct{ out int }

func (p product) Build(b *Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	w, err := b.Param(ParamSpec{Name: "w", Shape: Shape{in[0].Shape()[1], p.out}, Init: spread{}})
	if err != nil {
		return nil, err
	}
	f, err := gorgonia.Tanh(in[0])
	if err != nil {
		return nil, err
	}
	return gorgonia.Mul(f, w)
}

// spread draws from a normal distribution.
type spread struct{}

func (spread) Fill(values []float64, _ ParamSpec, rng *rand.Rand) error {
	for i := range values {
		values[i] = rng.NormFloat64()
	}
	return nil
}

// weighted is a session of a chain of four nodes with a loop of predictions back,
// at random activities.
func weighted(tb testing.TB, e Engine, p Precision) *Session {
	tb.Helper()
	d := Declaration{Nodes: []Node{{Name: "x", Shape: Shape{5}}, {Name: "h1", Shape: Shape{7}}, {Name: "h2", Shape: Shape{6}}, {Name: "y", Shape: Shape{3}}}}
	for i, n := range d.Nodes[1:] {
		d.Predictions = append(d.Predictions, Prediction{Of: n.Name, From: []string{d.Nodes[i].Name}, Layer: product{n.Shape[0]}})
	}
	d.Predictions = append(d.Predictions, Prediction{Of: "h1", From: []string{"h2"}, Layer: product{7}})
	net, err := New(d, Settings{Engine: e, Precision: p})
	if err != nil {
		tb.Fatal(err)
	}
	s, err := net.Session(4, Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		tb.Fatal(err)
	}
	scatter(tb, s)
	return s
}

// scatter draws the activities, the same ones at every call.
func scatter(tb testing.TB, s *Session) {
	tb.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	for i, d := range s.net.decl.Nodes {
		data := make([]float64, s.x[i].Len())
		for k := range data {
			data[k] = r.NormFloat64()
		}
		if !s.roles.clamped[i] {
			s.x[i].ConvertFrom(relax.Float64(data))
		} else if err := s.ClampFloat64(d.Name, data); err != nil {
			tb.Fatal(err)
		}
	}
}

// results are everything that the session computes: energies, gradients of the
// activities and of the parameters, and where two steps lead.
func results(tb testing.TB, s *Session) []float64 {
	tb.Helper()
	scatter(tb, s)
	var out []float64
	energies := make([]float64, len(s.Terms()))
	check := func(_ float64, err error) {
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, energies...)
	}
	check(s.Evaluate(energies))
	for _, a := range s.Activities() {
		out = append(out, wide(a.Grad)...)
	}
	check(s.Learn(energies))
	for _, p := range s.net.Params() {
		out = append(out, wide(vector(p.Grad))...)
	}
	check(s.Descend(0.1, energies))
	check(s.Descend(0.1, energies))
	for _, a := range s.Activities() {
		out = append(out, wide(a.X)...)
	}
	return out
}

func wide(v relax.Vector) []float64 {
	out := make([]float64, v.Len())
	for i := range out {
		out[i] = v.At(i)
	}
	return out
}

func setCoefficients(tb testing.TB, s *Session, values []float64) {
	tb.Helper()
	for k, c := range values {
		if err := s.SetCoefficient(s.Terms()[k], c); err != nil {
			tb.Fatal(err)
		}
	}
}

// Coefficients that are read give the bits of coefficients that are folded into the
// program.
func TestCoefficientBits(t *testing.T) {
	for _, precision := range []Precision{Float32, Float64} {
		for _, c := range [][]float64{{0.3, 2.5, 0.7, 1.9}, {3, 0, 0.1, 7}, {-0.3, 0.6, -1.7, 1e-3}, {0.5, 2, 4, 0.25}} {
			t.Run(fmt.Sprint(precision, c), func(t *testing.T) {
				s := weighted(t, Compiled{Threads: 1}, precision)
				setCoefficients(t, s, c)
				got := results(t, s)
				x := s.program.exec.(*compiledModule)
				for i, m := range x.pattern {
					if m == isNotZero {
						x.pattern[i] = isOne // not read, but folded, whatever it is
					}
				}
				folded, err := x.compile()
				if err != nil {
					t.Fatal(err)
				}
				x.patternChanged()
				x.unit = folded
				s.net.ParamsChanged()
				if want := results(t, s); !slices.Equal(got, want) {
					t.Errorf("got %v,\nwant %v", got, want)
				}
			})
		}
	}
}

// However coefficients change, results are the tape's, and programs are compiled
// for what is 0 only.
func TestCoefficientsChange(t *testing.T) {
	s, reference := weighted(t, Compiled{Threads: 1}, Float64), weighted(t, Tape{}, Float64)
	r := rand.New(rand.NewPCG(5, 6))
	for step := range 200 {
		c := make([]float64, 4)
		for k := range c {
			c[k] = r.ExpFloat64()
			if r.IntN(4) == 0 {
				c[k] = 1
			}
		}
		if step >= 100 && r.IntN(2) == 0 {
			c[r.IntN(4)] = 0
		}
		if step%50 == 49 {
			c = []float64{1, 1, 1, 1}
		}
		setCoefficients(t, s, c)
		setCoefficients(t, reference, c)
		got, want := results(t, s), results(t, reference)
		for i, w := range want {
			if math.Abs(got[i]-w) > 1e-12*(1+math.Abs(w)) {
				t.Fatalf("step %d, coefficients %v: result %d: got %v, want %v", step, c, i, got[i], w)
			}
		}
		x := s.program.exec.(*compiledModule)
		if most := 2; step < 100 && x.programs.Len() > most {
			t.Fatalf("step %d: got %d programs, want at most %d: one for coefficients of 1 and one for others", step, x.programs.Len(), most)
		}
		if x.programs.Len() > 10 { // and as many again for each that is 0
			t.Fatalf("step %d: got %d programs, want at most 10", step, x.programs.Len())
		}
	}
}

// A network that cannot be compiled for new coefficients runs on the tape.
func TestCoefficientsFallBack(t *testing.T) {
	c := []float64{0.3, 2.5, 0.7, 1.9}
	want := weighted(t, Compiled{Threads: 1}, Float32)
	setCoefficients(t, want, c)
	s := weighted(t, Compiled{Threads: 1}, Float32)
	results(t, s)
	s.program.exec.(*compiledModule).module.Precision = Float64 // nothing can be compiled for it
	setCoefficients(t, s, c)
	got, reference := results(t, s), results(t, want)
	if len(got) != len(reference) {
		t.Fatalf("got %d results, want %d", len(got), len(reference))
	}
	for i, w := range reference {
		if math.Abs(got[i]-w) > 1e-4*(1+math.Abs(w)) {
			t.Errorf("result %d: got %v, want %v", i, got[i], w)
		}
	}
	if _, ok := s.program.exec.(*compiledModule).unit.(*tapeUnit); !ok {
		t.Errorf("runs on %T, want the tape", s.program.exec.(*compiledModule).unit)
	}
}
