package layers_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/relax"
	_ "github.com/seed-be841da4/prospect/xla"
)

// together is one network of all the cases, so that a device compiles them at once.
func together() graph.Declaration {
	var d graph.Declaration
	for k, c := range cases() {
		p := c.declare()
		name := func(s string) string { return fmt.Sprintf("%s, %s %d", c.name, s, k) }
		for _, n := range p.Nodes {
			n.Name = name(n.Name)
			d.Nodes = append(d.Nodes, n)
		}
		for _, q := range p.Predictions {
			q.Name, q.Of = fmt.Sprintf("case%d", k), name(q.Of)
			for i := range q.From {
				q.From[i] = name(q.From[i])
			}
			d.Predictions = append(d.Predictions, q)
		}
	}
	return d
}

// Every layer on a device agrees with the tape machine.
func TestXLAAgrees(t *testing.T) {
	if len(pjrt.Find()) == 0 {
		t.Skipf("no PJRT plugin: set %s, or pip install xla-cpu-pjrt", pjrt.Variable)
	}
	_ = os.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0") // compile faster
	if _, err := pjrt.Open("", nil); errors.Is(err, pjrt.ErrNoLoader) {
		t.Skip(err)
	}
	type precision struct {
		precision graph.Precision
		training  bool
		tolerance float64
	}
	tried := []precision{{graph.Float32, true, 1e-5}}
	if os.Getenv("PROSPECT_XLA_RANDOM") != "" {
		tried = append(tried, precision{graph.Float64, false, 1e-10})
	}
	for _, c := range tried {
		t.Run(fmt.Sprintf("%v, training %v", c.precision, c.training), func(t *testing.T) {
			want := measure(t, graph.Tape{}, c.precision, c.training)
			got := measure(t, graph.XLA{}, c.precision, c.training)
			for i, w := range want {
				size := math.Max(1, w.values.MaxAbs())
				for j := range w.values.Len() {
					if d := math.Abs(w.values.At(j) - got[i].values.At(j)); !(d <= c.tolerance*size) {
						t.Errorf("%s[%d]: got %.9g, want %.9g", w.name, j, got[i].values.At(j), w.values.At(j))
						break
					}
				}
			}
		})
	}
}

// measurement is a named result.
type measurement struct {
	name   string
	values relax.Vector
}

// measure returns all that the cases compute on an engine.
func measure(t *testing.T, e graph.Engine, p graph.Precision, training bool) (out []measurement) {
	t.Helper()
	net, err := graph.New(together(), graph.Settings{Precision: p, Seed: 5, Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(3, graph.Roles{Training: training})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(9, 2))
	if err := s.Initialize(graph.Start{Std: 1}, rng); err != nil {
		t.Fatal(err)
	}
	keep := func(name string, v relax.Vector) {
		c := v.MakeLike()
		c.CopyFrom(v)
		out = append(out, measurement{name, c})
	}
	for _, a := range s.Activities() { // predictions, then not where every error is 0
		keep("feedforward "+a.Name, a.X)
		for i := range a.X.Len() {
			a.X.Set(i, float64(float32(rng.NormFloat64())))
		}
	}
	energies := make([]float64, len(s.Terms()))
	if _, err := s.Evaluate(energies); err != nil {
		t.Fatal(err)
	}
	for i, name := range s.Terms() {
		keep("energy of "+name, relax.Float64(energies[i:i+1]))
	}
	for _, a := range s.Activities() {
		keep("gradient of "+a.Name, a.Grad)
	}
	if _, err := s.Learn(energies); err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params() {
		keep("gradient of "+p.Name, p.Grads())
	}
	for _, b := range net.Buffers() {
		keep("buffer "+b.Name, b.Values())
	}
	if text, err := s.Explain(); e.Name() == "xla" && (err != nil || !strings.Contains(text, "runs on device 0")) {
		t.Errorf("explain: %v\n%s", err, text)
	}
	return out
}
