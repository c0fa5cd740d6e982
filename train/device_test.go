package train_test

import (
	"context"
	stderrors "errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
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

// statefulNet has noise, statistics of the batch and a precision that is learned.
func statefulNet(t *testing.T, e graph.Engine, p graph.Precision) *graph.Network {
	t.Helper()
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{5}}, {Name: "h", Shape: graph.Shape{6}}, {Name: "y", Shape: graph.Shape{3}}},
		Predictions: []graph.Prediction{
			{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Dense{Out: 6}, layers.BatchNorm{}, layers.Dropout{Rate: 0.2}, layers.Tanh{}}},
			{Of: "y", From: []string{"h"}, Layer: layers.Dense{Out: 3}},
		},
	}, graph.Settings{Seed: 3, Engine: e, Precision: p})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func deviceBatch(n int, seed uint64) *train.Batch {
	rng := rand.New(rand.NewPCG(seed, 0))
	draw := func(size int) []float32 {
		out := make([]float32, n*size)
		for i := range out {
			out[i] = float32(rng.NormFloat64())
		}
		return out
	}
	return &train.Batch{Size: n, Values: map[string][]float32{"x": draw(5), "y": draw(3)}}
}

// Updates on a device, one launch each, are those of the compiled engine, whatever the
// optimizer.
func TestDeviceUpdates(t *testing.T) {
	e := onXLA(t)
	for _, c := range []struct {
		name      string
		optimizer func() train.Optimizer
		rule      func() *train.Prospective
	}{
		{"sgd", func() train.Optimizer { return &train.SGD{WeightDecay: 0.01} }, func() *train.Prospective { return train.Paper(8, 0.2, 0.5) }},
		{"momentum", func() train.Optimizer { return &train.Momentum{Dampening: 0.1, WeightDecay: 0.01, DecayAll: true} }, func() *train.Prospective {
			return &train.Prospective{Relax: relax.Settings{Steps: 5, Control: relax.Constant{Size: 0.1}}, Average: true}
		}},
		{"nesterov", func() train.Optimizer { return &train.Momentum{Nesterov: true} }, func() *train.Prospective { return train.Paper(1, 0.2, 0.5) }},
		{"adam", func() train.Optimizer { return &train.Adam{WeightDecay: 0.01} }, func() *train.Prospective {
			return &train.Prospective{Relax: relax.Settings{Steps: 20, Control: relax.Discount{Size: 0.1, Factor: 0.5}, Stop: relax.GradientNorm{Tolerance: 0.2}}}
		}},
		{"adamw", func() train.Optimizer { return &train.AdamW{WeightDecay: 0.1} }, func() *train.Prospective { return train.Paper(6, 0.2, 0.5) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			nets := []*graph.Network{statefulNet(t, graph.Compiled{}, graph.Float64), statefulNet(t, e, graph.Float64)}
			var all [2][]train.Stats
			for k, net := range nets {
				rule, optimizer := c.rule(), c.optimizer()
				if k == 1 {
					if reason, err := train.StepByStep(net, rule, optimizer, deviceBatch(4, 0)); reason != "" || err != nil {
						t.Fatalf("the update is not one launch: %s, %v", reason, err)
					}
				}
				for i := range 6 {
					rule.Measure(i == 2)
					stats, err := train.Learn(context.Background(), net, rule, optimizer, 0.05, deviceBatch(4, uint64(i)))
					if err != nil {
						t.Fatal(err)
					}
					stats.Energies, stats.Norms = append([]float64{}, stats.Energies...), append([]float64{}, stats.Norms...)
					all[k] = append(all[k], stats)
				}
			}
			for i := range all[0] {
				sameStats(t, i, all[1][i], all[0][i])
			}
			sameNetworks(t, nets[1], nets[0], 1e-9)
		})
	}
}

func nearly(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) || math.IsNaN(a) && math.IsNaN(b)
}

func sameStats(t *testing.T, update int, got, want train.Stats) {
	t.Helper()
	ok := nearly(got.Energy, want.Energy) && got.Criterion == want.Criterion && len(got.Norms) == len(want.Norms) && len(got.Energies) == len(want.Energies)
	for i := range want.Norms {
		ok = ok && nearly(got.Norms[i], want.Norms[i])
	}
	for i := range want.Energies {
		ok = ok && nearly(got.Energies[i], want.Energies[i])
	}
	a, b := got.Relaxation, want.Relaxation
	ok = ok && a.Status == b.Status && a.Steps == b.Steps && nearly(a.Energy, b.Energy) && nearly(a.EnergyStart, b.EnergyStart) && a.MeasuredAt == b.MeasuredAt && nearly(a.StepSize, b.StepSize) && a.MeanSteps == b.MeanSteps
	if !ok {
		t.Errorf("update %d: got %+v, want %+v", update, got, want)
	}
}

