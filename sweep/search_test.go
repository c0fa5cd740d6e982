package sweep_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/sweep"
)

func TestGrid(t *testing.T) {
	type point struct {
		A string
		B int
		C float64
	}
	a := sweep.Vary("a", func(p *point, v string) { p.A = v }, "x", "y")
	b := sweep.Vary("b", func(p *point, v int) { p.B = v }, 1, 2)
	got, err := sweep.Grid(point{C: 0.5}, a, b)
	if want := []point{{"x", 1, 0.5}, {"x", 2, 0.5}, {"y", 1, 0.5}, {"y", 2, 0.5}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if alone, err := sweep.Grid(point{C: 1}); err != nil || len(alone) != 1 || alone[0].C != 1 {
		t.Errorf("no axes: got %v, %v", alone, err)
	}
	if a.Name() != "a" || a.Len() != 2 {
		t.Errorf("got %q with %d values", a.Name(), a.Len())
	}
	set := func(p *point, v int) { p.B = v }
	thousand := make([]int, 1000)
	for want, axes := range map[string][]sweep.Axis[point]{
		`axis "rate": values, got none`: {a, sweep.Vary("rate", set)},
		`name, got "a"`:                 {a, b, a},
		`name, got ""`:                  {sweep.Vary("", set, 1)},
		"fewer": {
			sweep.Vary("1", set, thousand...), sweep.Vary("2", set, thousand...), sweep.Vary("3", set, thousand...),
			sweep.Vary("4", set, thousand...), sweep.Vary("5", set, thousand...), sweep.Vary("6", set, thousand...), sweep.Vary("7", set, thousand...),
		},
	} {
		if _, err := sweep.Grid(point{}, axes...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

var ranges = []sweep.Range{
	{Name: "rate", Min: 1e-4, Max: 1, Log: true},
	{Name: "width", Min: 8, Max: 11, Integer: true},
	{Name: "discount", Min: 0.2, Max: 0.9},
	{Name: "batch", Min: 1, Max: 1024, Log: true, Integer: true},
}

// Trial k of a seed is always the same point: these bits.
func TestPoints(t *testing.T) {
	for _, tt := range []struct {
		sampler sweep.Sampler
		k       int
		want    []float64
	}{
		{sweep.Random{ranges, 1}, 0, []float64{0.15635563626607163, 8, 0.44309718909463525, 4}}, {sweep.Random{ranges, 1}, 7, []float64{0.0004475626301282501, 11, 0.32722918001037105, 5}}, {sweep.Halton{ranges, 1}, 0, []float64{0.0001130395157189291, 8, 0.23483580631380593, 404}}, {sweep.Halton{ranges, 1}, 7, []float64{0.3574623352742223, 10, 0.8228358063138059, 821}},
	} {
		if got, err := tt.sampler.Point(tt.k); err != nil || !nearly(got, tt.want) {
			t.Errorf("%T, point %d: got %#v, %v, want %v", tt.sampler, tt.k, got, err, tt.want)
		}
	}
}

func nearly(a, b []float64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-12*math.Abs(b[i]) {
			return false
		}
	}
	return true
}

// Points are within the ranges, differ by seed, and do not change when another
// range is added.
func TestPointsAreWithin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed, k := rapid.Uint64().Draw(t, "seed"), rapid.IntRange(0, 1<<40).Draw(t, "k")
		more := append(ranges[:len(ranges):len(ranges)], sweep.Range{Name: "more", Min: -1, Max: 1})
		for _, pair := range [][3]sweep.Sampler{
			{sweep.Random{ranges, seed}, sweep.Random{more, seed}, sweep.Random{ranges, seed + 1}},
			{sweep.Halton{ranges, seed}, sweep.Halton{more, seed}, sweep.Halton{ranges, seed + 1}},
		} {
			x, err := pair[0].Point(k)
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range ranges {
				if !(x[i] >= r.Min && x[i] <= r.Max) || r.Integer && x[i] != math.Trunc(x[i]) {
					t.Errorf("%T: %s: got %v", pair[0], r.Name, x[i])
				}
			}
			if y, _ := pair[1].Point(k); !reflect.DeepEqual(x, y[:len(x)]) {
				t.Errorf("%T: got %v, with one more range %v", pair[0], x, y)
			}
			if z, _ := pair[2].Point(k); z[0] == x[0] && z[2] == x[2] {
				t.Errorf("%T: the next seed has the same point", pair[0])
			}
			if again, _ := pair[0].Point(k); !reflect.DeepEqual(x, again) {
				t.Errorf("%T: got %v, then %v", pair[0], x, again)
			}
		}
	})
}

