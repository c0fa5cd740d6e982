package run

import (
	"strconv"
	"strings"

	"github.com/seed-be841da4/prospect/datasets"
)

// textQuestion says what to type to ask a network that reads text: its input holds
// characters as numbers, which only data can be clamped to.
func (q *questioner) textQuestion(why error) error {
	text, err := readText(q.settings.Data)
	if err != nil {
		return err
	}
	_, test, err := datasets.SplitText(text, q.net.places)
	if err != nil {
		return err
	}
	row := make([]float32, q.net.places)
	test.Read(0, row)
	fields := make([]string, len(row))
	for i, v := range row {
		fields[i] = strconv.Itoa(int(v))
	}
	node := q.net.Sample[0]
	remedy := settingf("the network reads text, %d characters as numbers of 0 to %d, in the order of %q; type {clamp} %s=%s",
		q.net.places, test.Classes()-1, string(test.Symbols()), node, strings.Join(fields, ","))
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
	text, err := readText(s.Data)
	if err != nil {
		return nil, err
	}
	test, _, err := datasets.SplitText(text, l.places)
	if err != nil {
		return nil, err
	}
	return test.Symbols(), nil
}
