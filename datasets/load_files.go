package datasets

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"

	"github.com/pkg/errors"
)

const cifarArchive = "cifar-10-binary.tar.gz"

// firstLabels are the first ten labels of the files that MNIST and Fashion-MNIST give the
// same names, so that a data directory holding one is not taken for the other.
func firstLabels(name string) [2][]uint8 {
	if name == nameMNIST {
		return [2][]uint8{{5, 0, 4, 1, 9, 2, 1, 3, 1, 4}, {7, 2, 1, 0, 4, 1, 4, 9, 5, 9}}
	}
	return [2][]uint8{{9, 0, 0, 3, 0, 2, 7, 2, 5, 5}, {9, 2, 1, 1, 6, 1, 4, 6, 5, 7}}
}

func loadIDXParts(name, dir string, folders []string) (parts [2]part, err error) {
	for k, prefix := range []string{"train", "t10k"} {
		images, err := loadIDX(name, dir, prefix+"-images-idx3-ubyte", 3, folders)
		if err != nil {
			return parts, err
		}
		labels, err := loadIDX(name, dir, prefix+"-labels-idx1-ubyte", 1, folders)
		if err != nil {
			return parts, err
		}
		if images.Shape[1] != 28 || images.Shape[2] != 28 || images.Shape[0] != labels.Shape[0] {
			return parts, errors.Errorf("datasets: %s: %s images, got shape %v, want [%d 28 28], one for each label",
				name, prefix, images.Shape, labels.Shape[0])
		}
		for _, other := range []string{nameMNIST, nameFashionMNIST} {
			if other != name && bytes.HasPrefix(labels.Data, firstLabels(other)[k]) {
				return parts, errors.Errorf("datasets: %s: %s files in %s, got those of %s, want %[1]s: put each dataset's files in a folder of its name",
					name, prefix, dir, other)
			}
		}
		parts[k] = part{images.Data, labels.Data}
	}
	return parts, nil
}

func loadIDX(name, dir, file string, dims int, folders []string) (out *IDX, err error) {
	path, found, err := locate(file, folders...)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, missing(name, file+"[.gz]", dir)
	}
	err = readFile(path, func(r io.Reader, size int64) (err error) {
		out, err = ReadIDX(r, size)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(out.Shape) != dims {
		return nil, errors.Errorf("datasets: %s: %s, got shape %v, want %d dimensions", name, path, out.Shape, dims)
	}
	return out, nil
}

func loadOptdigits(dir string, folders []string) (parts [2]part, err error) {
	for k, file := range []string{"optdigits.tra", "optdigits.tes"} {
		path, found, err := locate(file, folders...)
		if err != nil {
			return parts, err
		}
		if !found {
			return parts, missing(nameOptdigits, file, dir)
		}
		err = readFile(path, func(r io.Reader, _ int64) (err error) {
			parts[k].pixels, parts[k].labels, err = ReadOptdigits(r)
			return err
		})
		if err != nil {
			return parts, err
		}
	}
	return parts, nil
}

// loadCIFAR prefers the six unpacked files and falls back on the archive.
func loadCIFAR(dir string, folders []string) (parts [2]part, err error) {
	var places []string
	for _, f := range folders {
		places = append(places, filepath.Join(f, "cifar-10-batches-bin"), f)
	}
	var paths []string
	absent := ""
	for _, file := range cifarFiles() {
		path, found, err := locate(file, places...)
		if err != nil {
			return parts, err
		}
		if !found && absent == "" {
			absent = file
		}
		paths = append(paths, path)
	}
	var batches []CIFARBatch
	if absent == "" {
		batches, err = readCIFARFiles(paths)
	} else {
		batches, err = readCIFARArchive(dir, absent, folders)
	}
	if err != nil {
		return parts, err
	}
	last := len(batches) - 1
	return [2]part{joinBatches(batches[:last]), {batches[last].Pixels, batches[last].Labels}}, nil
}

// cifarFiles lists the training batches in order, then the test batch.
func cifarFiles() []string {
	var files []string
	for k := range 5 {
		files = append(files, fmt.Sprintf("data_batch_%d.bin", k+1))
	}
	return append(files, "test_batch.bin")
}

// readCIFARFiles reads the files at the same time, because unpacking them takes a second
// each.
func readCIFARFiles(paths []string) ([]CIFARBatch, error) {
	batches, failures := make([]CIFARBatch, len(paths)), make([]error, len(paths))
	var wait sync.WaitGroup
	for k, path := range paths {
		wait.Go(func() {
			failures[k] = readFile(path, func(r io.Reader, size int64) (err error) {
				batches[k].Pixels, batches[k].Labels, err = ReadCIFAR10(r, size)
				return err
			})
		})
	}
	wait.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return batches, nil
}

// readCIFARArchive returns the six batches in the order of cifarFiles; absent names the
// first file that was not found unpacked.
func readCIFARArchive(dir, absent string, folders []string) (batches []CIFARBatch, err error) {
	path, found, err := locate("cifar-10-binary.tar", folders...)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, missing(nameCIFAR10, absent+"[.gz] or "+cifarArchive, dir)
	}
	err = readFile(path, func(r io.Reader, _ int64) (err error) {
		if batches, err = ReadCIFAR10Tar(r); err != nil {
			return err
		}
		// The checksum of gzip comes after the padding, which tar leaves unread.
		if _, err := io.CopyN(io.Discard, r, 1<<20); err != nil && err != io.EOF {
			return errors.Wrap(err, "datasets: cifar-10: end of archive")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var ordered []CIFARBatch
	for _, file := range cifarFiles() {
		k := slices.IndexFunc(batches, func(b CIFARBatch) bool { return b.Name == file })
		if k < 0 {
			return nil, errors.Errorf("datasets: cifar-10: %s: %s, got none, want it in the archive: run \"prospect data get cifar-10\"", path, file)
		}
		ordered = append(ordered, batches[k])
	}
	return ordered, nil
}

// joinBatches copies the batches into one part and lets go of each as it is copied.
func joinBatches(batches []CIFARBatch) part {
	n := 0
	for _, b := range batches {
		n += len(b.Labels)
	}
	p := part{make([]uint8, 0, n*cifarPixels), make([]uint8, 0, n)}
	for k, b := range batches {
		p.pixels, p.labels = append(p.pixels, b.Pixels...), append(p.labels, b.Labels...)
		batches[k] = CIFARBatch{}
	}
	return p
}