// Of each range, the first b^m points of Halton have one in each of b^m equal parts,
// with whatever digits exchanged.
func TestHaltonFillsEvenly(t *testing.T) {
	unit := []sweep.Range{{Name: "a", Max: 1}, {Name: "b", Max: 1}, {Name: "c", Max: 1}, {Name: "d", Max: 1}}
	for seed := range uint64(5) {
		for i, base := range []int{2, 3, 5, 7} {
			for parts := 1; parts < 400; parts *= base {
				seen := make([]bool, parts)
				for k := range parts {
					x, err := sweep.Halton{unit, seed}.Point(k)
					if err != nil {
						t.Fatal(err)
					}
					seen[int(x[i]*float64(parts))] = true
				}
				for part, ok := range seen {
					if !ok {
						t.Fatalf("seed %d, range %d: none of %d points in part %d", seed, i, parts, part)
					}
				}
			}
		}
	}
}

// Random points are spread evenly, over orders of magnitude where so asked, and
// every whole number comes, the bounds too.
func TestRandomIsEven(t *testing.T) {
	const n = 4000
	points, err := sweep.Sample(sweep.Random{ranges, 1}, n, func(x []float64) []float64 { return x })
	if err != nil {
		t.Fatal(err)
	}
	count := func(accept func(x []float64) bool) float64 {
		c := 0.0
		for _, x := range points {
			if accept(x) {
				c++
			}
		}
		return c / n
	}
	for name, tt := range map[string]struct{ got, want float64 }{
		"rate below 0.01":     {count(func(x []float64) bool { return x[0] < 0.01 }), 0.5},
		"width 8":             {count(func(x []float64) bool { return x[1] == 8 }), 0.25},
		"width 11":            {count(func(x []float64) bool { return x[1] == 11 }), 0.25},
		"discount below 0.55": {count(func(x []float64) bool { return x[2] < 0.55 }), 0.5},
		"batch 1":             {count(func(x []float64) bool { return x[3] == 1 }), math.Log(2) / math.Log(1025)},
		"two at once":         {count(func(x []float64) bool { return x[0] < 0.01 && x[2] < 0.55 }), 0.25},
	} {
		if math.Abs(tt.got-tt.want) > 5*math.Sqrt(tt.want*(1-tt.want)/n) {
			t.Errorf("%s: got %.3f, want about %.3f", name, tt.got, tt.want)
		}
	}
}

func TestSearchErrors(t *testing.T) {
	ok := sweep.Range{Name: "a", Min: 1, Max: 2}
	for want, bad := range map[string][]sweep.Range{
		"ranges, got none":         nil,
		"name, got none":           {{Max: 1}},
		`name, got "a" twice`:      {ok, ok},
		"got 2 to 1":               {{Name: "a", Min: 2, Max: 1}},
		"got NaN to 1":             {{Name: "a", Min: math.NaN(), Max: 1}},
		"got 0 to +Inf":            {{Name: "a", Max: math.Inf(1)}},
		"minimum, got 0":           {{Name: "a", Max: 1, Log: true}},
		"got 0.5 to 1, want whole": {{Name: "a", Min: 0.5, Max: 1, Integer: true}},
	} {
		for _, s := range []sweep.Sampler{sweep.Random{Ranges: bad}, sweep.Halton{Ranges: bad}} {
			if _, err := s.Point(0); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want an error with %q", err, want)
			}
			if _, err := sweep.Sample(s, 1, func([]float64) int { return 0 }); err == nil {
				t.Errorf("Sample: want an error with %q", want)
			}
		}
	}
	s := sweep.Halton{Ranges: []sweep.Range{ok}}
	if _, err := s.Point(-1); err == nil || !strings.Contains(err.Error(), "point, got -1") {
		t.Errorf("got %v", err)
	}
	for _, n := range []int{-1, sweep.MaxTrials + 1} {
		if _, err := sweep.Sample(s, n, func([]float64) int { return 0 }); err == nil || !strings.Contains(err.Error(), "trials, got") {
			t.Errorf("%d points: got %v", n, err)
		}
	}
}
