package datasets

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Part is the training or the test part of a data set as it stands in a file.
type Part struct {
	// File is what errors name.
	File string
	// X are the samples: (samples, shape of one). Required.
	X *Array
	// Y are numeric targets: (samples) or (samples, targets of one). Nil if there are
	// none.
	Y *Array
	// Words are targets that are text, one a sample, in place of Y.
	Words []string
	// Columns and TargetColumns are the names of the columns of X and of the targets.
	// Nil means that there are none, or that they do not matter.
	Columns, TargetColumns []string
	// Row names sample i in errors, for example "row 7". Nil means "sample i", from 0.
	Row func(i int) string
}

// Assembly makes a [Split] of what was read. The readers of this package end in it; it
// serves a reader of one's own as well.
type Assembly struct {
	// Name is the name of the Split.
	Name string
	// Task says what the targets are. Zero goes by the targets.
	Task Task
	// OneHot takes rows of targets as one-hot labels: one 1 among zeros in each.
	OneHot bool
	// Classes are the names of the classes where they are known beforehand: Y counts
	// them from 0, Words are among them. Nil finds the classes in the training part, in
	// the order of numbers or of text.
	Classes []string
	// Shape is the shape of a sample, of as many numbers as there are. Nil keeps that of
	// X.
	Shape []int
	// Normalization of samples that are bytes. Nil maps 0..255 to [0, 1].
	Normalization *Normalization
	// Standardize subtracts the mean of the training samples and divides by their
	// standard deviation: of each channel for a shape of three dimensions, of all pixels
	// for one of two, else of each column. A constant column is only shifted.
	Standardize bool
	// StandardizeTargets does the same to the numbers to predict, each by its own mean
	// and standard deviation.
	StandardizeTargets bool
	// Scalings are those of a run, for other files: what Standardize and
	// StandardizeTargets apply, in place of the mean and deviation of these training
	// samples, and the classes and columns, with which those of these files must agree.
	// Nil measures.
	Scalings *Scalings
}

// Split assembles the parts; test may be nil, and Split.Test is then nil. The result
// takes over the slices of the parts. Both its parts are *[Samples] of one shape and, for
// classification, of the same classes; a class that only the test part has is an error.
func (a Assembly) Split(train, test *Part) (*Split, error) {
	if train == nil || train.X == nil {
		return nil, errors.Errorf("datasets: %s: training part, got none, want one", a.Name)
	}
	if a.Task < Auto || a.Task > NoTargets {
		return nil, errors.Errorf("datasets: %s: Task, got %d, want one of %s", a.Name, int(a.Task), strings.Join(taskNames(), ", "))
	}
	if a.Standardize && a.Normalization != nil {
		return nil, errors.Errorf("datasets: %s: got Normalization and Standardize, want one of the two", a.Name)
	}
	if name := twice(a.Classes); name != "" {
		return nil, errors.Errorf("datasets: %s: Classes, got %q twice, want each once", a.Name, name)
	}
	parts := []*Part{train}
	if test != nil {
		parts = append(parts, test)
	}
	for _, p := range parts {
		if p.X == nil || !p.X.sound() || p.Y != nil && !p.Y.sound() {
			return nil, errors.Errorf("datasets: %s: arrays, got none, or other numbers of elements than their shapes have, want X and perhaps Y", p.File)
		}
		if p.X.pixels() != train.X.pixels() {
			return nil, errors.Errorf("datasets: %s: samples, got %s, want %s as in the training part; convert one of the two", p.File, p.X.Type, train.X.Type)
		}
	}
	kind, err := a.kind(train)
	if err != nil {
		return nil, errors.WithMessagef(err, "datasets: %s", train.File)
	}
	classes := a.known()
	scalings := Scalings{Columns: train.Columns, TargetColumns: train.TargetColumns}
	if a.Scalings != nil {
		scalings = *a.Scalings
	}
	if kind == Classification && scalings.Classes != nil {
		classes = newClasses(scalings.Classes)
	}
	if !a.Standardize {
		scalings.Samples = nil
	}
	if !a.StandardizeTargets || kind != Regression {
		scalings.Targets = nil
	}
	var made []*Samples
	for k, p := range parts {
		err := scalings.checkColumns(p)
		if err != nil {
			return nil, errors.WithMessagef(err, "datasets: %s", p.File)
		}
		s, err := a.samples(p, &scalings.Samples)
		if err == nil {
			err = a.targets(s, p, kind, &classes)
		}
		if err == nil && s.targets != nil && a.StandardizeTargets {
			err = errors.WithMessage(scaled(s.targets, []int{s.targetSize}, &scalings.Targets), "targets")
		}
		if err == nil && k > 0 {
			err = sameShape(made[0], s)
		}
		if err != nil {
			return nil, errors.WithMessagef(err, "datasets: %s", p.File)
		}
		made = append(made, s)
	}
	scalings.Classes = made[0].names
	out := &Split{Name: a.Name, Train: made[0], Scalings: scalings}
	if test != nil {
		out.Test = made[1]
	}
	return out, nil
}

