package train

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// ClassScore is how well one class is recognised. Where nothing is to be divided by, a
// fraction is 0.
type ClassScore struct {
	// Samples is the number of samples of the class.
	Samples int `json:"samples"`
	// Accuracy is the fraction of all samples that are rightly said to be of the class or
	// not.
	Accuracy float64 `json:"accuracy"`
	// Precision is the fraction of the samples predicted as the class that are of it.
	Precision float64 `json:"precision"`
	// Recall is the fraction of the samples of the class that are predicted as it.
	Recall float64 `json:"recall"`
	// F1 is 2·Precision·Recall/(Precision + Recall).
	F1 float64 `json:"f1"`
}

// ClassificationScore is how well a network recognises classes.
type ClassificationScore struct {
	// Samples is the number of samples.
	Samples int `json:"samples"`
	// Accuracy is the fraction whose label is the predicted class.
	Accuracy float64 `json:"accuracy"`
	// TopK is the fraction whose label is among the K largest units.
	TopK float64 `json:"top_k"`
	// K is that of ClassificationSettings.
	K int `json:"k"`
	// Confusion counts samples: Confusion[label][prediction]. A sample without a single
	// largest unit, or with NaN, has no prediction and counts in Undecided alone.
	Confusion [][]int `json:"confusion"`
	// Undecided counts for each label the samples without a prediction. They are wrong.
	Undecided []int `json:"undecided"`
	// Classes has an entry for each class.
	Classes []ClassScore `json:"classes"`
	// Threshold is what a single unit was compared with; 0 where there are several.
	Threshold float64 `json:"threshold,omitempty"`
}

// ClassificationSettings say how [Evaluator.Classification] counts.
type ClassificationSettings struct {
	// K of the K largest units. Zero means 5, or the number of classes if that is less.
	K int `json:"k,omitempty"`
	// Threshold of a target of one unit: above it is class 1, below it class 0. Nil means
	// halfway between the targets of the two classes: 0.5 for 0/1, 0 for −1/+1.
	Threshold *float64 `json:"threshold,omitempty"`
}

// Classification compares the target node's feedforward prediction with the labels, class
// by class. Labels are as in [Evaluator.Evaluate]. A target of one unit, as
// [Labelled.OneUnit] makes it, tells two classes apart by a threshold.
func (e *Evaluator) Classification(ctx context.Context, src Source, s ClassificationSettings) (ClassificationScore, error) {
	if e.net == nil {
		return ClassificationScore{}, errZeroEvaluator
	}
	n, err := e.net.Node(e.target)
	if err != nil {
		return ClassificationScore{}, err
	}
	places := n.Shape[:len(n.Shape)-1].Size()
	if n.Shape.Size() == 1 {
		return e.binary(ctx, src, s)
	}
	var t tally
	k := s.K
	out, err := e.compare(ctx, src, func(b *Batch, y relax.Vector) error {
		width, err := labelWidth(b, y, places)
		if err != nil {
			return err
		}
		if t.counts == nil {
			if k == 0 {
				k = min(5, width)
			}
			if k < 1 || k > width {
				return errors.Errorf("train: classification: K, got %d, want 1 to the %d units of the target (0 means 5)", s.K, width)
			}
			t = newTally(width)
		}
		for i, label := range b.Labels {
			if label < 0 {
				continue // padding
			}
			row := y.Slice(i*width, (i+1)*width)
			t.add(label, single(row), rank(row, label) < k)
		}
		return nil
	})
	if err != nil {
		return ClassificationScore{Samples: out.Samples}, err
	}
	score := t.score()
	score.K = k
	return score, nil
}

// binary compares one unit with a threshold.
func (e *Evaluator) binary(ctx context.Context, src Source, s ClassificationSettings) (ClassificationScore, error) {
	if s.K != 0 {
		return ClassificationScore{}, errors.Errorf("train: classification: K, got %d for a target of one unit, want 0", s.K)
	}
	var u unitSums
	out, err := e.compare(ctx, src, u.add(e.target))
	if err != nil {
		return ClassificationScore{Samples: out.Samples}, err
	}
	threshold, err := u.threshold()
	if s.Threshold != nil {
		threshold, err = *s.Threshold, nil
	}
	if err != nil {
		return ClassificationScore{Samples: out.Samples}, err
	}
	t := newTally(2)
	for i, label := range u.labels {
		k := above(u.predictions[i], threshold)
		t.add(label, k, k == label)
	}
	score := t.score()
	score.K, score.Threshold = 1, threshold
	return score, nil
}

