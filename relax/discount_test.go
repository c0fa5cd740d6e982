package relax_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/relax"
)

// paperLoop is the relaxation of the paper written down directly: evaluate, step,
// then judge the energy that was evaluated before the step.
func paperLoop(p relax.Problem, size, factor float64, steps int) (energies, sizes []float64) {
	terms := make([]float64, len(p.Terms()))
	last := math.NaN()
	for t := range steps {
		energy, _ := p.Evaluate(terms)
		for _, a := range p.Activities() {
			x, g := a.X.Float32(), a.Grad.Float32()
			for i := range x {
				x[i] -= float32(float32(size) * g[i])
			}
		}
		energies, sizes = append(energies, energy), append(sizes, size)
		if t >= 1 {
			if energy < last {
				// keep the size
			} else {
				size *= factor
			}
		}
		last = energy
	}
	return energies, sizes
}

func TestDiscountIsThePapersControl(t *testing.T) {
	for _, tc := range []struct{ size, factor float64 }{{0.1, 0.5}, {1, 0.5}, {1.7, 0.9}, {0.9, 0.8}, {1, 1}} {
		const steps = 128
		reference := newChain[float32](11, 5, 6, 7, 8, 4)
		energies, sizes := paperLoop(reference, tc.size, tc.factor, steps)
		if tc.size >= 1.7 && sizes[steps-1] == tc.size {
			t.Fatalf("size %g was never discounted: the test shows nothing", tc.size)
		}
		fused := &fusedChain[float32]{chain: newChain[float32](11, 5, 6, 7, 8, 4)}
		for name, p := range map[string]relax.Problem{"plain": newChain[float32](11, 5, 6, 7, 8, 4), "fused": fused} {
			trace := &relax.Trace{}
			r := mustRun(t, p, relax.Settings{
				Steps: steps, Control: relax.Discount{Size: tc.size, Factor: tc.factor}, Recorder: trace, SkipFinal: true,
			})
			if diff := cmp.Diff(state(reference), state(p)); diff != "" {
				t.Errorf("%s, %+v: activities (-want +got):\n%s", name, tc, diff)
			}
			if diff := cmp.Diff(energies, trace.Totals()); diff != "" {
				t.Errorf("%s, %+v: energies (-want +got):\n%s", name, tc, diff)
			}
			// The size that led to state t+1 is the size of step t.
			if diff := cmp.Diff(sizes[:steps-1], trace.Sizes()[1:]); diff != "" {
				t.Errorf("%s, %+v: sizes (-want +got):\n%s", name, tc, diff)
			}
			if r.StepSize != sizes[steps-1] || r.Energy != energies[steps-1] || r.MeasuredAt != steps-1 {
				t.Errorf("%s, %+v: result: got %+v", name, tc, r)
			}
		}
		if fused.descents != steps {
			t.Errorf("got %d fused steps, want %d", fused.descents, steps)
		}
	}
}

func TestDiscountNext(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		name    string
		control relax.Discount
		taken   relax.Taken
		want    float64
	}{
		{"first step", relax.Discount{Factor: 0.5, Amplify: 2}, relax.Taken{Step: 0, Size: 1, Energy: 1, Previous: nan}, 1},
		{"first step with an earlier energy", relax.Discount{Factor: 0.5}, relax.Taken{Step: 0, Size: 1, Energy: 2, Previous: 1}, 1},
		{"fell", relax.Discount{Factor: 0.5}, relax.Taken{Step: 1, Size: 1, Energy: 1, Previous: 2}, 1},
		{"fell, amplified", relax.Discount{Factor: 0.5, Amplify: 1.1}, relax.Taken{Step: 1, Size: 1, Energy: 1, Previous: 2}, 1.1},
		{"stayed", relax.Discount{Factor: 0.5, Amplify: 2}, relax.Taken{Step: 1, Size: 1, Energy: 1, Previous: 1}, 0.5},
		{"rose", relax.Discount{Factor: 0.5}, relax.Taken{Step: 9, Size: 1, Energy: 2, Previous: 1}, 0.5},
		{"NaN counts as not fallen", relax.Discount{Factor: 0.5}, relax.Taken{Step: 9, Size: 1, Energy: nan, Previous: 1}, 0.5},
	} {
		if got := tc.control.Next(tc.taken); got != tc.want {
			t.Errorf("%s: got %g, want %g", tc.name, got, tc.want)
		}
	}
}

// At a fixed point the energy never falls again, so the size is halved until it
// underflows. That is the paper's semantic and no failure.
func TestDiscountMayUnderflow(t *testing.T) {
	b := newBowl(relax.Float64([]float64{0}), 1)
	r := mustRun(t, b, relax.Settings{Steps: 2000, Control: relax.Discount{Size: 0.1, Factor: 0.5}})
	if r.Status != relax.StepLimit || r.StepSize != 0 {
		t.Errorf("got %+v", r)
	}
}
