package train

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/recent"
	"github.com/seed-be841da4/prospect/relax"
)

// Evaluation is the quality of a network's predictions of a target.
type Evaluation struct {
	// Samples is the number of samples.
	Samples int `json:"samples"`
	// Error is the fraction of labels that are wrong; 1 − Error is the accuracy. A
	// sample is right only if its label's unit is the unique largest one, so ties and
	// NaN are wrong.
	Error float64 `json:"error"`
	// SquaredError is ½Σ(target−prediction)², averaged over the samples.
	SquaredError float64 `json:"squared_error"`
}

// Accuracy is the fraction of samples that are right.
func (e Evaluation) Accuracy() float64 { return 1 - e.Error }

// Evaluator evaluates a network by the feedforward pass from everything in a batch
// except the target; see [graph.Network.Forward]. [NewEvaluator] makes one.
type Evaluator struct {
	// Relax relaxes all nodes that are not in the batch, and the target, from the
	// feedforward pass, and evaluates the target's activity where that ends. It is for
	// networks whose feedforward pass is no equilibrium: with energy.Hopfield, and those
	// for which [graph.Network.Settles] is false. Steps of zero relax nothing.
	Relax relax.Settings

	net      *graph.Network
	target   string
	sessions recent.Cache[evaluatorKey, *evaluatorSession]
}

// evaluatorKey is what a session of an Evaluator depends on.
type evaluatorKey struct {
	batch   int
	clamped string
}

// evaluatorSession is a session with its driver.
type evaluatorSession struct {
	*graph.Session
	driver *relax.Driver
	made   settings
}

// NewEvaluator returns an evaluator of the predictions of a target node.
func NewEvaluator(net *graph.Network, target string) (*Evaluator, error) {
	if net == nil {
		return nil, errors.New("train: evaluate: network, got nil, want one")
	}
	if _, err := net.Node(target); err != nil {
		return nil, err
	}
	return &Evaluator{net: net, target: target}, nil
}

var errZeroEvaluator = errors.New("train: evaluate: the Evaluator is its zero value; make one with NewEvaluator")

