package kinds

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-be841da4/prospect/datasets"
)

// Reader reads a data set from a file or a folder.
type Reader interface {
	Read(path string) (*datasets.Split, error)
}

// csvReader reads a table.
type csvReader struct {
	datasets.CSV
	// Target is one more of Targets, or several with semicolons.
	Target string `json:"target,omitempty"`
	// Test is the table of the test part, from the folder of the other.
	Test string `json:"test,omitempty"`
}

// Read implements [Reader].
func (c csvReader) Read(path string) (*datasets.Split, error) {
	if c.Target != "" {
		c.Targets = append(slices.Clone(c.Targets), strings.Split(c.Target, ";")...)
	}
	return c.CSV.Read(path, beside(path, c.Test))
}

// npyReader reads a pair of arrays.
type npyReader struct {
	datasets.NPY
	// Y is the file of the targets, from the folder of the samples. Empty means that
	// there are none.
	Y string `json:"y,omitempty"`
}

// Read implements [Reader].
func (n npyReader) Read(path string) (*datasets.Split, error) {
	return n.NPY.Read(path, beside(path, n.Y))
}

// beside returns a path from the folder of another; empty stays so.
func beside(path, other string) string {
	if other == "" || filepath.IsAbs(other) {
		return other
	}
	return filepath.Join(filepath.Dir(path), other)
}

func (r *Registry) addReaders() {
	r.Readers.Add(
		Kind[Reader]{"csv", csvReader{}, "", "table: FILE.csv:target=COLUMN"},
		Kind[Reader]{"npz", datasets.NPZ{}, "", "arrays x and y of NumPy"},
		Kind[Reader]{"npy", npyReader{}, "", "array of NumPy: X.npy:y=Y.npy"},
		Kind[Reader]{"images", datasets.ImageFolder{}, "", "pictures, a folder for each class"},
		Kind[Reader]{"idx", datasets.IDXFiles{}, "", "folder of files in the format of MNIST"},
	)
}

func (r *Registry) addAugmentations() {
	r.Augmentations.Add(
		Kind[datasets.Augmentation]{"crop", datasets.RandomCrop{}, "padding", "shifts a picture by some pixels"},
		Kind[datasets.Augmentation]{"flip", datasets.Flip{}, "", "mirrors it, left to right"},
		Kind[datasets.Augmentation]{"rotate", datasets.Rotate{}, "degrees", "turns it by a small angle"},
		Kind[datasets.Augmentation]{"noise", datasets.Noise{}, "std", "adds noise to every number"},
		Kind[datasets.Augmentation]{"cutout", datasets.Cutout{}, "side", "covers a square of it"},
	)
}