// above is the class that a threshold tells: 1 above it, 0 below, −1 for neither.
func above(y, threshold float64) int {
	switch {
	case y > threshold:
		return 1
	case y < threshold:
		return 0
	}
	return -1
}

// unitSums is what is known of a target of one unit.
type unitSums struct {
	predictions []float64
	labels      []int
	targets     [2]float64 // of either class
	seen        [2]bool
	mixed       bool // whether samples of a class differ in their target
}

// add returns what takes in a batch.
func (u *unitSums) add(target string) func(b *Batch, y relax.Vector) error {
	return func(b *Batch, y relax.Vector) error {
		if len(b.Labels) != b.Size {
			return errors.Errorf("train: evaluate: labels, got %d, want %d, one for each sample; Compare needs none", len(b.Labels), b.Size)
		}
		for i, label := range b.Labels {
			if label < 0 || label > 1 {
				return errors.Errorf("train: evaluate: label of sample %d of a batch, got %d, want 0 or 1 for a target of one unit", i, label)
			}
			v := float64(b.Values[target][i])
			u.mixed = u.mixed || u.seen[label] && u.targets[label] != v
			u.targets[label], u.seen[label] = v, true
			u.predictions, u.labels = append(u.predictions, y.At(i)), append(u.labels, label)
		}
		return nil
	}
}

// threshold is halfway between the targets of the classes.
func (u *unitSums) threshold() (float64, error) {
	if !u.seen[0] || !u.seen[1] || u.mixed || u.targets[0] >= u.targets[1] {
		return 0, errors.New("train: classification: Threshold, got nil, and data without both classes, each with one number, that of class 1 the greater; set it, for 0/1 to 0.5")
	}
	return (u.targets[0] + u.targets[1]) / 2, nil
}

// single is the single largest of y, or −1 if there is none.
func single(y relax.Vector) int {
	best := 0
	for i := range y.Len() {
		if y.At(i) > y.At(best) {
			best = i
		}
	}
	if IsLargest(y, best) {
		return best
	}
	return -1
}

// rank counts the units, others than label, that are not below it; NaN is not below.
func rank(y relax.Vector, label int) int {
	top, n := y.At(label), 0
	for i := range y.Len() {
		if i != label && !(y.At(i) < top) {
			n++
		}
	}
	return n
}

// tally counts predictions.
type tally struct {
	counts    [][]int
	undecided []int
	top       int
}

func newTally(classes int) tally {
	t := tally{counts: make([][]int, classes), undecided: make([]int, classes)}
	for k := range t.counts {
		t.counts[k] = make([]int, classes)
	}
	return t
}

func (t *tally) add(label, prediction int, top bool) {
	if prediction < 0 {
		t.undecided[label]++
	} else {
		t.counts[label][prediction]++
	}
	if top {
		t.top++
	}
}

func (t *tally) score() ClassificationScore {
	s := ClassificationScore{Confusion: t.counts, Undecided: t.undecided}
	right, predicted := 0, make([]int, len(t.counts))
	of := slices.Clone(t.undecided) // samples of each class
	for label, row := range t.counts {
		for k, n := range row {
			of[label] += n
			predicted[k] += n
		}
		right += row[label]
		s.Samples += of[label]
	}
	s.Accuracy, s.TopK = ratio(right, s.Samples), ratio(t.top, s.Samples)
	for k, row := range t.counts {
		c := ClassScore{Samples: of[k], Precision: ratio(row[k], predicted[k]), Recall: ratio(row[k], of[k])}
		c.Accuracy = ratio(s.Samples-(of[k]-row[k])-(predicted[k]-row[k]), s.Samples)
		c.F1 = ratio(2*row[k], of[k]+predicted[k])
		s.Classes = append(s.Classes, c)
	}
	return s
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
