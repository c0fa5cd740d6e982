package graph_test

import (
	"context"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/relax"
)

// Two devices that share a batch decide together: they end where one ends.
func TestXLASharesBatches(t *testing.T) {
	e := onXLA(t)
	if c, err := pjrt.Open("", nil); err != nil || c.Platform != "cpu" {
		t.Skip("no CPU, which is as many devices as one asks for")
	}
	e.Devices = 2
	x := newPairOn(require{t.Fatalf}, tangled(), graph.Roles{Clamped: []string{"a", "b", "y"}}, graph.Float64, 4, 3, e)
	for _, s := range []relax.Settings{
		{Steps: 15, Control: relax.Discount{Size: 0.6, Factor: 0.5}},
		{Steps: 15, Control: relax.Armijo{Initial: 1}, Stop: relax.GradientNorm{Tolerance: 0.3}},
	} {
		want, err := relax.Run(context.Background(), x.a, s)
		require{t.Fatalf}.ok(err)
		got, err := relax.Run(context.Background(), x.b, s)
		require{t.Fatalf}.ok(err)
		if got.Steps != want.Steps || got.Status != want.Status || got.GradNormWorstSample != want.GradNormWorstSample {
			t.Errorf("got %+v, want %+v", got, want)
		}
		for k, a := range x.a.Activities() {
			require{t.Errorf}.close(a.Name, x.b.Activities()[k].X, a.X, 1e-9)
		}
	}
	x.compare(require{t.Fatalf}, "by jobs", 1e-10)
}
