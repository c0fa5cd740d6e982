package graph_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// A value written through SetValues, or announced by Changed, is what every session
// that ran before reads at its next run: no engine keeps an older one.
func TestSetValuesReachesEverySession(t *testing.T) {
	for _, settings := range []graph.Settings{
		{Precision: graph.Float32}, {Precision: graph.Float64}, {Precision: graph.Float64, Engine: graph.Tape{}},
	} {
		net := newNetwork(t, chain(), settings)
		roles := graph.Roles{Clamped: []string{"x", "y"}}
		sessions := []*graph.Session{newSession(t, net, 1, roles), newSession(t, net, 3, roles)}
		energy := func(s *graph.Session) float64 {
			e, err := s.Evaluate(make([]float64, len(s.Terms())))
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		for _, s := range sessions {
			for _, a := range s.Activities() {
				a.X.Fill(0.5)
			}
			energy(s)
		}
		rapid.Check(t, func(rt *rapid.T) {
			p := rapid.SampledFrom(net.Params()).Draw(rt, "parameter")
			values := rapid.SliceOfN(rapid.Float64Range(-2, 2), p.Values().Len(), p.Values().Len()).Draw(rt, "values")
			if rapid.Bool().Draw(rt, "by slice") {
				p.Values().ConvertFrom(relax.Float64(values))
				p.Changed()
			} else if err := p.SetValues(relax.Float64(values)); err != nil {
				rt.Fatal(err)
			}
			var got []float64
			for _, s := range sessions {
				got = append(got, energy(s))
			}
			net.ParamsChanged() // everything is read anew
			for i, s := range sessions {
				if want := energy(s); got[i] != want {
					rt.Fatalf("batch %d: energy after %s changed, got %v, want %v", s.Batch(), p.Name, got[i], want)
				}
			}
		})
	}
}

// SetValues refuses what does not fit and leaves the parameter as it is.
func TestSetValuesRefuses(t *testing.T) {
	net := newNetwork(t, chain(), graph.Settings{Precision: graph.Float32})
	p := net.Params()[0]
	before := slices.Clone(p.Values().Float32())
	for name, c := range map[string]struct {
		values []float64
		want   string
	}{
		"short":    {nil, "values, got 0 numbers, want"},
		"NaN":      {[]float64{math.NaN()}, "value 0, got NaN, want a finite f32 number"},
		"overflow": {[]float64{1e300}, "value 0, got 1e+300, want a finite f32 number"},
	} {
		values := c.values
		if values != nil {
			values = append(values, make([]float64, len(before)-1)...)
		}
		err := p.SetValues(relax.Float64(values))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
		if !slices.Equal(p.Values().Float32(), before) {
			t.Errorf("%s: the parameter changed", name)
		}
	}
}

// Values and Grads are views of the tensors, and a Param that no network has made has
// nobody to tell.
func TestParamViews(t *testing.T) {
	p := newNetwork(t, chain(), graph.Settings{Precision: graph.Float64}).Params()[0]
	p.Values().Fill(2)
	p.Grads().Fill(3)
	if v, g := p.Value.Float64s()[0], p.Grad.Float64s()[0]; v != 2 || g != 3 {
		t.Errorf("value and gradient, got %v and %v, want 2 and 3", v, g)
	}
	(&graph.Param{}).Changed()
}
