package datasets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Text is a text as a Dataset for models of language, character by character. A sample is
// a window of so many characters, as the numbers of their symbols; its label is the
// symbol that follows. Windows follow one another without overlap.
type Text struct {
	symbols []rune // in order of their code
	text    []int
	length  int
}

// mostSymbols bounds the alphabet: a character is one of few.
const mostSymbols = 1024

// NewText cuts a text into windows of length characters. The alphabet is what occurs in
// it, or, where symbols is not nil, symbols, which must be sorted; a character outside is
// then an error.
func NewText(text string, length int, symbols []rune) (*Text, error) {
	runes := []rune(text)
	if length < 1 || len(runes) <= length {
		return nil, errors.Errorf("datasets: text: got %d characters for windows of %d, want at least one window and the character after it", len(runes), length)
	}
	symbols, err := alphabet(runes, symbols)
	if err != nil {
		return nil, err
	}
	numbers, err := numbersOf(runes, symbols)
	if err != nil {
		return nil, errors.WithMessage(err, "datasets: text")
	}
	return &Text{symbols: symbols, text: numbers, length: length}, nil
}

// alphabet returns the given symbols, or those that occur in a text, sorted.
func alphabet(text, symbols []rune) ([]rune, error) {
	if symbols == nil {
		symbols = slices.Clone(text)
		slices.Sort(symbols)
		symbols = slices.Compact(symbols)
	}
	if len(symbols) > mostSymbols {
		return nil, errors.Errorf("datasets: text: got %d different characters, want at most %d", len(symbols), mostSymbols)
	}
	return symbols, nil
}

// numbersOf returns the place of every character in the alphabet.
func numbersOf(text, symbols []rune) ([]int, error) {
	out := make([]int, len(text))
	for i, r := range text {
		k, ok := slices.BinarySearch(symbols, r)
		if !ok {
			return nil, errors.Errorf("character %d, got %q, want one of the %d symbols", i, r, len(symbols))
		}
		out[i] = k
	}
	return out, nil
}

// Symbols is the alphabet: symbol k is its k-th character. The caller must not modify it.
func (t *Text) Symbols() []rune { return t.symbols }

// Len is the number of windows.
func (t *Text) Len() int {
	if t.length == 0 { // the zero value
		return 0
	}
	return (len(t.text) - 1) / t.length
}

// Shape is the number of characters of a window.
func (t *Text) Shape() []int { return []int{t.length} }

// Classes is the number of symbols.
func (t *Text) Classes() int { return len(t.symbols) }

// Label is the symbol that follows window i.
func (t *Text) Label(i int) int { return t.text[(i+1)*t.length] }

// Read writes the symbols of window i as numbers into dst.
func (t *Text) Read(i int, dst []float32) {
	for j, k := range t.text[i*t.length : (i+1)*t.length] {
		dst[j] = float32(k)
	}
}

// Next returns the symbols that follow each of those of window i. The caller must not
// modify it.
func (t *Text) Next(i int) []int { return t.text[i*t.length+1 : (i+1)*t.length+1] }

// SplitText cuts off the last tenth of a text for tests. Both parts have the alphabet of
// the whole.
func SplitText(text string, length int) (training, test *Text, err error) {
	whole, err := NewText(text, length, nil)
	if err != nil {
		return nil, nil, err
	}
	cut := len(whole.text) - len(whole.text)/10
	if len(whole.text)-cut <= length {
		return nil, nil, errors.Errorf("datasets: text: got %d characters, want at least %d, so that the last tenth is a window of %d and the character after it",
			len(whole.text), 10*(length+1), length)
	}
	part := func(from, to int) *Text {
		return &Text{symbols: whole.symbols, text: whole.text[from:to], length: length}
	}
	return part(0, cut), part(cut, len(whole.text)), nil
}

// Sums is a text of n lines of additions such as "37+45=82", made in memory: what follows
// the sign of equality can be known, the rest only in its form.
func Sums(n int, seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 0x73756d73))
	var b strings.Builder
	for range n {
		x, y := rng.IntN(100), rng.IntN(100)
		fmt.Fprintf(&b, "%d+%d=%d\n", x, y, x+y)
	}
	return b.String()
}
