package datasets

import (
	"strings"

	"github.com/pkg/errors"
)

// Lines is a text as a Dataset for models of language in which every line is a sequence
// of its own, such as a list of names. Lines differ in length; a sample is padded to that
// of the longest.
//
// The symbols of a line are its end, with which the one before has ended, and its
// characters; what follows each of them is a character of the line, and last its end.
//
//	"ab\n"   sample: \n a b, then zeros   following: a b \n
type Lines struct {
	symbols []rune
	lines   [][]int // each from the end of the one before to its own
	length  int
}

// NewLines splits a text into lines; empty ones are left out. Length is the number of
// symbols of a sample, at least one more than the characters of the longest line. Zero
// means that. The alphabet is as in [NewText], with the end of the line in it.
func NewLines(text string, length int, symbols []rune) (*Lines, error) {
	l := &Lines{length: length}
	var err error
	if l.symbols, err = alphabet([]rune(strings.ReplaceAll(text, "\r\n", "\n")+"\n"), symbols); err != nil {
		return nil, err
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			continue
		}
		numbers, err := numbersOf([]rune("\n"+line+"\n"), l.symbols)
		if err != nil {
			return nil, errors.WithMessagef(err, "datasets: text: line %d", n)
		}
		if length > 0 && len(numbers)-1 > length {
			return nil, errors.Errorf("datasets: text: line %d, got %d characters, want at most %d; lengthen the samples to %d", n, len(numbers)-2, length-1, len(numbers)-1)
		}
		l.lines, l.length = append(l.lines, numbers), max(l.length, len(numbers)-1)
	}
	if len(l.lines) == 0 {
		return nil, errors.New("datasets: text: got no line that is not empty, want one for each sequence")
	}
	return l, nil
}

// Symbols is the alphabet: symbol k is its k-th character. The caller must not modify it.
func (l *Lines) Symbols() []rune { return l.symbols }

// Len is the number of lines.
func (l *Lines) Len() int { return len(l.lines) }

// Shape is the number of symbols of a sample, the padding included.
func (l *Lines) Shape() []int { return []int{l.length} }

// Classes is the number of symbols.
func (l *Lines) Classes() int { return len(l.symbols) }

// Label is what follows the last symbol of line i: its end.
func (l *Lines) Label(i int) int { return l.lines[i][0] }

// Read writes the symbols of line i as numbers into dst, and zeros behind them.
func (l *Lines) Read(i int, dst []float32) {
	clear(dst)
	for j, k := range l.lines[i][:len(l.lines[i])-1] {
		dst[j] = float32(k)
	}
}

// Next returns the symbols that follow each of those of line i, as many as it has without
// padding. The caller must not modify it.
func (l *Lines) Next(i int) []int { return l.lines[i][1:] }

// SplitLines cuts off the last tenth of the lines of a text for tests. Both parts have
// the alphabet and the length of the whole.
func SplitLines(text string, length int) (training, test *Lines, err error) {
	whole, err := NewLines(text, length, nil)
	if err != nil {
		return nil, nil, err
	}
	n := len(whole.lines)
	if n < 10 {
		return nil, nil, errors.Errorf("datasets: text: got %d lines, want at least 10, so that the last tenth is one", n)
	}
	part := func(lines [][]int) *Lines { return &Lines{symbols: whole.symbols, lines: lines, length: whole.length} }
	return part(whole.lines[:n-n/10]), part(whole.lines[n-n/10:]), nil
}
