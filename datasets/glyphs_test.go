package datasets

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func glyphs(t testing.TB, s GlyphSettings) *Images {
	t.Helper()
	im, err := Glyphs(s)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestGlyphsAreAFunctionOfSeedSplitAndPlace(t *testing.T) {
	base := glyphs(t, GlyphSettings{Seed: 5, N: 203})
	before := runtime.GOMAXPROCS(3)
	defer runtime.GOMAXPROCS(before)
	longer := glyphs(t, GlyphSettings{Seed: 5, Split: "train", N: 317})
	if !bytes.Equal(base.pixels, longer.pixels[:len(base.pixels)]) {
		t.Error("a longer set made by three workers does not begin with the shorter one")
	}
	for _, s := range []GlyphSettings{{Seed: 6, N: 203}, {Seed: 5, Split: "test", N: 203}} {
		other := glyphs(t, s)
		for i := range 203 {
			if bytes.Equal(base.Pixels(i), other.Pixels(i)) {
				t.Errorf("%+v: sample %d equals that of seed 5, train", s, i)
			}
		}
	}
	seen := map[string]int{}
	for i := range longer.Len() {
		if k, ok := seen[string(longer.Pixels(i))]; ok {
			t.Errorf("samples %d and %d are the same", i, k)
		}
		seen[string(longer.Pixels(i))] = i
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

// What a seed gives is part of what an experiment's manifest promises. Sums of pixels,
// with a tolerance, hold it on every architecture.
func TestGlyphsGolden(t *testing.T) {
	const n, tolerance = 100, 3
	im := glyphs(t, GlyphSettings{Seed: 1, N: n})
	got := make([]int, n)
	for i := range got {
		for k, p := range im.Pixels(i) {
			got[i] += int(p) * (1 + k%7) // weighted, to notice a shift
		}
	}
	path := filepath.Join("testdata", "glyphs.json")
	if *update {
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var want []int
	if err := json.Unmarshal(text, &want); err != nil || len(want) != n {
		t.Fatalf("%s: got %d sums (%v), want %d", path, len(want), err, n)
	}
	for i := range want {
		if d := got[i] - want[i]; d < -7*tolerance || d > 7*tolerance {
			t.Errorf("sample %d: weighted sum of pixels, got %d, want %d: a change of the glyphs belongs in the change log", i, got[i], want[i])
		}
	}
}

func TestGlyphsRejects(t *testing.T) {
	_, err := Glyphs(GlyphSettings{N: -1})
	wantError(t, err, "datasets: glyphs: samples, got -1")
	_, err = Glyphs(GlyphSettings{N: math.MaxInt32})
	wantError(t, err, "samples, got 2147483647")
}

func TestLoadGlyphs(t *testing.T) {
	s, err := Load("glyphs", LoadSettings{Dir: "not used", Seed: 3, Train: 1000, Test: 20})
	if err != nil {
		t.Fatal(err)
	}
	counts, err := ClassCounts(s.Train)
	if diff := cmp.Diff([]int{100, 100, 100, 100, 100, 100, 100, 100, 100, 100}, counts); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if s.Test.Len() != 20 || !cmp.Equal(s.Test.Shape(), []int{28, 28}) {
		t.Errorf("test, got %d samples of %v, want 20 of [28 28]", s.Test.Len(), s.Test.Shape())
	}
	_, err = Load("glyphs", LoadSettings{Train: math.MaxInt32})
	wantError(t, err, "samples, got 2147483647")
}

// The constants of Standard("glyphs") are those of the default set, and other seeds are
// near.
func TestGlyphsMoments(t *testing.T) {
	for seed, within := range map[uint64]float64{0: 6e-5, 1: 2e-3} {
		mean, std := glyphs(t, GlyphSettings{Seed: seed}).Moments()
		if math.Abs(mean[0]-glyphMean) > within || math.Abs(std[0]-glyphStd) > within {
			t.Errorf("seed %d: moments, got %.5f and %.5f, want %g and %g", seed, mean[0], std[0], glyphMean, glyphStd)
		}
	}
}

// Every mask is ink inside and paper outside, and its distance changes by at most a
// step's length from pixel to pixel.
func TestGlyphMasks(t *testing.T) {
	fonts, err := glyphMasks()
	if err != nil {
		t.Fatal(err)
	}
	const step = 1.5 / maskRatio // the sign changes over one pixel and a half at most
	for f, digits := range fonts {
		for d, m := range digits {
			ink := 0
			for i, v := range m {
				if v < 0 {
					ink++
				}
				if x := i % maskSide; x > 0 && math.Abs(float64(v-m[i-1])) > step {
					t.Fatalf("font %d digit %d: distance jumps from %g to %g", f, d, m[i-1], v)
				}
			}
			if share := float64(ink) / (maskSide * maskSide); share < 0.02 || share > 0.25 {
				t.Errorf("font %d digit %d: ink, got %.3f of the mask, want 0.02 to 0.25", f, d, share)
			}
		}
	}
}

// Glyphs must need hidden layers: a perceptron learns them in four epochs, a linear
// classifier never does.
func TestGlyphsNeedHiddenLayers(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("trains two networks: not with -short or -race")
	}
	s, err := Load("glyphs", LoadSettings{})
	if err != nil {
		t.Fatal(err)
	}
	deep := newNetwork(50, 0.002, 784, 64, 64, 10).train(t, s, 4)
	linear := newNetwork(50, 0.001, 784, 10).train(t, s, 10)
	t.Logf("test accuracy after each epoch: perceptron %.4f, linear %.4f", deep, linear)
	if got := deep[3]; got < 0.95 {
		t.Errorf("accuracy of a 784-64-64-10 perceptron, got %.4f, want at least 0.95", got)
	}
	best := 0.
	for _, a := range linear {
		best = max(best, a)
	}
	if gap := deep[3] - best; gap < 0.05 {
		t.Errorf("perceptron minus best linear accuracy, got %.4f, want at least 0.05", gap)
	}
	if best < 0.5 {
		t.Errorf("linear accuracy, got %.4f, want at least 0.5: the digits are too hard to be of use", best)
	}
}

func BenchmarkGlyphs(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Glyphs(GlyphSettings{N: 1000}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/sample")
}
