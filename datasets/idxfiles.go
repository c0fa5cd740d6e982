package datasets

import (
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// IDXFiles reads a data set from pairs of IDX files, in the format of MNIST, of any size,
// of any element type and with labels of any range. The zero value finds them by their
// names.
type IDXFiles struct {
	// Images, Labels, TestImages and TestLabels are files, from the folder that is read.
	// Empty finds each by its name: images or labels, and t10k or test for the test part,
	// with a dot or a dash before idx, plain or packed by gzip, up to three folders deep,
	// as archives unpack. Two files for one part are an error that names both.
	Images     string `json:"images,omitempty"`
	Labels     string `json:"labels,omitempty"`
	TestImages string `json:"test_images,omitempty"`
	TestLabels string `json:"test_labels,omitempty"`
	// Task says what the labels are. Zero goes by their element type and shape, see
	// [Task].
	Task Task `json:"task,omitempty"`
	// Shape of a sample. Nil means that of the images.
	Shape []int `json:"shape,omitempty"`
	// Normalization of images of unsigned bytes. Nil maps 0..255 to [0, 1].
	Normalization *Normalization `json:"normalization,omitempty"`
	// Standardize is that of [Assembly].
	Standardize bool `json:"standardize,omitempty"`
	// StandardizeTargets is that of [Assembly].
	StandardizeTargets bool `json:"standardize_targets,omitempty"`
	// Scalings is that of [Assembly].
	Scalings *Scalings `json:"scalings,omitempty"`
}

// Read reads the files of a folder. Labels may be absent for Task NoTargets alone; a test
// part may be absent.
func (f IDXFiles) Read(dir string) (*Split, error) {
	paths := [4]string{f.Images, f.Labels, f.TestImages, f.TestLabels}
	roles := idxRoles()
	found, err := findIDX(dir)
	if err != nil {
		return nil, err
	}
	for k, path := range paths {
		switch {
		case path != "":
			paths[k] = filepath.Join(dir, filepath.FromSlash(path))
		case len(found[k]) > 1:
			return nil, errors.Errorf("datasets: %s: %s, got %s and %s, want one file; name it in %s", dir, roles[k].what, found[k][0], found[k][1], roles[k].field)
		case len(found[k]) == 1:
			paths[k] = found[k][0]
		}
	}
	if f.Task == NoTargets {
		paths[1], paths[3] = "", ""
	}
	for k, path := range paths {
		wanted := (k < 2 || paths[k^1] != "") && !(f.Task == NoTargets && k%2 == 1)
		if path == "" && wanted {
			return nil, errors.Errorf("datasets: %s: got no file of %s, want one named as %s; name it in %s", dir, roles[k].what, roles[k].example, roles[k].field)
		}
	}
	parts := [2]*Part{{File: paths[0]}, {File: paths[2]}}
	for k, path := range paths {
		if path == "" {
			continue
		}
		to := &parts[k/2].X
		if k%2 == 1 {
			to = &parts[k/2].Y
		}
		err := openFile(path, func(r io.Reader, size int64) (err error) {
			*to, err = readIDXArray(r, size)
			return errors.WithMessagef(err, "datasets: %s", path)
		})
		if err != nil {
			return nil, err
		}
	}
	if parts[1].X == nil {
		parts[1] = nil
	}
	a := Assembly{Name: filepath.Base(dir), Task: f.Task, Shape: f.Shape, Normalization: f.Normalization, Standardize: f.Standardize, StandardizeTargets: f.StandardizeTargets, Scalings: f.Scalings}
	return a.Split(parts[0], parts[1])
}

// idxRoles are what the four files are, in the order of the fields of IDXFiles.
func idxRoles() [4]struct{ what, field, example string } {
	return [4]struct{ what, field, example string }{
		{"training images", "Images", "train-images-idx3-ubyte"},
		{"training labels", "Labels", "train-labels-idx1-ubyte"},
		{"test images", "TestImages", "t10k-images-idx3-ubyte"},
		{"test labels", "TestLabels", "t10k-labels-idx1-ubyte"},
	}
}

// idxName is the form of a name: what it is of, and how many dimensions in what element
// type.
var idxName = regexp.MustCompile(`(?i)^(.*)(images|labels)[-.]idx\d+-\w+(\.gz)?$`)

// findIDX lists the files of each role below a folder. Of a file that is there both plain
// and packed the plain one counts.
func findIDX(dir string) (found [4][]string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		depth := strings.Count(filepath.ToSlash(below), "/")
		if entry.IsDir() {
			if depth >= 3 || path != dir && strings.HasPrefix(entry.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		m := idxName.FindStringSubmatch(entry.Name())
		if m == nil {
			return nil
		}
		role, part := 0, strings.ToLower(m[1])
		if strings.EqualFold(m[2], "labels") {
			role = 1
		}
		if strings.Contains(part, "t10k") || strings.Contains(part, "test") {
			role += 2
		}
		if plain := strings.TrimSuffix(path, ".gz"); plain == path || !slices.Contains(found[role], plain) {
			found[role] = append(found[role], path)
		}
		return nil
	})
	return found, errors.Wrapf(err, "datasets: %s", dir)
}
