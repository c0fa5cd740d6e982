package datasets

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// NPZ reads a data set from an .npz file of NumPy's savez or savez_compressed. The zero
// value serves files with the arrays x_train, y_train, x_test and y_test or, where these
// are not there, x and y, in either case of letters.
//
//	x: (samples, shape of one)
//	y: (samples), or (samples, targets), or (samples, classes) with OneHot; absent: no targets
type NPZ struct {
	// X and Y name the arrays of the training part; TestX and TestY those of the test
	// part. Empty finds them by the names above. A name that is not in the file is an
	// error.
	X     string `json:"x,omitempty"`
	Y     string `json:"y,omitempty"`
	TestX string `json:"test_x,omitempty"`
	TestY string `json:"test_y,omitempty"`
	// Task says what the targets are. Zero goes by y, see [Task].
	Task Task `json:"task,omitempty"`
	// OneHot takes the rows of y as one-hot labels.
	OneHot bool `json:"one_hot,omitempty"`
	// Shape of a sample. Nil means that of x.
	Shape []int `json:"shape,omitempty"`
	// Channels says how coloured samples lie in x.
	Channels Channels `json:"channels,omitempty"`
	// Normalization of x of 8 bits. Nil maps 0..255 to [0, 1].
	Normalization *Normalization `json:"normalization,omitempty"`
	// Standardize is that of [Assembly].
	Standardize bool `json:"standardize,omitempty"`
	// StandardizeTargets is that of [Assembly].
	StandardizeTargets bool `json:"standardize_targets,omitempty"`
	// Scalings is that of [Assembly].
	Scalings *Scalings `json:"scalings,omitempty"`
}

// NPY reads a data set from two .npy files, one with samples and one with targets. Its
// fields are those of [NPZ].
type NPY struct {
	Task          Task           `json:"task,omitempty"`
	OneHot        bool           `json:"one_hot,omitempty"`
	Shape         []int          `json:"shape,omitempty"`
	Channels      Channels       `json:"channels,omitempty"`
	Normalization *Normalization `json:"normalization,omitempty"`
	Standardize   bool           `json:"standardize,omitempty"`
	// StandardizeTargets is that of [Assembly].
	StandardizeTargets bool `json:"standardize_targets,omitempty"`
	// Scalings is that of [Assembly].
	Scalings *Scalings `json:"scalings,omitempty"`
}

// Read reads the files x and y, which may be packed by gzip; an empty y means no targets.
// There is no test part: cut one off with [Holdout].
func (n NPY) Read(x, y string) (*Split, error) {
	part := &Part{File: x}
	for _, f := range []struct {
		path string
		to   **Array
	}{{x, &part.X}, {y, &part.Y}} {
		if f.path == "" && f.to == &part.Y {
			continue
		}
		err := openFile(f.path, func(r io.Reader, size int64) (err error) {
			*f.to, err = readNPY(r, size)
			return errors.WithMessagef(err, "datasets: %s", f.path)
		})
		if err != nil {
			return nil, err
		}
	}
	if err := n.Channels.apply(part.X); err != nil {
		return nil, errors.WithMessagef(err, "datasets: %s", x)
	}
	a := Assembly{Name: baseName(x), Task: n.Task, OneHot: n.OneHot, Shape: n.Shape, Normalization: n.Normalization, Standardize: n.Standardize, StandardizeTargets: n.StandardizeTargets, Scalings: n.Scalings}
	return a.Split(part, nil)
}

// Read reads a file. Only the arrays that are wanted are unpacked.
func (n NPZ) Read(path string) (*Split, error) {
	train, test, err := n.parts(path)
	if err != nil {
		return nil, errors.WithMessagef(err, "datasets: %s", path)
	}
	a := Assembly{Name: baseName(path), Task: n.Task, OneHot: n.OneHot, Shape: n.Shape, Normalization: n.Normalization, Standardize: n.Standardize, StandardizeTargets: n.StandardizeTargets, Scalings: n.Scalings}
	return a.Split(train, test)
}