func sameShape(train, test *Samples) error {
	if !slices.Equal(train.Shape(), test.Shape()) {
		return errors.Errorf("shape of a test sample, got %v, want the %v of the training samples; resize or drop columns", test.Shape(), train.Shape())
	}
	if !slices.Equal(train.targetShape, test.targetShape) {
		return errors.Errorf("targets of a test sample, got %v, want the %v of the training samples", test.targetShape, train.targetShape)
	}
	return nil
}

func (p *Part) row(i int) string {
	if p.Row != nil {
		return p.Row(i)
	}
	return "sample " + strconv.Itoa(i)
}

// samples makes the samples of a part; the scaling is measured on the first.
func (a Assembly) samples(p *Part, scale **Scaling) (*Samples, error) {
	x, err := p.X, error(nil)
	if a.Shape != nil {
		if x, err = x.rows(a.Shape); err != nil {
			return nil, err
		}
	}
	shape := x.Shape[1:]
	if len(shape) == 0 {
		shape = []int{1}
	}
	n := x.Shape[0]
	if x.pixels() {
		norm := Normalization{}
		if a.Normalization != nil {
			norm = *a.Normalization
		}
		images, err := NewImages(a.Name, shape, 1, x.Bytes, make([]uint8, n), norm)
		if err != nil {
			return nil, err
		}
		if a.Standardize {
			if images, err = standardized(images, scale); err != nil {
				return nil, err
			}
		}
		return &Samples{x: images}, nil
	}
	if a.Normalization != nil {
		return nil, errors.Errorf("Normalization is for 8-bit samples, got %s; scale the numbers beforehand, or say Standardize", x.Type)
	}
	values, err := x.float32s()
	if err != nil {
		return nil, err
	}
	if a.Standardize {
		if err := scaled(values, shape, scale); err != nil {
			return nil, errors.WithMessage(err, "samples")
		}
	}
	floats, err := NewFloats(shape, 1, values, make([]int, n))
	if err != nil {
		return nil, err
	}
	return &Samples{x: floats}, nil
}

// targets fills in the labels or the targets of s.
func (a Assembly) targets(s *Samples, p *Part, kind Task, classes **classes) error {
	n := p.X.Shape[0]
	got := n
	switch {
	case kind == NoTargets:
		return nil
	case p.Words != nil:
		got = len(p.Words)
	case p.Y != nil:
		got = p.Y.Shape[0]
	default:
		return errors.New("got no targets, want some as in the training part; leave this part out, or say Task NoTargets")
	}
	if got != n {
		return errors.Errorf("got %d targets for %d samples, want one for each", got, n)
	}
	if kind == Regression {
		if p.Words != nil {
			return errors.Errorf("target of %s, got %q, want a number as in the training part", p.row(0), p.Words[0])
		}
		targets, err := p.Y.float32s()
		if err != nil {
			return errors.WithMessage(err, "targets")
		}
		s.targets, s.targetShape = targets, p.Y.Shape[1:]
		if len(s.targetShape) == 0 {
			s.targetShape = []int{1}
		}
		s.targetSize = len(targets) / n
		return nil
	}
	words, err := a.words(p)
	if err != nil {
		return err
	}
	if *classes == nil {
		if a.OneHot && p.Words == nil {
			words := make([]string, p.Y.Len()/n)
			for k := range words {
				words[k] = strconv.Itoa(k)
			}
			*classes = newClasses(words)
		} else {
			*classes = findClasses(words, p.Words == nil)
		}
	}
	s.names, s.labels = (*classes).names, make([]int, n)
	for i, w := range words {
		k, ok := (*classes).index[w]
		if !ok {
			return errors.Errorf("label of %s, got %q, want one of the %d classes%s: %s", p.row(i), w, len(s.names), a.whose(), some(s.names))
		}
		s.labels[i] = k
	}
	return nil
}
