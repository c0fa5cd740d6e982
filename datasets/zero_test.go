package datasets_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// TestZeroValues uses the zero values of the exported structs, none of which may
// panic; datasets without samples are refused by whatever reads them.
func TestZeroValues(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	images, floats, text := &datasets.Images{}, &datasets.Floats{}, &datasets.Text{}
	for name, d := range map[string]datasets.Dataset{"Images": images, "Floats": floats, "Text": text} {
		if d.Len() != 0 || d.Classes() != 0 {
			t.Errorf("%s: got %d samples and %d classes, want none", name, d.Len(), d.Classes())
		}
		for what, do := range map[string]func() error{
			"Batches": func() error {
				for _, err := range datasets.Batches(d, datasets.BatchSettings{Size: 1}, rng) {
					return err
				}
				return nil
			},
			"Subset":  func() error { _, err := datasets.Subset(d, []int{0}); return err },
			"First":   func() error { _, err := datasets.First(d, 1); return err },
			"Classes": func() error { _, err := datasets.Classes(d, []int{0}, true); return err },
		} {
			if do() == nil {
				t.Errorf("%s of %s{}: got no error", what, name)
			}
		}
		if _, err := datasets.ClassCounts(d); err != nil {
			t.Errorf("ClassCounts of %s{}: %v", name, err)
		}
		datasets.SampleSize(d)
	}
	images.Moments()
	images.Name()
	images.Normalization()
	text.Symbols()
	if _, err := images.WithNormalization(datasets.Normalization{}); err == nil {
		t.Error("Images{}.WithNormalization: got no error")
	}
	if (datasets.BatchSettings{}).Count(10) != 0 {
		t.Error("BatchSettings{}.Count: want 0 batches")
	}
	if err := (datasets.Encoding{}).Encode([]int{0}, 1, make([]float32, 1)); err == nil {
		t.Error("Encoding{}: got no error")
	}
	if _, err := datasets.Picture(nil, nil, datasets.Normalization{}, datasets.PictureSettings{}); err == nil {
		t.Error("Picture of nothing: got no error")
	}
	samples := &datasets.Samples{}
	if _, ok := datasets.Targets(samples); ok || samples.Len() != 0 || samples.Shape() != nil || samples.Classes() != 0 || samples.Label(0) != 0 || samples.ClassNames() != nil {
		t.Error("Samples{}: want nothing in it")
	}
	if _, ok := samples.Normalization(); ok {
		t.Error("Samples{}.Normalization: want none")
	}
	for _, err := range datasets.Batches(samples, datasets.BatchSettings{Size: 1}, nil) {
		if err == nil {
			t.Error("Batches of Samples{}: got no error")
		}
	}
	pictures := &datasets.Pictures{}
	if _, err := pictures.Array(); err == nil {
		t.Error("Pictures{}.Array: got no error")
	}
	for name, read := range map[string]func() error{
		"Assembly":    func() error { _, err := datasets.Assembly{}.Split(nil, nil); return err },
		"Part":        func() error { _, err := datasets.Assembly{}.Split(&datasets.Part{}, nil); return err },
		"NPZ":         func() error { _, err := datasets.NPZ{}.Read(""); return err },
		"NPY":         func() error { _, err := datasets.NPY{}.Read("", ""); return err },
		"CSV":         func() error { _, err := datasets.CSV{}.Read("", ""); return err },
		"IDXFiles":    func() error { _, err := datasets.IDXFiles{}.Read(t.TempDir()); return err },
		"ImageFolder": func() error { _, err := datasets.ImageFolder{}.Read(""); return err },
		"Augmenter":   func() error { _, err := datasets.NewAugmenter(0, nil); return err },
	} {
		if read() == nil {
			t.Errorf("%s{}: got no error", name)
		}
	}
	if _, err := datasets.Load("", datasets.LoadSettings{}); err == nil {
		t.Error("Load of nothing: got no error")
	}
}
