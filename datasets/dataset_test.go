package datasets

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFloats(t *testing.T) {
	f, err := NewFloats([]int{2, 1}, 3, []float32{1, 2, 3, 4}, []int{2, 0})
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, 2)
	f.Read(1, dst)
	if diff := cmp.Diff([]float32{3, 4}, dst); diff != "" {
		t.Error(diff)
	}
	if f.Len() != 2 || f.Classes() != 3 || f.Label(0) != 2 || SampleSize(f) != 2 {
		t.Errorf("got %d samples, %d classes, label %d, size %d, want 2, 3, 2, 2", f.Len(), f.Classes(), f.Label(0), SampleSize(f))
	}
	counts, err := ClassCounts(f)
	if diff := cmp.Diff([]int{1, 0, 1}, counts); diff != "" || err != nil {
		t.Error(diff, err)
	}
	_, err = ClassCounts(foreign{counted(t, 2, 0, 1)})
	wantError(t, err, "label of sample 1", "got 2", "0 to 1")
}

func TestNewFloatsRejects(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, c := range []struct {
		name    string
		shape   []int
		classes int
		x       []float32
		labels  []int
		want    string
	}{
		{"no shape", nil, 2, []float32{1}, []int{0}, "shape, got none"},
		{"zero dimension", []int{2, 0}, 2, nil, []int{0}, "shape, got [2 0]"},
		{"overflow", []int{1 << 20, 1 << 20}, 2, nil, []int{0}, "product of at most"},
		{"no class", []int{1}, 0, []float32{1}, []int{0}, "classes, got 0"},
		{"no sample", []int{1}, 2, nil, nil, "labels, got none"},
		{"short", []int{2}, 2, []float32{1, 2, 3}, []int{0, 1}, "values, got 3, want 2 labels × 2"},
		{"negative label", []int{1}, 2, []float32{1, 2}, []int{0, -1}, "label of sample 1, got -1"},
		{"great label", []int{1}, 2, []float32{1, 2}, []int{2, 0}, "label of sample 0, got 2"},
		{"NaN", []int{2}, 2, []float32{1, 2, 3, nan}, []int{0, 0}, "value 1 of sample 1, got NaN"},
		{"Inf", []int{2}, 2, []float32{inf, 2}, []int{0}, "value 0 of sample 0, got -Inf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewFloats(c.shape, c.classes, c.x, c.labels)
			wantError(t, err, "datasets: floats", c.want)
		})
	}
}

func TestImagesNormalize(t *testing.T) {
	pixels := []uint8{0, 255, 51, 102, 255, 0, 204, 153} // two samples of (2, 1, 2)
	im, err := NewImages("toy", []int{2, 1, 2}, 2, pixels, []uint8{0, 1}, Normalization{Mean: []float64{0, 0.5}, Std: []float64{2}})
	if err != nil {
		t.Fatal(err)
	}
	dst := make([]float32, 4)
	for i, want := range [][]float32{{0, 0.5, -0.15, -0.05}, {0.5, 0, 0.15, 0.05}} {
		im.Read(i, dst)
		for j := range dst {
			if math.Abs(float64(dst[j]-want[j])) > 1e-7 {
				t.Errorf("sample %d value %d, got %g, want %g", i, j, dst[j], want[j])
			}
		}
	}
	unit, err := im.WithNormalization(Standard("unit"))
	if err != nil {
		t.Fatal(err)
	}
	unit.Read(0, dst)
	if diff := cmp.Diff([]float32{0, 1, 0.2, 0.4}, dst); diff != "" {
		t.Error(diff)
	}
	if &unit.Pixels(0)[0] != &pixels[0] {
		t.Error("WithNormalization copied the pixels, want them shared")
	}
	mean, std := im.Moments()
	wantMean, wantStd := []float64{0.5, 0.5}, []float64{0.5, math.Sqrt(0.05)}
	for c := range mean {
		if math.Abs(mean[c]-wantMean[c]) > 1e-12 || math.Abs(std[c]-wantStd[c]) > 1e-12 {
			t.Errorf("moments of channel %d, got %g and %g, want %g and %g", c, mean[c], std[c], wantMean[c], wantStd[c])
		}
	}
}

