package datasets

import "github.com/pkg/errors"

// view is a Dataset of chosen samples of another, perhaps with renumbered classes. A view
// of a view refers to the first base, so that reading never goes through a chain.
type view struct {
	base    Dataset
	indices []int
	classes int
	renamed []int // base label to own label; nil: the same
}

// Subset returns a view of the samples of d at indices, in that order. An index may occur
// more than once. The slice is copied.
func Subset(d Dataset, indices []int) (Dataset, error) {
	if _, err := checkDataset("subset", d); err != nil {
		return nil, err
	}
	if len(indices) == 0 {
		return nil, errors.New("datasets: subset: indices, got none, want at least 1")
	}
	for k, i := range indices {
		if i < 0 || i >= d.Len() {
			return nil, errors.Errorf("datasets: subset: index %d, got %d, want 0 to %d", k, i, d.Len()-1)
		}
	}
	return newView(d, indices), nil
}

// newView copies the indices, which the caller has checked.
func newView(d Dataset, indices []int) *view {
	out := &view{base: d, indices: make([]int, len(indices)), classes: d.Classes()}
	copy(out.indices, indices)
	if v, ok := d.(*view); ok {
		out.base, out.renamed = v.base, v.renamed
		for k, i := range indices {
			out.indices[k] = v.indices[i]
		}
	}
	return out
}

// First returns a view of the first n samples of d. More than d has, or n < 1, is an
// error.
func First(d Dataset, n int) (Dataset, error) {
	if _, err := checkDataset("first", d); err != nil {
		return nil, err
	}
	if n < 1 || n > d.Len() {
		return nil, errors.Errorf("datasets: first: samples, got %d, want 1 to %d", n, d.Len())
	}
	indices := make([]int, n)
	for i := range indices {
		indices[i] = i
	}
	return newView(d, indices), nil
}

// Classes returns a view of the samples of the given classes of d, in their original
// order, as tasks of continual learning need.
//
// With renumber the k-th of classes becomes label k and the view has len(classes)
// classes; without, labels and the number of classes stay as they are. A class that is
// out of range, given twice or without a sample is an error.
func Classes(d Dataset, classes []int, renumber bool) (Dataset, error) {
	if err := checkClasses("classes", d); err != nil {
		return nil, err
	}
	counts, err := ClassCounts(d)
	if err != nil {
		return nil, err
	}
	if len(classes) == 0 {
		return nil, errors.New("datasets: classes: list, got none, want at least 1")
	}
	position := make([]int, d.Classes()) // 1 + place in classes; 0: not wanted
	for k, c := range classes {
		switch {
		case c < 0 || c >= len(counts):
			return nil, errors.Errorf("datasets: classes: class, got %d, want 0 to %d", c, len(counts)-1)
		case position[c] != 0:
			return nil, errors.Errorf("datasets: classes: class %d, got it twice, want each once", c)
		case counts[c] == 0:
			return nil, errors.Errorf("datasets: classes: class %d, got 0 samples, want at least 1", c)
		}
		position[c] = k + 1
	}
	var indices []int
	for i := range d.Len() {
		if position[d.Label(i)] != 0 {
			indices = append(indices, i)
		}
	}
	v := newView(d, indices)
	if renumber {
		v.rename(position, len(classes))
	}
	return v, nil
}

// rename maps the present label l to position[l]-1.
func (v *view) rename(position []int, classes int) {
	renamed := make([]int, v.base.Classes())
	for l := range renamed {
		own := l
		if v.renamed != nil {
			own = v.renamed[l]
		}
		if own >= 0 { // -1: a class that an earlier view has left out
			own = position[own] - 1
		}
		renamed[l] = own
	}
	v.renamed, v.classes = renamed, classes
}

func (v *view) Len() int                  { return len(v.indices) }
func (v *view) Shape() []int              { return v.base.Shape() }
func (v *view) Classes() int              { return v.classes }
func (v *view) Read(i int, dst []float32) { v.base.Read(v.indices[i], dst) }

// ClassNames are those of the base, in the order of the view's own labels.
func (v *view) ClassNames() []string {
	names := ClassNames(v.base)
	if v.renamed == nil {
		return names
	}
	own := make([]string, v.classes)
	for l, k := range v.renamed {
		if k >= 0 {
			own[k] = names[l]
		}
	}
	return own
}

// TargetShape is that of the base.
func (v *view) TargetShape() []int {
	if t, ok := Targets(v.base); ok {
		return t.TargetShape()
	}
	return nil
}

// ReadTarget writes the targets of sample i into dst.
func (v *view) ReadTarget(i int, dst []float32) { v.base.(Targeted).ReadTarget(v.indices[i], dst) }

func (v *view) Label(i int) int {
	l := v.base.Label(v.indices[i])
	if v.renamed != nil {
		return v.renamed[l]
	}
	return l
}
