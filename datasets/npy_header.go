package datasets

import (
	"bytes"
	"encoding/binary"
	"io"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// readNPYHeader returns the header and how many bytes it took up.
func readNPYHeader(r io.Reader) (h npyHeader, read int64, err error) {
	var magic [8]byte
	n, err := io.ReadFull(r, magic[:])
	if err != nil || string(magic[:6]) != "\x93NUMPY" {
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return h, 0, errors.Wrap(err, "magic number")
		}
		return h, 0, errors.Errorf("magic number, got %q, want \"\\x93NUMPY\" and a version: this is no .npy file%s", magic[:n], guess(magic[:n]))
	}
	width := 4
	switch magic[6] {
	case 1:
		width = 2
	case 2, 3:
	default:
		return h, 0, errors.Errorf("version, got %d.%d, want 1 to 3; save it with numpy.save", magic[6], magic[7])
	}
	var raw [4]byte
	if _, err := io.ReadFull(r, raw[:width]); err != nil {
		return h, 0, errors.Wrap(err, "length of the header")
	}
	length := binary.LittleEndian.Uint32(raw[:])
	if length > npyHeaderMost {
		return h, 0, errors.Errorf("length of the header, got %d bytes, want at most %d; the file is damaged", length, npyHeaderMost)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return h, 0, errors.Wrapf(err, "header of %d bytes; the file is cut off, save it again", length)
	}
	h, err = parseNPYHeader(text)
	return h, int64(8+width) + int64(length), err
}

// parseNPYHeader reads the dictionary, whose three keys may come in any order.
func parseNPYHeader(text []byte) (h npyHeader, err error) {
	p := &literal{rest: bytes.TrimSpace(text)}
	found := map[string]bool{}
	p.want('{')
	for p.err == nil && !p.has('}') {
		key := p.quoted()
		p.want(':')
		if p.err == nil && found[key] {
			p.fail("each key once")
		}
		found[key] = true
		switch key {
		case "descr":
			if strings.HasPrefix(string(p.rest), "[") {
				return h, errors.New("element type, got records with fields, want plain numbers; save each field as an array of its own")
			}
			descr := p.quoted()
			if p.err == nil {
				h.element, err = npyElement(descr)
			}
		case "fortran_order":
			h.fortran = p.truth()
		case "shape":
			h.shape = p.tuple()
		default:
			p.fail("descr, fortran_order or shape")
		}
		if err != nil {
			return h, err
		}
		if !p.has(',') && p.err == nil {
			p.want('}')
			break
		}
	}
	if p.err == nil && (len(found) != 3 || len(p.rest) > 0) {
		p.fail("descr, fortran_order and shape, and no more")
	}
	if p.err == nil && len(h.shape) == 0 {
		return h, errors.New("shape, got a single number, want an array of samples")
	}
	return h, p.err
}

// npyElement reads a type such as <f4.
func npyElement(descr string) (element, error) {
	order := binary.ByteOrder(binary.LittleEndian)
	kind := descr
	if descr != "" && strings.ContainsRune("<>|=", rune(descr[0])) {
		kind = descr[1:]
		if descr[0] == '>' {
			order = binary.BigEndian
		}
	}
	types := map[string]element{
		"b1": {"bool", 1, order}, "u1": {"uint8", 1, order}, "i1": {"int8", 1, order},
		"u2": {"uint16", 2, order}, "i2": {"int16", 2, order}, "u4": {"uint32", 4, order},
		"i4": {"int32", 4, order}, "u8": {"uint64", 8, order}, "i8": {"int64", 8, order},
		"f2": {"float16", 2, order}, "f4": {"float32", 4, order}, "f8": {"float64", 8, order},
	}
	if e, ok := types[kind]; ok {
		return e, nil
	}
	remedy := "convert it with astype(numpy.float32)"
	switch kind += " "; kind[0] {
	case 'O':
		return element{}, errors.New("element type, got Python objects, want numbers; rows of different lengths make such an array: pad them, then convert it with astype(numpy.float32)")
	case 'U', 'S', 'a':
		remedy = "number them with numpy.unique(y, return_inverse=True)[1]"
	case 'c':
		remedy = "save the real and the imaginary part as two numbers"
	case 'M', 'm':
		remedy = "convert the times with astype(numpy.int64)"
	case 'V':
		remedy = "save each field as an array of its own"
	}
	return element{}, errors.Errorf("element type, got %.20q, want bool, or integers or floats of up to 64 bits; %s", descr, remedy)
}

// literal reads the Python literal of a header from its start on.
type literal struct {
	rest []byte
	err  error
}

func (p *literal) fail(want string) {
	if p.err == nil {
		p.err = errors.Errorf("header, got %.30q, want %s; the file is damaged, save it again", p.rest, want)
	}
}

// has takes the character c if it comes next.
func (p *literal) has(c byte) bool {
	if p.err != nil || len(p.rest) == 0 || p.rest[0] != c {
		return false
	}
	p.rest = bytes.TrimLeft(p.rest[1:], " \t\r\n")
	return true
}

func (p *literal) want(c byte) {
	if !p.has(c) {
		p.fail(strconv.Quote(string(c)))
	}
}

// quoted takes a string in either quotes.
func (p *literal) quoted() string {
	for _, q := range []byte{'\'', '"'} {
		if p.err == nil && len(p.rest) > 0 && p.rest[0] == q {
			if end := bytes.IndexByte(p.rest[1:], q); end >= 0 {
				s := string(p.rest[1 : 1+end])
				p.rest = bytes.TrimLeft(p.rest[2+end:], " \t\r\n")
				return s
			}
		}
	}
	p.fail("a quoted word")
	return ""
}

// truth takes True or False.
func (p *literal) truth() bool {
	for _, word := range []string{"True", "False"} {
		if rest, ok := bytes.CutPrefix(p.rest, []byte(word)); ok {
			p.rest = bytes.TrimLeft(rest, " \t\r\n")
			return word == "True"
		}
	}
	p.fail("True or False")
	return false
}

// tuple takes whole numbers between brackets, at most 32 of them.
func (p *literal) tuple() []int {
	shape := []int{}
	p.want('(')
	for p.err == nil && !p.has(')') {
		end := bytes.IndexAny(p.rest, ",)")
		if end < 0 || len(shape) == 32 {
			p.fail("a shape of at most 32 dimensions")
			break
		}
		n, err := strconv.Atoi(strings.TrimSuffix(string(bytes.TrimSpace(p.rest[:end])), "L"))
		if err != nil {
			p.fail("a whole number")
			break
		}
		shape = append(shape, n)
		p.rest = p.rest[end:]
		if !p.has(',') {
			p.want(')')
			break
		}
	}
	return shape
}
