package reproduce

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// publishedSeeds is the list from which every published experiment takes its first few,
// as the authors' configurations have it.
var publishedSeeds = []uint64{
	1482555873, 698841058, 2283198659, 1855152618, 2444264003, 4191194675, 2563230118, 2508066235, 690101352, 1489128536,
	193493729, 3247095100, 2569134589, 3859394752, 3982413761, 2889788203, 3507183834, 1288605031, 1603403502, 4110491292,
	3228301166, 1625209643, 3229422879, 4117841395, 383017664, 369370935, 2278516753, 2326123831, 3558864999, 281470168,
	3965936537, 1095454788, 4151697083, 3549593167, 3621705125, 2951949230, 2942809220, 1412354999, 3653984540, 38155820,
	452984486, 2219886835, 1824037622, 1223472929, 375839252, 2597045926, 187775831, 2291831353, 3551958879, 760971382,
	1019978323, 3385238229, 2124033150, 2909826692, 3761144171, 2586511809, 2821469938, 3244598120, 1195937429, 3800305993,
	1106674707, 1922347502, 2999545244, 1650175939, 3200709490, 1947803234, 301456582, 1611073380, 3238577641, 1446155378,
	1705511488, 2777770570, 3913116301, 1525032703, 3260116528, 3235491768, 2021899074, 550305527, 2227549273, 3227763636,
	4034863635, 2984716302, 822586165, 2244632731, 2578193189, 2806006426, 364049366, 2580805533, 1471857781, 636897984,
	3061662337, 3640170982, 3927284778, 3117797531, 1117650596, 223429686, 651134664, 955904314, 1703657804,
}

// Exact is a panel with the published seeds, drawn as PyTorch drew them: its numbers are
// compared digit by digit, without a tolerance for seeds.
type Exact struct {
	// Seeds is how many seeds of the list a rule has.
	Seeds map[string]int
	// Numbers are the published numbers.
	Numbers func(o Options) []exactNumber
}

// exactNumber is a published number and where it comes from.
type exactNumber struct {
	what      string
	published float64
	// digits is how many the published number has after the point.
	digits int
	// cells of the grid. The number is that of the cell where it is least, which is how
	// the paper chooses a learning rate.
	cells []Trial
	// of computes the number from the records of a cell, in the order of the seeds.
	of func(records []Record) float64
}

// meanOf is the mean over seeds of a metric.
func meanOf(metric func(Record) float64) func([]Record) float64 {
	return func(records []Record) float64 {
		var values []float64
		for _, r := range records {
			values = append(values, metric(r))
		}
		return mean(values)
	}
}

// oneUlp is the case of trials that start with one weight moved by a unit in the last place. What it moves a number by is what rounding moves it by.
const oneUlp = "one ulp"

// seeded says what a trial draws: a seed, and whose random numbers.
func (o Options) seeded(t Trial) (uint64, experiments.Draws) {
	switch {
	case !o.PublishedSeeds:
		return uint64(t.Seed), experiments.Own
	case t.Case == oneUlp:
		return publishedSeeds[t.Seed], experiments.TorchUlp
	}
	return publishedSeeds[t.Seed], experiments.Torch
}

// trials are those of all numbers, each with and without the ulp.
func (e *Exact) trials(o Options) []Trial {
	var out []Trial
	known := map[Trial]bool{}
	for _, n := range e.Numbers(o) {
		for _, cell := range n.cells {
			if known[cell] {
				continue
			}
			known[cell] = true
			for seed := range e.Seeds[cell.Rule] {
				cell.Seed = seed
				out = append(out, cell)
				if cell.Case == "" {
					moved := cell
					moved.Case = oneUlp
					out = append(out, moved)
				}
			}
		}
	}
	return out
}

// thinner says what the preset leaves out.
func (e *Exact) thinner(o Options) string {
	all := o
	all.Preset = Full
	if n, most := len(e.trials(o)), len(e.trials(all)); n < most {
		return fmt.Sprintf("%d of %d trials", n, most)
	}
	return ""
}

// most is the largest number of seeds of a rule.
func (e *Exact) most() int {
	most := 0
	for _, n := range e.Seeds {
		most = max(most, n)
	}
	return most
}

// report compares the numbers.
func (e *Exact) report(records []Record, o Options) (*Report, error) {
	of := map[Trial][]Record{}
	for _, r := range records { // sorted by seed
		of[r.Trial.cell()] = append(of[r.Trial.cell()], r)
	}
	r := &Report{}
	for _, n := range e.Numbers(o) {
		ours, at := math.Inf(1), Trial{}
		for _, cell := range n.cells {
			if v := n.of(of[cell]); v < ours {
				ours, at = v, cell
			}
		}
		what := n.what
		if len(n.cells) > 1 {
			what += fmt.Sprintf(" (best at rate %v)", at.Rate)
		}
		at.Case = oneUlp
		moved := math.NaN()
		if perturbed := of[at]; perturbed != nil {
			moved = math.Abs(n.of(perturbed) - ours)
		}
		r.digits(what, n, ours, moved)
	}
	return r, nil
}

// enoughDigits is how many digits after the point have to agree: as many as can be read
// off a figure.
const enoughDigits = 3

// chaos is how many times as far as the move by an ulp a number may lie from the published
// one for rounding to decide it: a single move is a small sample.
const chaos = 4

// digits claims a published number without any tolerance but its rounding. Moved is what
// an ulp moves ours by, NaN if that was not measured.
func (r *Report) digits(what string, n exactNumber, ours, moved float64) {
	c := Claim{
		What: what, Published: fmt.Sprintf("%.*f", n.digits, n.published), Ours: fmt.Sprintf("%.*f", n.digits+1, ours),
		Digits: agreeing(ours, n.published, n.digits), PublishedDigits: n.digits, basis: onOne,
	}
	needs := min(enoughDigits, n.digits)
	c.Agrees = c.Digits >= needs
	c.Criterion = fmt.Sprintf("%s after the point, no tolerance for seeds", count(needs, "digit"))
	if !math.IsNaN(moved) {
		c.Criterion += fmt.Sprintf("; an ulp in one weight moves ours by %.1g", moved)
		c.Chaotic = !c.Agrees && math.Abs(ours-n.published) <= chaos*moved
	}
	r.Claims = append(r.Claims, c)
}

// agreeing returns the largest number of digits after the point, at most known, to which
// two numbers are the same, that is, less than a unit of the last of them apart: the
// published ones were read off figures, and then rounded. It is −1 if they are not even
// the same to the point.
func agreeing(ours, published float64, known int) int {
	for d := known; d >= 0; d-- {
		if math.Abs(ours-published) < math.Pow10(-d) {
			return d
		}
	}
	return -1
}

// withExact returns the panels that have published seeds.
func withExact(panels []*Panel) []*Panel {
	return slices.DeleteFunc(slices.Clone(panels), func(p *Panel) bool { return p.Exact == nil })
}
