package train

import (
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// The rows of the ordered source at the places of an epoch are its batches, for every
// source that says so.
func TestResidentSources(t *testing.T) {
	d, err := datasets.Glyphs(datasets.GlyphSettings{N: 31})
	if err != nil {
		t.Fatal(err)
	}
	pairs := &Pairs{Settings: datasets.BatchSettings{Size: 3, Shuffle: true}, Seed: 4}
	for i := range 11 {
		pairs.X, pairs.Y = append(pairs.X, []float32{float32(i), 1}), append(pairs.Y, []float32{float32(-i)})
	}
	targets, err := pairs.data()
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range []resident{
		&Labelled{Data: d, Settings: datasets.BatchSettings{Size: 7, Shuffle: true}, Seed: 2, Encoding: datasets.MinusPlusOne()},
		&Labelled{Data: d, Settings: datasets.BatchSettings{Size: 7, DropLast: true}},
		&Targeted{Data: targets, Settings: datasets.BatchSettings{Size: 4, Shuffle: true, Limit: 2}, Seed: 1},
		&Unlabelled{Data: d, Nodes: []string{"a", "b"}, Settings: datasets.BatchSettings{Size: 7, Shuffle: true}, Seed: 3},
		pairs,
	} {
		tables := map[string][]float32{}
		for b, err := range src.ordered().Batches(0, 0) {
			if err != nil {
				t.Fatal(err)
			}
			for name, values := range b.Values {
				tables[name] = append(tables[name], values...)
			}
		}
		var places [][]int
		for p, err := range src.places(1) {
			if err != nil {
				t.Fatal(err)
			}
			places = append(places, slices.Clone(p))
		}
		i := 0
		for b, err := range src.Batches(1, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if i >= len(places) || !slices.Equal(places[i], b.Indices) {
				t.Fatalf("%T: places of batch %d, got %v, want %v", src, i, places, b.Indices)
			}
			for name, want := range b.Values {
				width := len(tables[name]) / src.samples()
				var got []float32
				for _, k := range places[i] {
					got = append(got, tables[name][k*width:(k+1)*width]...)
				}
				if len(want) == 0 || !slices.Equal(got, want) {
					t.Errorf("%T: batch %d of node %q: got %v, want %v", src, i, name, got, want)
				}
			}
			i++
		}
		if i != len(places) || i != src.Steps() {
			t.Errorf("%T: batches, got %d by places, want %d = %d", src, len(places), i, src.Steps())
		}
	}
}
