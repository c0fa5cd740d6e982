package run

import (
	"cmp"
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// TestSample is a test sample and what a network makes of it.
type TestSample struct {
	// Index is its place among the test data.
	Index int
	// Input are the numbers of the sample.
	Input []float64
	// Label is the class, Guess what the network takes it for; both −1 for data or a
	// network without classes.
	Label, Guess int
	// Target is what is to be predicted, Output what is.
	Target, Output []float64
	// Error is ½Σ(Target−Output)².
	Error float64
	// Text is what a network of text has read, Next and Read what follows each character
	// and what it says follows.
	Text, Next, Read string

	batch *train.Batch
}

// Wrong reports whether the network takes the sample for another class.
func (s TestSample) Wrong() bool { return s.Label != s.Guess }

// Examination is a network with its test samples.
type Examination struct {
	View
	// Classifies says that samples have labels and guesses.
	Classifies bool
	// Examined is how many samples were looked at, Wrong how many of them were wrong.
	Examined, Wrong int
	// Samples are some of them: first half those that are wrong, or where there are no
	// classes all alike, the greatest errors first; then the first of the others.
	Samples []TestSample
}

// Examine looks at the first test samples of a run, at most about within, and keeps at
// most keep of them.
func Examine(ctx context.Context, m Manifest, w Weights, dataDir string, within, keep int) (*Examination, error) {
	s := &m.Settings
	s.TrainPerClass = 0 // only training has it
	net, err := LoadNetwork(m, w)
	if err != nil {
		return nil, err
	}
	from, err := s.sources(dataDir, net.Layout)
	if err != nil {
		return nil, err
	}
	t, err := newTester(s, net)
	if err != nil {
		return nil, err
	}
	x := &Examination{View: View{Manifest: &m, Net: net, Test: from.test}, Classifies: net.Classifies() && net.places == 0}
	var all []TestSample
	for b, err := range from.test.Batches(0, 0) {
		if err != nil {
			return nil, err
		}
		samples, err := t.examine(ctx, b, len(all))
		if err != nil {
			return nil, err
		}
		if all = append(all, samples...); len(all) >= within {
			break
		}
	}
	if len(all) == 0 {
		return nil, errors.New("run: examine: there are no test samples")
	}
	symbols, err := s.symbols(net.Layout)
	if err != nil {
		return nil, err
	}
	for i := range all {
		all[i].spell(symbols)
		if all[i].Wrong() {
			x.Wrong++
		}
	}
	x.Examined, x.Samples = len(all), choose(all, x.Wrong, keep)
	return x, nil
}

// choose keeps samples: half of them those that are most wrong, or more if there are too
// few others.
func choose(all []TestSample, wrong, keep int) []TestSample {
	worst := slices.Clone(all)
	slices.SortStableFunc(worst, func(a, b TestSample) int {
		if a.Wrong() != b.Wrong() {
			return cmp.Compare(b2i(b.Wrong()), b2i(a.Wrong()))
		}
		return cmp.Compare(b.Error, a.Error)
	})
	classes := all[0].Label >= 0
	var out []TestSample
	for _, s := range worst {
		if len(out) < max((keep+1)/2, keep-(len(all)-wrong)) && (!classes || s.Wrong()) {
			out = append(out, s)
		}
	}
	for _, s := range all {
		taken := slices.ContainsFunc(out, func(o TestSample) bool { return o.Index == s.Index })
		if len(out) < keep && !taken && !s.Wrong() {
			out = append(out, s)
		}
	}
	return out
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// InUnits returns the input, the target and the output of a sample as they are in the
// user's files, where those of the sample are standardised.
func (x *Examination) InUnits(s TestSample) (input, target, output []float64, err error) {
	of := x.Manifest.Scalings
	if input, err = x.Net.unscaled(of, x.Net.Sample[0], s.Input); err != nil {
		return nil, nil, nil, err
	}
	if target, err = x.Net.unscaled(of, x.Net.Target, s.Target); err != nil {
		return nil, nil, nil, err
	}
	output, err = x.Net.unscaled(of, x.Net.Target, s.Output)
	return input, target, output, err
}

// Batch is the sample with all that training clamps, for [View.Relax].
func (s TestSample) Batch() *train.Batch { return s.batch }

// examine returns the samples of a batch, the first of which has the place first.
func (t *tester) examine(ctx context.Context, b *train.Batch, first int) ([]TestSample, error) {
	output, label, err := t.outputs(ctx, b)
	if err != nil {
		return nil, err
	}
	input, target := b.Values[t.net.Sample[0]], b.Values[t.net.Target]
	var out []TestSample
	for i := range b.Size {
		s := TestSample{
			Index: first + i, Label: -1, Guess: -1, Input: row(input, i, b.Size), Target: row(target, i, b.Size),
			Output: output[i*len(output)/b.Size : (i+1)*len(output)/b.Size], batch: pick(b, i, i+1),
		}
		for j, want := range s.Target {
			s.Error += (want - s.Output[j]) * (want - s.Output[j]) / 2
		}
		if t.net.Classifies() && t.net.places == 0 {
			s.Label, s.Guess = b.Labels[i], t.guess(label[i*len(label)/b.Size:(i+1)*len(label)/b.Size])
		}
		out = append(out, s)
	}
	return out, nil
}

// row is a sample of a batch.
func row(x []float32, i, of int) []float64 {
	return relax.Float32(x[i*len(x)/of : (i+1)*len(x)/of]).AppendTo(nil)
}

// guess is the class that an activity of the label's node means.
func (t *tester) guess(y []float64) int {
	if t.net.oneUnit {
		return b2i(y[0] > t.threshold)
	}
	return slices.Index(y, slices.Max(y))
}

// outputs returns what the network predicts of the target, and the activities of the
// label's node, as test has them; the latter nil if there is none.
func (t *tester) outputs(ctx context.Context, b *train.Batch) (output, label []float64, err error) {
	q := query.Question{Samples: b.Size, Clamp: map[string][]float32{}}
	for _, name := range t.net.Sample {
		q.Clamp[name] = b.Values[name]
	}
	if t.net.Label == t.net.Target && !t.settles {
		answer, err := t.relaxed.Ask(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		y, err := answer.Node(t.net.Label)
		return y, y, err
	}
	if t.net.Label == "" && len(t.net.Sample) == 1 {
		answer, err := t.relaxed.Ask(ctx, q)
		if err != nil {
			return nil, nil, err
		}
		x, err := t.relaxed.Predict(answer, t.net.Target)
		return x, nil, err
	}
	rows, err := t.net.Predict(b.Values, t.net.Target)
	if err != nil {
		return nil, nil, errors.WithMessage(err, "run: test samples")
	}
	output = slices.Concat(rows...)
	if t.net.Label == t.net.Target || t.net.Label == "" {
		return output, output, nil
	}
	answer, err := t.relaxed.Ask(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	label, err = answer.Node(t.net.Label)
	return output, label, err
}

// spell fills in the texts of a network of text.
func (s *TestSample) spell(symbols []rune) {
	if symbols == nil {
		return
	}
	for i, x := range s.Input {
		at := i * len(symbols)
		s.Text += string(symbols[int(x)])
		s.Next += string(symbols[largestOf(s.Target[at:at+len(symbols)])])
		s.Read += string(symbols[largestOf(s.Output[at:at+len(symbols)])])
	}
}

func largestOf(x []float64) int { return slices.Index(x, slices.Max(x)) }
