package train

import "math"

// Schedule scales the learning rate over a run.
type Schedule interface {
	// Factor is the factor of the base learning rate at a step of a run of total steps.
	// Steps count from zero. A total of zero or less means a run of unknown length.
	Factor(step, total int) float64
}

// Constant keeps the learning rate constant.
type Constant struct{}

// Factor implements [Schedule]. It is 1.
func (Constant) Factor(int, int) float64 { return 1 }

// Cosine increases linearly to the full learning rate and then falls along half a
// cosine. Its zero value has no warm-up and falls to zero; the usual recipe is
// Cosine{WarmUp: 0.1, Floor: 0.1}.
//
//	(step+1)/(w+1)                                          step < w
//	Floor + (1−Floor)·½·(1 + cos(π·(step−w)/(total−w)))     w <= step < total
//	Floor                                                   step >= total
//
// where w is the number of warm-up steps. The factor is positive at every step of the
// run. A run of unknown length warms up over WarmUpSteps and then stays at 1.
//
// Loshchilov and Hutter (2017), "SGDR", equation 5 without restarts; warm-up
// after Goyal et al. (2017), section 2.2.
type Cosine struct {
	// WarmUp is the fraction of the run spent in warm-up. It is clipped to [0, 1]; zero
	// means none.
	WarmUp float64 `json:"warm_up"`
	// WarmUpSteps, if positive, is the number of warm-up steps and replaces WarmUp.
	WarmUpSteps int `json:"warm_up_steps"`
	// Floor is the factor at the end. It is clipped to [0, 1].
	Floor float64 `json:"floor"`
}

// Factor implements [Schedule].
func (c Cosine) Factor(step, total int) float64 {
	return ramp(step, total, c.WarmUp, c.WarmUpSteps, c.Floor, func(progress, floor float64) float64 {
		return floor + float64((1-floor)*(1+math.Cos(math.Pi*progress))/2)
	})
}

// ramp climbs linearly to 1 and then goes to the floor as fall says, given the fraction
// of the way.
func ramp(step, total int, warmUp float64, warmUpSteps int, floor float64, fall func(progress, floor float64) float64) float64 {
	step = max(step, 0)
	w := warmUpSteps
	if w <= 0 {
		w = int(math.Round(clip(warmUp) * float64(max(total, 0))))
	}
	floor = clip(floor)
	switch {
	case total > 0 && step >= total:
		return floor
	case step < w:
		return float64(step+1) / float64(w+1)
	case total <= 0:
		return 1
	}
	return fall(float64(step-w)/float64(total-w), floor)
}

// StepDecay multiplies the learning rate by Gamma after every Every steps. The zero
// value keeps it constant.
//
//	Gamma^⌊step/Every⌋
type StepDecay struct {
	// Every is the number of steps between two drops. Zero or less means never.
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
