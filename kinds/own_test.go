package kinds_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/train"
)

// Kinds of a program's own, with what the kinds of this module do not have.
type (
	byPointer struct{ *train.Prospective }
	byLayer   struct{ graph.Layer }
	odd       struct {
		train.Backprop
		Map    map[string]int `json:"map"`
		Func   func()         `json:"func"`
		Any    any            `json:"any"`
		Single float32        `json:"single"`
		Hyphen bool           `json:"with-hyphen"`
		Lists  [][]float64    `json:"lists"`
		Text   string         `json:"text"`
		Number *float64       `json:"number"`
		Big    big.Int        `json:"big"`
	}
	twoOfAName struct {
		train.Backprop
		Other bool `json:"average"`
	}
	calledKind struct {
		train.Backprop
		Kind string `json:"kind"`
	}
)

func withRule(value train.Rule, main string) *kinds.Registry {
	r := kinds.Standard()
	r.Rules.Add(kinds.Kind[train.Rule]{Name: "own", Value: value, Main: main})
	return r
}

// A kind that cannot be used is an error wherever it is asked for, never a panic.
func TestUnusableKinds(t *testing.T) {
	for name, c := range map[string]struct {
		value train.Rule
		want  string
	}{
		"nothing":              {nil, "has no value"},
		"nil pointer":          {(*train.Prospective)(nil), "has no value"},
		"nil embedded pointer": {&byPointer{}, "nil embedded pointer"},
		"two of a name":        {&twoOfAName{}, "two fields of that name"},
		"kind":                 {&calledKind{}, "field kind"},
	} {
		r := withRule(c.value, "")
		var rule train.Rule
		_, parse := kinds.Parse[train.Rule](r, "own:nudge=1")
		for what, err := range map[string]error{
			"check": r.Check(), "parse": parse, "unmarshal": r.Unmarshal([]byte(`{"kind": "own"}`), &rule),
		} {
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %s: got %v, want an error with %q", name, what, err, c.want)
			}
		}
		r.List()
		pc := train.Rule(&train.Prospective{})
		if _, err := r.Marshal(&pc); err != nil {
			t.Errorf("%s: got %v, want other kinds to be written", name, err)
		}
		kinds.Has(c.value, "nudge")
	}
	r := kinds.Standard()
	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "leakyrelu", Value: layers.LeakyReLU{}})
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), `"leaky-relu"`) {
		t.Errorf("got %v, want an error of two names that are equal without hyphens", err)
	}
}

// What is made of a kind shares nothing with its defaults, nor with another.
func TestNewSharesNothing(t *testing.T) {
	r := withRule(&byPointer{&train.Prospective{}}, "")
	r.Rules.Add(kinds.Kind[train.Rule]{Name: "twice", Value: &train.Repeated{Times: 2, Rule: &train.Prospective{}}})
	parse := func(text string) train.Rule {
		t.Helper()
		spec, err := kinds.Parse[train.Rule](r, text)
		if err != nil {
			t.Fatal(err)
		}
		rule, err := spec.New()
		if err != nil {
			t.Fatal(err)
		}
		return rule
	}
	base := &byPointer{&train.Prospective{}}
	if made := kinds.With[train.Rule](base, "nudge", 2.0).(*byPointer); made.Nudge != 2 || base.Nudge != 0 {
		t.Errorf("got %v of %v, want 2 of 0", made.Nudge, base.Nudge)
	}
	if got := parse("own:nudge=3").(*byPointer).Nudge; got != 3 {
		t.Errorf("nudge, got %v, want 3", got)
	}
	if got := parse("own").(*byPointer).Nudge; got != 0 {
		t.Errorf("nudge of the next, got %v, want 0", got)
	}
	a, b := parse("twice").(*train.Repeated), parse("twice").(*train.Repeated)
	if a.Rule == b.Rule {
		t.Error("two rules share the one within them")
	}
	kind, err := r.Models.Find("resnet18")
	if err != nil {
		t.Fatal(err)
	}
	blocks, _ := kinds.Get(kind.New(), "blocks")
	blocks.([]int)[0] = 7
	if again, _ := kinds.Get(kind.New(), "blocks"); again.([]int)[0] != 2 {
		t.Errorf("blocks, got %v, want the defaults", again)
	}
}

