package run

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// notOfMany leaves out what [Ending] does not have.
var notOfMany = cmpopts.IgnoreFields(Epoch{}, "TrainSeconds", "RelaxSteps", "Steps", "Rising", "GradientNormMedian", "GradientNormLargest",
	"Energies", "LearningRate", "SamplesPerSecond")

// variants are runs of one company.
func variants(base Settings) []Settings {
	var all []Settings
	for _, change := range []func(s *Settings){
		func(*Settings) {},
		func(s *Settings) { s.Seed = 2 },
		func(s *Settings) { s.Seed, s.LR = 3, s.LR/2 },
		func(s *Settings) { s.StepSize, s.WeightDecay = 0.2, 0.01 },
		func(s *Settings) { s.StepDiscount = 0.7 },
		func(s *Settings) { s.LR = 1e30 }, // diverges
	} {
		s := base
		s.Seed = 1
		change(&s)
		all = append(all, s)
	}
	return all
}

// flowers writes samples of three classes and returns what names them.
func flowers(t *testing.T) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	text := "a,b,c,d,kind\n"
	for i := range 90 {
		for j := range 4 {
			text += fmt.Sprintf("%.3f,", rng.NormFloat64()+float64((i+j)%3))
		}
		text += fmt.Sprintf("k%d\n", i%3)
	}
	path := filepath.Join(t.TempDir(), "flowers.csv")
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path + ":target=kind"
}

// Runs that train together end as each does alone, bit for bit.
func TestTogether(t *testing.T) {
	data := flowers(t)
	for name, change := range map[string]func(s *Settings){
		"pc":       func(s *Settings) { s.ValSplit = 0.3 },
		"bp":       func(s *Settings) { s.Rule, s.Optimizer, s.LR, s.ValSplit = BP, "adamw", 0.01, 0.1 },
		"momentum": func(s *Settings) { s.Optimizer, s.Schedule, s.LR = "momentum:0.5", "cosine:warm_up=0.1", 0.05 },
	} {
		base := small(PC)
		base.Data, base.Model, base.Batch, base.Epochs, base.TrainPerClass, base.StepDiscount = data, "mlp:4-5-3", 12, 2, 10, 0.5
		base.Cache = &Cache{}
		change(&base)
		all := variants(base)
		together := Together{}
		told := 0
		together.Progress = func(done, all int) {
			if told++; done != told || all < done {
				t.Errorf("%s: progress %d of %d, want %d", name, done, all, told)
			}
		}
		for i := range all {
			if err := all[i].Complete(); err != nil {
				t.Fatal(err)
			}
		}
		together.Settings = all
		endings, err := together.Train(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		diverged := 0
		for i, s := range all {
			want, err := (&Run{Dir: t.TempDir(), Manifest: Manifest{Settings: s}}).Train(t.Context())
			if isDiverged(err) != isDiverged(endings[i].Err) || err != nil && !isDiverged(err) {
				t.Errorf("%s %d: ended by %v, want %v", name, i, endings[i].Err, err)
			}
			if err != nil {
				diverged++
				continue
			}
			if diff := cmp.Diff(want, endings[i].Last, notOfMany); diff != "" {
				t.Errorf("%s %d: %s", name, i, diff)
			}
		}
		if name != "bp" && diverged != 1 || told == 0 { // AdamW has a rate for all sizes
			t.Errorf("%s: %d diverged, %d updates", name, diverged, told)
		}
	}
}

func isDiverged(err error) bool {
	return errors.Is(err, relax.ErrDiverged) || errors.Is(err, ErrDiverged)
}

// Who has no company trains alone.
func TestCompany(t *testing.T) {
	of := func(change func(s *Settings)) string {
		s := small(PC)
		change(&s)
		if err := s.Complete(); err != nil {
			t.Fatal(err)
		}
		return s.Company()
	}
	base := of(func(*Settings) {})
	if base == "" {
		t.Fatal("the base has no company")
	}
	for name, change := range map[string]func(s *Settings){
		"seed": func(s *Settings) { s.Seed = 9 }, "rate": func(s *Settings) { s.LR = 9 }, "decay": func(s *Settings) { s.WeightDecay = 0.9 },
		"size": func(s *Settings) { s.StepSize = 9 }, "discount": func(s *Settings) { s.StepDiscount = 0.9 },
	} {
		if got := of(change); got != base {
			t.Errorf("%s: got %s, want %s", name, got, base)
		}
	}
	for name, change := range map[string]func(s *Settings){
		"model": func(s *Settings) { s.Model = "mlp:784-8-10" }, "batch": func(s *Settings) { s.Batch = 9 }, "epochs": func(s *Settings) { s.Epochs = 9 },
		"steps": func(s *Settings) { s.Steps = 9 }, "rule": func(s *Settings) { s.Rule = BP }, "optimizer": func(s *Settings) { s.Optimizer = "adam" },
	} {
		if got := of(change); got == base || got == "" {
			t.Errorf("%s: got %q, want another", name, got)
		}
	}
	for name, change := range map[string]func(s *Settings){
		"clip": func(s *Settings) { s.Clip = 1 }, "freeze": func(s *Settings) { s.Freeze = "h1/*" }, "rates": func(s *Settings) { s.Rates = "h1/*=2" },
		"augment": func(s *Settings) { s.Augment = "flip" }, "patience": func(s *Settings) { s.Patience, s.ValSplit = 1, 0.1 },
		"blocks": func(s *Settings) { s.Blocks = 4 }, "engine": func(s *Settings) { s.Engine = "tape" }, "rule": func(s *Settings) { s.Rule = "z-il" }, "solver": func(s *Settings) { s.Solver = "momentum:0.5" },
		"stop": func(s *Settings) { s.Tolerance = 1e-3 }, "start": func(s *Settings) { s.StartStd = 1 }, "repeated": func(s *Settings) { s.Rule = "repeated:2,rule=pc" },
		"control": func(s *Settings) { s.Control = "armijo" }, "coordinates": func(s *Settings) { s.Coordinates = 1 },
	} {
		if got := of(change); got != "" {
			t.Errorf("%s: got %q, want none", name, got)
		}
	}
}

// What cannot train together is an error; a large network gains nothing.
func TestTogetherRefuses(t *testing.T) {
	one := small(PC)
	other := small(PC)
	other.Steps = 9
	deep := small(PC)
	deep.Model = "generative:16,size=784,classes=10"
	for _, s := range []*Settings{&one, &other, &deep} {
		if err := s.Complete(); err != nil {
			t.Fatal(err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx  context.Context
		all  []Settings
		want string
	}{
		{t.Context(), nil, "settings, got none"},
		{t.Context(), []Settings{one, other}, "without a company in common"},
		{t.Context(), []Settings{deep}, "want a feedforward pass"},
		{ended, []Settings{one}, "context canceled"},
	} {
		if _, err := (&Together{Settings: c.all}).Train(c.ctx); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	for model, want := range map[string]bool{"mlp:784-4-10": true, "mlp:784-32-32-10": true, "mlp:784-64-10": false} {
		s := small(PC)
		s.Model = model
		if got, err := s.GainsTogether(); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", model, got, err, want)
		}
	}
}
