package train_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// manyPairs are 22 samples for statefulNet: 5 batches of 4 and one of 2.
func manyPairs() *train.Pairs {
	rng := rand.New(rand.NewPCG(7, 0))
	draw := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(rng.NormFloat64())
		}
		return out
	}
	p := &train.Pairs{Settings: datasets.BatchSettings{Size: 4, Shuffle: true}, Seed: 5}
	for range 22 {
		p.X, p.Y = append(p.X, draw(5)), append(p.Y, draw(3))
	}
	return p
}

// measuring makes a rule of each kind that has a form for a device.
var measuring = map[string]func() train.Rule{
	"discount": func() train.Rule { return train.Paper(8, 0.2, 0.5) },
	"euler": func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}}, Average: true}
	},
	"stop": func() train.Rule {
		return &train.Prospective{Relax: relax.Settings{Steps: 20, Control: relax.Discount{Size: 0.1, Factor: 0.5}, Stop: relax.GradientNorm{Tolerance: 0.2}}}
	},
	"bp": func() train.Rule { return &train.Backprop{Average: true} },
}

func manyTrainer(t *testing.T, e graph.Engine, p graph.Precision, rule train.Rule, o train.Optimizer) *train.Trainer {
	return &train.Trainer{
		Network: statefulNet(t, e, p), Rule: rule, Optimizer: o, Rate: 0.03, Schedule: train.Cosine{WarmUp: 0.3}, Epochs: 3, Log: slog.New(slog.DiscardHandler),
	}
}

// Updates that are many to a launch give the numbers of a launch each, and of the
// compiled engine: the weights, the buffers, and what the trainer observed.
func TestDeviceManyUpdates(t *testing.T) {
	e := onXLA(t)
	for name, rule := range measuring {
		for i, optimizer := range []func() train.Optimizer{
			func() train.Optimizer { return &train.Adam{WeightDecay: 0.01, Epsilon: 1e-3} },
			func() train.Optimizer { return train.Chain{train.ClipNorm{Max: 0.5}, &train.AdamW{Epsilon: 1e-3}} },
			func() train.Optimizer { return &train.SGD{} },
		} {
			if i > 0 && name != "discount" {
				continue
			}
			t.Run(fmt.Sprintf("%s %T", name, optimizer()), func(t *testing.T) {
				many := manyTrainer(t, e, graph.Float64, rule(), optimizer())
				each := manyTrainer(t, e, graph.Float64, rule(), optimizer())
				want := manyTrainer(t, graph.Compiled{}, graph.Float64, rule(), optimizer())
				launches := 0
				many.OnUpdates(0, func(context.Context, *train.Trainer, train.Stats) error { launches++; return nil })
				each.OnProgress(func(context.Context, *train.Trainer, train.Stats) error { return nil })
				if reason, err := many.OneByOne(manyPairs()); reason != "" || err != nil {
					t.Fatalf("many are not one launch: %q, %v", reason, err)
				}
				if reason, _ := each.OneByOne(manyPairs()); reason == "" {
					t.Fatal("a hook after every update: got many updates as one launch")
				}
				for _, tr := range []*train.Trainer{many, each, want} {
					tr.OnEpoch(func(_ context.Context, t *train.Trainer, _ train.Stats) error { return nil })
					if err := tr.Fit(context.Background(), manyPairs()); err != nil {
						t.Fatal(err)
					}
				}
				if launches == 0 || launches >= 18 {
					t.Errorf("launches of 18 updates, got %d, want fewer", launches)
				}
				sameNetworks(t, many.Network, each.Network, 1e-12) // two programs may round differently
				sameNetworks(t, many.Network, want.Network, 1e-9)
				for _, other := range []*train.Trainer{each, want} {
					sameObservations(t, many, other)
				}
				for _, p := range many.Network.Params() {
					if p.Grads().MaxAbs() != 0 {
						t.Errorf("%s has a gradient on the host: not every update was part of a launch", p.Name)
					}
				}
			})
		}
	}
}

// sameObservations compares the progress and what was observed, up to rounding.
func sameObservations(t *testing.T, got, want *train.Trainer) {
	t.Helper()
	a, b := got.Progress, want.Progress
	ok := nearly(a.Energy, b.Energy)
	a.Energy, b.Energy = 0, 0
	p, q := got.Observed, want.Observed
	ok = ok && a == b && len(p.Norms) == len(q.Norms) && slices.EqualFunc(p.Energies, q.Energies, nearly)
	for i := range min(len(p.Norms), len(q.Norms)) {
		ok = ok && nearly(p.Norms[i].Median, q.Norms[i].Median) && nearly(p.Norms[i].Largest, q.Norms[i].Largest)
	}
	p.Energies, p.Norms, q.Energies, q.Norms = nil, nil, nil, nil
	if !ok || !reflect.DeepEqual(p, q) {
		t.Errorf("got %+v after %+v, want %+v after %+v", got.Observed, got.Progress, want.Observed, want.Progress)
	}
}

