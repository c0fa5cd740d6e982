package datasets_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/datasets"
)

// classed has counts[k] samples of class k, mixed; sample i reads {i}.
func classed(t testing.TB, counts ...int) datasets.Dataset {
	var labels []int
	left := slices.Clone(counts)
	for more := true; more; {
		more = false
		for k := range left {
			if left[k] > 0 {
				left[k]--
				more, labels = true, append(labels, k)
			}
		}
	}
	x := make([]float32, len(labels))
	for i := range x {
		x[i] = float32(i)
	}
	d, err := datasets.NewFloats([]int{1}, len(counts), x, labels)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// indices are the places of samples that read as their place.
func indices(d datasets.Dataset) []int {
	var out []int
	for i := range d.Len() {
		out = append(out, int(sample(d, i)[0]))
	}
	return out
}

// Shares are proportional, by the largest remainder, and no class gives its last sample.
func TestHoldoutShares(t *testing.T) {
	for _, c := range []struct {
		counts []int
		s      datasets.HoldoutSettings
		want   []int // of the validation part
	}{
		{[]int{10, 20, 30}, datasets.HoldoutSettings{Fraction: 0.1}, []int{1, 2, 3}},
		{[]int{10, 20, 30}, datasets.HoldoutSettings{Count: 6}, []int{1, 2, 3}},
		{[]int{10, 20, 30}, datasets.HoldoutSettings{Count: 7}, []int{1, 2, 4}}, // remainders 1/6, 1/3, 1/2
		{[]int{5, 5, 5}, datasets.HoldoutSettings{Count: 2}, []int{1, 1, 0}},    // the lower class first
		{[]int{1, 9}, datasets.HoldoutSettings{Fraction: 0.5}, []int{0, 5}},
		{[]int{1, 3}, datasets.HoldoutSettings{Count: 2}, []int{0, 2}},
		{[]int{3, 0, 3}, datasets.HoldoutSettings{Count: 4}, []int{2, 0, 2}},
		{[]int{7}, datasets.HoldoutSettings{Fraction: 0.2}, []int{1}}, // 1.4
		{[]int{8}, datasets.HoldoutSettings{Fraction: 0.2}, []int{2}}, // 1.6
	} {
		training, validation, err := datasets.Holdout(classed(t, c.counts...), c.s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := datasets.ClassCounts(validation)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "validation", got, c.want)
		all := slices.Concat(indices(training), indices(validation))
		if !slices.IsSorted(indices(training)) || !slices.IsSorted(indices(validation)) {
			t.Errorf("%v: the parts are not in the original order", c.counts)
		}
		slices.Sort(all)
		for i, k := range all {
			if i != k {
				t.Fatalf("%v: the parts hold %v between them, want every sample once", c.counts, all)
			}
		}
	}
}

func TestHoldoutRejects(t *testing.T) {
	d := classed(t, 2, 2)
	for _, c := range []struct {
		s    datasets.HoldoutSettings
		want string
	}{
		{datasets.HoldoutSettings{}, "got 0 and 0, want one of the two; try Fraction 0.1"},
		{datasets.HoldoutSettings{Fraction: 0.5, Count: 1}, "want one of the two"},
		{datasets.HoldoutSettings{Fraction: 1}, "Fraction, got 1"},
		{datasets.HoldoutSettings{Fraction: math.NaN()}, "Fraction, got NaN"},
		{datasets.HoldoutSettings{Fraction: -0.1}, "Fraction, got -0.1"},
		{datasets.HoldoutSettings{Fraction: 0.1}, "got 0 of 4, want at least 1 on either side"},
		{datasets.HoldoutSettings{Count: 4}, "got 4 of 4"},
		{datasets.HoldoutSettings{Count: -1}, "got -1 of 4"},
		{datasets.HoldoutSettings{Count: 3}, "so that every class keeps one for training; or say Unstratified"},
	} {
		_, _, err := datasets.Holdout(d, c.s)
		wants(t, err, "datasets: holdout: ", c.want)
	}
	if _, validation, err := datasets.Holdout(d, datasets.HoldoutSettings{Count: 3, Unstratified: true}); err != nil || validation.Len() != 3 {
		t.Errorf("unstratified: got %v, %v, want 3 samples", validation, err)
	}
	_, _, err := datasets.Holdout(nil, datasets.HoldoutSettings{Count: 1})
	wants(t, err, "got nil")
}

// The seed chooses, the same every time, and every sample of a class is as likely.
func TestHoldoutSeed(t *testing.T) {
	d := classed(t, 4, 2)
	times := make([]int, 6)
	const draws = 3000
	for seed := range uint64(draws) {
		_, validation, err := datasets.Holdout(d, datasets.HoldoutSettings{Count: 3, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range indices(validation) {
			times[i]++
		}
	}
	for i, n := range times { // half of each class; 5 standard deviations are 137
		if n < draws/2-137 || n > draws/2+137 {
			t.Errorf("sample %d was held out %d times of %d, want about half", i, n, draws)
		}
	}
	_, a, _ := datasets.Holdout(d, datasets.HoldoutSettings{Count: 3, Seed: 1})
	_, b, _ := datasets.Holdout(d, datasets.HoldoutSettings{Count: 3, Seed: 1})
	equal(t, "the same seed", indices(a), indices(b))
}

// Regression is cut too, and keeps its targets.
func TestHoldoutOfRegression(t *testing.T) {
	x := &datasets.Array{Shape: []int{10, 1}, Type: "float32", Floats: []float32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}
	y := &datasets.Array{Shape: []int{10}, Type: "float64", Doubles: []float64{0, 10, 20, 30, 40, 50, 60, 70, 80, 90}}
	s, err := datasets.Assembly{}.Split(&datasets.Part{X: x, Y: y}, nil)
	if err != nil {
		t.Fatal(err)
	}
	training, validation, err := datasets.Holdout(s.Train, datasets.HoldoutSettings{Fraction: 0.3, Seed: 2})
	if err != nil || training.Len() != 7 || validation.Len() != 3 {
		t.Fatalf("got %v, %v, want 7 and 3 samples", training, err)
	}
	for i := range validation.Len() {
		if y := target(t, validation, i)[0]; y != 10*sample(validation, i)[0] {
			t.Errorf("sample %g has target %g", sample(validation, i)[0], y)
		}
	}
}

func TestHoldoutCounts(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(1, 20), 1, 6).Draw(r, "counts")
		d := classed(t, counts...)
		held := rapid.IntRange(1, max(1, d.Len()-1)).Draw(r, "held")
		training, validation, err := datasets.Holdout(d, datasets.HoldoutSettings{Count: held})
		if possible := held <= d.Len()-len(counts); possible != (err == nil) {
			r.Fatalf("%d of %v: got %v, want an error only if a class gives all", held, counts, err)
		}
		if err != nil {
			return
		}
		left, err := datasets.ClassCounts(training)
		if err != nil || slices.Min(left) < 1 || validation.Len() != held {
			r.Fatalf("%d of %v: left %v, held out %d", held, counts, left, validation.Len())
		}
	})
}
