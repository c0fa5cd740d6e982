package cli

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// The lists of names fit a terminal of 80 columns.
func TestKinds(t *testing.T) {
	out := prospect(t, "kinds").stdout
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"model        mlp:WIDTHS", "layer        leaky-relu:SLOPE", "solver       rk4", "control      pid:INITIAL", "stop         energy-gap:TOLERANCE", "rule         fixed-prediction", "schedule     step:EVERY", "engine       tape"} {
		if !strings.Contains(out, want) {
			t.Errorf("got no %q in\n%s", want, out)
		}
	}
	if got := prospect(t, "kinds", "Solvers").stdout; !strings.HasPrefix(got, "kind    name                  what it is\nsolver  euler") || strings.Contains(got, "layer") {
		t.Errorf("kinds Solvers: got %s", got)
	}
	if got := prospect(t, "kinds", "energies").stdout; !strings.Contains(got, "\nenergy  gaussian") {
		t.Errorf("kinds energies: got %s", got)
	}
	if got := prospect(t, "kinds", "Nesterov").stdout; !strings.Contains(got, "solver nesterov: ") || !strings.Contains(got, "optimizer nesterov: ") || !strings.Contains(got, "nesterov  truth value  true") {
		t.Errorf("kinds Nesterov: got %s", got)
	}
	if got := prospect(t, "kinds", "rule", "--json").stdout; !strings.HasPrefix(got, `{"of":"rule","kinds":[{"name":"pc"`) {
		t.Errorf("kinds rule --json: got %.80s", got)
	}
	if got := finish(t, command(t, "kinds", "nestreov")); got.code != 2 || !strings.Contains(got.stderr, `did you mean "nesterov"?`) {
		t.Errorf("kinds nestreov: got %d, %s", got.code, got.stderr)
	}
}
