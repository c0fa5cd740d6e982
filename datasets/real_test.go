package datasets

import (
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRealData compares the loaders' output with published facts of each dataset.
func TestRealData(t *testing.T) {
	tens := func(n int) []int { return []int{n, n, n, n, n, n, n, n, n, n} }
	for _, c := range []struct {
		name        string
		long        bool
		train, test []int // samples of each class; nil test: not checked
		mean, std   []float64
	}{
		{
			name:  "mnist",
			train: []int{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949},
			test:  []int{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009},
			mean:  Standard("mnist").Mean, std: Standard("mnist").Std,
		},
		{name: "fashion-mnist", train: tens(6000), test: tens(1000), mean: Standard("fashion-mnist").Mean, std: Standard("fashion-mnist").Std},
		{name: "cifar-10", long: true, train: tens(5000), mean: Standard("cifar-10").Mean, std: Standard("cifar-10").Std},
		{
			name:  "optdigits", // counts of optdigits.names
			train: []int{376, 389, 380, 389, 387, 376, 377, 387, 380, 382},
			test:  []int{178, 182, 177, 183, 181, 182, 181, 179, 174, 180},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := dataDir(t, c.name)
			if c.long && (testing.Short() || raceEnabled) {
				t.Skip("unpacks 150 MB: not with -short or -race")
			}
			s, err := Load(c.name, LoadSettings{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			counts, err := ClassCounts(s.Train)
			if diff := cmp.Diff(c.train, counts); diff != "" || err != nil {
				t.Error("training", diff, err)
			}
			counts, err = ClassCounts(s.Test)
			if diff := cmp.Diff(c.test, counts); c.test != nil && diff != "" || err != nil {
				t.Error("test", diff, err)
			}
			mean, std := s.Train.(*Images).Moments()
			for k := range c.mean {
				if math.Abs(mean[k]-c.mean[k]) > 6e-5 || math.Abs(std[k]-c.std[k]) > 6e-5 {
					t.Errorf("moments of channel %d, got %.5f and %.5f, want %.4f and %.4f", k, mean[k], std[k], c.mean[k], c.std[k])
				}
			}
		})
	}
}

// The pixel sum of the optdigits test set is that of the copy which scikit-learn ships:
// mean 4.884164579855314 of 1797 × 64.
func TestOptdigitsSum(t *testing.T) {
	s, err := Load("optdigits", LoadSettings{Dir: dataDir(t, "optdigits"), Normalization: &Normalization{Scale: 1}})
	if err != nil {
		t.Fatal(err)
	}
	mean, _ := s.Test.(*Images).Moments()
	if math.Abs(mean[0]-4.884164579855314) > 1e-12 {
		t.Errorf("mean pixel, got %v, want 4.884164579855314", mean[0])
	}
}

// The readers of users' files find in the files of the named sets what Load does.
func TestRealDataAsUsersRead(t *testing.T) {
	t.Run("optdigits as a table", func(t *testing.T) {
		dir := filepath.Join(dataDir(t, "optdigits"), "optdigits")
		c := CSV{TargetColumns: []int{-1}, Shape: []int{8, 8}, Normalization: &Normalization{Scale: 1. / 16}}
		got, err := c.Read(filepath.Join(dir, "optdigits.tra"), filepath.Join(dir, "optdigits.tes"))
		if err != nil {
			t.Fatal(err)
		}
		sameSplit(t, "optdigits", got)
	})
	for _, name := range []string{"mnist", "fashion-mnist"} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				t.Skip("unpacks 50 MB: not with -short")
			}
			n := Standard(name)
			got, err := IDXFiles{Normalization: &n}.Read(filepath.Join(dataDir(t, name), name))
			if err != nil {
				t.Fatal(err)
			}
			sameSplit(t, name, got)
		})
	}
}

// sameSplit fails unless a split is that of Load, bit by bit.
func sameSplit(t *testing.T, name string, got *Split) {
	t.Helper()
	want, err := Load(name, LoadSettings{Dir: dataDir(t, name)})
	if err != nil {
		t.Fatal(err)
	}
	for k, d := range []Dataset{got.Train, got.Test} {
		w := []Dataset{want.Train, want.Test}[k]
		if d.Len() != w.Len() || d.Classes() != 10 || !slices.Equal(d.Shape(), w.Shape()) {
			t.Fatalf("got %d samples of %v in %d classes, want %d of %v", d.Len(), d.Shape(), d.Classes(), w.Len(), w.Shape())
		}
		x, y := make([]float32, SampleSize(d)), make([]float32, SampleSize(d))
		for i := range d.Len() {
			d.Read(i, x)
			if w.Read(i, y); !slices.Equal(x, y) || d.Label(i) != w.Label(i) {
				t.Fatalf("part %d, sample %d: got another one", k, i)
			}
		}
	}
}
