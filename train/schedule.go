package train

import "math"

// Schedule scales the learning rate over a run.
type Schedule interface {
	// Factor is what the base learning rate is multiplied by at a step of a run
	// of total steps. Steps count from zero. A total of zero or less is a run
	// of unknown length.
	Factor(step, total int) float64
}

// Constant keeps the learning rate as it is.
type Constant struct{}

// Factor implements [Schedule]. It is 1.
func (Constant) Factor(int, int) float64 { return 1 }

// Cosine climbs linearly to the full learning rate and then falls along half a
// cosine. Its zero value has no warm-up and falls to zero; the field's recipe is
// Cosine{WarmUp: 0.1, Floor: 0.1}.
//
//	(step+1)/(w+1)                                          step < w
//	Floor + (1−Floor)·½·(1 + cos(π·(step−w)/(total−w)))     w <= step < total
//	Floor                                                   step >= total
//
// where w is the number of warm-up steps. The factor is positive at every step
// of the run. A run of unknown length warms up over WarmUpSteps and then stays
// at 1.
//
// Loshchilov and Hutter (2017), "SGDR", equation 5 without restarts; warm-up
// after Goyal et al. (2017), section 2.2.
type Cosine struct {
	// WarmUp is the part of the run spent climbing. It is clipped to [0, 1];
	// zero is none.
	WarmUp float64 `json:"warm_up"`
	// WarmUpSteps, if positive, is the number of steps spent climbing and
	// replaces WarmUp.
	WarmUpSteps int `json:"warm_up_steps"`
	// Floor is the factor at the end. It is clipped to [0, 1].
	Floor float64 `json:"floor"`
}

// Factor implements [Schedule].
func (c Cosine) Factor(step, total int) float64 {
	step = max(step, 0)
	w := c.WarmUpSteps
	if w <= 0 {
		w = int(math.Round(clip(c.WarmUp) * float64(max(total, 0))))
	}
	floor := clip(c.Floor)
	switch {
	case total > 0 && step >= total:
		return floor
	case step < w:
		return float64(step+1) / float64(w+1)
	case total <= 0:
		return 1
	}
	progress := float64(step-w) / float64(total-w)
	return floor + float64((1-floor)*(1+math.Cos(math.Pi*progress))/2)
}

// StepDecay multiplies the learning rate by Gamma after every Every steps. The
// zero value keeps it as it is.
//
//	Gamma^⌊step/Every⌋
type StepDecay struct {
	// Every is the number of steps between two drops. Zero or less is never.
	Every int `json:"every"`
	// Gamma is the factor of one drop. Zero means 0.1.
	Gamma float64 `json:"gamma"`
}

// Factor implements [Schedule].
func (s StepDecay) Factor(step, _ int) float64 {
	if s.Every <= 0 || step < s.Every {
		return 1
	}
	return math.Pow(orDefault(s.Gamma, 0.1), float64(step/s.Every))
}

// clip returns x within [0, 1], and 0 for NaN.
func clip(x float64) float64 {
	if !(x > 0) {
		return 0
	}
	return min(x, 1)
}

// Linear climbs linearly to the full learning rate and then falls linearly to Floor at the
// end of the run. Its zero value has no warm-up and falls to zero.
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
	step = max(step, 0)
	w := l.WarmUpSteps
	if w <= 0 {
		w = int(math.Round(clip(l.WarmUp) * float64(max(total, 0))))
	}
	floor := clip(l.Floor)
	switch {
	case total > 0 && step >= total:
		return floor
	case step < w:
		return float64(step+1) / float64(w+1)
	case total <= 0:
		return 1
	}
	return floor + (1-floor)*(float64(total-step)/float64(total-w))
}

// OneCycle climbs from Start to the full learning rate along half a cosine and falls along
// another to Floor at the end of the run.
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
