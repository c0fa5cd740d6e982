package choice_test

import (
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/internal/choice"
)

var known = []string{"sigmoid", "tanh", "relu", "leaky-relu", "gelu", "hard-tanh", "l1", "l2"}

func TestFind(t *testing.T) {
	for got, want := range map[string]string{
		"tanh": "tanh", "TanH": "tanh", "LeakyReLU": "leaky-relu", "leaky_relu": "leaky-relu",
		"Hard Tanh": "hard-tanh", "tan": "", "": "", "tanh2": "",
	} {
		if name, ok := choice.Find(got, known); name != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", got, name, ok, want)
		}
	}
	// What is written exactly comes before what only differs in case.
	if name, _ := choice.Find("a", []string{"A", "a"}); name != "a" {
		t.Errorf("got %q, want a", name)
	}
}

func TestHint(t *testing.T) {
	for got, want := range map[string]string{
		"tahn":                     "tanh",       // exchanged
		"rel":                      "relu",       // missing
		"leaky":                    "leaky-relu", // the beginning
		"sigmiod":                  "sigmoid",
		"GELUU":                    "gelu",
		"softmax":                  "",
		"":                         "",
		"l3":                       "l1", // the first of equals
		"x":                        "",
		"hard":                     "hard-tanh",
		"leakytanh":                "", // five of eight letters differ
		strings.Repeat("tanh", 17): "",
	} {
		hint := choice.Hint(got, known)
		if want != "" {
			want = `; did you mean "` + want + `"?`
		}
		if hint != want {
			t.Errorf("%q: got %s, want %s", got, hint, want)
		}
	}
}

func TestParse(t *testing.T) {
	if name, err := choice.Parse("RELU", known); name != "relu" || err != nil {
		t.Errorf("got %q, %v, want relu", name, err)
	}
	_, err := choice.Parse("rleu", []string{"relu", "", "tanh"})
	if want := `got "rleu", want one of relu, tanh; did you mean "relu"?`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = choice.Parse("zzz", []string{"relu", "tanh"})
	if want := `got "zzz", want one of relu, tanh`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
