package reproduce

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
)

// verdictOn returns the claims of a panel that do not hold for made records.
func verdictOn(t *testing.T, p *Panel, o Options, value func(Trial) []Series) []string {
	t.Helper()
	r, err := p.Report(records(p, o, value), o)
	if err != nil {
		t.Fatal(err)
	}
	var no []string
	for _, c := range r.Claims {
		if !c.Agrees {
			no = append(no, c.What)
		}
	}
	return no
}

// breaksOne asserts that a change of numbers that agree makes exactly the claims fail that
// start so.
func breaksOne(t *testing.T, name string, no []string, starts ...string) {
	t.Helper()
	matches := func(what, start string) bool { return strings.HasPrefix(what, start) }
	for _, start := range starts {
		if !slices.ContainsFunc(no, func(what string) bool { return matches(what, start) }) {
			t.Errorf("%s: the claim %q holds, want it to fail", name, start)
		}
	}
	for _, what := range no {
		if !slices.ContainsFunc(starts, func(start string) bool { return matches(what, start) }) {
			t.Errorf("%s: the claim %q fails, want it to hold", name, what)
		}
	}
}

// Each number that the claims of width-depth are about decides one of them.
func TestWidthDepthVerdict(t *testing.T) {
	made := func(change string) func(Trial) []Series {
		return func(t Trial) []Series {
			found := map[string]Numbers{}
			for _, width := range widthDepthWidths {
				n, l := float64(width), float64(t.Size)
				cosine := 1 / (1 + l/n/8)
				numbers := map[string]float64{"width": n, "cosine": cosine, "trained": cosine, "certified": 1, "rescaling": l / n, "difference": 1e-8}
				switch change {
				case "all alike":
					numbers["cosine"] = 1 - 1e-6/n
				case "no rise":
					numbers["cosine"] = .5
				case "turns away":
					numbers["trained"] = .5
				case "no law":
					numbers["rescaling"] = l / 512
				case "too large":
					numbers["rescaling"] = 4 * l / n
				case "inexact":
					numbers["difference"] = 1e-3
				case "unsettled":
					numbers["certified"] = 0
				}
				if t.Case == tanhCase {
					delete(numbers, "difference")
				}
				for name, x := range numbers {
					found[name] = append(found[name], x)
				}
			}
			var out []Series
			for _, name := range slices.Sorted(maps.Keys(found)) {
				out = append(out, Series{name, found[name]})
			}
			return out
		}
	}
	o := resolved(t, Options{Preset: Full, Seeds: 1})
	for change, starts := range map[string][]string{
		"":           nil,
		"all alike":  {"linear: not where", "tanh: not where"},
		"no rise":    {"linear: the cosine rises", "linear: towards 1", "tanh: the cosine rises", "tanh: towards 1"},
		"turns away": {"linear: and after the updates", "tanh: and after the updates"},
		"no law":     {"linear: the rescaling"},
		"too large":  {"linear: ‖S‖₂"},
		"inexact":    {"linear: relaxed gradients"},
		"unsettled":  {"every relaxation"},
	} {
		breaksOne(t, "width-depth, "+change, verdictOn(t, widthDepthPanel(), o, made(change)), starts...)
	}
}