// parts reads the arrays; test is nil if there is none.
func (n NPZ) parts(path string) (train, test *Part, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, errors.Wrap(err, "open")
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, errors.Wrap(err, "open")
	}
	arrays, err := openNPZ(file, info.Size())
	if err != nil {
		return nil, nil, err
	}
	names := [4]string{n.X, n.Y, n.TestX, n.TestY}
	for k, usual := range [4][]string{{"x_train", "x"}, {"y_train", "y"}, {"x_test"}, {"y_test"}} {
		if names[k], err = arrays.find(names[k], usual); err != nil {
			return nil, nil, err
		}
	}
	if names[0] == "" {
		return nil, nil, errors.Errorf("samples, got no array x or x_train among %s; name it in X", some(arrays.names()))
	}
	if names[1] == "" && names[3] != "" || names[2] == "" && names[3] != "" {
		return nil, nil, errors.Errorf("got the array %s of targets and not those it belongs to; name them in Y and TestX", names[3])
	}
	parts := [2]*Part{{File: path}, {File: path}}
	for k, name := range names {
		p := parts[k/2]
		to := &p.X
		if k%2 == 1 {
			if to = &p.Y; n.Task == NoTargets {
				continue
			}
		}
		if name == "" {
			continue
		}
		if *to, err = arrays.read(name); err == nil && k%2 == 0 {
			err = n.Channels.apply(*to)
		}
		if err != nil {
			return nil, nil, errors.WithMessagef(err, "array %s", name)
		}
	}
	if parts[1].X == nil {
		return parts[0], nil, nil
	}
	return parts[0], parts[1], nil
}

// npz is the directory of an archive of arrays.
type npz struct{ files []*zip.File }

func openNPZ(r io.ReaderAt, size int64) (*npz, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		head := make([]byte, 8)
		n, _ := r.ReadAt(head, 0)
		return nil, errors.Errorf("%v: this is no .npz file, or it is cut off; save it again with numpy.savez%s", err, guess(head[:n]))
	}
	out := &npz{}
	for _, f := range archive.File {
		if strings.HasSuffix(f.Name, ".npy") {
			out.files = append(out.files, f)
		}
	}
	if name := twice(out.names()); name != "" {
		return nil, errors.Errorf("array %s, got it twice, want each once", name)
	}
	if len(out.files) == 0 {
		return nil, errors.New("got no array in the archive, want x and y; save it with numpy.savez")
	}
	return out, nil
}

// names lists the arrays.
func (z *npz) names() []string {
	var names []string
	for _, f := range z.files {
		names = append(names, strings.TrimSuffix(f.Name, ".npy"))
	}
	return names
}

// find returns the array of that name or, if it is empty, the first of the usual ones
// that is there; empty if none is.
func (z *npz) find(name string, usual []string) (string, error) {
	names := z.names()
	if name != "" {
		if !slices.Contains(names, name) {
			return "", errors.Errorf("array, got no %s, want one of %s", name, some(names))
		}
		return name, nil
	}
	for _, u := range usual {
		for _, have := range names {
			if strings.EqualFold(have, u) {
				return have, nil
			}
		}
	}
	return "", nil
}

// read unpacks an array. What an entry says of its size is believed only as far as
// deflate can have packed that much into its bytes.
func (z *npz) read(name string) (*Array, error) {
	f := z.files[slices.Index(z.names(), name)]
	if f.CompressedSize64 > 1<<40 || f.UncompressedSize64 > f.CompressedSize64*maxDeflate {
		return nil, errors.Errorf("entry of %d bytes, got %d unpacked, want at most %d times as many; the archive is damaged", f.CompressedSize64, f.UncompressedSize64, maxDeflate)
	}
	r, err := f.Open()
	if err != nil {
		return nil, errors.Wrap(err, "entry")
	}
	defer r.Close()
	// Nothing is trusted, because the size of an entry is forged as easily as a header;
	// but the two have to agree.
	h, read, err := readNPYHeader(r)
	if err != nil {
		return nil, err
	}
	elements, err := product(h.shape)
	if err != nil {
		return nil, err
	}
	if want := uint64(read) + uint64(elements)*uint64(h.element.size); want != f.UncompressedSize64 {
		return nil, errors.Errorf("%s array of shape %v, got an entry of %d bytes, want %d; the file is damaged, save it again", h.element.name, h.shape, f.UncompressedSize64, want)
	}
	return h.data(r, -1)
}

// baseName is the name of a data set from the path of its file.
func baseName(path string) string {
	name := filepath.Base(path)
	name = strings.TrimSuffix(name, ".gz")
	return strings.TrimSuffix(name, filepath.Ext(name))
}