// Evaluate compares the target node's feedforward prediction with the data.
//
// Unless Relax says so it does not relax, because in a network where each node has one
// prediction, without cycles and priors, there is no need: with the target free every
// prediction error is 0 at the feedforward values, so they already are the minimum of the
// energy. In other networks this is the initial guess.
//
// There is one label per sample, or, where the target has several axes, one per row,
// such as the positions of a sequence; Error then counts rows, but for those whose label
// is −1. What the target's Mask leaves out is in no squared error. It is an error if the
// batches have no labels, or labels that are not units of the target. A target of one
// unit tells the labels 0 and 1 apart by the threshold of [Evaluator.Classification].
func (e *Evaluator) Evaluate(ctx context.Context, src Source) (Evaluation, error) {
	if e.net == nil {
		return Evaluation{}, errZeroEvaluator
	}
	n, err := e.net.Node(e.target)
	if err != nil {
		return Evaluation{}, err
	}
	if n.Shape.Size() == 1 {
		return e.evaluateUnit(ctx, src)
	}
	places := n.Shape[:len(n.Shape)-1].Size()
	wrong, all := 0, 0
	out, err := e.compare(ctx, src, func(b *Batch, y relax.Vector) error {
		width, err := labelWidth(b, y, places)
		if err != nil {
			return err
		}
		for i, label := range b.Labels {
			if label < 0 {
				continue
			}
			if all++; !IsLargest(y.Slice(i*width, (i+1)*width), label) {
				wrong++
			}
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	out.Error = ratio(wrong, all)
	return out, nil
}

// labelWidth is the number of units for each label of a batch; see Evaluate.
func labelWidth(b *Batch, y relax.Vector, places int) (int, error) {
	if len(b.Labels) != b.Size && len(b.Labels) != b.Size*places {
		return 0, errors.Errorf("train: evaluate: labels, got %d, want %d, one for each sample; Compare needs none", len(b.Labels), b.Size)
	}
	width := y.Len() / len(b.Labels)
	for i, label := range b.Labels {
		if label == -1 && places > 1 {
			continue // padding
		}
		if label < 0 || label >= width {
			return 0, errors.Errorf("train: evaluate: label of sample %d of a batch, got %d, want 0 to %d, one of the units of the target", i*b.Size/len(b.Labels), label, width-1)
		}
	}
	return width, nil
}

// evaluateUnit is Evaluate for a target of one unit. Where every label is 0 that unit is
// the largest, whatever it is, but NaN.
func (e *Evaluator) evaluateUnit(ctx context.Context, src Source) (Evaluation, error) {
	var u unitSums
	out, err := e.compare(ctx, src, u.add(e.target))
	if err != nil {
		return out, err
	}
	threshold := math.Inf(1)
	if u.seen[1] {
		if threshold, err = u.threshold(); err != nil {
			return out, err
		}
	}
	wrong := 0
	for i, label := range u.labels {
		if above(u.predictions[i], threshold) != label {
			wrong++
		}
	}
	out.Error = float64(wrong) / float64(len(u.labels))
	return out, nil
}

// Compare is [Evaluator.Evaluate] for a target without classes, such as the
// reconstruction of an image: it computes only the squared error, needs no labels, and
// leaves Error 0.
func (e *Evaluator) Compare(ctx context.Context, src Source) (Evaluation, error) {
	return e.compare(ctx, src, func(*Batch, relax.Vector) error { return nil })
}

// compare computes the squared error and calls each with the predictions of every
// batch.
func (e *Evaluator) compare(ctx context.Context, src Source, each func(b *Batch, y relax.Vector) error) (Evaluation, error) {
	var out Evaluation
	switch {
	case e.net == nil:
		return out, errZeroEvaluator
	case src == nil:
		return out, errors.New("train: evaluate: source, got nil, want one")
	}
	for b, err := range src.Batches(0, 0) {
		if err == nil {
			err = b.Check(e.net)
		}
		if err != nil {
			return out, err
		}
		if err := ctx.Err(); err != nil {
			return out, errors.Wrap(err, "train: evaluation stopped")
		}
		y, err := e.predict(ctx, b)
		if err != nil {
			return out, err
		}
		want := b.Values[e.target]
		if y.Len() != len(want) {
			return out, errors.Errorf("train: evaluate: target %q: got %d numbers, want %d", e.target, len(want), y.Len())
		}
		mask, width := maskOf(e.net, e.target, b)
		for i, w := range want {
			if mask != nil && mask[i/width] == 0 {
				continue
			}
			d := float64(w) - y.At(i)
			out.SquaredError += d * d / 2
		}
		if err := each(b, y); err != nil {
			return out, err
		}
		out.Samples += b.Size
	}
	if out.Samples == 0 {
		return out, errors.New("train: evaluate: the source has no batches")
	}
	out.SquaredError /= float64(out.Samples)
	return out, nil
}

// predict returns the target's values for a batch.
func (e *Evaluator) predict(ctx context.Context, b *Batch) (relax.Vector, error) {
	if e.Relax.Steps == 0 {
		return e.net.Forward(b.Size, b.Values, e.target)
	}
	clamped := slices.DeleteFunc(b.clamped(), func(name string) bool { return name == e.target })
	key := evaluatorKey{b.Size, strings.Join(clamped, "\x00")}
	s, ok := e.sessions.Get(key)
	if !ok {
		session, err := e.net.Session(b.Size, graph.Roles{Clamped: clamped})
		if err != nil {
			return relax.Vector{}, err
		}
		s = &evaluatorSession{Session: session}
		e.sessions.Put(key, s)
	}
	if want := (settings{relax: e.Relax}); s.driver == nil || !s.made.equal(want) {
		driver, err := relax.NewDriver(s.Session, e.Relax)
		if err != nil {
			return relax.Vector{}, errors.WithMessage(err, "train: evaluate: Relax")
		}
		s.driver, s.made = driver, want
	}
	if err := clampAll(e.net, s.Session, b, clamped); err != nil {
		return relax.Vector{}, err
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		return relax.Vector{}, err
	}
	if _, err := s.driver.Run(ctx); err != nil {
		return relax.Vector{}, err
	}
	return s.Activity(e.target)
}

// maskOf returns the mask of a node in a batch, and the units for each of its numbers;
// nil if the node has none.
func maskOf(net *graph.Network, node string, b *Batch) (mask []float32, width int) {
	n, err := net.Node(node)
	if err != nil || n.Mask == "" {
		return nil, 1
	}
	mask = b.Values[n.Mask]
	return mask, max(1, b.Size*n.Shape.Size()/max(1, len(mask)))
}

// IsLargest reports whether y[label] is larger than every other element, that is,
// whether the prediction is right; ties and NaN are not.
func IsLargest(y relax.Vector, label int) bool {
	top := y.At(label)
	for i := range y.Len() {
		if i != label && !(y.At(i) < top) {
			return false
		}
	}
	return top == top
}
