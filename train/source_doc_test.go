package train_test

import (
	"iter"
	"reflect"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/train"
)

// listed is a source of given batches.
type listed struct{ all []*train.Batch }

func (s *listed) Steps() int { return len(s.all) }

func (s *listed) Batches(_, skip int) iter.Seq2[*train.Batch, error] {
	return func(yield func(*train.Batch, error) bool) {
		for _, b := range s.all[skip:] {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// visits returns the first value of every sample that a source yields, batch by
// batch.
func visits(t *testing.T, src train.Source, epoch, skip int) (out [][]float32) {
	t.Helper()
	for b, err := range src.Batches(epoch, skip) {
		if err != nil {
			t.Fatal(err)
		}
		var firsts []float32
		for x := range slices.Chunk(b.Values["x"], len(b.Values["x"])/b.Size) {
			firsts = append(firsts, x[0])
		}
		out = append(out, firsts)
	}
	return out
}

// Of every source: the same epoch is the same sequence whenever it is asked for,
// each epoch and each seed has an order of its own, skipping leaves the rest as it
// was, and a limit bounds the batches of the whole epoch, those skipped included.
func TestSourcesAreResumable(t *testing.T) {
	const n = 23
	x, labels, text := make([]float32, n), make([]int, n), make([]rune, 0, n+1)
	for i := range n {
		x[i], labels[i] = float32(i), i%3
		text = append(text, rune('A'+i))
	}
	data, err := datasets.NewFloats([]int{1}, 3, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	letters, err := datasets.NewText(string(append(text, 'A')), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, source := range map[string]func(s datasets.BatchSettings, seed uint64) train.Source{
		"labelled": func(s datasets.BatchSettings, seed uint64) train.Source {
			return &train.Labelled{Data: data, Settings: s, Seed: seed}
		},
		"unlabelled": func(s datasets.BatchSettings, seed uint64) train.Source {
			return &train.Unlabelled{Data: data, Settings: s, Seed: seed}
		},
		"sequences": func(s datasets.BatchSettings, seed uint64) train.Source {
			return &train.Sequences{Data: letters, Settings: s, Seed: seed}
		},
	} {
		t.Run(name, func(t *testing.T) {
			settings := datasets.BatchSettings{Size: 4, Shuffle: true}
			src := source(settings, 5)
			whole := visits(t, src, 2, 0)
			if len(whole) != 6 || src.Steps() != 6 || len(whole[5]) != 3 {
				t.Fatalf("got %d batches and %d steps, want 6 and the last of 3", len(whole), src.Steps())
			}
			if !reflect.DeepEqual(visits(t, src, 2, 0), whole) {
				t.Error("the same epoch came in another order")
			}
			if reflect.DeepEqual(visits(t, src, 3, 0), whole) {
				t.Error("two epochs came in one order")
			}
			if reflect.DeepEqual(visits(t, source(settings, 6), 2, 0), whole) {
				t.Error("two seeds gave one order")
			}
			settings.Limit = 4
			limited := source(settings, 5)
			if limited.Steps() != 4 || !reflect.DeepEqual(visits(t, limited, 2, 0), whole[:4]) {
				t.Errorf("limit 4: got %d steps and %v, want %v", limited.Steps(), visits(t, limited, 2, 0), whole[:4])
			}
			for skip := range 5 {
				if got := visits(t, limited, 2, skip); !reflect.DeepEqual(got, append([][]float32(nil), whole[skip:4]...)) {
					t.Errorf("limit 4, %d skipped: got %v, want %v", skip, got, whole[skip:4])
				}
			}
			settings.Limit = 9
			if src := source(settings, 5); src.Steps() != 6 || !reflect.DeepEqual(visits(t, src, 2, 1), whole[1:]) {
				t.Errorf("a limit beyond the epoch: got %d steps", src.Steps())
			}
		})
	}
}

// The defaults of the names and of the encoding.
func TestSourceDefaults(t *testing.T) {
	data, err := datasets.NewFloats([]int{2}, 3, []float32{1, 2}, []int{1})
	if err != nil {
		t.Fatal(err)
	}
	one := datasets.BatchSettings{Size: 1}
	for name, c := range map[string]struct {
		src  train.Source
		want map[string][]float32
	}{
		"labelled": {&train.Labelled{Data: data, Settings: one}, map[string][]float32{"x": {1, 2}, "y": {0, 1, 0}}},
		"named": {
			&train.Labelled{Data: data, Settings: one, Input: "in", Target: "out", Encoding: datasets.MinusPlusOne()},
			map[string][]float32{"in": {1, 2}, "out": {-1, 1, -1}},
		},
		"unlabelled":       {&train.Unlabelled{Data: data, Settings: one}, map[string][]float32{"x": {1, 2}}},
		"unlabelled named": {&train.Unlabelled{Data: data, Settings: one, Nodes: []string{"a", "b"}}, map[string][]float32{"a": {1, 2}, "b": {1, 2}}},
	} {
		for b, err := range c.src.Batches(0, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(b.Values, c.want) {
				t.Errorf("%s: got %v, want %v", name, b.Values, c.want)
			}
		}
	}
}

// The labels of a sequence are the symbols that follow each one, window by window,
// in the order in which the windows come.
func TestSequencesFollow(t *testing.T) {
	text, err := datasets.NewText("abcdefghijklm", 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	src := &train.Sequences{Data: text, Settings: datasets.BatchSettings{Size: 3, Shuffle: true}, Seed: 2}
	for b, err := range src.Batches(0, 0) {
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Labels) != len(b.Values["x"]) || len(b.Values["y"]) != 13*len(b.Labels) {
			t.Fatalf("got %d labels and %d targets for %d symbols", len(b.Labels), len(b.Values["y"]), len(b.Values["x"]))
		}
		for i, x := range b.Values["x"] {
			if b.Labels[i] != int(x)+1 || b.Values["y"][13*i+int(x)+1] != 1 {
				t.Errorf("place %d: after symbol %v got label %d, want the next letter", i, x, b.Labels[i])
			}
		}
	}
}
