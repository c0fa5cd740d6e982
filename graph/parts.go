package graph

import (
	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/relax"
)

// WeightStep steps parameters while their gradients are computed, part by part, so that
// a gradient larger than the activities and errors it comes from is never stored. It is
// for optimizers whose step of an element depends on that element alone.
type WeightStep interface {
	// Ready is told, by parameter, an upper bound of the magnitudes of a gradient that
	// comes in parts, −1 for one that is in [Param.Grad]. If Ready returns true, it has
	// stepped the latter, and Step is called for the others. If it returns false it has
	// changed nothing, and all gradients are stored.
	Ready(bounds []float64) bool
	// Step steps the elements from at on of parameter i along a part of its gradient.
	// Different elements may be stepped by several goroutines at once.
	Step(i int, gradient relax.Vector, at int)
	// StepOuter is Step along the outer product of a column and a row, which is what the
	// gradient of one sample is. If it returns false, it has done nothing, and Step
	// follows.
	StepOuter(i int, column, row relax.Vector, at int) bool
}

// partly is an [Executable] that can hand over large outputs in parts; see
// [engine.Unit.RunFirst].
type partly interface {
	RunFirst(job int, bounds []float64) error
	RunParts(job int, taker engine.Taker)
}

// parts hands the parts of gradients to a WeightStep.
type parts struct {
	to      WeightStep
	params  []int     // by output of the job: the parameter, −1 for another output
	outputs []float64 // by output: the bound
	bounds  []float64 // by parameter
}

// newParts returns the parts of a stage whose outputs from first on are the gradients of
// the parameters that have one.
func newParts(n *Network, first int, has func(i int) bool) parts {
	p := parts{bounds: make([]float64, len(n.params))}
	for range first {
		p.params = append(p.params, -1)
	}
	for i := range n.params {
		if has(i) {
			p.params = append(p.params, i)
		}
	}
	p.outputs = make([]float64, len(p.params))
	return p
}

// ready asks the WeightStep whether it takes the parts.
func (p *parts) ready(to WeightStep) bool {
	for i := range p.bounds {
		p.bounds[i] = -1
	}
	for k, i := range p.params {
		if i >= 0 {
			p.bounds[i] = p.outputs[k]
		}
	}
	p.to = to
	return to.Ready(p.bounds)
}

// TakeFloat32 implements [engine.Taker].
func (p *parts) TakeFloat32(output int, part []float32, at int) {
	p.to.Step(p.params[output], relax.Float32(part), at)
}

// TakeFloat64 implements [engine.Taker].
func (p *parts) TakeFloat64(output int, part []float64, at int) {
	p.to.Step(p.params[output], relax.Float64(part), at)
}

// TakeOuterFloat32 implements [engine.Taker].
func (p *parts) TakeOuterFloat32(output int, column, row []float32, at int) bool {
	return p.to.StepOuter(p.params[output], relax.Float32(column), relax.Float32(row), at)
}

// TakeOuterFloat64 implements [engine.Taker].
func (p *parts) TakeOuterFloat64(output int, column, row []float64, at int) bool {
	return p.to.StepOuter(p.params[output], relax.Float64(column), relax.Float64(row), at)
}

// LearnSteps is [Session.Learn] with parameters that are stepped on the way. If it
// returns false, without an error, nothing was stepped, and the gradients are stored. If
// it returns true, the gradients of the parameters are undefined; the caller notifies
// the network that they changed.
func (s *Session) LearnSteps(energies []float64, step WeightStep) (total float64, stepped bool, err error) {
	if err := s.prepare(); err != nil {
		return 0, false, err
	}
	exec, ok := s.program.exec.(partly)
	if !ok {
		total, err = s.Learn(energies)
		return total, false, err
	}
	if err := s.begin(); err != nil {
		return 0, false, err
	}
	if s.parts.params == nil {
		s.parts = newParts(s.net, len(s.terms.active), func(int) bool { return true })
	}
	if err := s.program.refresh(s.now()); err != nil {
		return 0, false, err
	}
	if err := exec.RunFirst(jobLearn, s.parts.outputs); err != nil {
		return 0, false, err
	}
	if total, err = s.terms.sumFinite(energies); err != nil {
		return total, false, err
	}
	if err := s.state.follow(s.plan); err != nil {
		return total, false, err
	}
	return total, s.parts.run(exec, jobLearn, step), nil
}

// run steps, or stores the gradients.
func (p *parts) run(exec partly, job int, step WeightStep) (stepped bool) {
	if !p.ready(step) {
		exec.RunParts(job, nil)
		return false
	}
	exec.RunParts(job, p)
	return true
}

// LearnSteps is [BackpropSession.Learn] with parameters that are stepped on the way, as
// [Session.LearnSteps] is.
func (s *BackpropSession) LearnSteps(step WeightStep) (loss float64, stepped bool, err error) {
	exec, ok := s.program.exec.(partly)
	if !ok {
		loss, err = s.Learn()
		return loss, false, err
	}
	if s.parts.params == nil {
		s.parts = newParts(s.net, len(s.terms.active), func(i int) bool { return i < len(s.plan.dParams) && s.plan.dParams[i] != nil })
	}
	err = s.learn(func(now changes) error {
		if err := s.program.refresh(now); err != nil {
			return err
		}
		return exec.RunFirst(0, s.parts.outputs)
	}, &loss)
	if err != nil {
		return loss, false, err
	}
	return loss, s.parts.run(exec, 0, step), nil
}
