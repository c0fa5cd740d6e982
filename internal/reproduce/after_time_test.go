package reproduce

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Each number that the claims of temporal are about decides one of them.
func TestTemporalVerdict(t *testing.T) {
	o := resolved(t, Options{Preset: Full, Seeds: 2})
	steps, sizes := trackingGrid(o)
	made := func(change string) func(Trial) []Series {
		return func(t Trial) []Series {
			if t.Case == pendulumCase {
				tanh := .1
				if change == "linear" {
					tanh = .2
				}
				return []Series{{"tanh", Numbers{tanh, .1}}, {"linear", Numbers{.15, .1}}}
			}
			if t.Case == learningCase {
				state, seen := Numbers{1, 1.5, 100, 500}, Numbers{4, 5, 6, 1000}
				switch change {
				case "not learnt":
					seen[2] = 50
				case "as random":
					seen[3] = 20
				case "recovered":
					state[2] = 1.6
				}
				return []Series{{"state", state}, {"observation", seen}}
			}
			rest := 1.2
			if change == "far" {
				rest = 1.6
			}
			if change == "better" && t.Seed == 1 {
				rest = .99
			}
			var grid Numbers
			for range sizes {
				for _, n := range steps {
					x := 1.2 + 2/float64(n)
					switch {
					case change == "few" && n == fewSteps:
						x = 1.51
					case change == "rises" && n == 20:
						x = 4
					}
					grid = append(grid, 3*x)
				}
			}
			return []Series{one("kalman", 3), one("equilibrium", 3*rest), {"grid", grid}}
		}
	}
	for change, starts := range map[string][]string{
		"":           nil,
		"rises":      {"tracking: more steps"},
		"few":        {"tracking: few steps"},
		"far":        {"tracking: so does"},
		"better":     {"tracking: the filter"},
		"not learnt": {"learning: observations are"},
		"as random":  {"learning: much better"},
		"recovered":  {"learning: but not the state"},
		"linear":     {"pendulum"},
	} {
		breaksOne(t, "temporal, "+change, verdictOn(t, temporalPanel(), o, made(change)), starts...)
	}
}

// Each number that the claims of gaussian-filters are about decides one of them.
func TestGaussianFiltersVerdict(t *testing.T) {
	o := resolved(t, Options{Preset: Full, Seeds: 1})
	errs := map[string]float64{filterRule: .2, fixedRule: .25, BP: .3}
	made := func(change string) func(Trial) []Series {
		return func(t Trial) []Series {
			end := errs[t.Rule]
			if change == t.Rule+" "+t.Case {
				end = .35
			}
			if t.Rule != BP && t.Rate != .01 {
				end += .1
			}
			curve := make(Numbers, 40)
			for i := range curve {
				speed := 5.
				if change == "slow" && t.Rule == filterRule && t.Case == littleCase {
					speed = 40
				}
				if i == len(curve)-1 {
					speed = math.SmallestNonzeroFloat64
				}
				curve[i] = end + .5*math.Exp(-float64(i)/speed)
			}
			return []Series{{testError, curve}}
		}
	}
	for change, starts := range map[string][]string{
		"":                            nil,
		filterRule + " " + onlineCase: {"online: Gaussian", "online: learned"},
		filterRule + " " + driftCase:  {"drift: Gaussian", "drift: learned"},
		filterRule + " " + littleCase: {"little data: Gaussian", "little data: and converge", "little data: learned"},
		"slow":                        {"little data: and converge"},
	} {
		breaksOne(t, "gaussian-filters, "+change, verdictOn(t, gaussianFiltersPanel(), o, made(change)), starts...)
	}
	// Of one rule alone.
	for _, name := range []string{onlineCase, littleCase, driftCase} {
		no := verdictOn(t, gaussianFiltersPanel(), o, func(t Trial) []Series {
			x := errs[t.Rule]
			if t.Rule == fixedRule && t.Case == name {
				x = .1
			}
			return []Series{{testError, Numbers{x, x}}}
		})
		if got, want := fmt.Sprint(no), name+": learned"; !strings.Contains(got, want) || strings.Contains(got, name+": Gaussian") {
			t.Errorf("fixed precisions are better in %s: claims that fail, got %s, want %q among them", name, got, want)
		}
	}
}

// Each number that the claims of bidirectional are about decides one of them.
func TestBidirectionalVerdict(t *testing.T) {
	o := resolved(t, Options{Preset: Full, Seeds: 1})
	made := func(change string) func(Trial) []Series {
		return func(t Trial) []Series {
			wrong := map[string]float64{"up": .05, "down": .1, "both": .04}[t.Case]
			missing := map[string]float64{"up": .5, "down": .4, "both": .3}[t.Case]
			image := map[string]float64{"up": .3, "down": .1, "both": .11}[t.Case]
			switch change + " " + t.Case {
			case "classifies badly both":
				wrong = .08
			case "down classifies down":
				wrong = .03
			case "generates badly both":
				image = .13
			case "up generates up":
				image = .12
			case "up fills up":
				missing = .2
			case "down fills down":
				missing = .2
			}
			if t.Case == "both" && t.Std != .1 { // not the best one
				wrong, missing, image = wrong+.5, 0, 0
			}
			return []Series{one("error", wrong), {"missing", Numbers{missing, missing, missing}}, {"filled", Numbers{1, 1, 1}}, one("generated", image)}
		}
	}
	for change, starts := range map[string][]string{
		"":                 nil,
		"classifies badly": {"both directions classify as well"},
		"down classifies":  {"both directions classify better"},
		"generates badly":  {"both directions generate"},
		"up generates":     {"upwards alone"},
		"up fills":         {"with missing pixels"},
		"down fills":       {"and better"},
	} {
		breaksOne(t, "bidirectional, "+change, verdictOn(t, bidirectionalPanel(), o, made(change)), starts...)
	}
}
