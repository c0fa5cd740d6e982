package train

import (
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// Nudging says how the second phase of a [Contrastive] differs from the free one.
type Nudging int

// The kinds of nudging.
const (
	Centred  Nudging = iota // towards the target and away from it
	Positive                // towards it
	Negative                // away from it
	Clamping                // the outputs are held at it
)

var nudgings = [...]string{Centred: "centred", Positive: "positive", Negative: "negative", Clamping: "clamping"}

// String returns "centred", "positive", "negative" or "clamping".
func (n Nudging) String() string {
	if n < 0 || int(n) >= len(nudgings) {
		return "unknown"
	}
	return nudgings[n]
}

// MarshalText returns what String does.
func (n Nudging) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads what String returns.
func (n *Nudging) UnmarshalText(text []byte) error {
	k := slices.Index(nudgings[:], strings.ToLower(string(text)))
	if k < 0 {
		return errors.Errorf("train: nudging, got %q, want one of %s", text, strings.Join(nudgings[:], ", "))
	}
	*n = Nudging(k)
	return nil
}
