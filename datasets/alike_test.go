package datasets_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// Other files are read as the training files were: a class keeps its number where classes
// are missing, and other classes, columns, or an order of them are refused.
func TestOtherFilesAlike(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	reader := datasets.CSV{Targets: []string{"kind"}}
	first, err := reader.Read(file("first.csv", "a,b,kind\n1,2,up\n3,4,down\n5,6,left\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"down", "left", "up"}; !slices.Equal(first.Scalings.Classes, want) {
		t.Fatalf("classes, got %q, want %q", first.Scalings.Classes, want)
	}
	reader.Scalings = &first.Scalings
	fewer, err := reader.Read(file("fewer.csv", "a,b,kind\n1,2,up\n5,6,left\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	if d := fewer.Train; d.Classes() != 3 || d.Label(0) != 2 || d.Label(1) != 1 {
		t.Errorf("a file without a class: got %d classes, labels %d and %d, want 3, 2 and 1", d.Classes(), d.Label(0), d.Label(1))
	}
	reader.Targets = nil
	for _, c := range []struct{ text, want string }{
		{"a,b,kind\n1,2,up\n3,4,right\n", `row 3, got "right", want one of the 3 classes`},
		{"b,a,kind\n1,2,up\n", "columns, got b, a, want those of the training data in their order: a, b"},
		{"a,b,c,kind\n1,2,3,up\n", "columns, got a, b, c, want"},
		{"a,b,mood\n1,2,up\n", "target, got mood, want those of the training data in their order: kind"},
	} {
		reader.TargetColumns = []int{-1}
		if _, err := reader.Read(file("other.csv", c.text), ""); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.text, err, c.want)
		}
	}
	// A file that does not name its columns is taken by their places.
	reader.Header = datasets.HeaderAbsent
	if _, err := reader.Read(file("bare.csv", "1,2,up\n"), ""); err != nil {
		t.Error(err)
	}
}
