package datasets

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

func (a Assembly) whose() string {
	if a.Classes != nil {
		return ""
	}
	return " of the training part"
}

// words spells the label of each sample as the name of its class.
func (a Assembly) words(p *Part) ([]string, error) {
	if p.Words != nil {
		return p.Words, nil
	}
	n := p.Y.Shape[0]
	width := p.Y.Len() / n
	if a.OneHot {
		return a.oneHot(p, width)
	}
	if width != 1 {
		return nil, errors.Errorf("labels, got rows of %d numbers, want one for each sample; if they are one-hot say OneHot, if quantities Task Regression", width)
	}
	words := make([]string, n)
	spelled := map[float64]string{}
	for i := range words {
		v := p.Y.At(i)
		w, ok := spelled[v]
		if !ok {
			switch {
			case v != math.Trunc(v) || !finite(v):
				return nil, errors.Errorf("label of %s, got %g, want a whole number; for quantities say Task Regression", p.row(i), v)
			case p.Y.Type == "bool":
				w = strconv.FormatBool(v != 0)
			case a.Classes != nil:
				if v < 0 || v >= float64(len(a.Classes)) {
					return nil, errors.Errorf("label of %s, got %g, want 0 to %d", p.row(i), v, len(a.Classes)-1)
				}
				w = a.Classes[int(v)]
			default:
				w = strconv.FormatFloat(v, 'f', -1, 64)
			}
			spelled[v] = w
		}
		words[i] = w
	}
	return words, nil
}

// oneHot reads rows of zeros with one 1.
func (a Assembly) oneHot(p *Part, width int) ([]string, error) {
	words := make([]string, p.Y.Shape[0])
	for i := range words {
		at, ones := -1, 0
		for k := range width {
			switch v := p.Y.At(i*width + k); v {
			case 0:
			case 1:
				at = k
				ones++
			default:
				ones = 2
			}
		}
		if ones != 1 || width < 2 {
			return nil, errors.Errorf("one-hot label of %s, got a row of %d numbers that is not one 1 among zeros; correct it, or do not say OneHot", p.row(i), width)
		}
		if a.Classes != nil {
			if len(a.Classes) != width {
				return nil, errors.Errorf("one-hot labels, got %d numbers each, want the %d of Classes", width, len(a.Classes))
			}
			words[i] = a.Classes[at]
			continue
		}
		words[i] = strconv.Itoa(at)
	}
	return words, nil
}

// classes are names and the number of each.
type classes struct {
	names []string
	index map[string]int
}

func newClasses(names []string) *classes {
	c := &classes{names: names, index: map[string]int{}}
	for k, name := range names {
		c.index[name] = k
	}
	return c
}

// known are the classes said beforehand, or nil.
func (a Assembly) known() *classes {
	if a.Classes == nil {
		return nil
	}
	return newClasses(slices.Clone(a.Classes))
}

// findClasses lists the different words, in the order of the numbers they spell or of
// text.
func findClasses(words []string, numbers bool) *classes {
	found := map[string]bool{}
	for _, w := range words {
		found[w] = true
	}
	names := make([]string, 0, len(found))
	for w := range found {
		names = append(names, w)
	}
	slices.Sort(names)
	if numbers {
		value := func(w string) float64 { v, _ := strconv.ParseFloat(w, 64); return v }
		slices.SortStableFunc(names, func(a, b string) int { return int(min(1, max(-1, value(a)-value(b)))) })
	}
	return newClasses(names)
}

// twice is a name that occurs twice, or empty.
func twice(names []string) string {
	found := map[string]bool{}
	for _, name := range names {
		if found[name] {
			return name
		}
		found[name] = true
	}
	return ""
}

// some lists at most ten names.
func some(names []string) string {
	if len(names) > 10 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:10], ", "), len(names)-10)
	}
	return strings.Join(names, ", ")
}
