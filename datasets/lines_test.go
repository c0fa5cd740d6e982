package datasets_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
)

// A line is its characters with its end before and behind it, padded to the longest.
func TestLines(t *testing.T) {
	l, err := datasets.NewLines("ab\n\r\nb\r\nabba", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(l.Symbols()); got != "\nab" || l.Classes() != 3 || l.Len() != 3 || !slices.Equal(l.Shape(), []int{5}) {
		t.Fatalf("got symbols %q, %d lines of shape %v", got, l.Len(), l.Shape())
	}
	for i, want := range []struct {
		x    []float32
		next []int
	}{
		{[]float32{0, 1, 2, 0, 0}, []int{1, 2, 0}},
		{[]float32{0, 2, 0, 0, 0}, []int{2, 0}},
		{[]float32{0, 1, 2, 2, 1}, []int{1, 2, 2, 1, 0}},
	} {
		got := []float32{9, 9, 9, 9, 9}
		l.Read(i, got)
		if !slices.Equal(got, want.x) || !slices.Equal(l.Next(i), want.next) || l.Label(i) != 0 {
			t.Errorf("line %d: got %v, followed by %v, label %d, want %v, %v", i, got, l.Next(i), l.Label(i), want.x, want.next)
		}
	}
	if l, err := datasets.NewLines("ab", 7, []rune("\nabc")); err != nil || l.Shape()[0] != 7 || l.Classes() != 4 {
		t.Errorf("longer: got %v, %v", l, err)
	}
	training, test, err := datasets.SplitLines(strings.Repeat("ab\n", 18)+"ccc\nabcd\n", 0)
	if err != nil || training.Len() != 18 || test.Len() != 2 || training.Classes() != 5 || training.Shape()[0] != 5 {
		t.Errorf("split: got %v, %v, %v", training, test, err)
	}
	for want, make := range map[string]func() error{
		"got no line that is not empty":          func() error { _, err := datasets.NewLines("\n\n", 0, nil); return err },
		"line 2, got 3 characters, want at most": func() error { _, err := datasets.NewLines("a\nabc\n", 3, nil); return err },
		`line 2: character 1, got 'x', want one`: func() error { _, err := datasets.NewLines("a\nx", 0, []rune("\na")); return err },
		"got 9 lines, want at least 10":          func() error { _, _, err := datasets.SplitLines(strings.Repeat("a\n", 9), 0); return err },
	} {
		if err := make(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}
