package bench

import (
	"context"
	"math"
	"os"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/train"
	_ "github.com/seed-be841da4/prospect/xla"
)

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

// updaterOn has some batches of glyphs.
func updaterOn(t testing.TB, c Case, rule string, e graph.Engine, batches int) *updater {
	t.Helper()
	d, err := glyphs()
	if err == nil {
		d, err = datasets.First(d, batches*c.Batch)
	}
	if err != nil {
		t.Fatal(err)
	}
	u, err := newUpdater(c, rule, Settings{Engine: e, Data: d})
	if err != nil {
		t.Fatal(err)
	}
	if u.batches, err = load(d, c); err != nil {
		t.Fatal(err)
	}
	return u
}

// A device learns the batches that the compiled engine does, however many are asked for
// at once.
func TestDeviceLearnsTheBatches(t *testing.T) {
	e := onXLA(t)
	c := find(t, "a")
	c.Batch, c.Steps = 4, 6
	var nets []*graph.Network
	for _, e := range []graph.Engine{graph.Compiled{}, e} {
		u := updaterOn(t, c, "pc", e, 3)
		done := 0
		for _, n := range []int{1, 2, 7, 2} {
			if err := u.update(t.Context(), n); err != nil {
				t.Fatal(err)
			}
			if done += n; u.trainer.Progress.Updates != done {
				t.Fatalf("updates, got %d, want %d", u.trainer.Progress.Updates, done)
			}
		}
		nets = append(nets, u.net)
	}
	for i, p := range nets[0].Params() {
		want, got := p.Values(), nets[1].Params()[i].Values()
		for k := range want.Len() {
			if !(math.Abs(got.At(k)-want.At(k)) <= 1e-5) {
				t.Fatalf("%s[%d]: got %v, want %v", p.Name, k, got.At(k), want.At(k))
			}
		}
	}
}

// BenchmarkDevice compares the updates of case b, in turns: of the compiled engine on one
// thread, and on a device as a launch each and as many a launch. With
//
//	XLA_FLAGS=--xla_cpu_multi_thread_eigen=false go test ./internal/bench -run '^$' -bench Device -cpu 1
//
// the device is a processor with one thread too. It reports processor time, medians of
// the rounds.
func BenchmarkDevice(b *testing.B) {
	for _, rule := range []string{"pc", "bp"} {
		b.Run(rule, func(b *testing.B) { compareDevice(b, rule) })
	}
}

func compareDevice(b *testing.B, rule string) {
	if os.Getenv("XLA_FLAGS") == "" {
		b.Setenv("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
	}
	e := onXLA(b)
	c := find(b, "b")
	variants := []struct {
		name string
		u    *updater
		took []float64
	}{
		{name: "compiled", u: updaterOn(b, c, rule, graph.Compiled{Threads: 1}, 33)},
		{name: "each", u: updaterOn(b, c, rule, e, 33)},
		{name: "many", u: updaterOn(b, c, rule, e, 33)},
	}
	variants[1].u.trainer.OnProgress(func(context.Context, *train.Trainer, train.Stats) error { return nil })
	const n = 33
	for _, v := range variants {
		for range 3 {
			if err := v.u.update(context.Background(), n); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		for i := range variants {
			begin := cpuTime()
			if err := variants[i].u.update(context.Background(), n); err != nil {
				b.Fatal(err)
			}
			variants[i].took = append(variants[i].took, (cpuTime()-begin).Seconds()*1e3/n)
		}
	}
	for _, v := range variants {
		b.ReportMetric(median(v.took), v.name+"-ms/update")
	}
}