// An interface that is embedded is a field of its name, as in encoding/json.
func TestEmbeddedInterface(t *testing.T) {
	r := kinds.Standard()
	r.Layers.Add(kinds.Kind[graph.Layer]{Name: "by-layer", Value: byLayer{layers.Tanh{}}})
	layer := graph.Layer(byLayer{layers.LeakyReLU{Slope: 0.5}})
	text, err := r.Marshal(&layer)
	if err != nil {
		t.Fatal(err)
	}
	var back graph.Layer
	if err := r.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(layer, back); diff != "" {
		t.Errorf("%s: %s", text, diff)
	}
}

// Fields that no text can set say so, and those with hyphens in their names can be set.
func TestOddFields(t *testing.T) {
	r := withRule(&odd{}, "text")
	for text, want := range map[string]string{
		`{"kind": "own", "map": {"a": 1}}`:  "map: a map[string]int cannot be read",
		`{"kind": "own", "func": 1}`:        "func: a func() cannot be read",
		`{"kind": "own", "any": 1}`:         "any: a interface {} cannot be read",
		`{"kind": "own", "single": 1e300}`:  "a number that a float32 can hold",
		`{"kind": "own", "single": -1e300}`: "a number that a float32 can hold",
	} {
		var rule train.Rule
		if err := r.Unmarshal([]byte(text), &rule); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", text, err, want)
		}
	}
	for _, l := range r.List() {
		for _, info := range l.Kinds {
			for _, s := range info.Settings {
				if s.Name == "map" || s.Name == "func" || s.Name == "any" {
					t.Errorf("%s is listed as a %s", s.Name, s.Type)
				}
			}
		}
	}
	for _, text := range []string{"own:with-hyphen", "own:with_hyphen=true"} {
		spec, err := kinds.Parse[train.Rule](r, text)
		if err != nil {
			t.Fatal(err)
		}
		rule, err := spec.New()
		if err != nil || !rule.(*odd).Hyphen {
			t.Errorf("%s: got %v, want it set", text, err)
		}
	}
	spec, err := kinds.Parse[train.Rule](r, "own:single=1e300")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := spec.New(); err == nil {
		t.Error("own:single=1e300: got infinity, want an error")
	}
}

// What Format writes Parse reads to an equal value, or Format fails.
func TestFormatOdd(t *testing.T) {
	one := 1.0
	r := withRule(&odd{Number: &one}, "text")
	for _, rule := range []*odd{
		{Number: &one, Text: "a=b"}, {Number: &one, Text: "average"}, {Number: &one, Text: "with_hyphen"}, {Number: &one, Text: "c"},
	} {
		text, err := kinds.Format[train.Rule](r, rule)
		if err != nil {
			t.Fatal(err)
		}
		spec, err := kinds.Parse[train.Rule](r, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		back, err := spec.New()
		if err != nil || back.(*odd).Text != rule.Text {
			t.Errorf("%s: got %v, %v, want text %q", text, back, err, rule.Text)
		}
	}
	for name, rule := range map[string]*odd{
		"nil pointer":   {},
		"list of lists": {Number: &one, Lists: [][]float64{{1, 2}, {3}}},
	} {
		if text, err := kinds.Format[train.Rule](r, rule); err == nil {
			t.Errorf("%s: got %q, want an error", name, text)
		}
	}
}

// A function that is as by default is no reason not to write a kind, and what writes
// itself as text does so by value too.
func TestMarshalOdd(t *testing.T) {
	f := func() {}
	r := withRule(&odd{Func: f}, "")
	rule := &odd{Func: f}
	rule.Big.SetInt64(12)
	var as train.Rule = rule
	text, err := r.Marshal(&as)
	if want := `{"kind":"own","big":"12"}`; err != nil || string(text) != want {
		t.Fatalf("got %s, %v, want %s", text, err, want)
	}
	var back train.Rule
	if err := r.Unmarshal(text, &back); err != nil || back.(*odd).Big.Int64() != 12 {
		t.Errorf("got %v, %v, want 12", back, err)
	}
	as = &odd{Func: func() { t.Log() }}
	if text, err := r.Marshal(&as); err == nil {
		t.Errorf("got %s, want an error: the function is another", text)
	}
}
