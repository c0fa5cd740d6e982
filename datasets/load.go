package datasets

import (
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// Split is a dataset cut into a training and a test part.
type Split struct {
	Name        string
	Train, Test Dataset
	// Scalings are what a reader did to the numbers of its files; none for sets by name.
	Scalings Scalings
}

// LoadSettings says where from and how [Load] reads. The zero value reads the user's data
// directory, whole, with the published normalisation.
type LoadSettings struct {
	// Dir is the data directory. Empty means what [Dir] gives.
	Dir string `json:"dir,omitempty"`
	// Seed is the seed of glyphs. Files ignore it.
	Seed uint64 `json:"seed,omitempty"`
	// Train and Test are the numbers of samples: for glyphs how many to make, 0 means
	// 12,000 and 2,000; for files the first so many of the file, 0 means all, and more
	// than there are is an error.
	Train int `json:"train,omitempty"`
	Test  int `json:"test,omitempty"`
	// Normalization replaces the default: [Standard] of the name or, for kmnist,
	// cifar-100, cifar-100-coarse and the splits of emnist, the mean and the standard
	// deviation of each channel of all training pixels in [0, 1], which Load then
	// measures by [Images.Moments]. Nil means the default.
	Normalization *Normalization `json:"normalization,omitempty"`
}

// Load returns a dataset by name: glyphs, mnist, fashion-mnist, cifar-10, optdigits,
// kmnist, cifar-100, cifar-100-coarse, or emnist-balanced, emnist-byclass,
// emnist-bymerge, emnist-digits, emnist-letters or emnist-mnist. Its parts are *[Images].
//
// A file is looked for as DIR/NAME/FILE and DIR/FILE, plain and with .gz; CIFAR-10 also
// in a folder cifar-10-batches-bin of either, and in the official cifar-10-binary.tar.gz.
// Both label sets of CIFAR-100 share DIR/cifar-100, where its train.bin and test.bin may
// be in a folder cifar-100-binary, which may also be in DIR, or in the official archive.
// The splits of EMNIST share DIR/emnist, with the official gzip.zip or the files it
// unpacks to, perhaps in a folder gzip. A missing file is [ErrMissing], with the remedy
// in its text.
//
// The pictures of EMNIST, which its files store column by column, come out upright, and
// the labels of emnist-letters, 1 to 26 in the file, as 0 to 25.
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
	parts, err := loadParts(src, dir)
	if err != nil {
		return nil, err
	}
	if src.measured && s.Normalization == nil {
		if norm, err = measuredNormalization(src, parts[0]); err != nil {
			return nil, err
		}
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
func loadParts(src source, dir string) (parts [2]part, err error) {
	name := src.info.Name
	folders := []string{filepath.Join(dir, src.place()), dir}
	switch {
	case name == nameMNIST || name == nameFashionMNIST || name == nameKMNIST:
		return loadIDXParts(name, dir, folders)
	case name == nameCIFAR10:
		return loadCIFAR(dir, folders)
	case name == nameCIFAR100 || name == nameCIFAR20:
		return loadCIFAR100(name, dir)
	case name == nameOptdigits:
		return loadOptdigits(dir, folders)
	case strings.HasPrefix(name, namesEMNIST):
		return loadEMNIST(name, dir)
	}
	return parts, errors.Errorf("datasets: name, got %q, want one that is read from files", name)
}

// measuredNormalization is that of the training pixels in [0, 1].
func measuredNormalization(src source, train part) (Normalization, error) {
	images, err := NewImages(src.info.Name, src.info.Shape, src.info.Classes, train.pixels, train.labels, Normalization{})
	if err != nil {
		return Normalization{}, err
	}
	mean, std := images.Moments()
	for c := range std {
		if std[c] == 0 { // all pixels are the same
			std[c] = 1
		}
	}
	return Normalization{Scale: 1. / 255, Mean: mean, Std: std}, nil
}
