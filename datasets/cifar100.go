package datasets

import (
	"archive/tar"
	"io"
	"path"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

const (
	cifar100Archive = "cifar-100-binary.tar.gz"
	cifar100Record  = 2 + cifarPixels
)

// cifar100Source describes CIFAR-100 with its fine or its coarse labels.
//
// The size and the MD5 are those of the authors' page and of the checksums that
// TensorFlow Datasets keeps.
func cifar100Source(name string, classes int) source {
	kind := "100 classes"
	if classes == 20 {
		kind = "the 20 groups of its 100 classes"
	}
	return source{
		info: Info{
			Name: name, Description: "photographs, red green blue, in " + kind, Shape: []int{3, 32, 32}, Classes: classes,
			Train: 50000, Test: 10000, Licence: "none stated (A. Krizhevsky, V. Nair, G. Hinton)",
			Source: "https://www.cs.toronto.edu/~kriz/cifar.html",
		},
		files:    []remoteFile{{cifar100Archive, 168513733, "03b5dce01913d631647c71ecec9e9cb8"}},
		mirrors:  []string{"https://www.cs.toronto.edu/~kriz/"},
		folder:   nameCIFAR100,
		measured: true,
	}
}

// ReadCIFAR100 reads records of the CIFAR-100 binary version until r ends.
//
//	record: coarse label (1 byte, 0 to 19) | fine label (1 byte, 0 to 99) | red, green, blue planes (3 × 1024 bytes)
//	pixels: (records, 3, 32, 32)      coarse, fine: (records)
//
// Sizes and errors are as with [ReadCIFAR10].
//
// Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009),
// and the description of the binary version.
func ReadCIFAR100(r io.Reader, size int64) (pixels, coarse, fine []uint8, err error) {
	fail := func(format string, args ...any) ([]uint8, []uint8, []uint8, error) {
		return nil, nil, nil, errors.Errorf("datasets: cifar-100: "+format, args...)
	}
	if size >= 0 && (size == 0 || size%cifar100Record != 0 || size/cifar100Record > cifarMost) {
		return fail("file, got %d bytes, want a positive multiple of %d, at most %d records", size, cifar100Record, cifarMost)
	}
	record := make([]byte, cifar100Record)
	for {
		n, err := io.ReadFull(r, record)
		k := len(fine)
		switch {
		case err == io.EOF && k == 0:
			return fail("file, got 0 records, want at least 1")
		case err == io.EOF && size >= 0 && int64(k)*cifar100Record != size:
			return fail("file, got %d records, want %d: the file is cut off", k, size/cifar100Record)
		case err == io.EOF:
			return pixels, coarse, fine, nil
		case err == io.ErrUnexpectedEOF:
			return fail("record %d, got %d bytes, want %d%s", k, n, cifar100Record, guess(record[:n]))
		case err != nil:
			return nil, nil, nil, errors.Wrapf(err, "datasets: cifar-100: record %d", k)
		case k == cifarMost:
			return fail("file, got more than %d records, want at most that", cifarMost)
		case record[0] > 19 || record[1] > 99:
			return fail("labels of record %d, got %d and %d, want 0 to 19 and 0 to 99%s", k, record[0], record[1], guess(record))
		}
		coarse, fine, pixels = append(coarse, record[0]), append(fine, record[1]), append(pixels, record[2:]...)
	}
}

// cifar100Files are the training and the test file.
func cifar100Files() []string { return []string{"train.bin", "test.bin"} }

// cifar100Places are the folders in which they may be. A train.bin in the data directory
// itself could be anything.
func cifar100Places(dir string) []string {
	own := filepath.Join(dir, nameCIFAR100)
	return []string{filepath.Join(own, "cifar-100-binary"), own, filepath.Join(dir, "cifar-100-binary")}
}

// loadCIFAR100 prefers the two unpacked files and falls back on the archive.
func loadCIFAR100(name, dir string) (parts [2]part, err error) {
	read := func(k int, r io.Reader, size int64) error {
		pixels, coarse, fine, err := ReadCIFAR100(r, size)
		if name == nameCIFAR20 {
			fine = coarse
		}
		parts[k] = part{pixels, fine}
		return err
	}
	absent := ""
	for k, file := range cifar100Files() {
		path, found, err := locate(file, cifar100Places(dir)...)
		if err != nil {
			return parts, err
		}
		if !found {
			absent = file
			break
		}
		if err := readFile(path, func(r io.Reader, size int64) error { return read(k, r, size) }); err != nil {
			return parts, err
		}
	}
	if absent == "" {
		return parts, nil
	}
	parts = [2]part{}
	path, found, err := locate("cifar-100-binary.tar", filepath.Join(dir, nameCIFAR100), dir)
	if err != nil {
		return parts, err
	}
	if !found {
		return parts, missing(name, absent+"[.gz] or "+cifar100Archive, dir)
	}
	err = readFile(path, func(r io.Reader, _ int64) error { return readCIFAR100Tar(r, read) })
	return parts, err
}

// readCIFAR100Tar calls read with the training file, 0, and the test file, 1, of an
// archive.
func readCIFAR100Tar(r io.Reader, read func(k int, r io.Reader, size int64) error) error {
	archive := tar.NewReader(r)
	var seen [2]bool
	for {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return errors.Wrap(err, "datasets: cifar-100: archive")
		}
		for k, file := range cifar100Files() {
			if header.Typeflag != tar.TypeReg || path.Base(header.Name) != file {
				continue
			}
			for key := range header.PAXRecords { // see ReadCIFAR10Tar
				if strings.HasPrefix(key, "GNU.sparse.") {
					return errors.Errorf("datasets: cifar-100: archive: %s, got a sparse file, want a plain one", file)
				}
			}
			if seen[k] {
				return errors.Errorf("datasets: cifar-100: archive: %s, got it twice, want it once", file)
			}
			if err := read(k, archive, header.Size); err != nil {
				return errors.WithMessagef(err, "datasets: cifar-100: archive: %s", file)
			}
			seen[k] = true
		}
	}
	if !seen[0] || !seen[1] {
		return errors.New("datasets: cifar-100: archive, got not both train.bin and test.bin, want them")
	}
	// The checksum of gzip comes after the padding, which tar leaves unread.
	if _, err := io.CopyN(io.Discard, r, 1<<20); err != nil && err != io.EOF {
		return errors.Wrap(err, "datasets: cifar-100: end of archive")
	}
	return nil
}
