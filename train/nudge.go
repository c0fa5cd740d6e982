package train

import (
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
)

// smallestNudge is the smallest nudge whose gradients a precision can represent. A
// nudge of β moves a hidden activity x by about β·δ, with δ its error under backprop,
// but x is rounded to ½·eps·|x|. With δ as large as x the relative error of the
// gradients is ½·eps/β: half a percent at
//
//	β = 128·eps        1.5e-5 in float32, 2.8e-14 in float64
//
// and more where errors are smaller than activities.
func smallestNudge(p graph.Precision) float64 {
	if p == graph.Float64 {
		return 0x1p-52 * 128
	}
	return 0x1p-23 * 128
}

// CheckNudge returns an error for a nudge that would be lost to rounding in a
// precision, and for one that is not finite. Zero means none. Rules that nudge call it
// and add their name to the error.
func CheckNudge(nudge float64, p graph.Precision) error {
	least := smallestNudge(p)
	switch {
	case math.IsNaN(nudge) || math.IsInf(nudge, 0):
		return errors.Errorf("Nudge, got %v, want a finite number", nudge)
	case nudge == 0 || math.Abs(nudge) >= least:
		return nil
	case p == graph.Float64:
		return errors.Errorf("Nudge, got %v, want at least %.2g: activities in %v cannot hold what a smaller one changes", nudge, least, p)
	}
	return errors.Errorf("Nudge, got %v, want at least %.2g: activities in %v cannot hold what a smaller one changes; enlarge it, or take float64, which goes down to %.2g",
		nudge, least, p, smallestNudge(graph.Float64))
}
