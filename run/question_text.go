package run

import (
	"strconv"
	"strings"

	"github.com/seed-be841da4/prospect/datasets"
)

// textQuestion says what to type to ask a network that reads text: its input holds
// characters as numbers, which only data can be clamped to.
func (q *questioner) textQuestion(why error) error {
	t, err := readSequences(q.settings.Data, q.net.places)
	if err != nil {
		return err
	}
	row := make([]float32, q.net.places)
	t.test.Read(0, row)
	fields := make([]string, len(row))
	for i, v := range row {
		fields[i] = strconv.Itoa(int(v))
	}
	node := q.net.Sample[0]
	remedy := settingf("the network reads text, %d characters as numbers of 0 to %d, in the order of %q; type {clamp} %s=%s"+q.maskHint(t),
		q.net.places, len(t.symbols)-1, string(t.symbols), node, strings.Join(fields, ","))
	if why != nil {
		return settingf("%v: %v", why, remedy)
	}
	return settingf("{clamp} %s is missing: %v", node, remedy)
}

// symbols returns the characters of the text that a network reads; nil if it reads
// none.
func (s *Settings) symbols(l Layout) ([]rune, error) {
	if l.places == 0 || !isText(s.Data) {
		return nil, nil
	}
	t, err := readSequences(s.Data, l.places)
	return t.symbols, err
}

// maskHint is what is to be clamped beside the characters of a line, for a message.
func (q *questioner) maskHint(t sequences) string {
	lines, ok := t.test.(*datasets.Lines)
	if !ok {
		return ""
	}
	fields := make([]string, q.net.places)
	for i := range fields {
		fields[i] = "0"
		if i < len(lines.Next(0)) {
			fields[i] = "1"
		}
	}
	return " {clamp} " + q.net.mask + "=" + strings.Join(fields, ",")
}
