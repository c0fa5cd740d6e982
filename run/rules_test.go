package run

import (
	"math"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/train"
)

// Every rule that has a name trains on its own settings; Z-IL ends where backprop
// does, and the incremental rule somewhere else than the one of one weight step.
func TestRules(t *testing.T) {
	loss := map[string]float64{}
	for _, name := range RuleNames() {
		s := Settings{
			Data: "glyphs", Model: "mlp:784-16-16-10", Targets: ZeroOne, Activation: "tanh", Energy: "gaussian", Init: "fan-in",
			Pixels: StandardPixels, Rule: name, Gradient: Mean, Steps: 6, StepSize: .1, StepDiscount: 1, Solver: "euler",
			Optimizer: "sgd", LR: .1, Schedule: "constant", Batch: 50, Epochs: 1, TrainPerClass: 20, Engine: "compiled",
			WeightState: train.LastState,
		}
		if name == TargetPropagation {
			s.Activation, s.LR = "identity", .0003
		}
		if RuleTitle(name) == name {
			t.Errorf("rule %q has no title", name)
		}
		if err := s.Complete(); err != nil {
			t.Fatal(err)
		}
		last, err := (&Run{Dir: t.TempDir(), Manifest: Manifest{Settings: s}}).Train(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		loss[name] = last.TestSquaredError
		relaxing := []string{PC, Incremental, ZIL}
		if steps := last.RelaxSteps > 0; steps != slices.Contains(relaxing, name) {
			t.Errorf("%s: %d relaxation steps", name, last.RelaxSteps)
		}
	}
	hand := []string{TargetPropagation, GeneRec, Hopfield, AlmeidaPineda, BP, PC}
	for i, a := range hand {
		for _, b := range hand[:i] {
			if math.Abs(loss[a]-loss[b]) < 1e-5 {
				t.Errorf("%s and %s end at %.7f, want different rules", a, b, loss[a])
			}
		}
	}
	if math.Abs(loss[ZIL]-loss[BP]) > 1e-5 {
		t.Errorf("Z-IL ends at %.7f, backprop at %.7f, want the same", loss[ZIL], loss[BP])
	}
	if math.Abs(loss[Incremental]-loss[PC]) < 1e-5 {
		t.Errorf("the incremental rule ends at %.7f, where the other does", loss[Incremental])
	}
}
