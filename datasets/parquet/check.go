package parquet

import (
	"encoding/binary"
	"io"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pkg/errors"
)

const (
	// footerMost bounds the description of a file.
	footerMost = 1 << 28
	// headerMost bounds the header of a page, which may hold its least and greatest
	// value.
	headerMost = 1 << 24
	// pageRoom is what a page may unpack to whatever its size; beyond it, unpackMost
	// bytes for each byte in the file, as deflate at its best.
	pageRoom   = 1 << 26
	unpackMost = 1040
	// pageValues bounds the values of a page.
	pageValues = 1 << 24
)

// checkFooter refuses a file whose description is not all there.
//
//	PAR1 | pages | description | its length (4 bytes, little endian) | PAR1
//
// Source: Apache Parquet, "File Format".
func checkFooter(r io.ReaderAt, size int64) error {
	if size < 12 {
		return errors.Errorf("got %d bytes, want a Parquet file of at least 12; fetch it again", size)
	}
	var head [4]byte
	var tail [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return errors.Wrap(err, "magic number")
	}
	if _, err := r.ReadAt(tail[:], size-8); err != nil {
		return errors.Wrap(err, "footer")
	}
	if string(head[:]) == "PARE" || string(tail[4:]) == "PARE" {
		return errors.New("got an encrypted file, want a plain one; decrypt it")
	}
	if string(head[:]) != "PAR1" || string(tail[4:]) != "PAR1" {
		return errors.Errorf("magic numbers, got %q and %q, want \"PAR1\" at both ends: this is no Parquet file, or it is cut off; fetch it again", head[:], tail[4:])
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if length > size-12 || length > footerMost {
		return errors.Errorf("footer, got %d bytes, want at most the %d of the file before it; the file is damaged, fetch it again", length, size-12)
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-8-length); err != nil {
		return errors.Wrap(err, "footer")
	}
	if _, err := thriftStruct(footer, 0); err != nil {
		return errors.WithMessage(err, "footer; the file is damaged, fetch it again")
	}
	return nil
}

// checkPages walks the pages of the given leaves and refuses what a header promises
// beyond the file, or beyond what so few bytes can have been packed from.
func checkPages(r io.ReaderAt, size int64, file *pq.File, leaves []int) error {
	for g, group := range file.Metadata().RowGroups {
		for _, leaf := range leaves {
			if leaf >= len(group.Columns) {
				return errors.Errorf("row group %d, got %d columns, want more; the file is damaged, fetch it again", g, len(group.Columns))
			}
			m := group.Columns[leaf].MetaData
			start, end := m.DataPageOffset, m.TotalCompressedSize
			if m.DictionaryPageOffset != 0 {
				start = m.DictionaryPageOffset
			}
			if start < 4 || end < 0 || start > size-8 || end > size-8-start {
				return errors.Errorf("row group %d, got a column of %d bytes at %d, want it within the file of %d; the file is cut off, fetch it again", g, end, start, size)
			}
			if err := checkChunk(r, start, start+end, group.NumRows); err != nil {
				return errors.WithMessagef(err, "row group %d, column %d", g, leaf)
			}
		}
	}
	return nil
}

// checkChunk walks the pages between two places of the file.
func checkChunk(r io.ReaderAt, at, end, rows int64) error {
	var protocol thrift.CompactProtocol
	for at < end {
		header, n, err := pageHeader(r, at, end, &protocol)
		if err != nil {
			return errors.WithMessage(err, "page header; the file is damaged, fetch it again")
		}
		at += n
		packed, unpacked := int64(header.CompressedPageSize), int64(header.UncompressedPageSize)
		v1, v2 := int64(header.DataPageHeader.V.NumValues), int64(header.DataPageHeaderV2.V.NumValues)
		words := int64(header.DictionaryPageHeader.V.NumValues)
		values := max(v1, v2, words)
		if packed < 0 || packed > end-at || unpacked < 0 || unpacked > pageRoom+unpackMost*packed ||
			min(v1, v2, words) < 0 || max(v1, v2) > rows || words > unpacked || values > pageValues {
			return errors.Errorf("got a page of %d values in %d bytes, %d unpacked, want as much as its column can hold; the file is damaged, fetch it again", values, packed, unpacked)
		}
		at += packed
	}
	return nil
}

// pageHeader decodes the header of a page and returns its length.
func pageHeader(r io.ReaderAt, at, end int64, protocol *thrift.CompactProtocol) (header format.PageHeader, n int64, err error) {
	for room := int64(1 << 10); ; room *= 32 {
		head := make([]byte, min(room, end-at))
		if _, err := r.ReadAt(head, at); err != nil {
			return header, 0, errors.Wrap(err, "read")
		}
		length, err := thriftStruct(head, 0)
		if err == nil {
			err = thrift.Unmarshal(protocol, head[:length], &header)
			return header, int64(length), errors.Wrap(err, "decode")
		}
		if room >= end-at || room > headerMost {
			return header, 0, err
		}
	}
}

// thriftStruct returns the length of the structure at the start of b, in Thrift's compact
// encoding, or an error if a list or a text of it promises more than b holds.
//
// Source: Apache Thrift, "Thrift Compact protocol encoding".
func thriftStruct(b []byte, depth int) (n int, err error) {
	if depth > deepest {
		return 0, errTooDeep()
	}
	for {
		if n >= len(b) {
			return 0, errors.New("got an open end, want a whole structure")
		}
		head := b[n]
		n++
		if head == 0 {
			return n, nil
		}
		if head>>4 == 0 { // the field's number follows
			k, err := varint(b[n:])
			if err != nil {
				return 0, err
			}
			n += k
		}
		k, err := thriftValue(b[n:], head&15, false, depth)
		if err != nil {
			return 0, err
		}
		n += k
	}
}

// deepest bounds structures and lists in one another.
const deepest = 32

func errTooDeep() error {
	return errors.Errorf("got more than %d structures in one another", deepest)
}

// thriftValue returns the length of a value of a type. Truth values take up a byte in
// lists alone.
func thriftValue(b []byte, kind byte, inList bool, depth int) (int, error) {
	fixed := 0
	switch kind {
	case 1, 2:
		if inList {
			fixed = 1
		}
	case 3:
		fixed = 1
	case 4, 5, 6:
		return varint(b)
	case 7:
		fixed = 8
	case 8:
		n, err := varint(b)
		if err != nil {
			return 0, err
		}
		length, _ := binary.Uvarint(b)
		if length > uint64(len(b)-n) {
			return 0, errors.Errorf("got a text of %d bytes where %d are left", length, len(b)-n)
		}
		return n + int(length), nil
	case 9, 10:
		return thriftList(b, depth)
	case 12:
		return thriftStruct(b, depth+1)
	default:
		return 0, errors.Errorf("got a value of type %d, want one that Parquet knows", kind)
	}
	if fixed > len(b) {
		return 0, errors.New("got an open end, want a whole value")
	}
	return fixed, nil
}

// thriftList returns the length of a list. Each of its elements takes up a byte at least.
func thriftList(b []byte, depth int) (n int, err error) {
	if depth > deepest {
		return 0, errTooDeep()
	}
	if len(b) == 0 {
		return 0, errors.New("got an open end, want a list")
	}
	size, kind := uint64(b[0]>>4), b[0]&15
	n = 1
	if size == 15 {
		k, err := varint(b[1:])
		if err != nil {
			return 0, err
		}
		size, _ = binary.Uvarint(b[1:])
		n += k
	}
	if size > uint64(len(b)-n) {
		return 0, errors.Errorf("got a list of %d where %d bytes are left", size, len(b)-n)
	}
	for range size {
		k, err := thriftValue(b[n:], kind, true, depth+1)
		if err != nil {
			return 0, err
		}
		n += k
	}
	return n, nil
}

// varint returns the length of a number at the start of b.
func varint(b []byte) (int, error) {
	if _, n := binary.Uvarint(b); n > 0 {
		return n, nil
	}
	return 0, errors.New("got no whole number where one belongs")
}