// A run that stops after any launch, by a hook or cancelled, and goes on from a
// checkpoint has the bits of one that does not.
func TestDeviceManyUpdatesResume(t *testing.T) {
	e := onXLA(t)
	trainer := func() *train.Trainer {
		return manyTrainer(t, e, graph.Float32, train.Paper(8, 0.2, 0.5), &train.Adam{Epsilon: 1e-3})
	}
	whole := trainer()
	if err := whole.Fit(context.Background(), manyPairs()); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{4, 6, 9} {
		dir := t.TempDir() + "/checkpoint"
		first, rest := trainer(), trainer()
		ctx, cancel := context.WithCancel(context.Background())
		first.OnUpdates(at, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
			if tr.Progress.Updates != at {
				return nil
			}
			if err := tr.SaveCheckpoint(dir); err != nil {
				return err
			}
			if at%2 == 0 {
				return train.ErrStop
			}
			cancel()
			return nil
		})
		if err := first.Fit(ctx, manyPairs()); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if first.Progress.Updates != at {
			t.Fatalf("updates before the end, got %d, want %d", first.Progress.Updates, at)
		}
		if err := rest.LoadCheckpoint(dir); err != nil {
			t.Fatal(err)
		}
		if err := rest.Fit(context.Background(), manyPairs()); err != nil {
			t.Fatal(err)
		}
		sameNetworks(t, rest.Network, whole.Network, 0)
		if !reflect.DeepEqual(rest.Observed, whole.Observed) || rest.Progress != whole.Progress {
			t.Errorf("after %d: got %+v, want %+v", at, rest.Observed, whole.Observed)
		}
	}
}

// A hook that reads gradients gets those of its updates, which are learned alone, and the
// weights are those of the compiled engine.
func TestDeviceManyUpdatesLeaveGradients(t *testing.T) {
	var seen [2][]float64
	var nets []*graph.Network
	for k, e := range []graph.Engine{graph.Compiled{}, onXLA(t)} {
		tr := manyTrainer(t, e, graph.Float64, train.Paper(8, 0.2, 0.5), &train.Adam{Epsilon: 1e-3})
		tr.OnStep(5, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
			seen[k] = append(seen[k], float64(tr.Progress.Updates), tr.Network.Params()[0].Grads().MaxAbs())
			return nil
		})
		if err := tr.Fit(context.Background(), manyPairs()); err != nil {
			t.Fatal(err)
		}
		nets = append(nets, tr.Network)
	}
	if len(seen[0]) != 6 || !slices.EqualFunc(seen[0], seen[1], nearly) || seen[1][1] == 0 {
		t.Errorf("gradients: got %v, want %v", seen[1], seen[0])
	}
	sameNetworks(t, nets[1], nets[0], 1e-9)
}

// An update that would not be finite ends the launch before it, and is the error of the
// other engines; what came before it stays.
func TestDeviceManyUpdatesRefused(t *testing.T) {
	var texts [2]string
	var nets []*graph.Network
	for k, e := range []graph.Engine{graph.Compiled{}, onXLA(t)} {
		src := manyPairs()
		src.Settings.Shuffle = false
		for _, y := range src.Y[12:16] { // the fourth batch
			y[1] = 1e30
		}
		tr := manyTrainer(t, e, graph.Float32, &train.Backprop{}, &train.Momentum{})
		err := tr.Fit(context.Background(), src)
		if !errors.Is(err, relax.ErrDiverged) {
			t.Fatalf("got %v, want one that is not finite", err)
		}
		if p := tr.Progress; p.Batch != 3 || p.Updates != 3 || p.Samples != 12 {
			t.Errorf("progress: got %+v, want 3 batches of 4", p)
		}
		texts[k] = err.Error()
		nets = append(nets, tr.Network)
	}
	if texts[0] != texts[1] {
		t.Errorf("got %q, want %q", texts[1], texts[0])
	}
	sameNetworks(t, nets[1], nets[0], 1e-5)
}

