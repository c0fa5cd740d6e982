package graph_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	_ "github.com/seed-be841da4/prospect/xla"
)

// plugin returns the engine, if there is a plugin.
func plugin(t testing.TB) (x graph.XLA, ok bool) {
	t.Helper()
	if len(pjrt.Find()) == 0 {
		return x, false
	}
	return onXLA(t), true
}

// onXLA skips a test without a plugin.
func onXLA(t testing.TB) graph.XLA {
	t.Helper()
	if len(pjrt.Find()) == 0 {
		t.Skipf("no PJRT plugin: set %s, or pip install xla-cpu-pjrt", pjrt.Variable)
	}
	if os.Getenv("XLA_FLAGS") == "" {
		_ = os.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0") // compile faster
	}
	if _, err := pjrt.Open("", nil); errors.Is(err, pjrt.ErrNoLoader) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	return graph.XLA{}
}

// xlaTolerance is the tolerance of a device against the tape machine.
func xlaTolerance(p graph.Precision) float64 {
	if p == graph.Float64 {
		return 1e-10
	}
	return 1e-5
}

// checkOnDevice is check with the tolerance of a device, whose fused step rounds as it
// likes.
func (x *pairOf) checkOnDevice(t require, p graph.Precision, steps int) {
	tol := xlaTolerance(p)
	x.compare(t, "at once", tol)
	x.descend(t, 1, 0.01)
	x.compare(t, "after 1 step", tol)
	x.descend(t, steps-1, 0.01)
	x.compare(t, fmt.Sprintf("after %d steps", steps), tol)
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

func TestXLAAgreesOnTangledNetwork(t *testing.T) {
	e := onXLA(t)
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		for _, r := range []graph.Roles{{Clamped: []string{"a", "b", "y"}}, {Clamped: []string{"a", "b"}, Outputs: []string{"y"}}} {
			newPairOn(require{t.Fatalf}, tangled(), r, p, 3, 3, e).checkOnDevice(require{t.Fatalf}, p, 50)
		}
	}
}

func TestXLAAgreesOnTiedNetwork(t *testing.T) {
	e := onXLA(t)
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		newPairOn(require{t.Fatalf}, tied(), graph.Roles{Clamped: []string{"x"}}, p, 4, 5, e).checkOnDevice(require{t.Fatalf}, p, 50)
	}
}

func TestXLAAgreesOnImages(t *testing.T) {
	e := onXLA(t)
	newPairOn(require{t.Fatalf}, images(), graph.Roles{Clamped: []string{"x", "y"}}, graph.Float32, 3, 3, e).checkOnDevice(require{t.Fatalf}, graph.Float32, 5)
}

// checks is the number of random networks: compiling takes a second each.
func checks(t *testing.T, n int) int {
	if os.Getenv("PROSPECT_XLA_RANDOM") != "" {
		return 20 * n
	}
	return n
}

func TestXLAAgreesOnRandomNetworks(t *testing.T) {
	e := onXLA(t)
	for i := range checks(t, 3) {
		rapid.Custom(func(rt *rapid.T) int {
			d, r := randomNetwork(rt)
			p := rapid.SampledFrom([]graph.Precision{graph.Float32, graph.Float64}).Draw(rt, "precision")
			x := newPairOn(require{rt.Fatalf}, d, r, p, rapid.SampledFrom([]int{1, 2, 5}).Draw(rt, "batch"), rapid.Uint64().Draw(rt, "seed"), e)
			if len(x.a.Terms()) == 0 {
				return 0
			}
			x.compare(require{t.Fatalf}, "at once", xlaTolerance(p))
			x.descend(require{t.Fatalf}, 10, 0.01)
			x.compare(require{t.Fatalf}, "after 10 steps", 20*xlaTolerance(p))
			return 0
		}).Example(i)
	}
}

