package train

import (
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/relax"
)

// laneOptimizer is an optimizer whose rate and decay differ between members, all of which
// have taken as many steps.
type laneOptimizer struct {
	weightDecay float64
	decayAll    bool
	slots       []string // what is remembered of a parameter
	steps       int64
	decoupled   bool // AdamW

	adam     *Adam // nil for others
	momentum *Momentum
	factors  adamFactors // of the present step
	bias     adamCorrection
	keep     float64 // of the present step of momentum
}

// newLaneOptimizer returns the form for many members of an optimizer.
func newLaneOptimizer(optimizer Optimizer) (laneOptimizer, error) {
	var o laneOptimizer
	var err error
	switch x := optimizer.(type) {
	case *SGD:
		o = laneOptimizer{weightDecay: x.WeightDecay, decayAll: x.DecayAll}
		err = checkRange("SGD", "WeightDecay", x.WeightDecay, 0, math.Inf(1))
	case *Momentum:
		o = laneOptimizer{weightDecay: x.WeightDecay, decayAll: x.DecayAll, slots: momentumSlots}
		o.momentum = &Momentum{Beta: orDefault(x.Beta, 0.9), Dampening: x.Dampening, Nesterov: x.Nesterov}
		err = x.check()
	case *Adam:
		o = laneOptimizer{weightDecay: x.WeightDecay, decayAll: x.DecayAll, slots: adamSlots}
		o.adam = &Adam{Beta1: x.Beta1, Beta2: x.Beta2, Epsilon: x.Epsilon}
		err = checkAdam("Adam", x.Beta1, x.Beta2, x.Epsilon, x.WeightDecay)
	case *AdamW:
		o = laneOptimizer{weightDecay: x.WeightDecay, decayAll: x.DecayAll, slots: adamSlots, decoupled: true}
		o.adam = &Adam{Beta1: x.Beta1, Beta2: x.Beta2, Epsilon: x.Epsilon}
		err = checkAdam("AdamW", x.Beta1, x.Beta2, x.Epsilon, x.WeightDecay)
	default:
		err = errors.Errorf("train: ensemble: optimizer, got %T, want an SGD, a Momentum, an Adam or an AdamW; learn with networks one after another", optimizer)
	}
	return o, err
}

// decayOf returns the weight decay of a parameter.
func (o *laneOptimizer) decayOf(p *graph.Param, decay float64) float64 {
	return decayOf(p, decay, o.decayAll)
}

// checkShrink returns an error if the decay of AdamW turns weights around.
func (o *laneOptimizer) checkShrink(rate, decay float64) error {
	if o.decoupled && rate*decay >= 1 {
		return errors.Errorf("train: ensemble: AdamW: learning rate times WeightDecay, got %v·%v, want < 1; lower the weight decay", rate, decay)
	}
	return nil
}

// begin begins a step of all members.
func (o *laneOptimizer) begin() {
	o.steps++
	if a := o.adam; a != nil {
		o.factors = adamAt(o.steps, 1, a.Beta1, a.Beta2, a.Epsilon)
		o.bias = adamCorrections(o.steps, orDefault(a.Beta1, 0.9), o.factors.beta2)
	}
	if m := o.momentum; m != nil {
		if o.keep = 1 - m.Dampening; o.steps == 1 {
			o.keep = 1
		}
	}
}

// laneState is what an optimizer remembers of a block of members.
type laneState interface {
	// take takes the step of a parameter, with rates and decays by lane.
	take(b *graph.EnsembleBlock, param int, rates, decays []float64)
	// memory returns what is remembered of a parameter, in the order of the slots.
	memory(param int) []relax.Vector
}

func newLaneState(o *laneOptimizer, net *graph.Network, lanes int) laneState {
	if net.Settings().Precision == graph.Float64 {
		return newLaneStateOf(o, net, lanes, relax.Vector.Float64, relax.Float64)
	}
	return newLaneStateOf(o, net, lanes, relax.Vector.Float32, relax.Float32)
}

// laneStateOf is a laneState in a precision.
type laneStateOf[T float] struct {
	*laneOptimizer
	numbers            func(relax.Vector) []T
	slots              [][]relax.Vector // by parameter
	wide               []float64        // room, by lane
	rate, decay, zeros []T              // by lane
	one                [4][]T           // of a lane alone: w, g, and what is remembered
}

