package datasets

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// ImageFolder reads a data set from a folder of pictures, PNG and JPEG. The pictures of a
// class are in a folder, or folders in it, that is called after the class; classes are in
// the order of their names. If the folder holds a folder train or training, and perhaps
// one test, val, valid or validation, these hold the classes of the training and of the
// test part.
//
// Files that are no pictures are passed over, and so is what begins with a dot. A picture
// that cannot be read, one of another size where no size is given, and a class without
// any are errors that name the file.
type ImageFolder struct {
	// Rows and Columns are the size to which pictures are resized, see [Pictures]. Zero
	// means as they are.
	Rows    int `json:"rows,omitempty"`
	Columns int `json:"columns,omitempty"`
	// Channels is 1 for grey or 3 for colours. Zero means grey if every training picture
	// is stored in grey, else colours.
	Channels int `json:"channels,omitempty"`
	// Task NoTargets reads all pictures below the folder, without classes. Any other is
	// classification.
	Task Task `json:"task,omitempty"`
	// Normalization of the pixels. Nil maps 0..255 to [0, 1].
	Normalization *Normalization `json:"normalization,omitempty"`
	// Standardize is that of [Assembly].
	Standardize bool `json:"standardize,omitempty"`
	// Scalings is that of [Assembly].
	Scalings *Scalings `json:"scalings,omitempty"`
}

// Read reads a folder.
func (f ImageFolder) Read(dir string) (*Split, error) {
	if f.Task == Regression {
		return nil, errors.Errorf("datasets: %s: Task, got regression, want classification or no-targets; numbers for pictures stand in tables: use CSV or NPZ", dir)
	}
	train, test, err := partFolders(dir)
	if err != nil {
		return nil, err
	}
	channels := f.Channels
	part, err := f.part(train, &channels)
	if err != nil {
		return nil, errors.WithMessage(err, "datasets")
	}
	var other *Part
	if test != "" {
		if other, err = f.part(test, &channels); err != nil {
			return nil, errors.WithMessage(err, "datasets")
		}
	}
	a := Assembly{Name: filepath.Base(dir), Task: Classification, Normalization: f.Normalization, Standardize: f.Standardize, Scalings: f.Scalings}
	if f.Task == NoTargets {
		a.Task = NoTargets
	}
	return a.Split(part, other)
}

// partFolders returns the folders of the two parts; test is empty if there is none.
func partFolders(dir string) (train, test string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", "", errors.Wrap(err, "datasets: pictures")
	}
	find := func(names ...string) string {
		for _, name := range names {
			for _, e := range entries {
				if e.IsDir() && strings.EqualFold(e.Name(), name) {
					return filepath.Join(dir, e.Name())
				}
			}
		}
		return ""
	}
	train, test = find("train", "training"), find("test", "val", "valid", "validation")
	switch {
	case train == "" && test != "":
		return "", "", errors.Errorf("datasets: %s: got a folder %s and none called train, want both; add train, or rename it if it is a class", dir, filepath.Base(test))
	case train == "":
		return dir, "", nil
	}
	return train, test, nil
}

// part reads the pictures of a part. The channels, where 0, become those it finds.
func (f ImageFolder) part(dir string, channels *int) (*Part, error) {
	paths, words, err := f.files(dir)
	if err != nil {
		return nil, err
	}
	pictures := &Pictures{Rows: f.Rows, Columns: f.Columns, Channels: *channels}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, errors.Wrap(err, "pictures")
		}
		if err := pictures.Add(path, data); err != nil {
			return nil, err
		}
	}
	*channels = pictures.channels
	x, err := pictures.Array()
	if err != nil {
		return nil, errors.WithMessage(err, dir)
	}
	return &Part{File: dir, X: x, Words: words, Row: func(i int) string { return paths[i] }}, nil
}

// files lists the pictures and the class of each, in the order of their paths.
func (f ImageFolder) files(dir string) (paths, words []string, err error) {
	if f.Task == NoTargets {
		paths, err = picturesBelow(dir)
		return paths, nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, errors.Wrap(err, "pictures")
	}
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		class, err := picturesBelow(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, nil, err
		}
		if len(class) == 0 {
			return nil, nil, errors.Errorf("%s: got no picture in it, want at least 1 PNG or JPEG; fill the folder, or remove it", filepath.Join(dir, e.Name()))
		}
		paths = append(paths, class...)
		words = append(words, slices.Repeat([]string{e.Name()}, len(class))...)
	}
	if len(paths) == 0 {
		return nil, nil, errors.Errorf("%s: got no folder of pictures in it, want one for each class; or say Task NoTargets", dir)
	}
	return paths, words, nil
}

// picturesBelow lists the pictures below a folder.
func picturesBelow(dir string) ([]string, error) {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := path != dir && strings.HasPrefix(entry.Name(), ".")
		if entry.IsDir() {
			if hidden {
				return fs.SkipDir
			}
			return nil
		}
		switch extension := strings.ToLower(filepath.Ext(entry.Name())); extension {
		case ".png", ".jpg", ".jpeg":
			if !hidden {
				paths = append(paths, path)
			}
		case ".gif", ".bmp", ".webp", ".tif", ".tiff":
			if !hidden {
				return errors.Errorf("%s: got a picture of the kind %s, want PNG or JPEG; convert it", path, extension)
			}
		}
		return nil
	})
	return paths, err
}
