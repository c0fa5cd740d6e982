package train

import "math"

// Linear climbs linearly to the full learning rate and then falls linearly to Floor at
// the end of the run. Its zero value has no warm-up and falls to zero.
//
//	(step+1)/(w+1)                                step < w
//	Floor + (1−Floor)·(total−step)/(total−w)      w <= step < total
//	Floor                                         step >= total
//
// where w is the number of warm-up steps. A run of unknown length stays at 1 after
// WarmUpSteps.
type Linear struct {
	// WarmUp is the part of the run spent climbing. It is clipped to [0, 1];
	// zero is none.
	WarmUp float64 `json:"warm_up"`
	// WarmUpSteps, if positive, is the number of steps spent climbing and
	// replaces WarmUp.
	WarmUpSteps int `json:"warm_up_steps"`
	// Floor is the factor at the end. It is clipped to [0, 1]; 1 keeps the rate after
	// the warm-up.
	Floor float64 `json:"floor"`
}

// Factor implements [Schedule].
func (l Linear) Factor(step, total int) float64 {
	return ramp(step, total, l.WarmUp, l.WarmUpSteps, l.Floor, func(progress, floor float64) float64 {
		return floor + (1-floor)*(1-progress)
	})
}

// OneCycle climbs from Start to the full learning rate along half a cosine and falls
// along another to Floor at the end of the run.
//
//	Start + (1−Start)·½·(1 − cos(π·step/w))                  step < w
//	Floor + (1−Floor)·½·(1 + cos(π·(step−w)/(total−w)))      w <= step < total
//	Floor                                                    step >= total
//
// where w = WarmUp·total. A run of unknown length stays at 1.
//
// Smith and Topin (2019), "Super-convergence"; with the defaults of
// torch.optim.lr_scheduler.OneCycleLR.
type OneCycle struct {
	// WarmUp is the part of the run spent climbing, in (0, 1]. Zero means 0.3.
	WarmUp float64 `json:"warm_up,omitempty"`
	// Start is the factor at first, in (0, 1]. Zero means 1/25.
	Start float64 `json:"start,omitempty"`
	// Floor is the factor at the end, in (0, 1]. Zero means 1/250,000.
	Floor float64 `json:"floor,omitempty"`
}

// Factor implements [Schedule].
func (o OneCycle) Factor(step, total int) float64 {
	if total <= 0 {
		return 1
	}
	start, floor := orDefault(clip(o.Start), 1.0/25), orDefault(clip(o.Floor), 1.0/250_000)
	w := int(math.Round(orDefault(clip(o.WarmUp), 0.3) * float64(total)))
	switch step = max(step, 0); {
	case step >= total:
		return floor
	case step < w:
		return start + (1-start)*(1-math.Cos(math.Pi*float64(step)/float64(w)))/2
	}
	return floor + (1-floor)*(1+math.Cos(math.Pi*float64(step-w)/float64(total-w)))/2
}
