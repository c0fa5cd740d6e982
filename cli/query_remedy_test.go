package cli

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/run"
)

// TestQueryOfText: a network that reads text is asked with numbers, and says which.
func TestQueryOfText(t *testing.T) {
	out := filepath.Join(t.TempDir(), "run")
	prospect(t, "train", "--data", "sums", "--model", "transformer:8,width=8,depth=1", "--rule", "bp", "--limit-batches", "2", "--epochs", "1", "--out", out)
	typed := regexp.MustCompile(`type --clamp (x=[\d,]+)`)
	for _, flags := range [][]string{nil, {"--clamp", "x=test:0"}, {"--clamp", "x=3"}, {"--clamp", "x=1,2"}} {
		got := finish(t, command(t, append([]string{"query", "--out", out}, flags...)...))
		checkFailure(t, got, exitFailure, "8 characters as numbers of 0 to 12")
		m := typed.FindStringSubmatch(got.stderr)
		if m == nil {
			t.Fatalf("%q: got %q, want what to type", flags, got.stderr)
		}
		answer := prospect(t, "query", "--out", out, "--clamp", m[1])
		if !regexp.MustCompile(`\n0  ".{8,}"\n`).MatchString(answer.stdout) || strings.Contains(answer.stdout, "class") {
			t.Errorf("got %q, want eight characters", answer.stdout)
		}
	}
}

// TestMaskRemedies: a mask that hides nothing is none, and one whose hidden part
// nothing predicts is told.
func TestMaskRemedies(t *testing.T) {
	data := digits(t)
	out := filepath.Join(t.TempDir(), "run")
	prospect(t, small(data, out, "--epochs", "1")...)
	base := []string{"query", "--out", out, "--data-dir", data, "--clamp", "x=test:0..3"}
	if with, without := prospect(t, append(base, "--mask", "random:0")...).stdout, prospect(t, base...).stdout; with != without {
		t.Errorf("a mask of nothing: got %q, want %q", with, without)
	}
	checkFailure(t, finish(t, command(t, append(base, "--mask", "left")...)), exitFailure, "nothing predicts the hidden units")
}

// TestModelOptions: hyphens are as good as underscores in the options of all models,
// and feedback is weak unless it is told.
func TestModelOptions(t *testing.T) {
	for given, want := range map[string]string{
		"recurrent": "recurrent:784-64-64-10,feedback_precision=0.001",
		"recurrent:784-32-10,feedback-precision=0.5": "recurrent:784-32-10,feedback_precision=0.5",
		"recurrent:topology=clique":                  "recurrent:784-64-64-10,topology=clique",
		"mlp:784-64-10,no-bias=true":                 "mlp:784-64-10,no_bias",
	} {
		s := run.Settings{Data: "glyphs", Model: given}
		if err := s.Complete(); err != nil || s.Model != want {
			t.Errorf("%s: got %s, %v, want %s", given, s.Model, err, want)
		}
	}
	s := run.Settings{Data: "glyphs", Model: "mlp:784-10,no-bias=true,no_bias=false"}
	if err := s.Complete(); err == nil || !strings.Contains(err.Error(), "no_bias twice") {
		t.Errorf("one option twice: got %v", err)
	}
}
