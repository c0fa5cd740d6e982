package experiments_test

import (
	"context"
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/experiments"
)

// meanAlignment averages over seeds.
func meanAlignment(t *testing.T, s experiments.Alignment, seeds uint64) float64 {
	t.Helper()
	sum := 0.0
	for seed := range seeds {
		sum += must[experiments.AlignmentResult](t)(s.Run(context.Background(), seed)).Alignment
	}
	return sum / float64(seeds)
}

// Without a hidden layer both rules aim straight at the target, and so they do
// at any depth if all singular values of the weights are 1.
func TestAlignmentIsOne(t *testing.T) {
	for _, rule := range []experiments.Rule{experiments.PC, experiments.BP} {
		for _, depth := range []int{1, 2, 4, 8, 15} {
			s := experiments.PublishedAlignment(rule, depth)
			s.Steps, s.Precision = 128, graph.Float64
			if depth > 1 {
				s.Init = experiments.Orthogonal
			}
			if got := meanAlignment(t, s, 2); math.Abs(got-1) > 5e-5 {
				t.Errorf("%s, depth %d: alignment %.6f, want 1", rule, depth, got)
			}
		}
	}
}

// Song et al. 2024, Fig. 3e, at depths read off the figure. The means of 27 seeds
// differ from each other by about 0.01 for PC and, at depth 15, 0.03 for BP.
func TestAlignmentAsPublished(t *testing.T) {
	for depth, want := range map[int]map[experiments.Rule]float64{
		4:  {experiments.PC: .956, experiments.BP: .799},
		10: {experiments.PC: .901, experiments.BP: .601},
		15: {experiments.PC: .870, experiments.BP: .433},
	} {
		for rule, w := range want {
			if got := meanAlignment(t, experiments.PublishedAlignment(rule, depth), 27); math.Abs(got-w) > .05 {
				t.Errorf("%s, depth %d: alignment %.3f, want %.3f ± 0.05", rule, depth, got, w)
			}
		}
	}
}

// Song et al. 2024: φ is 1 in the first hidden layer after any step, because its
// weights change along the error times a fixed input, and in every hidden layer
// after 100.
func TestProspectiveIndex(t *testing.T) {
	for steps, low := range map[int][]float64{
		100: {.9999, .9999, .9999, .9999, .9999},
		1:   {.9999, .98, .97, .96, .95},
	} {
		for seed := range uint64(5) {
			r := must[experiments.ProspectiveIndexResult](t)(experiments.PublishedProspectiveIndex(steps).Run(context.Background(), seed))
			if len(r.Hidden) != len(low) {
				t.Fatalf("got %d hidden layers, want %d", len(r.Hidden), len(low))
			}
			for l, phi := range r.Hidden {
				if !(phi >= low[l] && phi <= 1+1e-6) {
					t.Errorf("%d weight steps, seed %d, hidden layer %d: φ = %.4f, want at least %g", steps, seed, l, phi, low[l])
				}
			}
		}
	}
}

// At a learning rate that suits neither badly both rules come to about the same
// loss, near the published 0.98 and 0.97 of very different seeds.
func TestTeacher(t *testing.T) {
	for _, rule := range []experiments.Rule{experiments.PC, experiments.BP} {
		sum := 0.0
		for seed := range uint64(12) {
			s := experiments.PublishedTeacher(rule, .005)
			s.Steps = 64
			r := seeded(t, experiments.RunTeacher, s, seed)
			if r.Least >= r.Losses[0] {
				t.Errorf("%s, seed %d: the loss never fell below the first, %.3f", rule, seed, r.Losses[0])
			}
			sum += r.Least / 12
		}
		if sum < .5 || sum > 1.6 {
			t.Errorf("%s: least loss %.3f, want about 1", rule, sum)
		}
	}
}

// Song et al. 2024: target propagation goes straight for the target, if the step
// is small compared with the smallest singular value.
func TestTargetPropagationAlignment(t *testing.T) {
	for _, depth := range []int{1, 2, 4} {
		s := experiments.PublishedAlignment(experiments.TP, depth)
		s.Rate, s.Precision = 1e-9, graph.Float64
		if got := meanAlignment(t, s, 3); math.Abs(got-1) > 1e-3 {
			t.Errorf("depth %d: alignment %.4f, want 1", depth, got)
		}
	}
}

// The rules that settle run in the experiments.
func TestSettlingRules(t *testing.T) {
	for _, rule := range []experiments.Rule{experiments.GeneRec, experiments.Hopfield, experiments.AlmeidaPineda} {
		s := experiments.SettlingWeightPath(rule, 1e-4)
		s.Updates, s.Steps = 4, 32
		r := must[experiments.WeightPathResult](t)(s.Run(context.Background(), 1))
		if !(r.Net > 0 && r.Path >= r.Net) {
			t.Errorf("%s: net %g, path %g, want a path at least as long as the way", rule, r.Net, r.Path)
		}
		s.Output = "no such"
		if _, err := s.Run(context.Background(), 1); err == nil {
			t.Errorf("%s: want an error for an unknown activation", rule)
		}
	}
}