// Each number that the claims of error-coordinates are about decides one of them.
func TestErrorCoordinatesVerdict(t *testing.T) {
	made := func(change string) func(Trial) []Series {
		return func(t Trial) []Series {
			times := 7 * float64(t.Size) // 140 at 20
			if change == "slow" {
				times = 4 * float64(t.Size)
			}
			if change == "no growth" {
				times = 140
			}
			if change == "too fast" {
				times = 20 * float64(t.Size)
			}
			gap, left, fall, share := times, 1e-5, .1, .9
			switch change {
			case "energy":
				gap = 20
			case "elsewhere":
				left = .1
			case "carried":
				fall = .5
			case "decays":
				share = .5
			}
			var states, errs, arrivals, firsts Numbers
			arrival, first := 1., 1.
			for range t.Size - 1 {
				states, errs = append(states, 10*times), append(errs, 10)
				arrivals, firsts = append(arrivals, arrival), append(firsts, first)
				if arrival *= fall; arrival < 1e-17 {
					arrival = 0
				}
				first *= math.Pow(share, 1./4)
			}
			if change == "no arrival" && t.Size == deepNet {
				errs[0] = math.Inf(1)
			}
			return []Series{
				{statesOf, states},
				{errorsOf, errs},
				one("activities gap", 10*gap), one("errors gap", 10),
				one("activities left", left), one("errors left", 1e-5),
				{"arrivals", arrivals},
				{"first errors", firsts},
			}
		}
	}
	o := resolved(t, Options{Preset: Full, Seeds: 1})
	all, energy, node := ", 20 matrices: all nodes", ", 20 matrices: the energy", "linear, 20 matrices: hidden node "
	for change, starts := range map[string][]string{
		"":           nil,
		"slow":       {"linear" + all, "linear" + energy, "tanh" + all, "tanh" + energy},
		"no growth":  {"linear: the deeper", "tanh: the deeper"},
		"too fast":   {node + "1 ", node + "10 ", node + "19 "},
		"energy":     {"linear" + energy, "tanh" + energy},
		"elsewhere":  {"linear, 20 matrices: both end", "tanh, 20 matrices: both end"},
		"carried":    {"tanh, 20 matrices: at rate 0.1"},
		"decays":     {"tanh, 20 matrices: errors reach"},
		"no arrival": {"linear" + all, "tanh" + all, "linear: the deeper", "tanh: the deeper", node + "1 "},
	} {
		breaksOne(t, "error-coordinates, "+change, verdictOn(t, errorCoordinatesPanel(), o, made(change)), starts...)
	}
}

// Each number that the claims of mupc are about decides one of them.
func TestMuPCVerdict(t *testing.T) {
	o := resolved(t, Options{Preset: Full, Seeds: 2})
	g := mupcGridOf(o)
	made := func(change string) func(Trial) []Series {
		return func(t Trial) []Series {
			cell, width := t.cell(), mupcWidth(t)
			wide, deep := slices.Contains(g.widths, width), slices.Contains(g.depths, t.Size)
			rate, activities, least := mupcRate, mupcActivities, .1
			errs := Numbers{}
			switch {
			case cell == mupcExample():
				for _, p := range publishedExample {
					e := p.error
					if change == "example" {
						e += .05
					}
					errs = append(errs, e)
				}
			case strings.HasPrefix(t.Case, standardCase):
				errs = Numbers{.4}
				if change == "standard" {
					errs = Numbers{.05}
				}
			default:
				switch {
				case change == "deep" && t.Size == 32:
					least = .2
				case change == "weights wide" && wide, change == "weights deep" && deep:
					rate = .01
				case change == "activities wide" && wide, change == "activities deep" && deep:
					activities = 5
				}
				errs = Numbers{least}
				if t.Rate != rate && t.SecondRate == mupcActivities && rate != mupcRate || t.SecondRate != activities && t.Rate == mupcRate && activities != mupcActivities {
					errs = Numbers{least + .025}
				}
				if rate == mupcRate && t.Rate != rate || activities == mupcActivities && t.SecondRate != activities {
					errs = Numbers{least + .05}
				}
			}
			return []Series{{testError, errs}, one("reached", 30)}
		}
	}
	weights, activities := "the weight rate that is best", "the activity rate that is best"
	for change, want := range map[string][][2]string{
		"":                nil,
		"example":         {{"width 128, 30 layers", ""}},
		"deep":            {{"32 hidden nodes learn", ""}},
		"standard":        {{"32 hidden nodes: standard", ""}},
		"weights wide":    {{weights, "every width"}},
		"weights deep":    {{weights, "every depth"}},
		"activities wide": {{activities, "every width"}},
		"activities deep": {{activities, "every depth"}},
	} {
		no := verdictOn(t, mupcPanel(), o, made(change))
		var starts []string
		for _, w := range want {
			i := slices.IndexFunc(no, func(what string) bool { return strings.HasPrefix(what, w[0]) && strings.Contains(what, w[1]) })
			if i < 0 {
				t.Errorf("mupc, %s: got the failures %q, want one of %q", change, no, w)
				continue
			}
			starts = append(starts, no[i])
		}
		if change == "example" {
			starts = []string{"width 128, 30 layers"}
		}
		breaksOne(t, "mupc, "+change, no, starts...)
	}
}
