package datasets

import (
	"archive/tar"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

const (
	cifarPixels = 3 * 32 * 32
	cifarRecord = 1 + cifarPixels
	// cifarMost bounds one file: 21 times the whole official set.
	cifarMost = 1 << 20
)

// ReadCIFAR10 reads records of the CIFAR-10 binary version until r ends.
//
//	record: label (1 byte, 0 to 9) | red, green, blue planes (3 × 1024 bytes, row-major)
//	pixels: (records, 3, 32, 32)      labels: (records)
//
// Any whole number of records from 1 to 2²⁰ is accepted. The size is the number of bytes
// r holds: one that is not a whole number of records, or not what r gives, is an error. A
// negative size means unknown. Memory grows with the records that really arrive.
//
// Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images (2009),
// and the description of the binary version.
func ReadCIFAR10(r io.Reader, size int64) (pixels, labels []uint8, err error) {
	if size >= 0 && (size == 0 || size%cifarRecord != 0 || size/cifarRecord > cifarMost) {
		return nil, nil, errors.Errorf("datasets: cifar-10: file, got %d bytes, want a positive multiple of %d, at most %d records",
			size, cifarRecord, cifarMost)
	}
	record := make([]byte, cifarRecord)
	for {
		n, err := io.ReadFull(r, record)
		switch {
		case err == io.EOF && len(labels) == 0:
			return nil, nil, errors.New("datasets: cifar-10: file, got 0 records, want at least 1")
		case err == io.EOF && size >= 0 && int64(len(labels))*cifarRecord != size:
			return nil, nil, errors.Wrapf(io.ErrUnexpectedEOF, "datasets: cifar-10: file, got %d records, want %d", len(labels), size/cifarRecord)
		case err == io.EOF:
			return pixels, labels, nil
		case err == io.ErrUnexpectedEOF:
			return nil, nil, errors.Wrapf(err, "datasets: cifar-10: record %d, got %d bytes, want %d%s", len(labels), n, cifarRecord, guess(record[:n]))
		case err != nil:
			return nil, nil, errors.Wrapf(err, "datasets: cifar-10: record %d", len(labels))
		case len(labels) == cifarMost:
			return nil, nil, errors.Errorf("datasets: cifar-10: file, got more than %d records, want at most that", cifarMost)
		case record[0] > 9:
			return nil, nil, errors.Errorf("datasets: cifar-10: label of record %d, got %d, want 0 to 9%s", len(labels), record[0], guess(record))
		}
		labels = append(labels, record[0])
		pixels = append(pixels, record[1:]...)
	}
}

// CIFARBatch is one file of the CIFAR-10 archive.
type CIFARBatch struct {
	// Name is the file's base name, for example data_batch_1.bin.
	Name string
	// Pixels is (records, 3, 32, 32), Labels (records).
	Pixels, Labels []uint8
}

// ReadCIFAR10Tar reads every data_batch_N.bin and test_batch.bin of an uncompressed tar
// archive, in the archive's order, and skips all other files. A file given twice, a wrong
// size in the archive and an archive without any batch are errors.
func ReadCIFAR10Tar(r io.Reader) ([]CIFARBatch, error) {
	var batches []CIFARBatch
	archive := tar.NewReader(r)
	for {
		header, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errors.Wrap(err, "datasets: cifar-10: archive")
		}
		name := path.Base(header.Name)
		if header.Typeflag != tar.TypeReg || !isCIFARBatch(name) {
			continue
		}
		for key := range header.PAXRecords { // a sparse file's holes would be gigabytes out of nothing
			if strings.HasPrefix(key, "GNU.sparse.") {
				return nil, errors.Errorf("datasets: cifar-10: archive: %s, got a sparse file, want a plain one", name)
			}
		}
		if slices.ContainsFunc(batches, func(b CIFARBatch) bool { return b.Name == name }) {
			return nil, errors.Errorf("datasets: cifar-10: archive: %s, got it twice, want it once", name)
		}
		pixels, labels, err := ReadCIFAR10(archive, header.Size)
		if err != nil {
			return nil, errors.WithMessagef(err, "datasets: cifar-10: archive: %s", name)
		}
		batches = append(batches, CIFARBatch{Name: name, Pixels: pixels, Labels: labels})
	}
	if len(batches) == 0 {
		return nil, errors.New("datasets: cifar-10: archive, got no batch, want data_batch_1.bin to data_batch_5.bin and test_batch.bin")
	}
	return batches, nil
}

func isCIFARBatch(name string) bool {
	if name == "test_batch.bin" {
		return true
	}
	number, ok := strings.CutPrefix(name, "data_batch_")
	number, bin := strings.CutSuffix(number, ".bin")
	_, err := strconv.ParseUint(number, 10, 16)
	return ok && bin && err == nil
}
