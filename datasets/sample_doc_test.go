package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every set of n samples of a class is as likely as another: of 5 there are 10
// pairs and 10 triples, and a chi-square of 9 degrees of freedom is below 34 in
// all but 1 of 10,000 cases.
func TestPerClassIsUnbiased(t *testing.T) {
	d := counted(t, 2, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0)
	const draws = 4000
	for name, choose := range map[string]func(d Dataset, n int, rng *rand.Rand) (Dataset, error){"PerClass": PerClass, "PerClassPaper": PerClassPaper} {
		for _, n := range []int{2, 3} {
			rng := newRand(5)
			counts := [2]map[string]int{{}, {}} // of the sets of each class
			for range draws {
				s, err := choose(d, n, rng)
				if err != nil {
					t.Fatal(err)
				}
				var sets [2][]int
				for i, place := range places(s) {
					sets[s.Label(i)] = append(sets[s.Label(i)], place)
				}
				counts[0][fmt.Sprint(sets[0])]++
				counts[1][fmt.Sprint(sets[1])]++
			}
			for class, sets := range counts {
				chi := 0.0
				for _, k := range sets {
					chi += math.Pow(float64(k)-draws/10, 2) / (draws / 10)
				}
				if len(sets) != 10 || chi > 34 {
					t.Errorf("%s, %d of class %d: chi-square %.1f over %d sets, want at most 34 over 10: %v", name, n, class, chi, len(sets), sets)
				}
			}
		}
	}
}

// Which sample PerClassPaper drops of a class is random too.
func TestPerClassPaperDropsAnyone(t *testing.T) {
	d := counted(t, 1, 0, 0, 0, 0, 0)
	dropped := map[int]int{}
	rng := newRand(1)
	for range 1000 {
		s, err := PerClassPaper(d, -1, rng)
		if err != nil {
			t.Fatal(err)
		}
		at := places(s)
		for i := range 5 {
			if !slices.Contains(at, i) {
				dropped[i]++
			}
		}
	}
	for i := range 5 {
		if dropped[i] < 140 || dropped[i] > 260 { // 5 standard deviations about 200
			t.Errorf("sample %d was dropped %d times of 1000, want about 200", i, dropped[i])
		}
	}
}

// Limit counts the batches after those skipped, as far as there are any, whatever
// its size, and Index counts from the start of the epoch.
func TestLimitAfterSkip(t *testing.T) {
	d := counted(t, 2, cycle(11, 2)...) // 6 batches of 2
	for _, c := range []struct {
		skip, limit int
		want        []int
	}{
		{0, 0, []int{0, 1, 2, 3, 4, 5}},
		{0, 2, []int{0, 1}},
		{2, 0, []int{2, 3, 4, 5}},
		{2, 2, []int{2, 3}},
		{3, 2, []int{3, 4}},
		{2, 4, []int{2, 3, 4, 5}},
		{2, 5, []int{2, 3, 4, 5}},
		{5, 3, []int{5}},
		{6, 3, nil},
		{1, math.MaxInt, []int{1, 2, 3, 4, 5}},
	} {
		var got []int
		for _, b := range collect(t, d, BatchSettings{Size: 2, Skip: c.skip, Limit: c.limit}, nil) {
			if got = append(got, b.Index); b.Indices[0] != 2*b.Index || b.Size != min(2, 11-2*b.Index) {
				t.Errorf("skip %d, limit %d: batch %d has the samples %v", c.skip, c.limit, b.Index, b.Indices)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("skip %d, limit %d: batches, got %v, want %v", c.skip, c.limit, got, c.want)
		}
	}
}

// Count is of the whole epoch, and dropping the last leaves out a smaller batch
// only.
func TestCount(t *testing.T) {
	for _, c := range []struct{ n, size, all, whole int }{{10, 5, 2, 2}, {11, 5, 3, 2}, {9, 5, 2, 1}, {5, 5, 1, 1}, {4, 5, 1, 0}, {1, 1, 1, 1}, {0, 5, 0, 0}, {5, 0, 0, 0}} {
		s := BatchSettings{Size: c.size, Skip: 1, Limit: 1}
		if got := s.Count(c.n); got != c.all {
			t.Errorf("%d samples in batches of %d: got %d, want %d", c.n, c.size, got, c.all)
		}
		s.DropLast = true
		if got := s.Count(c.n); got != c.whole {
			t.Errorf("%d samples in whole batches of %d: got %d, want %d", c.n, c.size, got, c.whole)
		}
	}
}

// The order of a shuffled epoch is the permutation that the rng gives when the
// range starts; the rng is not used afterwards.
func TestShuffleIsOnePermutation(t *testing.T) {
	d := counted(t, 2, cycle(20, 2)...)
	rng, twin := newRand(3), newRand(3)
	var got []int
	epoch := Batches(d, BatchSettings{Size: 3, Shuffle: true}, rng)
	for b, err := range epoch {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b.Indices...)
	}
	if want := twin.Perm(20); !slices.Equal(got, want) {
		t.Errorf("order, got %v, want %v", got, want)
	}
	if rng.Uint64() != twin.Uint64() {
		t.Error("the rng was used after the start of the range")
	}
}

