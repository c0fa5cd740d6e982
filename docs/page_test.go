package docs_test

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// block is a fenced piece of a page.
type block struct {
	language string
	words    []string // after the language
	text     string
	line     int    // of the opening fence, from 1
	output   *block // the ```text that follows it, if one does
}

func (b *block) word(w string) bool { return slices.Contains(b.words, w) }

// parse returns the blocks of a page that are not outputs. An output follows its block
// with at most one line of prose, that ends with a colon, between them.
func parse(page string) []block {
	var blocks []block
	var open *block
	prose := 0
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case open == nil && isFence:
			words := strings.Fields(fence)
			open = &block{line: i + 1}
			if len(words) > 0 {
				open.language, open.words = words[0], words[1:]
			}
		case open != nil && isFence:
			if n := len(blocks); open.language == "text" && n > 0 && blocks[n-1].output == nil && prose <= 1 {
				blocks[n-1].output = open
			} else {
				blocks = append(blocks, *open)
			}
			open, prose = nil, 0
		case open != nil:
			open.text += line + "\n"
		case strings.TrimSpace(line) != "":
			prose++
			if !strings.HasSuffix(strings.TrimSpace(line), ":") {
				prose += 2
			}
		}
	}
	return blocks
}

// rewrite puts the outputs of the blocks into the page.
func rewrite(page string, blocks []block) string {
	outputs := map[int]string{}
	for _, b := range blocks {
		if b.output != nil {
			outputs[b.output.line] = b.output.text
		}
	}
	var s strings.Builder
	skipping := false
	lines := strings.Split(page, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "```") {
			skipping = false
		}
		if !skipping {
			s.WriteString(line)
			if i < len(lines)-1 {
				s.WriteByte('\n')
			}
		}
		if text, ok := outputs[i+1]; ok {
			s.WriteString(text)
			skipping = true
		}
	}
	return s.String()
}

// compare returns "" if an output says what the page says, and else the first word that
// differs.
func compare(page, got string) string {
	want, have := words(page), words(got)
	i, j := 0, 0
	for i < len(want) {
		if want[i] == "..." {
			i++
			if i == len(want) {
				return ""
			}
			// The next words of the page have to come somewhere.
			for j < len(have) && compareFrom(want[i:], have[j:]) < run(want[i:]) {
				j++
			}
			if j == len(have) {
				return "no " + strconv.Quote(want[i])
			}
			continue
		}
		if j == len(have) {
			return "ends before " + strconv.Quote(want[i])
		}
		if !same(want[i], have[j]) {
			return "got " + strconv.Quote(have[j]) + ", want " + strconv.Quote(want[i])
		}
		i, j = i+1, j+1
	}
	if j < len(have) {
		return "more than the page has: " + strconv.Quote(have[j])
	}
	return ""
}

// run counts the words before the next "...", at most 4.
func run(want []string) int {
	n := 0
	for n < len(want) && n < 4 && want[n] != "..." {
		n++
	}
	return n
}

// compareFrom counts the words with which both begin.
func compareFrom(want, have []string) int {
	n := 0
	for n < len(want) && n < len(have) && want[n] != "..." && same(want[n], have[n]) {
		n++
	}
	return n
}

var (
	// A measured time or rate, with its unit.
	timed = regexp.MustCompile(`[\d.]+ ?(ns|µs|ms|s|seconds?|min|minutes?|samples/s|GFLOP/s|MB|MiB)\b`)
	atom  = regexp.MustCompile(`\.\.\.|-?\d+(\.\d+)?(e[-+]?\d+)?|[^\s\d.-]+|[.-]`)
)

// words takes an output apart: numbers, and what is between them.
func words(s string) []string {
	return atom.FindAllString(timed.ReplaceAllString(s, "TIME"), -1)
}

// same tells whether two words are equal, numbers within 3 % or two of the last digit.
func same(want, got string) bool {
	if want == got {
		return true
	}
	a, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return false
	}
	b, err := strconv.ParseFloat(got, 64)
	if err != nil {
		return false
	}
	digit := 0.0
	if _, after, ok := strings.Cut(want, "."); ok && !strings.Contains(want, "e") {
		digit = 2 * math.Pow(10, -float64(len(after)))
	}
	return math.Abs(a-b) <= max(.03*math.Abs(a), digit)
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		page, got string
		same      bool
	}{
		{"accuracy 97.20 %  1.1 s", "accuracy 97.3 % 17.5 s", true},
		{"0.11 seconds by the clock", "0.4 seconds by the clock", true},
		{"accuracy 97.20 %", "accuracy 91.3 %", false},
		{"epoch 1\n...\nend 3", "epoch 1\nepoch 2 end 2\nend 3", true},
		{"epoch 1\n...\nend 3", "epoch 1\nepoch 2\nend 4", false},
		{"a 10 b", "a 11 b", false},
		{"a", "a b", false},
		{"a b", "a", false},
		{"0.01", "0.03", true},
		{"0.01", "0.04", false},
		{"a\n...", "a b c", true},
	} {
		if got := compare(c.page, c.got) == ""; got != c.same {
			t.Errorf("compare(%q, %q): got %t", c.page, c.got, got)
		}
	}
}

func TestParse(t *testing.T) {
	page := "# A\n```sh data\nx\n```\nprints:\n\n```text\n1\n```\n```go\ny\n```\nMore prose.\nAnd more:\n\n```text\nfree\n```\n"
	blocks := parse(page)
	if len(blocks) != 3 || blocks[0].output == nil || blocks[1].output != nil || !blocks[0].word("data") {
		t.Fatalf("got %+v", blocks)
	}
	blocks[0].output.text = "2\n"
	if got, want := rewrite(page, blocks), strings.Replace(page, "1\n", "2\n", 1); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
