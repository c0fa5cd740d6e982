package datasets

import (
	"path/filepath"
	"strings"
)

// Locate returns the path of the first file from which [Load] would read a dataset. Dir
// is as in [LoadSettings]. It only looks for the names and reads nothing, so a file may
// still be damaged. Without files, as for glyphs, the path is empty; a file that is not
// there is [ErrMissing].
func Locate(name, dir string) (path string, err error) {
	src, err := find(name)
	if err != nil || len(src.files) == 0 {
		return "", err
	}
	if dir, err = Dir(dir); err != nil {
		return "", err
	}
	folders := []string{filepath.Join(dir, src.place()), dir}
	var unpacked, places []string
	switch {
	case name == nameCIFAR10:
		unpacked = cifarFiles()
		for _, f := range folders {
			places = append(places, filepath.Join(f, "cifar-10-batches-bin"), f)
		}
	case name == nameCIFAR100 || name == nameCIFAR20:
		unpacked, places = cifar100Files(), cifar100Places(dir)
	case strings.HasPrefix(name, namesEMNIST):
		unpacked, places = emnistFiles(name), emnistPlaces(dir)
	}
	if unpacked != nil {
		if path, err := locateAll(name, dir, unpacked, places); err == nil {
			return path, nil
		}
	}
	var files []string
	for _, f := range src.files {
		files = append(files, strings.TrimSuffix(f.name, ".gz"))
	}
	return locateAll(name, dir, files, folders)
}

// locateAll returns the path of the first of files, all of which have to be in one of
// folders.
func locateAll(name, dir string, files, folders []string) (first string, err error) {
	for _, file := range files {
		path, found, err := locate(file, folders...)
		if err != nil {
			return "", err
		}
		if !found {
			return "", missing(name, file+"[.gz]", dir)
		}
		if first == "" {
			first = path
		}
	}
	return first, nil
}
