package datasets

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// counted is a Dataset whose sample i is {i, label}.
func counted(t testing.TB, classes int, labels ...int) *Floats {
	t.Helper()
	x := make([]float32, 0, 2*len(labels))
	for i, l := range labels {
		x = append(x, float32(i), float32(l))
	}
	f, err := NewFloats([]int{2}, classes, x, labels)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// cycle gives n labels 0, 1, ..., classes-1, 0, ...
func cycle(n, classes int) []int {
	labels := make([]int, n)
	for i := range labels {
		labels[i] = i % classes
	}
	return labels
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// wantError fails unless err is there and says every one of words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want one that says %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error, got %q, want it to say %q", err, w)
		}
	}
}

// dataDir is the directory of real data, or the test is skipped.
func dataDir(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv(dataEnv)
	if dir == "" {
		dir = filepath.Join("..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
		t.Skipf("no real data: %v: set %s or run \"prospect data get %s\"", err, dataEnv, name)
	}
	return dir
}

// foreign is a Dataset with a label out of range.
type foreign struct{ *Floats }

func (f foreign) Label(i int) int { return 2 * i }
