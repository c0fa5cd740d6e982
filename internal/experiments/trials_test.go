package experiments_test

import (
	"context"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// At equal net displacement PC's path is shorter. The bands hold the means of 60
// seeds of an independent simulation, 2.085 and 4.920 for PC, 2.035 and 5.007 for
// BP.
func TestWeightPath(t *testing.T) {
	for _, tt := range []struct {
		rule            experiments.Rule
		rate, net, path float64
	}{{experiments.PC, .476, 2.085, 4.920}, {experiments.BP, .336, 2.035, 5.007}} {
		net, path := 0.0, 0.0
		const seeds = 20
		for seed := range uint64(seeds) {
			r := must[experiments.WeightPathResult](t)(experiments.PublishedWeightPath(tt.rule, tt.rate).Run(context.Background(), seed))
			net, path = net+r.Net/seeds, path+r.Path/seeds
		}
		if math.Abs(net-tt.net) > .15 || math.Abs(path-tt.path) > .15 {
			t.Errorf("%s: net %.3f, path %.3f, want about %.3f and %.3f", tt.rule, net, path, tt.net, tt.path)
		}
	}
}

// Under BP trials with cue 1 cannot see what trials with cue 2 changed; under PC
// they do.
func TestSensorimotor(t *testing.T) {
	for rule, spill := range map[experiments.Rule]bool{experiments.PC: true, experiments.BP: false} {
		var results []experiments.SensorimotorResult
		for seed := range uint64(3) {
			results = append(results, seeded(t, experiments.RunSensorimotor, experiments.PublishedSensorimotor(rule, 1e-5, .001, .05), seed))
		}
		fit := experiments.FitSensorimotor(results)
		if two := fit.Fitted[experiments.Cue2Plus]; (math.Abs(two) > .05) != spill {
			t.Errorf("%s: adaptation to 2+ %.3f with fit %.3f", rule, two, fit.Fitted)
		}
		if one := fit.Fitted[experiments.Cue1Plus]; one < .1 {
			t.Errorf("%s: adaptation to 1+ %.3f, want it to be like the participants'", rule, one)
		}
	}
}

// The scale of the fit is that of least squares, and data fit themselves.
func TestFitSensorimotor(t *testing.T) {
	data := experiments.SensorimotorData()
	r := experiments.SensorimotorResult{Adaptation: data}
	for i := range r.Adaptation {
		r.Adaptation[i] /= 1700
	}
	fit := experiments.FitSensorimotor([]experiments.SensorimotorResult{r, r})
	if math.Abs(fit.Scale-1700) > 1e-9 || fit.Error > 1e-20 || fit.SEM[0] != 0 {
		t.Errorf("got %+v, want scale 1700 and no error", fit)
	}
	if fit := experiments.FitSensorimotor(make([]experiments.SensorimotorResult, 2)); math.Abs(fit.Error-.09724) > 1e-4 {
		t.Errorf("no adaptation: error %.5f, want the sum of squares of the data", fit.Error)
	}
}

// The published fits, from the published raw values.
func TestFitReversal(t *testing.T) {
	pc := experiments.FitReversal(experiments.ReversalValues{StayPunish: .0789, StayNext: .0284, SwitchPunish: .0437, SwitchNext: .0600})
	if math.Abs(pc.Scale-5.06) > .02 || math.Abs(pc.Offset+.3) > .005 {
		t.Errorf("PC: scale %.3f, offset %.3f, want 5.06 and -0.3", pc.Scale, pc.Offset)
	}
	bp := experiments.FitReversal(experiments.ReversalValues{StayPunish: .0145, StayNext: .0094, SwitchPunish: .0115, SwitchNext: .0099})
	if math.Abs(bp.Scale-33.3) > .5 || math.Abs(bp.Offset+.41) > .01 {
		t.Errorf("BP: scale %.2f, offset %.3f, want 33.3 and -0.41", bp.Scale, bp.Offset)
	}
}

// After a punishment that is followed by the same choice, its value has fallen;
// values are those of a punished trial as often as the task punishes.
func TestReversal(t *testing.T) {
	for _, rule := range []experiments.Rule{experiments.PC, experiments.BP} {
		var results []experiments.ReversalResult
		count := 0
		for seed := range uint64(100) {
			r := seeded(t, experiments.RunReversal, experiments.PublishedReversal(rule), seed)
			count += r.Stay.Count + r.Switch.Count
			results = append(results, r)
		}
		if share := float64(count) / (100 * 62); share < .4 || share > .5 {
			t.Errorf("%s: %.2f of the trials were punished, want 0.45 as by chance, a little less by learning", rule, share)
		}
		if v := experiments.ReversalMeans(results); v.StayNext >= v.StayPunish {
			t.Errorf("%s: values %+v, want the value of a punished option that is chosen again to have fallen", rule, v)
		}
	}
}

// Same settings and seed, same result; another seed, another.
func TestReproducible(t *testing.T) {
	s := experiments.PublishedSensorimotor(experiments.PC, .1, .1, .1)
	s.Steps = 8
	a := seeded(t, experiments.RunSensorimotor, s, 1)
	b := seeded(t, experiments.RunSensorimotor, s, 1)
	c := seeded(t, experiments.RunSensorimotor, s, 2)
	if a != b || a == c {
		t.Errorf("got %v, %v with the same seed and %v with another", a, b, c)
	}
}
