package reproduce

import "fmt"

// Claim is something the paper shows, with what was found and whether that
// agrees by the criterion.
type Claim struct {
	What      string `json:"what"`
	Published string `json:"published"`
	Ours      string `json:"ours"`
	Criterion string `json:"criterion"`
	Agrees    bool   `json:"agrees"`
	// Shares names the initial weights that other claims rest on, too.
	Shares string `json:"shares,omitempty"`
	// TooFewSeeds says that there is no verdict: more seeds have to be run.
	TooFewSeeds bool `json:"too_few_seeds,omitempty"`
	// PublishedDigits is how many digits after the point the published number has, and
	// Digits how many of them agree, where that is what is asked; see [Exact].
	PublishedDigits int `json:"published_digits,omitempty"`
	Digits          int `json:"digits,omitempty"`
	// Chaotic says that there is no verdict: rounding moves our number as far.
	Chaotic bool `json:"chaotic,omitempty"`

	basis basis
}

// Verdict is "yes", "NO", "too few seeds" or "rounding decides".
func (c Claim) Verdict() string {
	switch {
	case c.Chaotic:
		return "rounding decides"
	case c.TooFewSeeds:
		return "too few seeds"
	case c.Agrees:
		return "yes"
	}
	return "NO"
}

// Claims are those of a panel.
type Claims []Claim

// Agree reports whether every claim holds.
func (c Claims) Agree() bool { return c.Hold() == len(c) }

// Hold counts the claims that hold.
func (c Claims) Hold() int { return c.count(func(c Claim) bool { return c.Agrees }) }

// Failures counts the claims that fail, those that share their initial weights once.
func (c Claims) Failures() int {
	shared, n := map[string]bool{}, 0
	for _, claim := range c {
		switch {
		case claim.Agrees || claim.TooFewSeeds || claim.Chaotic:
		case claim.Shares == "":
			n++
		default:
			shared[claim.Shares] = true
		}
	}
	return n + len(shared)
}

// Chaotic counts the claims that rounding decides.
func (c Claims) Chaotic() int { return c.count(func(c Claim) bool { return c.Chaotic }) }

// compareDigits reports whether digits are compared.
func (c Claims) compareDigits() bool {
	return c.count(func(c Claim) bool { return c.PublishedDigits > 0 }) > 0
}

// AgreeingDigits is "3 of 4", nothing if digits are not compared.
func (c Claim) AgreeingDigits() string {
	if c.PublishedDigits == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d", max(0, c.Digits), c.PublishedDigits)
}

// TooFewSeeds counts the claims that need more seeds.
func (c Claims) TooFewSeeds() int { return c.count(func(c Claim) bool { return c.TooFewSeeds }) }

func (c Claims) count(accept func(Claim) bool) int {
	n := 0
	for _, claim := range c {
		if accept(claim) {
			n++
		}
	}
	return n
}
