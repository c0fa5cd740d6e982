package graph_test

import (
	"context"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
)

// bits relaxes a network with a number of threads and returns every number that
// comes out: energies, activities, parameter gradients.
func bits(t *testing.T, d graph.Declaration, r graph.Roles, batch, threads int) []float64 {
	t.Helper()
	x := newPair(require{t.Fatalf}, d, r, graph.Float32, batch, 5, threads)
	var out []float64
	trace := &relax.Trace{}
	if _, err := relax.Run(context.Background(), x.b, relax.Settings{
		Steps: 30, Control: relax.Discount{Size: 0.05, Factor: 0.5}, Recorder: trace,
	}); err != nil {
		t.Fatal(err)
	}
	out = append(out, trace.Totals()...)
	for _, a := range x.b.Activities() {
		for i := range a.X.Len() {
			out = append(out, a.X.At(i))
		}
	}
	if _, err := x.b.Learn(make([]float64, len(x.b.Terms()))); err != nil {
		t.Fatal(err)
	}
	for _, p := range x.compiled.Params() {
		g := gradOf(p)
		for i := range g.Len() {
			out = append(out, g.At(i))
		}
	}
	return out
}

// Results do not depend on the number of threads: sums are taken in an order
// that does not, and no row depends on which rows are computed with it.
func TestThreadsGiveTheSameBits(t *testing.T) {
	mlp, err := models.MLP{Widths: []int{19, 33, 70, 10}, Activation: layers.Tanh{}}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	categorical, err := models.MLP{Widths: []int{7, 40, 10}, Activation: layers.GELU{}, Output: energy.CrossEntropy{}}.Declaration()
	if err != nil {
		t.Fatal(err)
	}
	xy := graph.Roles{Clamped: []string{"x", "y"}}
	tests := []struct {
		name  string
		d     graph.Declaration
		r     graph.Roles
		batch int
	}{
		{"mlp", mlp, xy, 64},
		{"mlp, odd batch", mlp, xy, 37},
		{"mlp, one sample", mlp, xy, 1},
		{"categorical", categorical, xy, 5},
		{"tangled", tangled(), graph.Roles{Clamped: []string{"a", "b", "y"}}, 29},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := bits(t, tt.d, tt.r, tt.batch, 1)
			for _, threads := range []int{2, 3, 5} {
				if got := bits(t, tt.d, tt.r, tt.batch, threads); !slices.Equal(got, want) {
					t.Errorf("%d threads give other bits than one", threads)
				}
			}
		})
	}
}

// A session takes no memory from the heap once it runs.
func TestCompiledRunsDoNotAllocate(t *testing.T) {
	net, err := models.MLP{Widths: []int{20, 16, 16, 4}, Activation: layers.Sigmoid{}}.New(graph.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(8, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	x, y := make([]float32, 8*20), make([]float32, 8*4)
	energies := make([]float64, len(s.Terms()))
	update := func() {
		net.ParamsChanged()
		if s.Clamp("x", x) != nil || s.Clamp("y", y) != nil || s.Initialize(graph.Start{}, nil) != nil {
			t.Fatal("clamping failed")
		}
		for range 5 {
			if _, err := s.Descend(0.1, energies); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Learn(energies); err != nil {
			t.Fatal(err)
		}
	}
	update()
	if n := testing.AllocsPerRun(20, update); n != 0 {
		t.Errorf("got %v allocations an update, want 0", n)
	}
}