// What belongs to whom: views and data sets keep their own copy of what the caller
// may go on writing, and a sample's pixels end where it ends.
func TestOwnership(t *testing.T) {
	shape := []int{2}
	f, err := NewFloats(shape, 1, []float32{1, 2, 3, 4}, []int{0, 0})
	if err != nil {
		t.Fatal(err)
	}
	im, err := NewImages("toy", shape, 2, []uint8{1, 2, 3, 4}, []uint8{0, 1}, Normalization{})
	if err != nil {
		t.Fatal(err)
	}
	shape[0] = 9
	if f.Shape()[0] != 2 || im.Shape()[0] != 2 {
		t.Errorf("shapes, got %v and %v, want the caller's writes to change nothing", f.Shape(), im.Shape())
	}
	if _ = append(im.Pixels(0), 99); im.Pixels(1)[0] != 3 {
		t.Error("appending to the pixels of a sample overwrote the next one")
	}
	if im.Name() != "toy" || im.Classes() != 2 || im.Label(1) != 1 || im.Len() != 2 {
		t.Errorf("got %q, %d classes, label %d, %d samples", im.Name(), im.Classes(), im.Label(1), im.Len())
	}
}

// A label out of range ends the epoch with an error, at the first class beyond.
func TestBatchesRejectTheFirstClassBeyond(t *testing.T) {
	d := oneClassLess{counted(t, 3, 0, 1, 2)}
	var last error
	for _, err := range Batches(d, BatchSettings{Size: 1}, nil) {
		last = err
	}
	wantError(t, last, "label of sample 2, got 2, want 0 to 1")
}

// oneClassLess says that it has a class less than it has.
type oneClassLess struct{ *Floats }

func (d oneClassLess) Classes() int { return d.Floats.Classes() - 1 }

// Only a shape of three dimensions has channels.
func TestChannels(t *testing.T) {
	pixels := make([]uint8, 24)
	for i := range pixels {
		pixels[i] = uint8(i)
	}
	for _, c := range []struct {
		shape    []int
		channels int
	}{{[]int{24}, 1}, {[]int{2, 12}, 1}, {[]int{2, 3, 4}, 2}, {[]int{1, 6, 4}, 1}, {[]int{2, 2, 2, 3}, 1}} {
		im, err := NewImages("toy", c.shape, 1, pixels, []uint8{0}, Normalization{})
		if err != nil {
			t.Fatal(err)
		}
		mean, std := im.Moments()
		if len(mean) != c.channels || len(std) != c.channels {
			t.Errorf("shape %v: moments of %d channels, want %d", c.shape, len(mean), c.channels)
		}
		per := make([]float64, c.channels)
		for i := range per {
			per[i] = 1
		}
		if _, err := im.WithNormalization(Normalization{Mean: per}); err != nil {
			t.Errorf("shape %v: a mean for each channel: %v", c.shape, err)
		}
	}
}

// Renumbered classes have the order of the list.
func TestClassesKeepTheList(t *testing.T) {
	d := counted(t, 5, 4, 0, 3, 1, 4)
	s, err := Classes(d, []int{4, 1}, true)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 0}, labelsOf(s)); diff != "" || s.Classes() != 2 {
		t.Errorf("%d classes: %s", s.Classes(), diff)
	}
	counts, err := ClassCounts(s)
	if diff := cmp.Diff([]int{2, 1}, counts); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
