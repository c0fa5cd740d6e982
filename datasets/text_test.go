package datasets

import (
	"slices"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	training, test, err := SplitText(strings.Repeat("abcé", 10), 3)
	if err != nil {
		t.Fatal(err)
	}
	if string(training.Symbols()) != "abcé" || training.Len() != 11 || test.Len() != 1 || test.Classes() != 4 {
		t.Errorf("got %q, %d and %d windows of %d symbols", string(training.Symbols()), training.Len(), test.Len(), test.Classes())
	}
	x := make([]float32, 3)
	training.Read(1, x)
	if !slices.Equal(x, []float32{3, 0, 1}) || !slices.Equal(training.Next(1), []int{0, 1, 2}) || training.Label(1) != 2 {
		t.Errorf("window 1: got %v, then %v and %d, want éab, then abc and c", x, training.Next(1), training.Label(1))
	}
	if last := training.Len() - 1; len(training.Next(last)) != 3 {
		t.Error("the last window has no character after it")
	}
	for _, c := range []struct {
		text    string
		length  int
		symbols []rune
		want    string
	}{
		{"abc", 3, nil, "got 3 characters for windows of 3"},
		{"abc", 0, nil, "windows of 0"},
		{"abc", 2, []rune("ab"), `character 2, got 'c'`},
	} {
		if _, err := NewText(c.text, c.length, c.symbols); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q, got %v, want it to contain %q", c.text, err, c.want)
		}
	}
	var many strings.Builder
	for r := range rune(mostSymbols + 1) {
		many.WriteRune('一' + r)
	}
	if _, err := NewText(many.String(), 3, nil); err == nil || !strings.Contains(err.Error(), "different characters") {
		t.Errorf("a large alphabet, got %v, want an error", err)
	}
	if _, _, err := SplitText("abcdefgh", 3); err == nil || !strings.Contains(err.Error(), "want at least 40") {
		t.Errorf("a short text, got %v, want an error", err)
	}
}

func TestSums(t *testing.T) {
	text := Sums(1000, 1)
	if text != Sums(1000, 1) || text == Sums(1000, 2) || strings.Count(text, "\n") != 1000 {
		t.Error("sums do not depend on their seed alone")
	}
	if symbols := mustText(t, text).Symbols(); string(symbols) != "\n+0123456789=" {
		t.Errorf("symbols, got %q", string(symbols))
	}
}

func mustText(t *testing.T, text string) *Text {
	t.Helper()
	x, err := NewText(text, 8, nil)
	if err != nil {
		t.Fatal(err)
	}
	return x
}