// Networks of every layer, in training and in evaluation.
func TestXLAAgreesOnRandomLayers(t *testing.T) {
	e := onXLA(t)
	for i := range checks(t, 3) {
		rapid.Custom(func(rt *rapid.T) int {
			d := graph.Declaration{
				Nodes: []graph.Node{node("a", 4), node("b", 3), node("c", 5)},
				Predictions: []graph.Prediction{
					{Of: "b", From: []string{"a"}, Layer: drawBody(rt, 3)},
					{Of: "c", From: []string{"a", "b"}, Layer: layers.Sequential{layers.Concat{}, drawBody(rt, 5)}},
				},
			}
			r := graph.Roles{Training: rapid.Bool().Draw(rt, "training"), Clamped: []string{"a", "c"}}
			seed := rapid.Uint64().Draw(rt, "seed")
			x := newPairOn(require{rt.Fatalf}, d, r, graph.Float64, 5, seed, e)
			for _, s := range []*graph.Session{x.a, x.b} {
				require{rt.Fatalf}.ok(s.Initialize(graph.Start{Std: 1}, rand.New(rand.NewPCG(seed, 2))))
			}
			x.compare(require{t.Fatalf}, "at once", 1e-10)
			x.descend(require{t.Fatalf}, 10, 0.01)
			x.compare(require{t.Fatalf}, "after 10 steps", 1e-9)
			return 0
		}).Example(i)
	}
}

// An operation that has only a Do is refused by name.
func TestXLARefuses(t *testing.T) {
	e := onXLA(t)
	d := graph.Declaration{
		Nodes: []graph.Node{node("x", 3), node("y", 3)},
		Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layerFunc(func(_ *graph.Builder, in ...*gorgonia.Node) (*gorgonia.Node, error) {
			return gorgonia.ApplyOp(panicking{}, in[0])
		})}},
	}
	net, err := graph.New(d, graph.Settings{Engine: e})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(2, graph.Roles{Clamped: []string{"x"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Explain()
	if err == nil || !strings.Contains(err.Error(), "has no form for devices") || !strings.Contains(err.Error(), "test.panicking") {
		t.Errorf("got %v, want the name of the operation", err)
	}
}

func TestXLASettings(t *testing.T) {
	onXLA(t)
	for _, e := range []graph.XLA{{Devices: -2}, {Device: -1}, {Plugin: "/nowhere.so"}, {Products: 9}} {
		if _, err := graph.New(tied(), graph.Settings{Engine: e}); err == nil || !strings.HasPrefix(err.Error(), "graph: xla: ") {
			t.Errorf("%+v: got %v", e, err)
		}
	}
}

// Factors rounded to bfloat16 cost as many digits as they have, and no more.
func TestXLABrainProducts(t *testing.T) {
	e := onXLA(t)
	e.Products = graph.BrainProducts
	x := newPairOn(require{t.Fatalf}, tied(), graph.Roles{Clamped: []string{"x"}}, graph.Float32, 4, 5, e)
	x.compare(require{t.Fatalf}, "in bfloat16", 0.05)
	for _, p := range []graph.Products{graph.HighestProducts, graph.DefaultProducts, graph.BrainProducts} {
		text, _ := p.MarshalText()
		var back graph.Products
		if err := back.UnmarshalText(text); err != nil || back != p {
			t.Errorf("%s: got %v, %v", text, back, err)
		}
	}
	if err := new(graph.Products).UnmarshalText([]byte("f16")); err == nil {
		t.Error("f16 is accepted")
	}
}

// A job and a relaxation leave nothing on the device when their session is gone.
func TestXLALeaksNothing(t *testing.T) {
	e := onXLA(t)
	before := pjrt.Live()
	func() {
		x := newPairOn(require{t.Fatalf}, tied(), graph.Roles{Clamped: []string{"x"}}, graph.Float32, 4, 5, e)
		x.compare(require{t.Fatalf}, "at once", 1e-5)
		runOn(t, x.b, relax.Settings{Steps: 3, Control: relax.Constant{Size: 0.1}})
	}()
	for range 200 {
		runtime.GC()
		if n := pjrt.Live(); n.Buffers <= before.Buffers && n.Executables <= before.Executables {
			return
		}
		time.Sleep(time.Millisecond) // cleanups run on a goroutine of their own
	}
	t.Errorf("live objects: got %+v, want at most %+v", pjrt.Live(), before)
}
