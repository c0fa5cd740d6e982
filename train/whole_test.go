package train_test

import (
	"context"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// ticking is a context that is cancelled the n-th time that someone looks at it,
// or that a relaxation step is recorded.
type ticking struct {
	context.Context
	cancel func()
	left   int
}

func newTicking(n int) *ticking {
	ctx, cancel := context.WithCancel(context.Background())
	return &ticking{ctx, cancel, n}
}

func (c *ticking) tick() {
	if c.left--; c.left == 0 {
		c.cancel()
	}
}

func (c *ticking) Err() error {
	c.tick()
	return c.Context.Err()
}

func (c *ticking) Done() <-chan struct{} {
	c.tick()
	return c.Context.Done()
}

func (c *ticking) Record(int, []float64, float64, float64, float64, []relax.Activity) { c.tick() }

// stepRecorder passes records on to the ticking of the moment.
type stepRecorder struct{ to *ticking }

func (r *stepRecorder) Record(int, []float64, float64, float64, float64, []relax.Activity) {
	if r.to != nil {
		r.to.tick()
	}
}

func (r *stepRecorder) Needs(int) relax.Needs { return relax.Needs{} }

// A run that is cancelled anywhere, also in the middle of a batch, is at the end of
// a batch: weights, buffers, moments and counters are those of the uninterrupted run
// there. It goes on, in place and from a checkpoint, to the same end.
func TestCancelledAnywhere(t *testing.T) {
	for _, c := range ruleCases() {
		optimizer := "adam"
		if c.rule == "spans" || c.rule == "a learner of one's own" {
			optimizer = "wrapped adam"
		}
		t.Run(c.String(), func(t *testing.T) {
			var states [][]float64
			tr, src := c.trainer(t, optimizer, nil, 2)
			states = append(states, stateOf(tr))
			tr.OnStep(1, func(_ context.Context, tr *train.Trainer, _ train.Stats) error {
				states = append(states, stateOf(tr))
				return nil
			})
			if err := tr.Fit(t.Context(), src); err != nil {
				t.Fatal(err)
			}
			end := stateOf(tr)
			stopped := map[int]int{}
			for n := 1; ; n += 1 + n/5 { // later batches are like earlier ones
				rec := &stepRecorder{}
				tr, src := c.trainer(t, optimizer, rec, 2)
				ctx := newTicking(n)
				rec.to = ctx
				err := tr.Fit(ctx, src)
				if ctx.left > 0 {
					break
				}
				rec.to = nil
				if !errors.Is(err, context.Canceled) {
					if err == nil {
						continue // cancelled in the last batch, which was finished
					}
					t.Fatalf("tick %d: got %v, want context.Canceled", n, err)
				}
				at := tr.Progress.Updates
				stopped[at]++
				got := stateOf(tr)
				if got, want := got[:len(got)-6], states[at][:len(got)-6]; !slices.Equal(got, want) {
					t.Fatalf("tick %d: after %d batches the state is not that of the undisturbed run", n, at)
				}
				dir := filepath.Join(t.TempDir(), "checkpoint")
				if n%4 == 0 {
					if err := tr.SaveCheckpoint(dir); err != nil {
						t.Fatal(err)
					}
					if tr, src = c.trainer(t, optimizer, nil, 2); tr.LoadCheckpoint(dir) != nil {
						t.Fatal("the checkpoint cannot be loaded")
					}
				}
				if err := tr.Fit(t.Context(), src); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(stateOf(tr), end) {
					t.Fatalf("tick %d: the end differs from that of the undisturbed run", n)
				}
			}
			if len(stopped) < 4 {
				t.Errorf("stopped after %v batches, want stops all over the run", stopped)
			}
		})
	}
}

// A rule that is used directly and cancelled gives, at the next call, what it would
// have given without.
func TestCancelledDirectly(t *testing.T) {
	for _, c := range ruleCases() {
		gradients := func(n int) (after [][]float64, cancelled bool) {
			rec := &stepRecorder{}
			tr, src := c.trainer(t, "sgd", rec, 1)
			b := src.(batches)[0]
			for i := range 3 {
				if i == 1 && n > 0 {
					ctx := newTicking(n)
					rec.to = ctx
					_, err := tr.Rule.Gradients(ctx, tr.Network, b)
					rec.to = nil
					if err == nil {
						return nil, false
					}
					cancelled = true
				}
				if _, err := tr.Rule.Gradients(t.Context(), tr.Network, b); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range tr.Network.Params() {
				after = append(after, paramGrad(p))
			}
			for _, b := range tr.Network.Buffers() {
				after = append(after, values64(b.Value.Float32s()))
			}
			return after, cancelled
		}
		if c.rule == "a rule of one's own" || c.rule == "a learner of one's own" {
			continue
		}
		want, _ := gradients(0)
		for n := 1; n < 30; n++ {
			got, cancelled := gradients(n)
			if !cancelled {
				break
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%v: cancelled at tick %d, the next gradients differ", c, n)
			}
		}
	}
}

func values64(v []float32) (out []float64) {
	for _, x := range v {
		out = append(out, float64(x))
	}
	return out
}

// A Learner that is used directly finishes the batch once the weights have moved.
func TestLearnersFinishDirectly(t *testing.T) {
	for _, c := range ruleCases() {
		tr, src := c.trainer(t, "sgd", nil, 1)
		l, ok := tr.Rule.(train.Learner)
		if !ok || c.rule == "a learner of one's own" {
			continue
		}
		ctx, cancel := context.WithCancel(t.Context())
		steps := 0
		_, err := l.Learn(ctx, tr.Network, src.(batches)[0], func() error {
			steps++
			cancel()
			return nil
		})
		if err != nil || steps < 2 {
			t.Errorf("%v: %d weight steps and %v, want the whole batch", c, steps, err)
		}
	}
}

// cancelling is a custom rule that remembers what nobody can take back, and
// during whose batch the run is cancelled.
type cancelling struct {
	ownRule
	cancel func()
	seen   []error
}

func (r *cancelling) Gradients(ctx context.Context, net *graph.Network, b *train.Batch) (train.Stats, error) {
	r.cancel()
	r.seen = append(r.seen, ctx.Err())
	return r.inner.Gradients(ctx, net, b)
}

// A custom rule, also one that is repeated, does not see a context that is
// cancelled in the middle of its batch.
func TestOwnRulesAreNotCancelled(t *testing.T) {
	for _, repeat := range []bool{false, true} {
		tr := smallTrainer(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		r := &cancelling{cancel: cancel}
		tr.Rule = r
		if repeat {
			tr.Rule = &train.Repeated{Rule: r, Times: 2}
		}
		err := tr.Fit(ctx, batches{pairs(1), pairs(1)})
		if !errors.Is(err, context.Canceled) || tr.Progress.Updates != 1 || r.seen[0] != nil {
			t.Errorf("repeated %t: after %d batches %v, the rule saw %v, want one whole batch", repeat, tr.Progress.Updates, err, r.seen)
		}
	}
}

// tired is an optimizer that fails at its n-th step, after having changed a weight.
type tired struct {
	train.Adam
	left int
}

func (o *tired) Step(params []*graph.Param, lr float64) error {
	if o.left--; o.left == 0 {
		params[0].Value.Float32s()[0] = 99
		return errors.New("tired")
	}
	return o.Adam.Step(params, lr)
}

// After any error Learn has changed nothing, and the run goes on as if it had not
// been.
func TestFailedBatchChangesNothing(t *testing.T) {
	for _, c := range ruleCases() {
		whole, src := c.trainer(t, "adam", nil, 2)
		if err := whole.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		for fail := 1; fail < 6; fail++ {
			tr, src := c.trainer(t, "adam", nil, 2)
			o := &tired{left: fail}
			tr.Optimizer = o
			o.WeightDecay = 1e-4
			b, before := src.(batches)[tr.Progress.Updates], stateOf(tr)
			if _, err := train.Learn(t.Context(), tr.Network, tr.Rule, o, 0.001, b); err != nil {
				if after := stateOf(tr); !slices.Equal(after, before) {
					t.Fatalf("%v: a batch that failed at weight step %d changed something", c, fail)
				}
			} else if fail == 1 {
				t.Errorf("%v: got no error", c)
			}
		}
		tr, src := c.trainer(t, "adam", nil, 2)
		o := &tired{left: 7}
		o.WeightDecay = 1e-4
		tr.Optimizer = o
		if err := tr.Fit(t.Context(), src); err == nil {
			t.Errorf("%v: got no error", c)
		}
		if err := tr.Fit(t.Context(), src); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(stateOf(tr), stateOf(whole)) {
			t.Errorf("%v: the end differs from that of the undisturbed run", c)
		}
	}
}

// One finite but huge batch is an error at that step, on either engine, with one or
// two threads, and nothing changes: neither weights nor moments nor running
// statistics.
func TestHugeBatch(t *testing.T) {
	for _, engine := range []graph.Engine{graph.Compiled{Threads: 1}, graph.Compiled{Threads: 2, ParallelFrom: 1}, graph.Tape{}} {
		for _, norm := range []bool{false, true} {
			for name, rule := range map[string]train.Rule{
				"bp": &train.Backprop{}, "pc": train.Paper(3, 0.1, 0.5), "incremental": train.Incremental(3, 0.1, 0.5),
				"repeated": &train.Repeated{Rule: &train.Backprop{}, Times: 2},
			} {
				d := graph.Declaration{
					Nodes:       []graph.Node{{Name: "x", Shape: graph.Shape{1}}, {Name: "y", Shape: graph.Shape{1}}},
					Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 1}}},
				}
				if norm {
					d.Predictions[0].Layer = layers.Sequential{layers.BatchNorm{}, layers.Dense{Out: 1}}
				}
				net, err := graph.New(d, graph.Settings{Seed: 2, Engine: engine})
				if err != nil {
					t.Fatal(err)
				}
				tr := &train.Trainer{Network: net, Rule: rule, Optimizer: &train.Adam{}, Rate: 0.01, Epochs: 1}
				plain := func(x float32) *train.Batch {
					return &train.Batch{Size: 2, Values: map[string][]float32{"x": {x, -x}, "y": {x, 1}}}
				}
				if err := tr.Fit(t.Context(), batches{plain(1), plain(2)}); err != nil {
					t.Fatal(err)
				}
				before := stateOf(tr)
				huge := plain(1e10)
				if norm { // whose variance overflows, or nearly
					huge = plain(3e19)
					huge.Values["y"] = []float32{1, 2}
				}
				_, err = train.Learn(t.Context(), net, rule, tr.Optimizer, 0.01, huge)
				if !errors.Is(err, relax.ErrDiverged) {
					t.Errorf("%s, %T, norm %t: got %v, want an error that is relax.ErrDiverged", name, engine, norm, err)
				}
				var ours *train.NonFiniteError
				var theirs *relax.NonFiniteError
				if !errors.As(err, &ours) && !errors.As(err, &theirs) {
					t.Errorf("%s, %T, norm %t: got %v, want a NonFiniteError", name, engine, norm, err)
				}
				if !slices.Equal(stateOf(tr), before) {
					t.Errorf("%s, %T, norm %t: a refused batch changed something", name, engine, norm)
				}
			}
		}
	}
}

// The energy of a batch that is not finite is refused before a weight moves.
func TestEnergyOfARuleThatIsNotFinite(t *testing.T) {
	tr := smallTrainer(t, energyRule(math.Inf(1)))
	before := weights(tr.Network)
	var e *relax.NonFiniteError
	if err := tr.Fit(t.Context(), batches{pairs(1)}); !errors.As(err, &e) || e.Kind != relax.KindEnergy {
		t.Errorf("got %v, want a NonFiniteError of the energy", err)
	}
	if !reflect.DeepEqual(weights(tr.Network), before) || tr.Progress != (train.Progress{}) {
		t.Error("a weight or the progress changed")
	}
}

type energyRule float64

func (r energyRule) Gradients(_ context.Context, net *graph.Network, _ *train.Batch) (train.Stats, error) {
	for _, p := range net.Params() {
		g := p.Grads().Float32()
		for i := range g {
			g[i] = 1
		}
	}
	return train.Stats{Energy: float64(r)}, nil
}
