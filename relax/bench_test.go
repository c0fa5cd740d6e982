package relax_test

import (
	"context"
	"testing"

	"github.com/seed-be841da4/prospect/relax"
)

// idle is a problem that costs nothing, so that a benchmark sees the driver alone.
type idle struct {
	*bowl
	energy float64
}

func (p *idle) Evaluate([]float64) (float64, error) { p.energy--; return p.energy, nil }

func (p *idle) Descend(float64, []float64) (float64, error) { p.energy--; return p.energy, nil }

// BenchmarkDriver reports what the driver adds to a fused step.
func BenchmarkDriver(b *testing.B) {
	cancellable, cancel := context.WithCancel(context.Background())
	defer cancel()
	const steps = 128
	for _, bc := range []struct {
		name     string
		ctx      context.Context
		settings relax.Settings
	}{
		{"constant", context.Background(), relax.Settings{Control: relax.Constant{Size: 0.1}, SkipFinal: true}},
		{"constant,cancellable", cancellable, relax.Settings{Control: relax.Constant{Size: 0.1}, SkipFinal: true}},
		{"discount,cancellable", cancellable, relax.Settings{Control: relax.Discount{Size: 0.1, Factor: 0.5}, SkipFinal: true}},
		{"discount,final", cancellable, relax.Settings{Control: relax.Discount{Size: 0.1, Factor: 0.5}}},
		{"trace", cancellable, relax.Settings{Control: relax.Discount{Size: 0.1, Factor: 0.5}, SkipFinal: true, Recorder: &relax.Trace{}}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			bc.settings.Steps = steps
			d, err := relax.NewDriver(&idle{bowl: newBowl(relax.Float32(make([]float32, 64)), 1)}, bc.settings)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Run(bc.ctx); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/steps, "ns/step")
		})
	}
}

// BenchmarkContinue is one call a step, as when the weights move after each.
func BenchmarkContinue(b *testing.B) {
	d, err := relax.NewDriver(&idle{bowl: newBowl(relax.Float32(make([]float32, 64)), 1)},
		relax.Settings{Steps: 1, Control: relax.Discount{Size: 0.1, Factor: 0.5}, SkipFinal: true})
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Continue(ctx, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVector(b *testing.B) {
	const n = 4096
	x, y := relax.Float32(make([]float32, n)), relax.Float32(make([]float32, n))
	y.Fill(1e-9)
	for name, f := range map[string]func(){
		"AddScaled":      func() { x.AddScaled(-0.1, y) },
		"Dot":            func() { x.Dot(y) },
		"FirstNonFinite": func() { x.FirstNonFinite() },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(4 * n)
			for b.Loop() {
				f()
			}
		})
	}
}
