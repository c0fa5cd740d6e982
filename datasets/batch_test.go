package datasets

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// collect copies every batch.
func collect(t require, d Dataset, s BatchSettings, rng *rand.Rand) []Batch {
	var out []Batch
	for b, err := range Batches(d, s, rng) {
		if err != nil {
			t.Fatalf("batches: %v", err)
		}
		b.X, b.Labels, b.Indices = slices.Clone(b.X), slices.Clone(b.Labels), slices.Clone(b.Indices)
		out = append(out, b)
	}
	return out
}

type require interface{ Fatalf(string, ...any) }

func TestBatchesInOrder(t *testing.T) {
	d := counted(t, 3, 0, 1, 2, 0, 1)
	want := []Batch{
		{0, 2, []float32{0, 0, 1, 1}, []int{0, 1}, []int{0, 1}},
		{1, 2, []float32{2, 2, 3, 0}, []int{2, 0}, []int{2, 3}},
		{2, 1, []float32{4, 1}, []int{1}, []int{4}},
	}
	if diff := cmp.Diff(want, collect(t, d, BatchSettings{Size: 2}, nil)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[:2], collect(t, d, BatchSettings{Size: 2, DropLast: true}, nil)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want[1:2], collect(t, d, BatchSettings{Size: 2, Skip: 1, Limit: 1}, nil)); diff != "" {
		t.Error(diff)
	}
	if got := collect(t, d, BatchSettings{Size: 2, Skip: 3}, nil); got != nil {
		t.Errorf("skip all: got %v, want none", got)
	}
	if got := collect(t, d, BatchSettings{Size: 99}, nil); len(got) != 1 || got[0].Size != 5 {
		t.Errorf("a size beyond the set: got %v, want one batch of 5", got)
	}
}

func TestBatchesProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 50).Draw(t, "n")
		x, labels := make([]float32, n), cycle(n, 4)
		d, err := NewFloats([]int{1}, 4, x, labels)
		if err != nil {
			t.Fatal(err)
		}
		s := BatchSettings{Size: rapid.IntRange(1, 60).Draw(t, "size"), Shuffle: true}
		seed := rapid.Uint64().Draw(t, "seed")
		all := collect(t, d, s, newRand(seed))
		if len(all) != s.Count(n) {
			t.Fatalf("batches, got %d, want Count = %d", len(all), s.Count(n))
		}
		var seen []int
		for _, b := range all {
			for k, i := range b.Indices {
				if b.Labels[k] != labels[i] {
					t.Fatalf("label of sample %d, got %d, want %d", i, b.Labels[k], labels[i])
				}
			}
			seen = append(seen, b.Indices...)
		}
		slices.Sort(seen)
		for i := range n {
			if seen[i] != i {
				t.Fatalf("samples, got %v, want each once", seen)
			}
		}
		// Skip then the rest is the whole: an interrupted epoch resumes.
		s.Skip = rapid.IntRange(0, len(all)).Draw(t, "skip")
		if diff := cmp.Diff(all[s.Skip:], append([]Batch{}, collect(t, d, s, newRand(seed))...)); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestBatchesShuffleAnew(t *testing.T) {
	d := counted(t, 2, cycle(100, 2)...)
	epochs := Batches(d, BatchSettings{Size: 100, Shuffle: true}, newRand(1))
	var orders [][]int
	for range 2 {
		for b := range epochs {
			orders = append(orders, slices.Clone(b.Indices))
		}
	}
	if slices.Equal(orders[0], orders[1]) || slices.IsSorted(orders[0]) {
		t.Error("two ranges gave one order, or no shuffle; want two orders")
	}
}

func TestBatchesRejects(t *testing.T) {
	d := counted(t, 3, 0, 1, 2)
	for _, c := range []struct {
		name string
		d    Dataset
		s    BatchSettings
		want string
	}{
		{"nil", nil, BatchSettings{Size: 1}, "dataset, got nil"},
		{"size", d, BatchSettings{}, "size, got 0, want at least 1"},
		{"rng", d, BatchSettings{Size: 1, Shuffle: true}, "rng, got nil"},
		{"drop all", d, BatchSettings{Size: 4, DropLast: true}, "want at most the 3 samples"},
		{"skip", d, BatchSettings{Size: 2, Skip: 3}, "skip, got 3, want 0 to the 2"},
		{"limit", d, BatchSettings{Size: 2, Limit: -1}, "limit, got -1"},
		{"label", foreign{d}, BatchSettings{Size: 3}, "label of sample 2, got 4"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			for b, err := range Batches(c.d, c.s, nil) {
				n++
				wantError(t, err, "datasets: batches", c.want)
				if b.Size != 0 {
					t.Errorf("batch with an error, got size %d, want 0", b.Size)
				}
			}
			if n != 1 {
				t.Errorf("yields, got %d, want 1", n)
			}
		})
	}
}

func TestBatchesDoNotAllocate(t *testing.T) {
	im, err := NewImages("toy", []int{8, 8}, 2, make([]uint8, 64*1000), make([]uint8, 1000), Normalization{})
	if err != nil {
		t.Fatal(err)
	}
	rng := newRand(1)
	run := func(limit int) float64 {
		return testing.AllocsPerRun(5, func() {
			for _, err := range Batches(im, BatchSettings{Size: 10, Shuffle: true, Limit: limit}, rng) {
				if err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if one, all := run(1), run(100); all > one {
		t.Errorf("allocations, got %g for 100 batches and %g for 1, want the same", all, one)
	}
}

func BenchmarkBatches(b *testing.B) {
	im, err := NewImages("toy", []int{28, 28}, 2, make([]uint8, 784*6000), make([]uint8, 6000), Standard("mnist"))
	if err != nil {
		b.Fatal(err)
	}
	rng := newRand(1)
	b.ReportAllocs()
	b.SetBytes(784 * 6000)
	for b.Loop() {
		for range Batches(im, BatchSettings{Size: 100, Shuffle: true}, rng) {
		}
	}
}
