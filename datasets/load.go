package datasets

import (
	"path/filepath"

	"github.com/pkg/errors"
)

// Split is a dataset cut into a training and a test part.
type Split struct {
	Name        string
	Train, Test Dataset
}

// LoadSettings says where from and how [Load] reads. The zero value reads the user's data directory, whole, with the published
// normalisation.
type LoadSettings struct {
	// Dir is the data directory. Empty means what [Dir] gives.
	Dir string `json:"dir,omitempty"`
	// Seed is the seed of glyphs. Files ignore it.
	Seed uint64 `json:"seed,omitempty"`
	// Train and Test are the numbers of samples: for glyphs how many to make, 0 means 12,000 and 2,000; for files the first so many
	// of the file, 0 means all, and more than there are is an error.
	Train int `json:"train,omitempty"`
	Test  int `json:"test,omitempty"`
	// Normalization replaces the default, [Standard] of the name. Nil means the default.
	Normalization *Normalization `json:"normalization,omitempty"`
}

// Load returns a dataset by name: glyphs, mnist, fashion-mnist, cifar-10 or optdigits. Its parts are *[Images].
//
// A file is looked for as DIR/NAME/FILE and DIR/FILE, plain and with .gz; CIFAR-10 also in a folder cifar-10-batches-bin of
// either, and in the official cifar-10-binary.tar.gz. A missing file is [ErrMissing], with the remedy in its text.
func Load(name string, s LoadSettings) (*Split, error) {
	src, err := find(name)
	if err != nil {
		return nil, err
	}
	if s.Train < 0 || s.Test < 0 {
		return nil, errors.Errorf("datasets: %s: train and test samples, got %d and %d, want at least 0 (0 means the default)", name, s.Train, s.Test)
	}
	norm := Standard(name)
	if s.Normalization != nil {
		norm = *s.Normalization
	}
	if name == nameGlyphs {
		return loadGlyphs(s, norm)
	}
	dir, err := Dir(s.Dir)
	if err != nil {
		return nil, err
	}
	parts, err := loadParts(name, dir)
	if err != nil {
		return nil, err
	}
	split := &Split{Name: name}
	for _, p := range []struct {
		to   *Dataset
		part part
		kind string
		n    int
	}{{&split.Train, parts[0], "train", s.Train}, {&split.Test, parts[1], "test", s.Test}} {
		size, err := checkShape(name, src.info.Shape)
		if err != nil {
			return nil, err
		}
		if p.n > len(p.part.labels) {
			return nil, errors.Errorf("datasets: %s: %s samples, got %d, want at most %d", name, p.kind, p.n, len(p.part.labels))
		}
		if p.n > 0 {
			p.part.labels, p.part.pixels = p.part.labels[:p.n], p.part.pixels[:min(p.n*size, len(p.part.pixels))]
		}
		images, err := NewImages(name+" "+p.kind, src.info.Shape, src.info.Classes, p.part.pixels, p.part.labels, norm)
		if err != nil {
			return nil, err
		}
		*p.to = images
	}
	return split, nil
}

// part is the raw content of a training or a test set.
type part struct{ pixels, labels []uint8 }

// loadParts reads the training and the test part from the files of a dataset.
func loadParts(name, dir string) (parts [2]part, err error) {
	folders := []string{filepath.Join(dir, name), dir}
	switch name {
	case nameMNIST, nameFashionMNIST:
		return loadIDXParts(name, dir, folders)
	case nameCIFAR10:
		return loadCIFAR(dir, folders)
	case nameOptdigits:
		return loadOptdigits(dir, folders)
	}
	return parts, errors.Errorf("datasets: name, got %q, want one that is read from files", name)
}
