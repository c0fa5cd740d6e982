package reproduce

import (
	"fmt"
	"math"
)

// Report is what a panel found.
type Report struct {
	// Figures are drawn, and their numbers written as CSV.
	Figures []Figure
	// Claims are what was published, beside what was found.
	Claims []Claim
	// Notes are remarks for the reader.
	Notes []string
}

// Claim is something the paper shows, with what was found and whether that
// agrees by the criterion.
type Claim struct {
	What      string `json:"what"`
	Published string `json:"published"`
	Ours      string `json:"ours"`
	Criterion string `json:"criterion"`
	Agrees    bool   `json:"agrees"`
}

// Agrees reports whether every claim agrees.
func (r *Report) Agrees() bool {
	for _, c := range r.Claims {
		if !c.Agrees {
			return false
		}
	}
	return true
}

// Agreeing counts the claims that agree.
func (r *Report) Agreeing() int {
	n := 0
	for _, c := range r.Claims {
		if c.Agrees {
			n++
		}
	}
	return n
}

// claim adds a claim whose verdict the caller has computed.
func (r *Report) claim(what, published, ours, criterion string, agrees bool) {
	r.Claims = append(r.Claims, Claim{what, published, ours, criterion, agrees})
}

// near claims a published mean: ours has to be within a tolerance of it, which
// stands for the published uncertainty, plus two of our standard errors.
func (r *Report) near(what string, published float64, ours Sample, tolerance float64) {
	allowed := tolerance
	criterion := fmt.Sprintf("within %.3g", tolerance)
	if !math.IsNaN(ours.SEM) {
		allowed += 2 * ours.SEM
		criterion += " + 2 SEM of ours"
	}
	r.claim(what, number(published), ours.String(), criterion, math.Abs(ours.Mean-published) <= allowed)
}

// sampled claims a published mean of a few seeds, which is uncertain itself: the
// difference has to be within three standard errors of it, where the spread over
// seeds is taken from ours. Three, and not two, because a panel makes about twenty
// such comparisons at once.
func (r *Report) sampled(what string, published float64, seeds int, ours Sample) {
	spread := ours.SEM * math.Sqrt(float64(ours.N))
	allowed := 3*math.Hypot(ours.SEM, spread/math.Sqrt(float64(seeds))) + 1e-3
	r.claim(what, number(published), ours.String(), fmt.Sprintf("difference within 3 SE (%.3f), published with %d seeds", allowed, seeds),
		math.Abs(ours.Mean-published) <= allowed)
}

// String prints mean and standard error.
func (s Sample) String() string {
	if math.IsNaN(s.SEM) {
		return number(s.Mean)
	}
	return number(s.Mean) + " ± " + number(s.SEM)
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
