package run

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Outcome is the result of a test.
type Outcome struct {
	// Samples is the number of samples.
	Samples int
	// Error is the fraction of samples whose label is wrong; nil for a network
	// without labels.
	Error *float64
	// SquaredError is ½Σ(target−prediction)², averaged over the samples.
	SquaredError float64
	// R2 is the coefficient of determination of numbers that are predicted; nil for
	// others. See [train.OutputFit].
	R2 *float64
	// RMSE is the root of the mean squared error of the number that is predicted, in the
	// units of the user's file; nil where there are several, or none.
	RMSE *float64
}

// Evaluate evaluates the network of a run with those weights on the test data of
// its dataset, or of another that fits it if data is not empty. Files without a test
// part, which are not those of the run, are test data as a whole.
func Evaluate(ctx context.Context, m Manifest, w Weights, data, dataDir string) (Outcome, error) {
	s := m.Settings
	net, err := LoadNetwork(m, w)
	if err != nil {
		return Outcome{}, err
	}
	if data != "" {
		s.Data, s.Cache = data, &Cache{whole: true}
		other, err := s.declare()
		if err != nil {
			return Outcome{}, err
		}
		if net.regresses != other.regresses {
			return Outcome{}, taskError(net.Layout, data)
		}
		net.Layout = other.Layout
	}
	s.TrainPerClass = 0 // the test data are always all
	from, err := s.sources(dataDir, net.Layout)
	if err != nil {
		return Outcome{}, err
	}
	t, err := newTester(&s, net)
	if err != nil {
		return Outcome{}, err
	}
	return t.test(ctx, from.test)
}

// taskError tells that the targets of a file are not what the network of a run answers.
func taskError(l Layout, data string) error {
	got, want, task := "numbers to predict", "classes", "classification"
	if l.regresses {
		got, want, task = want, got, "regression"
	}
	return settingf("{data} %s: the targets, got %s, want %s as in the run; add task=%s to the settings behind the name", data, got, want, task)
}

// tester tests a network as its layout says: what of the target is predicted from
// the rest, and what label is inferred.
type tester struct {
	net     *Network
	forward *train.Evaluator // where the feedforward pass is the answer
	relaxed *query.Asker     // where it is not
	settles bool             // whether the label's feedforward value is the answer
	// threshold tells two classes apart where one unit stands for both.
	threshold float64
	// targets is what standardised the numbers to predict; nil if nothing did.
	targets *datasets.Scaling
}

func newTester(s *Settings, net *Network) (*tester, error) {
	t := &tester{net: net, settles: net.Label == net.Target && net.Settles(net.Sample)}
	e := s.Encoding()
	if s.Scalings != nil {
		t.targets = s.Scalings.Targets
	}
	t.threshold = float64(e.On+e.Off) / 2
	var err error
	if t.forward, err = train.NewEvaluator(net.Network, net.Target); err != nil {
		return nil, err
	}
	r, err := s.relaxation()
	if err != nil {
		return nil, err
	}
	t.relaxed, err = query.New(net.Network, query.Settings{
		Relax: r, Start: graph.Start{Std: s.StartStd}, Seed: s.Seed, Batch: evaluationBatch, SkipEnergies: true,
	})
	return t, err
}

// test tests the network on a source.
func (t *tester) test(ctx context.Context, src train.Source) (Outcome, error) {
	switch {
	case t.net.regresses && t.settles:
		e, err := t.forward.Regression(ctx, src)
		units := float64(len(e.Outputs))
		out := Outcome{Samples: e.Samples, SquaredError: e.MSE * units / 2, R2: &e.R2}
		if len(e.Outputs) == 1 {
			rmse := math.Sqrt(e.MSE)
			if t.targets != nil {
				rmse *= t.targets.Std[0]
			}
			out.RMSE = &rmse
		}
		return out, err
	case t.net.regresses && t.net.Label != t.net.Target:
		e, err := t.forward.Compare(ctx, src)
		return Outcome{Samples: e.Samples, SquaredError: e.SquaredError}, err
	case t.net.regresses:
		return t.relaxedError(ctx, src, t.net.Label, func(*train.Batch, []float64) {})
	case t.settles:
		e, err := t.forward.Evaluate(ctx, src)
		return Outcome{Samples: e.Samples, Error: &e.Error, SquaredError: e.SquaredError}, err
	case t.net.Label == t.net.Target:
		return t.infer(ctx, src)
	case t.net.Label != "":
		e, err := t.forward.Compare(ctx, src)
		if err != nil {
			return Outcome{}, err
		}
		labels, err := t.infer(ctx, src)
		return Outcome{Samples: e.Samples, Error: labels.Error, SquaredError: e.SquaredError}, err
	case len(t.net.Sample) > 1:
		e, err := t.forward.Compare(ctx, src)
		return Outcome{Samples: e.Samples, SquaredError: e.SquaredError}, err
	}
	return t.reconstruct(ctx, src)
}

// infer clamps the samples, relaxes the rest, and compares the label that
// results.
func (t *tester) infer(ctx context.Context, src train.Source) (Outcome, error) {
	wrong, all := 0, 0
	out, err := t.relaxedError(ctx, src, t.net.Label, func(b *train.Batch, y []float64) {
		width := len(y) / max(1, len(b.Labels))
		for i, label := range b.Labels {
			if label < 0 {
				continue // padding
			}
			all++
			if t.net.oneUnit {
				if (y[i] > t.threshold) != (label == 1) {
					wrong++
				}
			} else if !train.IsLargest(relax.Float64(y[i*width:(i+1)*width]), label) {
				wrong++
			}
		}
	})
	if err != nil {
		return out, err
	}
	share := float64(wrong) / float64(max(1, all))
	out.Error = &share
	return out, nil
}

// reconstruct clamps the samples, relaxes the rest, and compares the samples with
// what is predicted of them.
func (t *tester) reconstruct(ctx context.Context, src train.Source) (Outcome, error) {
	return t.relaxedError(ctx, src, t.net.Target, func(*train.Batch, []float64) {})
}

// relaxedError is the squared error of a node after the relaxation: of its
// activity, or of its prediction if it is a sample.
func (t *tester) relaxedError(ctx context.Context, src train.Source, node string, each func(b *train.Batch, y []float64)) (Outcome, error) {
	var out Outcome
	for b, err := range src.Batches(0, 0) {
		if err != nil {
			return out, err
		}
		q := query.Question{Samples: b.Size, Clamp: map[string][]float32{}}
		for _, name := range t.net.given() {
			q.Clamp[name] = b.Values[name]
		}
		answer, err := t.relaxed.Ask(ctx, q)
		if err != nil {
			return out, err
		}
		var y []float64
		if node == t.net.Label {
			y, err = answer.Node(node)
		} else {
			y, err = t.relaxed.Predict(answer, node)
		}
		if err != nil {
			return out, err
		}
		mask := b.Values[t.net.mask]
		for i, want := range b.Values[node] {
			if mask != nil && mask[i*len(mask)/len(y)] == 0 {
				continue
			}
			d := float64(want) - y[i]
			out.SquaredError += d * d / 2
		}
		each(b, y)
		out.Samples += b.Size
	}
	if out.Samples == 0 {
		return out, errors.New("run: test: there are no samples")
	}
	out.SquaredError /= float64(out.Samples)
	return out, nil
}
