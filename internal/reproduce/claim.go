package reproduce

// Claim is something the paper shows, with what was found and whether that
// agrees by the criterion.
type Claim struct {
	What      string `json:"what"`
	Published string `json:"published"`
	Ours      string `json:"ours"`
	Criterion string `json:"criterion"`
	Agrees    bool   `json:"agrees"`
	// TooFewSeeds says that there is no verdict: more seeds have to be run.
	TooFewSeeds bool `json:"too_few_seeds,omitempty"`

	basis basis
}

// Verdict is "yes", "NO" or "too few seeds".
func (c Claim) Verdict() string {
	switch {
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