// fromLatent predicts its data from a free node that starts at random.
func fromLatent(t *testing.T, e graph.Engine) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes:       []graph.Node{{Name: "z", Shape: graph.Shape{3}, Prior: energy.L2{Weight: 1}}, {Name: "x", Shape: graph.Shape{5}}},
		Predictions: []graph.Prediction{{Of: "x", From: []string{"z"}, Layer: layers.Sequential{layers.Tanh{}, layers.Dense{Out: 5}}}},
	}, graph.Settings{Seed: 3, Engine: e, Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Nodes that start at random start alike in a launch of many updates, on two devices too.
func TestDeviceManyUpdatesFromRandomStarts(t *testing.T) {
	e := onXLA(t)
	two := e
	two.Devices = 2
	engines := []graph.Engine{graph.Compiled{}, e, two}
	if c, err := pjrt.Open("", nil); err != nil || c.Platform != "cpu" {
		engines = engines[:2]
	}
	pairs := manyPairs()
	var data []float32
	for _, x := range pairs.X {
		data = append(data, x...)
	}
	d, err := datasets.NewFloats([]int{5}, 1, data, make([]int, len(pairs.X)))
	if err != nil {
		t.Fatal(err)
	}
	var nets []*graph.Network
	for _, e := range engines {
		tr := &train.Trainer{
			Network: fromLatent(t, e), Optimizer: &train.Momentum{}, Rate: 0.01, Epochs: 2, Log: slog.New(slog.DiscardHandler),
			Rule: &train.Prospective{Relax: relax.Settings{Steps: 6, Control: relax.Constant{Size: 0.1}}, Start: graph.Start{Std: 0.5}, Seed: 9},
		}
		src := &train.Unlabelled{Data: d, Settings: datasets.BatchSettings{Size: 6, Shuffle: true}, Seed: 2}
		if reason, err := tr.OneByOne(src); reason != "" || err != nil {
			t.Fatalf("many are not one launch: %q, %v", reason, err)
		}
		if err := tr.Fit(context.Background(), src); err != nil {
			t.Fatal(err)
		}
		nets = append(nets, tr.Network)
	}
	for _, net := range nets[1:] {
		sameNetworks(t, net, nets[0], 1e-9)
	}
}

// Nothing stays on the device of the launches of a Fit but what a few updates leave.
func TestDeviceManyUpdatesLeakNothing(t *testing.T) {
	tr := manyTrainer(t, onXLA(t), graph.Float32, train.Paper(4, 0.1, 0.5), &train.Adam{})
	fit := func(epochs int) {
		tr.Epochs = epochs
		if err := tr.Fit(context.Background(), manyPairs()); err != nil {
			t.Fatal(err)
		}
	}
	fit(1)
	before := pjrt.Live()
	fit(6)
	if after := pjrt.Live(); after.Buffers > before.Buffers || after.Executables > before.Executables || after.Events != 0 {
		t.Errorf("live objects: got %+v after 5 epochs more, want %+v", after, before)
	}
}

// What keeps updates a launch each is named, and logged once.
func TestDeviceOneByOne(t *testing.T) {
	e := onXLA(t)
	for want, change := range map[string]func(*train.Trainer, *train.Source){
		"":                           func(*train.Trainer, *train.Source) {},
		"a batch in blocks":          func(tr *train.Trainer, _ *train.Source) { tr.Blocks = 2 },
		"the optimizer":              func(tr *train.Trainer, _ *train.Source) { tr.Optimizer = halved{&train.SGD{}} },
		"a hook after every update":  func(tr *train.Trainer, _ *train.Source) { tr.OnProgress(nothingHook) },
		"a hook after every update;": func(tr *train.Trainer, _ *train.Source) { tr.OnStep(1, nothingHook) },
		"the source *train.Augmented": func(_ *train.Trainer, src *train.Source) {
			*src = &train.Augmented{Source: *src, Changes: []datasets.Augmentation{datasets.Noise{Std: 0.1}}}
		},
	} {
		var log strings.Builder
		tr := manyTrainer(t, e, graph.Float32, &train.Backprop{}, &train.SGD{})
		tr.Network, tr.Epochs = plainNet(t, e), 1
		tr.Log = slog.New(slog.NewTextHandler(&log, nil))
		var src train.Source = manyPairs()
		change(tr, &src)
		reason, err := tr.OneByOne(src)
		if err != nil || !strings.HasPrefix(reason, want) || (reason == "") != (want == "") {
			t.Errorf("got %q, %v, want %q", reason, err, want)
		}
		if err := tr.Fit(context.Background(), src); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "launch"); (n > 0) != (want != "") {
			t.Errorf("%q: the log has %q", want, log.String())
		}
	}
	tr := manyTrainer(t, graph.Compiled{}, graph.Float32, &train.Backprop{}, &train.SGD{})
	if reason, err := tr.OneByOne(manyPairs()); reason != "" || err != nil {
		t.Errorf("the compiled engine: got %q, %v, want none", reason, err)
	}
}

// Where every update is learned alone, OnUpdates calls after each.
func TestOnUpdates(t *testing.T) {
	tr := manyTrainer(t, graph.Compiled{}, graph.Float32, &train.Backprop{}, &train.SGD{})
	var seen []int
	tr.OnUpdates(4, func(_ context.Context, tr *train.Trainer, last train.Stats) error {
		if seen = append(seen, tr.Progress.Updates); last.Energy == 0 {
			t.Errorf("update %d: got no stats", tr.Progress.Updates)
		}
		return nil
	})
	tr.Epochs = 1
	if err := tr.Fit(context.Background(), manyPairs()); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []int{1, 2, 3, 4, 5, 6}) {
		t.Errorf("calls after updates %v, want all six", seen)
	}
}

func nothingHook(context.Context, *train.Trainer, train.Stats) error { return nil }
