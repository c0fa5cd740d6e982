package datasets

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// places reads the first value of every sample, which in counted is its place in the
// base.
func places(d Dataset) []int {
	var out []int
	x := make([]float32, SampleSize(d))
	for i := range d.Len() {
		d.Read(i, x)
		out = append(out, int(x[0]))
	}
	return out
}

func labelsOf(d Dataset) []int {
	var out []int
	for i := range d.Len() {
		out = append(out, d.Label(i))
	}
	return out
}

func TestSubsetAndFirst(t *testing.T) {
	d := counted(t, 3, 0, 1, 2, 0, 1, 2)
	indices := []int{5, 1, 1, 3}
	s, err := Subset(d, indices)
	if err != nil {
		t.Fatal(err)
	}
	indices[0] = 0 // the view has its own copy
	if diff := cmp.Diff([]int{5, 1, 1, 3}, places(s)); diff != "" {
		t.Error(diff)
	}
	f, err := First(s, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2, 1, 1}, labelsOf(f)); diff != "" {
		t.Error(diff)
	}
	if f.(*view).base != Dataset(d) {
		t.Error("a view of a view refers to a view, want the first base")
	}
	_, err = Subset(d, nil)
	wantError(t, err, "indices, got none")
	_, err = Subset(d, []int{0, 6})
	wantError(t, err, "index 1, got 6, want 0 to 5")
	_, err = Subset(nil, []int{0})
	wantError(t, err, "dataset, got nil")
	_, err = First(d, 7)
	wantError(t, err, "samples, got 7, want 1 to 6")
	_, err = First(d, 0)
	wantError(t, err, "samples, got 0")
}

func TestClasses(t *testing.T) {
	d := counted(t, 4, 0, 1, 2, 3, 2, 1, 0)
	keep, err := Classes(d, []int{2, 1}, false)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{1, 2, 2, 1}, labelsOf(keep)); diff != "" || keep.Classes() != 4 {
		t.Error(keep.Classes(), diff)
	}
	task, err := Classes(d, []int{3, 2, 0}, true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{2, 1, 0, 1, 2}, labelsOf(task)); diff != "" || task.Classes() != 3 {
		t.Error(task.Classes(), diff)
	}
	again, err := Classes(task, []int{1, 0}, true) // base classes 2 and 3
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 0}, labelsOf(again)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{2, 3, 4}, places(again)); diff != "" {
		t.Error(diff)
	}
	_, err = Classes(d, nil, true)
	wantError(t, err, "list, got none")
	_, err = Classes(d, []int{4}, true)
	wantError(t, err, "class, got 4, want 0 to 3")
	_, err = Classes(d, []int{1, 1}, true)
	wantError(t, err, "class 1, got it twice")
	_, err = Classes(counted(t, 3, 0, 1), []int{2}, true)
	wantError(t, err, "class 2, got 0 samples")
}

func TestPerClassProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		classes := rapid.IntRange(1, 5).Draw(t, "classes")
		labels := rapid.SliceOfN(rapid.IntRange(0, classes-1), classes, 60).Draw(t, "labels")
		for c := range classes {
			labels = append(labels, c) // no class is empty
		}
		x := make([]float32, len(labels))
		for i := range x {
			x[i] = float32(i)
		}
		d, err := NewFloats([]int{1}, classes, x, labels)
		if err != nil {
			t.Fatal(err)
		}
		counts, _ := ClassCounts(d)
		seed := rapid.Uint64().Draw(t, "seed")
		n := rapid.IntRange(1, slices.Min(counts)).Draw(t, "n")
		s, err := PerClass(d, n, newRand(seed))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := ClassCounts(s)
		if !slices.Equal(got, slices.Repeat([]int{n}, classes)) {
			t.Fatalf("counts, got %v, want %d of each", got, n)
		}
		at := places(s)
		if !slices.IsSorted(at) || len(slices.Compact(slices.Clone(at))) != len(at) {
			t.Fatalf("places, got %v, want each once, in the original order", at)
		}
		same, err := PerClass(d, n, newRand(seed))
		if err != nil || !slices.Equal(at, places(same)) {
			t.Fatalf("the same seed gave %v, want %v (%v)", places(same), at, err)
		}
	})
}

func TestPerClassRejects(t *testing.T) {
	d := counted(t, 2, 0, 0, 0, 1, 1)
	_, err := PerClass(d, 3, newRand(1))
	wantError(t, err, "samples of class 1, got 2, want 3: ask for at most 2")
	for _, n := range []int{0, -1} {
		_, err = PerClass(d, n, newRand(1))
		wantError(t, err, "samples of each class", "at least 1")
	}
	_, err = PerClass(d, 1, nil)
	wantError(t, err, "rng, got nil")
	_, err = PerClass(foreign{d}, 1, newRand(1))
	wantError(t, err, "label of sample 1")
}

func TestPerClassPaper(t *testing.T) {
	d := counted(t, 2, 0, 1, 0, 1, 0, 0) // four of class 0, two of class 1
	for _, c := range []struct{ n, zero, one int }{{1, 1, 1}, {2, 2, 1}, {3, 3, 1}, {4, 3, 1}, {99, 3, 1}, {-1, 3, 1}} {
		s, err := PerClassPaper(d, c.n, newRand(3))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := ClassCounts(s)
		if diff := cmp.Diff([]int{c.zero, c.one}, got); diff != "" {
			t.Errorf("n = %d: %s", c.n, diff)
		}
		if !slices.IsSorted(places(s)) {
			t.Errorf("n = %d: places, got %v, want the original order", c.n, places(s))
		}
	}
	_, err := PerClassPaper(d, 0, newRand(3))
	wantError(t, err, "got 0, want at least 1")
	_, err = PerClassPaper(counted(t, 2, 0, 1), -1, newRand(3))
	wantError(t, err, "use PerClass")
}
