package models

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

const (
	// maxWidth bounds a width: one weight matrix of it is 1 GiB in float32.
	maxWidth = 1 << 28
	// maxNodes bounds the number of widths that "64x1000" may stand for.
	maxNodes = 10_000
)

// ParseWidths reads widths separated by hyphens, "784-64x3-10", in which WxN stands for N
// times W.
func ParseWidths(text string) ([]int, error) {
	var widths []int
	for _, field := range strings.Split(text, "-") {
		width, times, repeated := strings.Cut(field, "x")
		w, err := strconv.Atoi(width)
		n := 1
		if err == nil && repeated {
			n, err = strconv.Atoi(times)
		}
		if err != nil || w < 1 || w > maxWidth || n < 1 || n > maxNodes-len(widths) {
			return nil, errors.Errorf("got %q, want widths of 1 to %d separated by hyphens, for example 784-64x3-10", text, maxWidth)
		}
		widths = append(widths, slices.Repeat([]int{w}, n)...)
	}
	return widths, nil
}

// parseChain reads the widths of a chain as [ParseWidths] does. "auto" for the first or
// the last stands for what the data want, and gives 0.
func parseChain(text string) ([]int, error) {
	first, last := strings.HasPrefix(text, "auto-"), strings.HasSuffix(text, "-auto")
	inner := strings.TrimPrefix(text, "auto-")
	if inner == "auto" && first {
		return []int{0, 0}, nil
	}
	widths, err := ParseWidths(strings.TrimSuffix(inner, "-auto"))
	if err != nil {
		return nil, errors.Errorf("got %q, want widths of 1 to %d separated by hyphens, for example 784-64x3-10 or auto-64-auto", text, maxWidth)
	}
	if first {
		widths = append([]int{0}, widths...)
	}
	if last {
		widths = append(widths, 0)
	}
	return widths, nil
}

// setChain sets the widths of a chain; see [parseChain].
func setChain(dst *[]int, text string) ([]string, error) {
	widths, err := parseChain(text)
	if err != nil {
		return nil, errors.WithMessage(err, "widths")
	}
	*dst = widths
	return []string{"widths"}, nil
}

// FormatWidths is the inverse of [ParseWidths]: WxN stands for more than four equal
// widths, which are easier to read one by one.
func FormatWidths(widths []int) string {
	var fields []string
	for i := 0; i < len(widths); {
		n := 1
		for i+n < len(widths) && widths[i+n] == widths[i] {
			n++
		}
		field := strconv.Itoa(widths[i])
		if n > 4 {
			fields = append(fields, field+"x"+strconv.Itoa(n))
		} else {
			fields = append(fields, slices.Repeat([]string{field}, n)...)
		}
		i += n
	}
	return strings.Join(fields, "-")
}
