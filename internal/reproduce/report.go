package reproduce

import (
	"fmt"
	"math"
	"strings"
)

// Report is what a panel found.
type Report struct {
	// Figures are drawn, and their numbers written as CSV.
	Figures []Figure
	// Claims are what was published, beside what was found.
	Claims Claims
	// Notes are remarks for the reader.
	Notes []string
}

// basis is what the verdict on a claim rests on.
type basis int

const (
	// onMeans: numbers or means over seeds are compared. One seed alone decides
	// nothing where the quick preset has more.
	onMeans basis = iota
	// onSpread: the criterion allows for the spread over seeds. Few seeds would
	// allow for anything, so it takes as many as the quick preset has.
	onSpread
	// onOne: nothing is random.
	onOne
)

// needs returns how many seeds a verdict takes at least.
func (b basis) needs(s Seeds) int {
	switch b {
	case onOne:
		return 0
	case onSpread:
		return max(2, s.Quick)
	}
	return min(2, s.Quick)
}

// judge withdraws the verdict on claims that too few seeds stand behind.
func (r *Report) judge(s Seeds, seeds int) {
	for i := range r.Claims {
		c := &r.Claims[i]
		needs := c.basis.needs(s)
		if seeds < needs {
			c.TooFewSeeds, c.Agrees = true, false
		}
		if c.basis == onSpread || seeds < needs {
			c.Criterion += fmt.Sprintf("; from %d seeds on", needs)
		}
	}
}

// claim adds a claim about means over seeds, whose verdict the caller has
// computed.
func (r *Report) claim(what, published, ours, criterion string, agrees bool) {
	r.add(onMeans, what, published, ours, criterion, agrees)
}

// spread is claim with a criterion that allows for the spread over seeds.
func (r *Report) spread(what, published, ours, criterion string, agrees bool) {
	r.add(onSpread, what, published, ours, criterion, agrees)
}

// exact is claim about what has no seeds.
func (r *Report) exact(what, published, ours, criterion string, agrees bool) {
	r.add(onOne, what, published, ours, criterion, agrees)
}

func (r *Report) add(b basis, what, published, ours, criterion string, agrees bool) {
	r.Claims = append(r.Claims, Claim{What: what, Published: published, Ours: ours, Criterion: criterion, Agrees: agrees, basis: b})
}

// near claims a published mean: ours has to be within a tolerance of it, which
// stands for the published uncertainty, plus two of our standard errors, but at
// most twice the tolerance: the standard error of a few seeds is uncertain itself,
// and a large one must not let anything pass.
func (r *Report) near(what string, published float64, ours Sample, tolerance float64) {
	r.spread(what, number(published), ours.String(), fmt.Sprintf("within %.3g + 2 SEM of ours (at most %.3g)", tolerance, 2*tolerance),
		math.Abs(ours.Mean-published) <= tolerance+min(2*ours.SEM, tolerance))
}

// readOff is how far a number that was read off a figure may be from what was drawn.
const readOff = 1e-3

// sampled claims a published mean of a few seeds, which is uncertain itself: the
// difference has to be within three standard errors of it.
//
//	|ours − published| ≤ 3·√(SEM² + SD²/seeds)
//
// SD, between seeds, is the known one, measured over many seeds, and SEM follows from it;
// a zero spread takes both from ours. Three, and not two, because a panel makes about
// twenty such comparisons at once.
func (r *Report) sampled(what string, published float64, seeds int, ours Sample, known spread) {
	sem, sd, from := ours.SEM, ours.SEM*math.Sqrt(float64(ours.N)), ""
	if known.seeds > 0 {
		sd = known.sd
		sem, from = sd/math.Sqrt(float64(ours.N)), fmt.Sprintf(", SD %.2g over %d seeds", sd, known.seeds)
	}
	allowed := 3*math.Hypot(sem, sd/math.Sqrt(float64(seeds))) + readOff
	within := "difference within 3 SE"
	if !math.IsNaN(allowed) {
		within += fmt.Sprintf(" (%.3f%s)", allowed, from)
	}
	r.spread(what, number(published), ours.String(), fmt.Sprintf("%s, published with %d seeds", within, seeds),
		math.Abs(ours.Mean-published) <= allowed)
}

// shared says that the last claim rests on the same initial weights as the others of that
// name, so that together they fail once.
func (r *Report) shared(name string) { r.Claims[len(r.Claims)-1].Shares = name }

// String prints mean and standard error, with as many digits after the point.
func (s Sample) String() string {
	if math.IsNaN(s.SEM) {
		return number(s.Mean)
	}
	return plusMinus(s.Mean, s.SEM)
}

// plusMinus prints a number and its uncertainty.
func plusMinus(x, uncertainty float64) string {
	text := number(x)
	_, after, ok := strings.Cut(text, ".")
	switch {
	case strings.ContainsAny(text, "eN"):
		return text + " ± " + number(uncertainty)
	case !ok:
		after = ""
	}
	return fmt.Sprintf("%s ± %.*f", text, len(after), uncertainty)
}

// number prints four digits after the point of small numbers and one of large
// ones.
func number(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1000:
		return fmt.Sprintf("%.0f", x)
	case a >= 10:
		return fmt.Sprintf("%.2f", x)
	case a >= 0.001 || a == 0:
		return fmt.Sprintf("%.4f", x)
	}
	return fmt.Sprintf("%.3g", x)
}
