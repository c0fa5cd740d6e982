package threads

import (
	"math"
	"math/rand/v2"
	"testing"
)

// drive runs a payoff for some runs whose costs are given, and returns the total cost and
// the share of runs with helpers among the last half.
func drive(p *Payoff, runs int, cost func(run int, helpers bool) float64) (total, share float64) {
	late := 0.0
	for i := range runs {
		helpers, tell := p.Next()
		x := cost(i, helpers)
		total += x
		if tell {
			p.Done(helpers, x)
		}
		if i >= runs/2 && helpers {
			late++
		}
	}
	return total, late / float64(runs-runs/2)
}

func TestPayoff(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	noisy := func(x float64) float64 { return x * math.Exp(0.1*rng.NormFloat64()) }
	for _, c := range []struct {
		name          string
		shared, alone float64
		least, most   float64 // of the share of helpers
		bound         float64 // of the total cost, against the better of the two
	}{
		{"helpers pay", 0.55, 1, 0.97, 1, 1.03},
		{"helpers pay little", 0.85, 1, 0.9, 1, 1.03},
		{"helpers cost little", 1.15, 1, 0, 0.1, 1.03},
		{"helpers cost much", 2.5, 1, 0, 0.03, 1.03},
		{"a tie", 1, 1, 0, 1, 1.03},
	} {
		var p Payoff
		const runs = 20_000
		total, share := drive(&p, runs, func(_ int, helpers bool) float64 {
			if helpers {
				return noisy(c.shared)
			}
			return noisy(c.alone)
		})
		if best := runs * min(c.shared, c.alone); total > c.bound*best || share < c.least || share > c.most {
			t.Errorf("%s: got %.3f of the best total, helpers in %.1f %% of the runs, want at most %g, and %g to %g %%",
				c.name, total/best, 100*share, c.bound, 100*c.least, 100*c.most)
		}
	}
}

// A machine that becomes busy, and one that becomes free, is noticed.
func TestPayoffChanges(t *testing.T) {
	var p Payoff
	const runs, change = 40_000, 20_000
	busy := func(i int, helpers bool) float64 {
		switch {
		case !helpers:
			return 1
		case i < change:
			return 0.55
		}
		return 4
	}
	total, share := drive(&p, runs, busy)
	if best := change*0.55 + (runs-change)*1.; total > 1.03*best || share > 0.03 {
		t.Errorf("became busy: got %.3f of the best total, helpers in %.1f %% of the later runs", total/best, 100*share)
	}
	_, share = drive(&p, runs, func(_ int, helpers bool) float64 {
		if helpers {
			return 0.55
		}
		return 1
	})
	if share < 0.97 {
		t.Errorf("became free: got helpers in %.1f %% of the later runs", 100*share)
	}
}