func TestImagesOwnTheirNormalization(t *testing.T) {
	n := Normalization{Mean: []float64{0.5}}
	im, err := NewImages("toy", []int{1}, 1, []uint8{255}, []uint8{0}, n)
	if err != nil {
		t.Fatal(err)
	}
	n.Mean[0] = 9
	im.Normalization().Mean[0] = 9
	if got := im.Normalization().Mean[0]; got != 0.5 {
		t.Errorf("mean, got %g, want 0.5", got)
	}
}

func TestNewImagesRejects(t *testing.T) {
	shape, pixels, labels := []int{3, 1, 1}, []uint8{1, 2, 3}, []uint8{1}
	for _, c := range []struct {
		name    string
		shape   []int
		classes int
		pixels  []uint8
		labels  []uint8
		norm    Normalization
		want    string
	}{
		{"shape", []int{-1}, 2, pixels, labels, Normalization{}, "shape, got [-1]"},
		{"classes", shape, 257, pixels, labels, Normalization{}, "classes, got 257, want 1 to 256"},
		{"no labels", shape, 2, nil, nil, Normalization{}, "labels, got none"},
		{"pixels", shape, 2, pixels[:2], labels, Normalization{}, "pixels, got 2, want 1 labels × 3"},
		{"label", shape, 1, pixels, labels, Normalization{}, "label of sample 0, got 1, want 0 to 0"},
		{"scale", shape, 2, pixels, labels, Normalization{Scale: -1}, "scale, got -1"},
		{"means", shape, 2, pixels, labels, Normalization{Mean: []float64{1, 2}}, "mean, got 2 entries, want none, 1 or 3"},
		{"mean", shape, 2, pixels, labels, Normalization{Mean: []float64{math.NaN()}}, "mean of channel 0, got NaN"},
		{"std", shape, 2, pixels, labels, Normalization{Std: []float64{1, 0, 1}}, "std of channel 1, got 0"},
		{"overflow", shape, 2, pixels, labels, Normalization{Scale: 1, Std: []float64{1e-300}}, "want a finite float32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewImages("toy", c.shape, c.classes, c.pixels, c.labels, c.norm)
			wantError(t, err, "datasets: ", c.want)
		})
	}
}

func TestStandardIsValid(t *testing.T) {
	for _, info := range Names() {
		channels := 1
		if len(info.Shape) == 3 {
			channels = info.Shape[0]
		}
		if _, err := Standard(info.Name).tables(channels); err != nil {
			t.Errorf("%s: %v", info.Name, err)
		}
	}
}

func TestEncoding(t *testing.T) {
	dst := []float32{9, 9, 9, 9, 9, 9}
	if err := ZeroOne().Encode([]int{2, 0}, 3, dst); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{0, 0, 1, 1, 0, 0}, dst); diff != "" {
		t.Error(diff)
	}
	if err := MinusPlusOne().Encode([]int{1}, 2, dst[:2]); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{-1, 1, 1, 1, 0, 0}, dst); diff != "" {
		t.Error(diff)
	}
	before := append([]float32(nil), dst...)
	wantError(t, Encoding{}.Encode([]int{0}, 2, dst[:2]), "off and on, got 0 and 0", "use ZeroOne or MinusPlusOne")
	wantError(t, Encoding{On: math.Inf(1)}.Encode([]int{0}, 2, dst[:2]), "different finite")
	wantError(t, ZeroOne().Encode([]int{0}, 0, nil), "classes, got 0")
	wantError(t, ZeroOne().Encode([]int{0}, 2, dst), "dst, got 6 values, want 1 labels × 2 classes")
	wantError(t, ZeroOne().Encode([]int{1, 3}, 3, dst), "label 1, got 3, want 0 to 2")
	wantError(t, ZeroOne().Encode([]int{-1}, 3, dst[:3]), "label 0, got -1")
	if diff := cmp.Diff(before, dst); diff != "" {
		t.Errorf("dst changed by failed calls: %s", diff)
	}
}
