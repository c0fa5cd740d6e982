package threads

// Payoff learns whether helpers pay for a piece of work that runs again and again. A
// processor that a virtual machine lists may be half of one, or another's: then two
// threads take longer than one. Results do not depend on what it chooses.
//
// It tries both in turn, settles for the faster one, and tries again after so many runs
// that trials cost about a hundredth of the time; at once where what it settled for has
// become much slower. The zero value is ready. It is for one goroutine.
type Payoff struct {
	alone   bool    // what it settled for
	warm    bool    // it has settled before
	left    int     // runs until the next trial
	trial   int     // runs of the trial so far
	trials  [2]cost // of helpers and of the caller alone, in this trial
	usual   float64 // of a run of what it settled for, by now
	settled float64 // the same when it was chosen
}

// cost sums the costs of runs.
type cost struct {
	runs         int
	sum, largest float64
}

func (c *cost) add(x float64) {
	c.runs++
	c.sum += x
	c.largest = max(c.largest, x)
}

// mean is that of all but the largest, which is often a thread that the system put off.
func (c *cost) mean() float64 { return (c.sum - c.largest) / float64(max(1, c.runs-1)) }

const (
	trialRuns  = 4    // of either, in a trial
	firstWait  = 40   // the longest wait to the second trial: the first runs are cold
	shortWait  = 20   // the shortest wait
	longWait   = 4000 // and the longest
	spend      = 0.01 // what trials may cost, as a share of all
	watchEvery = 8    // runs between those whose cost is watched
	advantage  = 0.97 // helpers have to be so much faster than the caller alone
	slowdown   = 1.5  // at which what it settled for is tried anew
)

// Next reports whether to use helpers for the next run, and whether to tell its cost to
// Done.
func (p *Payoff) Next() (helpers, tell bool) {
	if p.left > 0 {
		p.left--
		return !p.alone, p.left > 0 && p.left%watchEvery == 0
	}
	return p.trial%2 == 0, true
}

// Done tells the cost of a run, in any unit, that used helpers or did not.
func (p *Payoff) Done(helpers bool, x float64) {
	if p.left > 0 {
		p.watch(x)
		return
	}
	which := 1
	if helpers {
		which = 0
	}
	p.trials[which].add(x)
	if p.trial++; p.trial < 2*trialRuns {
		return
	}
	p.settle()
}

// watch follows the cost of what it settled for.
func (p *Payoff) watch(x float64) {
	p.usual += (x - p.usual) / 4
	if p.usual > slowdown*p.settled {
		p.left = 0
	}
}

// settle ends a trial.
func (p *Payoff) settle() {
	helpers, caller := p.trials[0].mean(), p.trials[1].mean()
	p.alone = helpers > advantage*caller
	better, worse := helpers, caller
	if p.alone {
		better, worse = caller, helpers
	}
	wait := trialRuns * max(0, worse/better-1) / spend // NaN, of runs that cost nothing, is a short one
	p.left = shortWait
	if wait > shortWait {
		p.left = int(min(wait, longWait))
	}
	if !p.warm {
		p.warm, p.left = true, min(p.left, firstWait)
	}
	p.trial, p.trials = 0, [2]cost{}
	p.usual, p.settled = better, better
}
