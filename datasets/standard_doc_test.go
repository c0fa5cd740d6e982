package datasets

import (
	"bytes"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// The published numbers, without the data. For MNIST and Fashion-MNIST they are
// those of the PyTorch and torchvision examples, for CIFAR-10 the standard
// deviation of all pixels of a channel, not the mean of the images' deviations
// (0.2023, 0.1994, 0.2010) that often stands in its place.
func TestStandardNumbers(t *testing.T) {
	for name, want := range map[string]Normalization{
		"mnist":         {Scale: 1. / 255, Mean: []float64{0.1307}, Std: []float64{0.3081}},
		"fashion-mnist": {Scale: 1. / 255, Mean: []float64{0.2860}, Std: []float64{0.3530}},
		"cifar-10":      {Scale: 1. / 255, Mean: []float64{0.4914, 0.4822, 0.4465}, Std: []float64{0.2470, 0.2435, 0.2616}},
		"optdigits":     {Scale: 1. / 16},
		"glyphs":        {Scale: 1. / 255, Mean: []float64{0.1519}, Std: []float64{0.2877}},
		"unit":          {Scale: 1. / 255},
		"anything":      {Scale: 1. / 255},
	} {
		if diff := cmp.Diff(want, Standard(name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// x = (pixel·Scale − Mean)/Std, by hand, with every default.
func TestNormalizationFormula(t *testing.T) {
	const third = 1. / 3
	for name, c := range map[string]struct {
		n    Normalization
		want [2]float64 // of pixel 51 in either channel
	}{
		"zero value":      {Normalization{}, [2]float64{0.2, 0.2}},
		"mean for all":    {Normalization{Mean: []float64{0.5}}, [2]float64{-0.3, -0.3}},
		"mean of each":    {Normalization{Mean: []float64{0.5, 0.1}}, [2]float64{-0.3, 0.1}},
		"std of each":     {Normalization{Std: []float64{2, third}}, [2]float64{0.1, 0.6}},
		"std divides all": {Normalization{Mean: []float64{0.5}, Std: []float64{third}}, [2]float64{-0.9, -0.9}},
		"scale":           {Normalization{Scale: 1, Mean: []float64{50}, Std: []float64{2}}, [2]float64{0.5, 0.5}},
	} {
		im, err := NewImages("toy", []int{2, 1, 1}, 1, []uint8{51, 51}, []uint8{0}, c.n)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 2)
		im.Read(0, got)
		for i := range got {
			if math.Abs(float64(got[i])-c.want[i]) > 1e-6 {
				t.Errorf("%s: channel %d, got %v, want %v", name, i, got[i], c.want[i])
			}
		}
	}
}

// The defaults of glyphs: 12,000 training samples, of the split "train".
func TestGlyphDefaults(t *testing.T) {
	all, err := Glyphs(GlyphSettings{})
	if err != nil {
		t.Fatal(err)
	}
	few, err := Glyphs(GlyphSettings{N: 30, Split: "train"})
	if err != nil {
		t.Fatal(err)
	}
	if all.Len() != 12000 {
		t.Errorf("samples, got %d, want 12000", all.Len())
	}
	for i := range few.Len() {
		if few.Label(i) != i%10 || !bytes.Equal(few.Pixels(i), all.Pixels(i)) {
			t.Fatalf("sample %d differs from that of the split train, or its label %d is not i mod 10", i, few.Label(i))
		}
	}
	s, err := Load("glyphs", LoadSettings{Train: 10})
	if err != nil {
		t.Fatal(err)
	}
	if s.Train.Len() != 10 || s.Test.Len() != 2000 {
		t.Errorf("got %d and %d samples, want 10 and, by default, 2000", s.Train.Len(), s.Test.Len())
	}
	for _, info := range Names() {
		if info.Name == "glyphs" && (info.Train != 12000 || info.Test != 2000 || info.Bytes != 0) {
			t.Errorf("info, got %+v, want the defaults and no bytes", info)
		}
	}
}

// What the catalog says of each data set: shapes as they are read, and as many
// bytes as all its files have together.
func TestCatalog(t *testing.T) {
	want := map[string]Info{
		"glyphs":           {Shape: []int{28, 28}},
		"kmnist":           {Shape: []int{28, 28}, Train: 60000, Test: 10000, Bytes: 18165135 + 29497 + 3041136 + 5120},
		"cifar-100":        {Shape: []int{3, 32, 32}, Classes: 100, Train: 50000, Test: 10000, Bytes: 168513733},
		"cifar-100-coarse": {Shape: []int{3, 32, 32}, Classes: 20, Train: 50000, Test: 10000, Bytes: 168513733},
		"emnist-balanced":  {Shape: []int{28, 28}, Classes: 47, Train: 112800, Test: 18800, Bytes: 561753746},
		"emnist-byclass":   {Shape: []int{28, 28}, Classes: 62, Train: 697932, Test: 116323, Bytes: 561753746},
		"emnist-bymerge":   {Shape: []int{28, 28}, Classes: 47, Train: 697932, Test: 116323, Bytes: 561753746},
		"emnist-digits":    {Shape: []int{28, 28}, Train: 240000, Test: 40000, Bytes: 561753746},
		"emnist-letters":   {Shape: []int{28, 28}, Classes: 26, Train: 124800, Test: 20800, Bytes: 561753746},
		"emnist-mnist":     {Shape: []int{28, 28}, Train: 60000, Test: 10000, Bytes: 561753746},
		"mnist":            {Shape: []int{28, 28}, Train: 60000, Test: 10000, Bytes: 9912422 + 28881 + 1648877 + 4542},
		"fashion-mnist":    {Shape: []int{28, 28}, Train: 60000, Test: 10000, Bytes: 26421880 + 29515 + 4422102 + 5148},
		"cifar-10":         {Shape: []int{3, 32, 32}, Train: 50000, Test: 10000, Bytes: 170052171},
		"optdigits":        {Shape: []int{8, 8}, Train: 3823, Test: 1797, Bytes: 563639 + 264712},
	}
	for i, info := range Names() {
		w, ok := want[info.Name]
		if w.Classes == 0 {
			w.Classes = 10
		}
		if !ok || !slices.Equal(info.Shape, w.Shape) || info.Classes != w.Classes || info.Bytes != w.Bytes {
			t.Errorf("got %+v, want shape %v, %d classes and %d bytes", info, w.Shape, w.Classes, w.Bytes)
		}
		if i > 0 && (info.Train != w.Train || info.Test != w.Test) {
			t.Errorf("%s: got %d and %d samples, want %d and %d", info.Name, info.Train, info.Test, w.Train, w.Test)
		}
	}
	if first := Names()[0].Name; first != "glyphs" || len(Names()) != len(want) {
		t.Errorf("first of %d is %q, want the embedded glyphs of %d", len(Names()), first, len(want))
	}
}

// Fetch waits a minute by default.
func TestFetchDefaults(t *testing.T) {
	d := newDownload("folder", remoteFile{name: "file"}, FetchSettings{})
	if d.stall != time.Minute || d.client == nil || d.client.Timeout != 0 || d.path != filepath.Join("folder", "file") || d.part != d.path+".part" {
		t.Errorf("got %+v, want a minute, a client without a limit, and FILE.part", d)
	}
	if d := newDownload("folder", remoteFile{}, FetchSettings{Stall: time.Second}); d.stall != time.Second {
		t.Errorf("stall, got %v, want a second", d.stall)
	}
}

// A CIFAR-10 file may declare 2²⁰ records and not one more.
func TestCIFARMostRecords(t *testing.T) {
	_, _, err := ReadCIFAR10(bytes.NewReader(nil), (1<<20+1)*cifarRecord)
	wantError(t, err, "at most 1048576 records")
	_, _, err = ReadCIFAR10(bytes.NewReader(nil), 1<<20*cifarRecord)
	wantError(t, err, "got 0 records") // the size is accepted, the content is missing
	record := make([]byte, cifarRecord)
	record[0] = 10
	_, _, err = ReadCIFAR10(bytes.NewReader(record), -1)
	wantError(t, err, "label of record 0, got 10, want 0 to 9")
	record[0] = 9
	if _, labels, err := ReadCIFAR10(bytes.NewReader(record), -1); err != nil || labels[0] != 9 {
		t.Errorf("got labels %v, %v, want 9", labels, err)
	}
}

// Of several copies of a file the one in DIR/NAME is read, and there the plain
// one; Locate names it.
func TestLoadOrder(t *testing.T) {
	dir := t.TempDir()
	row := func(label byte) []byte {
		return append(bytes.Repeat([]byte("0,"), 64), '0'+label, '\n')
	}
	for label, name := range []string{"optdigits.tra.gz", "optdigits.tra", "optdigits/optdigits.tra.gz", "optdigits/optdigits.tra"} {
		write(t, dir, name, row(byte(label)))
		if label == 0 {
			write(t, dir, "optdigits.tes", row(9))
		}
		s, err := Load("optdigits", LoadSettings{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if s.Train.Label(0) != label || s.Test.Label(0) != 9 {
			t.Errorf("with %s: read the file with label %d, want %d", name, s.Train.Label(0), label)
		}
		if path, err := Locate("optdigits", dir); err != nil || path != filepath.Join(dir, filepath.FromSlash(name)) {
			t.Errorf("with %s: Locate gives %s, %v", name, path, err)
		}
	}
}

// Moments are of the pixels times Scale, whatever the scale and whatever else the
// normalization does.
func TestMomentsAreOfScaledPixels(t *testing.T) {
	im, err := NewImages("toy", []int{2}, 1, []uint8{0, 8, 16, 8}, []uint8{0, 0}, Normalization{Scale: 1. / 16, Mean: []float64{9}, Std: []float64{7}})
	if err != nil {
		t.Fatal(err)
	}
	mean, std := im.Moments()
	if math.Abs(mean[0]-0.5) > 1e-15 || math.Abs(std[0]-math.Sqrt(0.125)) > 1e-15 {
		t.Errorf("got %v and %v, want 0.5 and √⅛", mean, std)
	}
}

// The seed and the split make the digits, and both reach Load.
func TestGlyphSeeds(t *testing.T) {
	load := func(seed uint64) *Split {
		s, err := Load("glyphs", LoadSettings{Seed: seed, Train: 10, Test: 10})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	same := func(a, b Dataset) bool { return bytes.Equal(a.(*Images).Pixels(3), b.(*Images).Pixels(3)) }
	one, again, two := load(1), load(1), load(2)
	if !same(one.Train, again.Train) || !same(one.Test, again.Test) {
		t.Error("one seed made two sets")
	}
	if same(one.Train, two.Train) || same(one.Test, two.Test) || same(one.Train, one.Test) {
		t.Error("two seeds, or two splits, made one set")
	}
	if s := one.Train.(*Images).Normalization(); s.Mean[0] != 0.1519 {
		t.Errorf("normalization, got %+v, want that of Standard(\"glyphs\")", s)
	}
}
