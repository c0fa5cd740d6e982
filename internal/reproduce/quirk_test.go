package reproduce

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A slip follows the protocol unless it is named.
func TestQuirks(t *testing.T) {
	p := continualPanel()
	for _, tt := range []struct {
		protocol Protocol
		quirks   map[QuirkName]bool
		dead     bool
		want     map[QuirkName]bool // in the header of the store
	}{
		{Published, nil, true, map[QuirkName]bool{}},
		{Clean, nil, false, map[QuirkName]bool{}},
		{Published, map[QuirkName]bool{deadOutput: false, cutTestSet: false}, false, map[QuirkName]bool{deadOutput: false}},
		{Published, map[QuirkName]bool{deadOutput: true}, true, map[QuirkName]bool{}},
		{Clean, map[QuirkName]bool{deadOutput: true}, true, map[QuirkName]bool{deadOutput: true}},
	} {
		o := resolved(t, Options{Protocol: tt.protocol, Quirks: tt.quirks})
		if got := o.repeats(deadOutput); got != tt.dead {
			t.Errorf("%s, %v: repeats is %v, want %v", tt.protocol, tt.quirks, got, tt.dead)
		}
		if diff := cmp.Diff(tt.want, p.header(o).Quirks); diff != "" {
			t.Errorf("%s, %v: header: %s", tt.protocol, tt.quirks, diff)
		}
	}
	names := map[QuirkName]bool{}
	for _, p := range Panels() {
		for _, q := range p.Quirks {
			names[q.Name] = true
			if q.Name == "" || q.Text == "" || strings.Contains(string(q.Name), " ") {
				t.Errorf("%s: quirk %+v", p.Name, q)
			}
		}
		if other, _ := Find([]string{"fig4b"}, false); p.Name == "fig4c" && !cmp.Equal(p.Quirks, other[0].Quirks) {
			t.Error("fig4b and fig4c share a store and have different slips")
		}
	}
	for name := range names {
		if err := Check(Panels(), Options{Quirks: map[QuirkName]bool{name: false}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Check(Panels(), Options{Quirks: map[QuirkName]bool{"other": false}}); err == nil {
		t.Error("want an error for a slip that no panel has")
	}
}

// Every slip changes what its trials find.
func TestQuirksMatter(t *testing.T) {
	for _, p := range Panels() {
		if p.Name == "fig4c" {
			continue // the trials of fig4b
		}
		for _, q := range p.Quirks {
			found := map[bool]Outcome{}
			for _, on := range []bool{true, false} {
				env := tinyEnv(t, Options{Quirks: map[QuirkName]bool{q.Name: on}, Seeds: 1})
				trials := p.trials(env.Options)
				trial := trials[len(trials)-1] // of backprop
				switch p.Name {
				case "fig4h":
					trial.Size, trial.Rate = 5, 0.003 // of 30 images a class to learn from and 10 to test with
					env.limit = 40
				case "fig4d-e":
					trial.Rule, trial.Rate, env.limit = PC, 0.003, 60
				case "fig4f-g":
					trial.Rate, env.limit = 0.05, 10
				}
				r, err := p.Run(context.Background(), env, trial)
				if err != nil {
					t.Fatal(err)
				}
				found[on] = r
			}
			if p.Name == "fig4h" && q.Name == subsetPicker {
				continue // it drops none of 5
			}
			if cmp.Equal(found[true].Series, found[false].Series) {
				t.Errorf("%s: %s makes no difference", p.Name, q.Name)
			}
		}
	}
}

func TestSeedLimit(t *testing.T) {
	for _, p := range Panels() {
		err := Check([]*Panel{p}, Options{Seeds: 1 << 60})
		if (err == nil) != (p.Seeds.Full == 0) {
			t.Errorf("%s: got %v", p.Name, err)
		}
	}
}