func sameNetworks(t *testing.T, got, want *graph.Network, tolerance float64) {
	t.Helper()
	for i, p := range want.Params() {
		a, b := got.Params()[i].Values(), p.Values()
		for k := range b.Len() {
			if !(math.Abs(a.At(k)-b.At(k)) <= tolerance) {
				t.Fatalf("%s[%d]: got %v, want %v", p.Name, k, a.At(k), b.At(k))
			}
		}
	}
	for i, p := range want.Buffers() {
		a, b := got.Buffers()[i].Values(), p.Values()
		for k := range b.Len() {
			if !(math.Abs(a.At(k)-b.At(k)) <= tolerance) {
				t.Fatalf("%s[%d]: got %v, want %v", p.Name, k, a.At(k), b.At(k))
			}
		}
	}
}

// Chains of clips, groups and an optimizer are part of the launch, in either precision,
// and frozen parameters stay as they are to the bit; other chains are named.
func TestDeviceChains(t *testing.T) {
	e := onXLA(t)
	frozen := train.Groups{{Match: "y/*", Freeze: true}, {Match: "*/weight", Rate: 0.3}}
	for name, chain := range map[string]func() train.Chain{
		"clip norm":       func() train.Chain { return train.Chain{train.ClipNorm{Max: 0.05}, &train.SGD{}} },
		"clip norm above": func() train.Chain { return train.Chain{train.ClipNorm{Max: 1e6}, &train.SGD{}} },
		"clip value":      func() train.Chain { return train.Chain{train.ClipValue{Max: 0.02}, &train.Momentum{}} },
		"groups":          func() train.Chain { return train.Chain{frozen, &train.Adam{WeightDecay: 0.01}} },
		"all": func() train.Chain {
			return train.Chain{train.ClipValue{Max: 0.5}, train.ClipNorm{Max: 0.1}, frozen, &train.AdamW{}}
		},
	} {
		frozen := ""
		if name == "groups" || name == "all" {
			frozen = "y"
		}
		checkChain(t, e, graph.Float64, func() train.Rule { return train.Paper(4, 0.2, 0.5) }, chain, frozen)
		checkChain(t, e, graph.Float32, func() train.Rule { return &train.Backprop{} }, chain, frozen)
	}
	net := plainNet(t, e)
	for want, o := range map[string]train.Optimizer{
		"train.NonNegative in a chain":         train.Chain{&train.SGD{}, train.NonNegative{}},
		"the place of *train.SGD in a chain":   train.Chain{&train.SGD{}, &train.Adam{}},
		"the place of train.Groups in a chain": train.Chain{train.Groups{}, train.ClipNorm{Max: 1}, &train.Adam{}},
		"the optimizer train_test.halved":      halved{&train.SGD{}},
	} {
		if got, err := train.StepByStep(net, &train.Backprop{}, o, deviceBatch(4, 1)); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

// checkChain compares an epoch of updates with the compiled engine's; the parameters of
// the prediction of the node frozen stay as they are.
func checkChain(t *testing.T, e graph.Engine, p graph.Precision, rule func() train.Rule, chain func() train.Chain, frozen string) {
	t.Helper()
	var nets []*graph.Network
	for _, engine := range []graph.Engine{graph.Compiled{}, e} {
		net := ladder(t, graph.Settings{Seed: 3, Engine: engine, Precision: p})
		r, o := rule(), chain()
		var initial [][]float64
		for _, q := range net.Params() {
			initial = append(initial, q.Values().AppendTo(nil))
		}
		first, err := train.First(groupPairs())
		if err != nil {
			t.Fatal(err)
		}
		if reason, err := train.StepByStep(net, r, o, first); reason != "" || err != nil {
			t.Fatalf("%v: not one launch: %s, %v", o, reason, err)
		}
		for b, err := range groupPairs().Batches(0, 0) {
			if err == nil {
				_, err = train.Learn(context.Background(), net, r, o, 0.05, b)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		for i, q := range net.Params() {
			if same := slices.Equal(initial[i], q.Values().AppendTo(nil)); same != (q.Owner == frozen) {
				t.Errorf("%v: %s: stayed as it was: got %v, want %v", o, q.Name, same, !same)
			}
		}
		nets = append(nets, net)
	}
	sameNetworks(t, nets[1], nets[0], map[graph.Precision]float64{graph.Float32: 2e-5, graph.Float64: 1e-9}[p])
}

// halved is an optimizer of a user's that embeds one of this package.
type halved struct{ *train.SGD }

func (h halved) Step(params []*graph.Param, lr float64) error { return h.SGD.Step(params, lr/2) }

// Groups of processes, and blocks, on a device give the weights of the compiled engine.
func TestDeviceGroups(t *testing.T) {
	e := onXLA(t)
	for name, rule := range map[string]func() train.Rule{
		"pc": func() train.Rule { return train.Paper(4, 0.2, 0.5) }, "bp": func() train.Rule { return &train.Backprop{} },
	} {
		trainer := func(engine graph.Engine) func(int) (*train.Trainer, train.Source) {
			return func(int) (*train.Trainer, train.Source) {
				net := ladder(t, graph.Settings{Seed: 2, Engine: engine, Precision: graph.Float64})
				return &train.Trainer{Network: net, Rule: rule(), Optimizer: &train.Momentum{}, Rate: 0.01, Epochs: 2}, groupPairs()
			}
		}
		want, errs := trainGroup(t, 2, trainer(graph.Compiled{}))
		got, deviceErrs := trainGroup(t, 2, trainer(e))
		if err := stderrors.Join(append(errs, deviceErrs...)...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range want[0].Params {
			for k, w := range want[0].Params[i] {
				if g := got[0].Params[i][k]; !nearly(g, w) || g != got[1].Params[i][k] {
					t.Fatalf("%s: parameter %d[%d]: got %v and %v, want %v", name, i, k, g, got[1].Params[i][k], w)
				}
			}
		}
	}
}

// Updates of backpropagation on a device are one launch each, those of the compiled
// engine, and leave the gradients alone: nothing runs by jobs.
func TestDeviceBackprop(t *testing.T) {
	e := onXLA(t)
	for _, c := range []struct {
		name      string
		optimizer func() train.Optimizer
		average   bool
	}{
		{"sgd", func() train.Optimizer { return &train.SGD{WeightDecay: 0.01} }, false},
		{"momentum", func() train.Optimizer { return &train.Momentum{Dampening: 0.1} }, true},
		// A bias before a batch normalisation has a gradient of rounding errors alone,
		// which Adam blows up unless epsilon is far above them.
		{"adam", func() train.Optimizer { return &train.Adam{WeightDecay: 0.01, Epsilon: 1e-3} }, false},
		{"adamw", func() train.Optimizer { return &train.AdamW{WeightDecay: 0.1, Epsilon: 1e-3} }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			nets := []*graph.Network{statefulNet(t, graph.Compiled{}, graph.Float64), statefulNet(t, e, graph.Float64)}
			var losses [2][]float64
			for k, net := range nets {
				rule, optimizer := &train.Backprop{Average: c.average}, c.optimizer()
				if reason, err := train.StepByStep(net, rule, optimizer, deviceBatch(4, 0)); reason != "" || err != nil {
					t.Fatalf("the update is not one launch: %s, %v", reason, err)
				}
				for i, size := range []int{4, 4, 3, 4, 4} {
					stats, err := train.Learn(context.Background(), net, rule, optimizer, 0.05, deviceBatch(size, uint64(i)))
					if err != nil {
						t.Fatal(err)
					}
					losses[k] = append(losses[k], stats.Energy)
				}
			}
			for i, want := range losses[0] {
				if !nearly(losses[1][i], want) {
					t.Errorf("loss of update %d: got %v, want %v", i, losses[1][i], want)
				}
			}
			sameNetworks(t, nets[1], nets[0], 1e-9)
			for _, p := range nets[1].Params() {
				if p.Grads().MaxAbs() != 0 {
					t.Errorf("%s has a gradient on the host: the updates were not one launch each", p.Name)
				}
			}
		})
	}
}

// An update of backpropagation that would not be finite changes nothing, and is the error
// of the other engines.
func TestDeviceBackpropRefused(t *testing.T) {
	var texts [2]string
	for k, e := range []graph.Engine{graph.Compiled{}, onXLA(t)} {
		net := statefulNet(t, e, graph.Float32)
		rule, optimizer := &train.Backprop{}, &train.Adam{}
		if _, err := train.Learn(context.Background(), net, rule, optimizer, 0.01, deviceBatch(4, 1)); err != nil {
			t.Fatal(err)
		}
		before := fmt.Sprint(net.Params()[0].Values(), optimizer.State(), net.Buffers()[0].Values())
		b := deviceBatch(4, 2)
		for i := range b.Values["y"] {
			b.Values["y"][i] = 1e30
		}
		_, err := train.Learn(context.Background(), net, rule, optimizer, 0.01, b)
		if !errors.Is(err, relax.ErrDiverged) {
			t.Fatalf("got %v, want one that is not finite", err)
		}
		texts[k] = err.Error()
		if after := fmt.Sprint(net.Params()[0].Values(), optimizer.State(), net.Buffers()[0].Values()); after != before {
			t.Errorf("the update that failed changed the state: %s, want %s", after, before)
		}
	}
	if texts[0] != texts[1] {
		t.Errorf("got %q, want %q", texts[1], texts[0])
	}
}

// An update that would not be finite changes nothing, and names what the steps name.
func TestDeviceUpdateRefused(t *testing.T) {
	net := statefulNet(t, onXLA(t), graph.Float32)
	want := statefulNet(t, graph.Compiled{}, graph.Float32)
	optimizer := &train.Momentum{}
	rule := train.Paper(4, 0.1, 0.5)
	if _, err := train.Learn(context.Background(), net, rule, optimizer, 0.01, deviceBatch(4, 1)); err != nil {
		t.Fatal(err)
	}
	before := fmt.Sprint(net.Params()[0].Values(), optimizer.State(), net.Buffers()[0].Values())
	bad := &train.Prospective{Relax: relax.Settings{Steps: 40, Control: relax.Constant{Size: 1e8}}}
	_, err := train.Learn(context.Background(), net, bad, optimizer, 0.01, deviceBatch(4, 2))
	_, wanted := train.Learn(context.Background(), want, bad, &train.Momentum{}, 0.01, deviceBatch(4, 2))
	if err == nil || wanted == nil || !errors.Is(err, relax.ErrDiverged) {
		t.Errorf("got %v, want the kind of %v", err, wanted)
	}
	if after := fmt.Sprint(net.Params()[0].Values(), optimizer.State(), net.Buffers()[0].Values()); after != before {
		t.Errorf("the update that failed changed the state: %s, want %s", after, before)
	}
}

// What stays on the device between updates is as many buffers after many updates as after
// a few.
func TestDeviceUpdatesLeakNothing(t *testing.T) {
	net := statefulNet(t, onXLA(t), graph.Float32)
	rule, optimizer := train.Paper(4, 0.1, 0.5), &train.Adam{}
	learn := func(n int) {
		for i := range n {
			if _, err := train.Learn(context.Background(), net, rule, optimizer, 0.001, deviceBatch(4, uint64(i))); err != nil {
				t.Fatal(err)
			}
		}
	}
	learn(2)
	before := pjrt.Live()
	learn(20)
	if after := pjrt.Live(); after.Buffers > before.Buffers || after.Executables > before.Executables || after.Events != 0 {
		t.Errorf("live objects: got %+v after 20 updates more, want %+v", after, before)
	}
}

// An optimizer's state is one, whether the device or the host steps.
func TestDeviceAndHostSteps(t *testing.T) {
	e := onXLA(t)
	net, want := statefulNet(t, e, graph.Float64), statefulNet(t, graph.Compiled{}, graph.Float64)
	for _, n := range []*graph.Network{net, want} {
		rule, optimizer := train.Paper(4, 0.1, 0.5), &train.Adam{}
		for i := range 6 {
			b := deviceBatch(4, uint64(i))
			var err error
			if i%2 == 0 {
				_, err = train.Learn(context.Background(), n, rule, optimizer, 0.01, b)
			} else { // by hand, on the host
				if _, err = rule.Gradients(context.Background(), n, b); err == nil {
					err = optimizer.Step(n.Params(), 0.01)
				}
				n.ParamsChanged()
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	sameNetworks(t, net, want, 1e-9)
}

// Two devices that share every batch take the updates of one.
func TestDevicesShareUpdates(t *testing.T) {
	e := onXLA(t)
	if c, err := pjrt.Open("", nil); err != nil || c.Platform != "cpu" {
		t.Skip("no CPU, which is as many devices as one asks for")
	}
	e.Devices = 2
	var nets []*graph.Network
	for _, e := range []graph.Engine{graph.Compiled{}, e} {
		net, err := graph.New(graph.Declaration{
			Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{5}}, {Name: "h", Shape: graph.Shape{6}}, {Name: "y", Shape: graph.Shape{3}}},
			Predictions: []graph.Prediction{
				{Of: "h", From: []string{"x"}, Layer: layers.Sequential{layers.Dense{Out: 6}, layers.Dropout{Rate: 0.2}, layers.Tanh{}}},
				{Of: "y", From: []string{"h"}, Layer: layers.Dense{Out: 3}},
			},
		}, graph.Settings{Seed: 3, Engine: e, Precision: graph.Float64})
		if err != nil {
			t.Fatal(err)
		}
		rule, optimizer := train.Paper(8, 0.3, 0.5), &train.Adam{}
		for i, size := range []int{4, 4, 3, 4} { // the third by jobs
			b := deviceBatch(size, uint64(i))
			reason, err := train.StepByStep(net, rule, optimizer, b)
			if _, device := e.(graph.XLA); err != nil || device && (reason == "") != (size == 4) {
				t.Fatalf("batch of %d: got %q, %v", size, reason, err)
			}
			rule.Measure(i == 1)
			if _, err := train.Learn(context.Background(), net, rule, optimizer, 0.01, b); err != nil {
				t.Fatal(err)
			}
		}
		nets = append(nets, net)
	}
	sameNetworks(t, nets[1], nets[0], 1e-9)
}
