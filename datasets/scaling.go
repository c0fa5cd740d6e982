package datasets

import (
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Scalings are what a reader made of the training files, by which other files are read
// alike.
type Scalings struct {
	// Samples and Targets are what it did to their numbers; nil where it left them alone.
	Samples *Scaling `json:"samples,omitempty"`
	Targets *Scaling `json:"targets,omitempty"`
	// Classes are the names of the classes, in the order of their numbers. Nil for
	// targets of another kind.
	Classes []string `json:"classes,omitempty"`
	// Columns are the names of the columns of a sample, TargetColumns those of the
	// targets. Nil for pixels, and where a file does not name them.
	Columns       []string `json:"columns,omitempty"`
	TargetColumns []string `json:"target_columns,omitempty"`
}

// checkColumns returns an error if the columns of a part have other names than those of
// the training files, or another order.
func (s *Scalings) checkColumns(p *Part) error {
	for _, c := range []struct {
		what      string
		got, want []string
	}{{"columns", p.Columns, s.Columns}, {"target", p.TargetColumns, s.TargetColumns}} {
		if c.got != nil && c.want != nil && !slices.Equal(c.got, c.want) {
			return errors.Errorf("%s, got %s, want those of the training data in their order: %s", c.what, some(c.got), some(c.want))
		}
	}
	return nil
}

// Scaling maps the numbers of a file to those that a network sees.
//
//	y_i = (Factor·x_i − Mean_g)/Std_g      g = i/Plane mod len(Mean)
type Scaling struct {
	// Mean and Std have an entry for each group of numbers.
	Mean []float64 `json:"mean"`
	Std  []float64 `json:"std"`
	// Plane is the number of consecutive numbers of a sample that are one group.
	Plane int `json:"plane"`
	// Factor comes first. Zero means 1; pixels have 1/255.
	Factor float64 `json:"factor,omitempty"`
}

// check returns an error unless the scaling is sound, as one that was read may not be,
// and fits so many numbers.
func (s *Scaling) check(numbers int) error {
	if len(s.Mean) == 0 || len(s.Std) != len(s.Mean) || s.Plane < 1 {
		return errors.Errorf("scaling: got %d means, %d deviations and groups of %d, want as many of both and groups of at least 1", len(s.Mean), len(s.Std), s.Plane)
	}
	for g, m := range s.Mean {
		if d := s.Std[g]; m-m != 0 || !(d > 0) || math.IsInf(d, 0) {
			return errors.Errorf("scaling: group %d, got mean %g and deviation %g, want finite numbers, the second positive", g, m, d)
		}
	}
	if s.Factor < 0 || s.Factor-s.Factor != 0 {
		return errors.Errorf("scaling: factor, got %g, want a positive finite number (0 means 1)", s.Factor)
	}
	if size := s.Plane * len(s.Mean); numbers%size != 0 {
		return errors.Errorf("got %d numbers, want a multiple of the %d of a training sample", numbers, size)
	}
	return nil
}

func (s *Scaling) factor() float64 {
	if s.Factor == 0 {
		return 1
	}
	return s.Factor
}

// group returns the group of number i of a sample or of several.
func (s *Scaling) group(i int) int { return i / s.Plane % len(s.Mean) }

// Apply maps the numbers of whole samples in place.
func (s *Scaling) Apply(values []float32) error {
	if err := s.check(len(values)); err != nil {
		return err
	}
	for i, v := range values {
		g := s.group(i)
		values[i] = float32((s.factor()*float64(v) - s.Mean[g]) / s.Std[g])
	}
	return nil
}

// Undo is the inverse of [Scaling.Apply], in place.
func (s *Scaling) Undo(values []float64) error {
	if err := s.check(len(values)); err != nil {
		return err
	}
	for i, v := range values {
		g := s.group(i)
		values[i] = (v*s.Std[g] + s.Mean[g]) / s.factor()
	}
	return nil
}

// scaled maps values, of samples of a shape, by *scale, which is measured on them if it
// is nil.
func scaled(values []float32, shape []int, scale **Scaling) error {
	if *scale == nil {
		*scale = measure(values, shape)
	}
	size := 1
	for _, n := range shape {
		size *= n
	}
	if n := (*scale).Plane * len((*scale).Mean); n != size {
		return errors.Errorf("got %d numbers each, want %d as in the training data", size, n)
	}
	return (*scale).Apply(values)
}

// measure computes the scaling of samples.
//
//	values: (samples, product(shape))
//	mean = Σx/n      std = √(Σ(x − mean)²/n)      over the n numbers of a group
//
// A group is a channel for a shape of three dimensions, all for one of two, else a
// column. A constant group has std 1.
func measure(values []float32, shape []int) *Scaling {
	size := 1
	for _, n := range shape {
		size *= n
	}
	groups := size
	switch len(shape) {
	case 2:
		groups = 1
	case 3:
		groups = shape[0]
	}
	s := &Scaling{Mean: make([]float64, groups), Std: make([]float64, groups), Plane: size / groups}
	n := float64(len(values) / groups)
	for i, v := range values {
		s.Mean[s.group(i)] += float64(v)
	}
	for g := range s.Mean {
		s.Mean[g] /= n
	}
	for i, v := range values {
		d := float64(v) - s.Mean[s.group(i)]
		s.Std[s.group(i)] += d * d
	}
	for g, v := range s.Std {
		// Rounding leaves a constant column a deviation of some 10⁻¹⁶ of its size.
		if s.Std[g] = math.Sqrt(v / n); s.Std[g] <= 1e-12*math.Abs(s.Mean[g]) {
			s.Std[g] = 1
		}
	}
	return s
}

// standardized reads images with their own mean and standard deviation, or those of the
// first images that it was asked for.
func standardized(images *Images, scale **Scaling) (*Images, error) {
	n := images.Normalization()
	if *scale == nil {
		mean, std := images.Moments()
		for c := range std {
			if std[c] == 0 {
				std[c] = 1
			}
		}
		*scale = &Scaling{Mean: mean, Std: std, Plane: SampleSize(images) / len(mean), Factor: n.scale()}
	}
	if err := (*scale).check(SampleSize(images)); err != nil {
		return nil, err
	}
	n.Mean, n.Std = (*scale).Mean, (*scale).Std
	return images.WithNormalization(n)
}

// On returns the scalings by which the samples of d, and its targets, have the mean 0 and
// the standard deviation 1. They were read by s: d is a part of them.
func (s Scalings) On(d Dataset) (Scalings, error) {
	out := s
	if s.Samples != nil {
		row := make([]float32, SampleSize(d))
		var err error
		if out.Samples, err = s.Samples.on(d.Len(), row, func(i int) { d.Read(i, row) }); err != nil {
			return out, err
		}
	}
	if t, ok := Targets(d); ok && s.Targets != nil {
		size := 1
		for _, n := range t.TargetShape() {
			size *= n
		}
		row := make([]float32, size)
		var err error
		if out.Targets, err = s.Targets.on(d.Len(), row, func(i int) { t.ReadTarget(i, row) }); err != nil {
			return out, err
		}
	}
	return out, nil
}

// on measures rows that s scaled, and returns the scaling that does both.
func (s *Scaling) on(n int, row []float32, read func(i int)) (*Scaling, error) {
	if size := s.Plane * len(s.Mean); size == 0 || len(row)%size != 0 {
		return nil, errors.Errorf("scaling: got one for samples of %d numbers, want one for %d", size, len(row))
	}
	groups := len(s.Mean)
	mean, std := make([]float64, groups), make([]float64, groups)
	count := float64(n) * float64(len(row)/groups)
	for i := range n {
		read(i)
		for j, x := range row {
			mean[s.group(j)] += float64(x) / count
		}
	}
	for i := range n {
		read(i)
		for j, x := range row {
			d := float64(x) - mean[s.group(j)]
			std[s.group(j)] += d * d / count
		}
	}
	out := &Scaling{Mean: make([]float64, groups), Std: make([]float64, groups), Plane: s.Plane, Factor: s.Factor}
	for g := range groups {
		out.Mean[g] = s.Mean[g] + mean[g]*s.Std[g]
		out.Std[g] = s.Std[g] * math.Sqrt(std[g])
		if math.Sqrt(std[g]) <= 1e-6 { // constant in this part
			out.Std[g] = s.Std[g]
		}
	}
	return out, nil
}
