package experiments_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// must fails the test on an error.
func must[R any](t *testing.T) func(R, error) R {
	return func(r R, err error) R {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
}

// seeded runs a simulation with one seed.
func seeded[S, R any](t *testing.T, run func(context.Context, []S, []uint64) ([]experiments.Outcome[R], error), s S, seed uint64) R {
	t.Helper()
	out := must[[]experiments.Outcome[R]](t)(run(context.Background(), []S{s}, []uint64{seed}))[0]
	return must[R](t)(out.Result, out.Err)
}

// four formats numbers as the paper's tables print them.
func four(x ...float64) string {
	s := ""
	for _, v := range x {
		s += fmt.Sprintf("%.4f ", v+0) // +0 turns −0 into 0
	}
	return s
}

// Song et al. 2024, Fig. 3a.
func TestInterferenceGoldenPath(t *testing.T) {
	for rule, golden := range map[experiments.Rule]map[int][2]float64{
		experiments.PC: {1: {1, 1}, 2: {.8504, .9748}, 3: {.7300, .9563}, 4: {.6318, .9436}, 7: {.4248, .9316}},
		experiments.BP: {1: {1, 1}, 2: {.6400, .8000}, 3: {.5145, .7612}, 4: {.4446, .7632}, 7: {.3251, .8365}},
	} {
		r := must[experiments.InterferenceResult](t)(experiments.PublishedInterference(rule).Run(context.Background()))
		for i, want := range golden {
			if got := r.Outputs[i-1]; four(got[:]...) != four(want[:]...) {
				t.Errorf("%s, iteration %d: got %s, want %s", rule, i, four(got[:]...), four(want[:]...))
			}
		}
	}
}

// Song et al. 2024, Fig. 3d: at every learning rate PC's dip is about 0.06 and
// BP's about 0.2.
func TestInterferenceAtSmallRates(t *testing.T) {
	for rule, band := range map[experiments.Rule][2]float64{experiments.PC: {.938, .944}, experiments.BP: {.787, .805}} {
		for _, rate := range []float64{.1, .05, .01, .005} {
			s := experiments.PublishedInterference(rule)
			s.Rate, s.Iterations = rate, int(20/rate)
			r := must[experiments.InterferenceResult](t)(s.Run(context.Background()))
			if r.Dip < band[0]-.0005 || r.Dip > band[1]+.0005 {
				t.Errorf("%s at rate %g: the correct output dips to %.4f, want %v", rule, rate, r.Dip, band)
			}
		}
	}
}

// Song et al. 2024, Fig. 2.
func TestEnergyMachineGoldenPath(t *testing.T) {
	straightness := map[experiments.Rule]float64{}
	for rule, golden := range map[experiments.Rule][][2]float64{
		experiments.PC: {{0, 0}, {.6985, .5588}, {.9091, .4931}},
		experiments.BP: {{0, 0}, {.4, .8}, {.64, .32}},
	} {
		r := must[experiments.EnergyMachineResult](t)(experiments.PublishedEnergyMachine(rule).Run(context.Background()))
		for i, want := range golden {
			if got := r.Weights[i]; four(got[:]...) != four(want[:]...) {
				t.Errorf("%s, iteration %d: got %s, want %s", rule, i, four(got[:]...), four(want[:]...))
			}
		}
		straightness[rule] = r.Straightness
	}
	if pc, bp := straightness[experiments.PC], straightness[experiments.BP]; pc <= bp {
		t.Errorf("straightness: PC %.3f, BP %.3f, want PC's path straighter", pc, bp)
	}
}

// Song et al. 2024, Fig. 6d–e: under PC the hidden weight changes its sign and
// the output weight grows, under BP both go to 0.
func TestReversalMechanism(t *testing.T) {
	pc := must[experiments.ReversalMechanismResult](t)(experiments.PublishedReversalMechanism(experiments.PC).Run(context.Background()))
	if got, want := four(pc.Hidden[:3]...), "1.0000 0.9000 0.8050 "; got != want {
		t.Errorf("PC: hidden weight: got %s, want %s", got, want)
	}
	if got, want := four(pc.Output[0][0], pc.Output[1][0], pc.Output[2][0]), "1.0000 1.0000 1.0047 "; got != want {
		t.Errorf("PC: output weight: got %s, want %s", got, want)
	}
	bp := must[experiments.ReversalMechanismResult](t)(experiments.PublishedReversalMechanism(experiments.BP).Run(context.Background()))
	last := len(pc.Hidden) - 1
	if pc.Hidden[last] > -.5 || pc.Output[last][0] < 1.4 {
		t.Errorf("PC: at last hidden %.3f and output %.3f, want a flipped hidden unit", pc.Hidden[last], pc.Output[last][0])
	}
	for i := range bp.Hidden {
		if h, o := bp.Hidden[i], bp.Output[i][0]; math.Abs(h-o) > 1e-12 || h < 0 || i > 0 && h >= bp.Hidden[i-1] {
			t.Fatalf("BP: trial %d: hidden %g, output %g, want both the same and falling to 0", i, h, o)
		}
		if pc.Output[i][1] != -1 || bp.Output[i][1] != -1 {
			t.Fatal("the weight of the option that is not chosen changed")
		}
	}
}

// Song et al. 2024, Fig. 7: fits of 26.0, 42.0, 45.3 and of 34.5, 34.5, 44.4.
func TestFearFits(t *testing.T) {
	want := map[experiments.Rule][experiments.NumFearGroups]float64{
		experiments.PC: {experiments.NoiseOnly: 45.32, experiments.Both: 26.05, experiments.BothThenLight: 41.99},
		experiments.BP: {experiments.NoiseOnly: 44.36, experiments.Both: 34.49, experiments.BothThenLight: 34.49},
	}
	for rule, want := range want {
		var results []experiments.FearResult
		for seed := range uint64(24) {
			r := seeded(t, experiments.RunFear, experiments.PublishedFear(rule, .001, .001, 1), seed)
			if rule == experiments.BP && r.Fear[experiments.Both] != r.Fear[experiments.BothThenLight] {
				t.Errorf("BP, seed %d: extinction of the light changed fear of the noise: %v", seed, r.Fear)
			}
			results = append(results, r)
		}
		fit := experiments.FitFear(results)
		for g, w := range want {
			if math.Abs(fit.Fitted[g]-w) > .3 {
				t.Errorf("%s, group %v: got %.2f, want %.2f ± 0.3", rule, experiments.FearGroup(g), fit.Fitted[g], w)
			}
		}
	}
}
