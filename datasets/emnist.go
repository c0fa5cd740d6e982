package datasets

import (
	"archive/zip"
	"compress/gzip"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// kmnistSource describes Kuzushiji-MNIST. The sizes and MD5s are those of TensorFlow
// Datasets and of torchvision.
func kmnistSource() source {
	return source{
		info: Info{
			Name: nameKMNIST, Description: "cursive Japanese characters, grey", Shape: []int{28, 28}, Classes: 10, Train: 60000, Test: 10000,
			Licence: "CC BY-SA 4.0 (ROIS-DS Center for Open Data in the Humanities)", Source: "https://github.com/rois-codh/kmnist",
		},
		files: []remoteFile{
			{"train-images-idx3-ubyte.gz", 18165135, "bdb82020997e1d708af4cf47b453dcf7"},
			{"train-labels-idx1-ubyte.gz", 29497, "e144d726b3acfaa3e44228e80efcd344"},
			{"t10k-images-idx3-ubyte.gz", 3041136, "5c965bf0a639b31b8f53240b1b52f4d7"},
			{"t10k-labels-idx1-ubyte.gz", 5120, "7320c461ea6c1c855c0b718fb2a4b134"},
		},
		mirrors:  []string{"http://codh.rois.ac.jp/kmnist/dataset/kmnist/", "https://codh.rois.ac.jp/kmnist/dataset/kmnist/"},
		measured: true,
	}
}

const (
	emnistFolder  = "emnist"
	emnistArchive = "gzip.zip"
)

// emnistSources describes the splits of EMNIST, which share one archive. Its size and MD5
// are those of TensorFlow Datasets and of torchvision.
//
// Source: G. Cohen, S. Afshar, J. Tapson, A. van Schaik, EMNIST: an extension of MNIST to
// handwritten letters (2017), arXiv:1702.05373.
func emnistSources() []source {
	var sources []source
	for _, s := range []struct {
		name, what           string
		classes, train, test int
	}{
		{"balanced", "handwritten digits and letters, 47 classes of equal size, case merged where the letters look alike", 47, 112800, 18800},
		{"byclass", "handwritten digits and letters, 0-9 A-Z a-z", 62, 697932, 116323},
		{"bymerge", "handwritten digits and letters, case merged where the letters look alike", 47, 697932, 116323},
		{"digits", "handwritten digits, classes of equal size", 10, 240000, 40000},
		{"letters", "handwritten letters, A-Z without case", 26, 124800, 20800},
		{"mnist", "handwritten digits, in the format of MNIST", 10, 60000, 10000},
	} {
		sources = append(sources, source{
			info: Info{
				Name: namesEMNIST + s.name, Description: s.what + ", grey", Shape: []int{28, 28}, Classes: s.classes, Train: s.train, Test: s.test,
				Licence: "none stated (NIST)", Source: "https://www.nist.gov/itl/products-and-services/emnist-dataset",
			},
			files:    []remoteFile{{emnistArchive, 561753746, "58c8d27c78d21e728a6bc7b3cc06412e"}},
			mirrors:  []string{"https://biometrics.nist.gov/cs_links/EMNIST/", "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/"},
			folder:   emnistFolder,
			measured: true,
		})
	}
	return sources
}

// emnistFiles are the unpacked files of a split: images and labels for training, then
// test.
func emnistFiles(name string) []string {
	var files []string
	for _, kind := range []string{"-train-images-idx3-ubyte", "-train-labels-idx1-ubyte", "-test-images-idx3-ubyte", "-test-labels-idx1-ubyte"} {
		files = append(files, name+kind)
	}
	return files
}

// emnistPlaces are the folders in which they may be.
func emnistPlaces(dir string) []string {
	own := filepath.Join(dir, emnistFolder)
	return []string{own, filepath.Join(own, "gzip"), filepath.Join(dir, "gzip"), dir}
}

// loadEMNIST prefers the unpacked files and falls back on the archive.
func loadEMNIST(name, dir string) (parts [2]part, err error) {
	var arrays [4]*IDX
	files := emnistFiles(name)
	if _, err := locateAll(name, dir, files, emnistPlaces(dir)); err == nil {
		for k, file := range files {
			if arrays[k], err = loadIDX(name, dir, file, 3-k%2*2, emnistPlaces(dir)); err != nil {
				return parts, err
			}
		}
	} else {
		path, found, err := locate(emnistArchive, filepath.Join(dir, emnistFolder), dir)
		if err != nil {
			return parts, err
		}
		if !found {
			return parts, missing(name, files[0]+"[.gz] or "+emnistArchive, dir)
		}
		if arrays, err = readEMNISTZip(path, files); err != nil {
			return parts, errors.WithMessagef(err, "datasets: %s: %s", name, path)
		}
	}
	for k := range parts {
		images, labels := arrays[2*k], arrays[2*k+1]
		if len(images.Shape) != 3 || len(labels.Shape) != 1 || images.Shape[1] != 28 || images.Shape[2] != 28 || images.Shape[0] != labels.Shape[0] {
			return parts, errors.Errorf("datasets: %s: %s and its labels, got shapes %v and %v, want [n 28 28] and [n]", name, files[2*k], images.Shape, labels.Shape)
		}
		transpose(images.Data, 28)
		if name == namesEMNIST+"letters" {
			if i := slices.Index(labels.Data, 0); i >= 0 {
				return parts, errors.Errorf("datasets: %s: %s, got label 0 of sample %d, want 1 to 26", name, files[2*k+1], i)
			}
			for i := range labels.Data {
				labels.Data[i]--
			}
		}
		parts[k] = part{images.Data, labels.Data}
	}
	return parts, nil
}

// transpose swaps rows and columns of every square of side² pixels.
func transpose(pixels []uint8, side int) {
	for ; len(pixels) > 0; pixels = pixels[side*side:] {
		for i := range side {
			for j := range i {
				pixels[i*side+j], pixels[j*side+i] = pixels[j*side+i], pixels[i*side+j]
			}
		}
	}
}

// readEMNISTZip reads the four files of a split, each packed by gzip, of the archive.
func readEMNISTZip(archive string, files []string) (arrays [4]*IDX, err error) {
	file, err := os.Open(archive)
	if err != nil {
		return arrays, errors.Wrap(err, "open")
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return arrays, errors.Wrap(err, "open")
	}
	z, err := zip.NewReader(file, info.Size())
	if err != nil {
		return arrays, errors.Wrap(err, "archive; run \"prospect data get\" again")
	}
	for k, name := range files {
		at := slices.IndexFunc(z.File, func(f *zip.File) bool { return strings.TrimSuffix(path.Base(f.Name), ".gz") == name })
		if at < 0 {
			return arrays, errors.Errorf("archive, got no %s.gz, want it; run \"prospect data get\" again", name)
		}
		if arrays[k], err = readZippedIDX(z.File[at]); err != nil {
			return arrays, errors.WithMessage(err, name)
		}
	}
	return arrays, nil
}

// readZippedIDX reads an entry, which is packed by gzip unless its name says otherwise.
func readZippedIDX(f *zip.File) (*IDX, error) {
	entry, err := f.Open()
	if err != nil {
		return nil, errors.Wrap(err, "entry")
	}
	defer entry.Close()
	var r io.Reader = entry
	if strings.HasSuffix(f.Name, ".gz") {
		unpacked, err := gzip.NewReader(entry)
		if err != nil {
			return nil, errors.Wrap(err, "gzip")
		}
		defer unpacked.Close()
		r = io.LimitReader(unpacked, int64(min(f.CompressedSize64, 1<<40))*maxDeflate)
	}
	return ReadIDX(r, -1)
}