func newLaneStateOf[T float](o *laneOptimizer, net *graph.Network, lanes int, numbers func(relax.Vector) []T, vector func([]T) relax.Vector) *laneStateOf[T] {
	s := &laneStateOf[T]{laneOptimizer: o, numbers: numbers, wide: make([]float64, lanes)}
	s.rate, s.decay, s.zeros = make([]T, lanes), make([]T, lanes), make([]T, lanes)
	for _, p := range net.Params() {
		var slots []relax.Vector
		for range o.slots {
			slots = append(slots, vector(make([]T, p.Values().Len()*lanes)))
		}
		s.slots = append(s.slots, slots)
	}
	return s
}

func (s *laneStateOf[T]) memory(param int) []relax.Vector { return s.slots[param] }

func (s *laneStateOf[T]) take(b *graph.EnsembleBlock, param int, rates, decays []float64) {
	w, g := s.numbers(b.Values(param)), s.numbers(b.Grads(param))
	switch {
	case s.adam == nil:
		kernel.Narrow(s.rate, rates)
		kernel.Narrow(s.decay, decays)
		if s.momentum == nil {
			kernel.LaneSGD(w, g, s.rate, s.decay)
			return
		}
		if s.takeMomentum(w, g, s.numbers(s.slots[param][0]), s.numbers(b.Scratch(param))) {
			return
		}
	case s.takeAdam(w, g, s.numbers(s.slots[param][0]), s.numbers(s.slots[param][1]), s.numbers(b.Scratch(param)), rates, decays):
		return
	}
	s.byLane(w, g, s.slots[param], rates, decays)
}

// takeMomentum takes the step by the kernel of one network, with the rate −1 from 0,
// which leaves the direction in d; what differs between lanes comes before and after.
func (s *laneStateOf[T]) takeMomentum(w, g, v, d []T) bool {
	if kernel.Active() == kernel.Portable {
		return false
	}
	for i := range s.decay {
		s.decay[i] = -s.decay[i]
	}
	kernel.LaneDescend(g, w, s.decay)
	clear(d)
	c := kernel.MomentumScalars[T]{Rate: -1, Momentum: T(s.momentum.Beta), Keep: T(s.keep)}
	if !kernel.Momentum(d, v, g, &c, s.momentum.Nesterov) {
		return false
	}
	kernel.LaneDescend(w, d, s.rate)
	return true
}

// takeAdam is takeMomentum of Adam and AdamW.
func (s *laneStateOf[T]) takeAdam(w, g, m, v, d []T, rates, decays []float64) bool {
	if kernel.Active() == kernel.Portable {
		return false
	}
	decay := s.zeros // of the step of w
	if s.decoupled {
		for i, rate := range rates {
			s.wide[i] = 0
			if shrink := 1 - float64(rate*decays[i]); shrink != 1 {
				s.wide[i] = (1 - shrink) / s.bias.stepSize(rate)
			}
		}
		decay = s.decay
		kernel.Narrow(decay, s.wide)
	} else {
		kernel.Narrow(s.decay, decays)
		kernel.LaneAdd(g, w, s.decay)
	}
	for i, rate := range rates {
		s.wide[i] = s.bias.stepSize(rate)
	}
	kernel.Narrow(s.rate, s.wide)
	c := adamScalars[T](&s.factors)
	c.Rate, c.Decay = -1, 0
	clear(d)
	if !kernel.Adam(d, m, v, g, &c) {
		return false
	}
	kernel.LaneSGD(w, d, s.rate, decay)
	return true
}

// byLane takes the step lane by lane in plain Go.
func (s *laneStateOf[T]) byLane(w, g []T, slots []relax.Vector, rates, decays []float64) {
	lanes := len(rates)
	for i := range s.one {
		if n := len(w) / lanes; len(s.one[i]) < n {
			s.one[i] = make([]T, n)
		}
	}
	var all [4][]T
	all[0], all[1] = w, g
	for i, v := range slots {
		all[2+i] = s.numbers(v)
	}
	for lane := range rates {
		var one [4][]T
		for i, from := range all {
			one[i] = s.one[i][:len(from)/lanes]
			for k := range one[i] {
				one[i][k] = from[k*lanes+lane]
			}
		}
		if m := s.momentum; m != nil {
			c := kernel.MomentumScalars[T]{Rate: T(rates[lane]), Decay: T(decays[lane]), Momentum: T(m.Beta), Keep: T(s.keep)}
			momentumStep(one[0], one[1], one[2], &c, m.Nesterov)
		} else {
			f := s.factors
			f.stepSize = s.bias.stepSize(rates[lane])
			if s.decoupled {
				f.shrink = 1 - float64(rates[lane]*decays[lane])
			} else {
				f.l2 = decays[lane]
			}
			adamStep(one[0], one[1], one[2], one[3], &f)
		}
		for i, to := range all {
			for k, x := range one[i] {
				to[k*lanes+lane] = x
			}
		}
	}
}
