package tables

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"golang.org/x/term"
)

// Width returns the columns of what is written to: those of $COLUMNS if it is a number
// above 0, those of the terminal if w is one, and otherwise 0, which means that lines may
// have any length: down a pipe nothing is broken.
func Width(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// gap is the number of spaces between two columns.
const gap = 2

// widths returns how wide each column is, given how wide it wants to be, how wide its
// longest word is, and the width of the terminal, 0 for any. The widest column gives way
// first, down to its longest word; below that, the widest is broken within words.
func widths(want, least []int, terminal int) []int {
	out := append([]int(nil), want...)
	if terminal <= 0 {
		return out
	}
	room := terminal - gap*(len(out)-1)
	for sum(out) > room {
		widest := -1
		for i, n := range out {
			if n > least[i] && (widest < 0 || n > out[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			for i, n := range out {
				if n > 1 && (widest < 0 || n > out[widest]) {
					widest = i
				}
			}
		}
		if widest < 0 {
			break // more columns than the terminal has
		}
		out[widest]--
	}
	return out
}

func sum(values []int) int {
	total := 0
	for _, v := range values {
		total += v
	}
	return total
}

// longestWord is the width of the longest word.
func longestWord(s string) int {
	longest := 0
	for _, word := range strings.Fields(s) {
		longest = max(longest, text.StringWidth(word))
	}
	return longest
}

// Fill breaks a line into lines of at most width columns, which begin where the line
// begins and, from the second on, two columns further in. Width 0 breaks nothing.
func Fill(line string, width int) string {
	if width <= 0 || text.StringWidth(line) <= width {
		return line
	}
	body := strings.TrimLeft(line, " ")
	first := len(line) - len(body)
	more := min(first+2, width/2)
	indent := strings.Repeat(" ", min(first, width/2))
	var b strings.Builder
	for i, part := range strings.Split(text.WrapSoft(body, width-more), "\n") {
		if i > 0 {
			b.WriteString("\n")
			indent = strings.Repeat(" ", more)
		}
		b.WriteString(strings.TrimRight(indent+part, " "))
	}
	return b.String()
}
