package graph

import (
	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/relax"
)

var _ relax.Mover = (*Session)(nil)

// MotionStepper is a [Stepper] whose steps can be those of a solver with memory.
type MotionStepper interface {
	Stepper
	// StepMotion runs a job whose outputs descend, and moves their inputs by m, without
	// regard to its slopes. The memory is that of the outputs, in their order.
	StepMotion(job int, m *relax.Motion) error
}

// Move moves every free activity by a step of a solver with memory and returns the
// energy before the step, as Evaluate would. An engine that is a [MotionStepper] does
// both in one pass and stores no gradients, unless m measures slopes, which are known
// only after a pass.
func (s *Session) Move(m *relax.Motion, energies []float64) (float64, error) {
	if err := s.prepare(); err != nil {
		return 0, err
	}
	stepper, ok := s.program.exec.(MotionStepper)
	if !ok || m.Slopes != nil {
		total, err := s.Evaluate(energies)
		if err == nil {
			s.Apply(m)
		}
		return total, err
	}
	if err := s.begin(); err != nil {
		return 0, err
	}
	if err := s.program.refresh(s.now()); err != nil {
		return 0, err
	}
	if err := stepper.StepMotion(jobDescend, m); err != nil {
		return 0, err
	}
	s.holdUnits()
	return s.terms.sum(energies)
}

// Apply moves every free activity by a step from the gradients of the last Evaluate.
func (s *Session) Apply(m *relax.Motion) {
	s.motion.apply(m, s.inForce())
	s.holdUnits() // the memory of a fused step moves them
}

// motion takes the steps of solvers by the kernels of the engine, in either precision.
type motion struct {
	f32 engine.Motion[float32]
	f64 engine.Motion[float64]
}

// apply takes a step from the gradients in the activities.
func (k *motion) apply(m *relax.Motion, free []relax.Activity) {
	if len(free) == 0 {
		return
	}
	if free[0].X.Float32() != nil {
		apply(&k.f32, m, free, relax.Vector.Float32)
	} else {
		apply(&k.f64, m, free, relax.Vector.Float64)
	}
}

func apply[T float32 | float64](to *engine.Motion[T], m *relax.Motion, free []relax.Activity, of func(relax.Vector) []T) {
	setMotion(to, m, of)
	if m.Slopes == nil {
		for i, a := range free {
			to.Apply(i, 0, of(a.X), of(a.Grad))
		}
		return
	}
	m.Measure(free)
	for n := range m.Slopes {
		to.Beta = T(m.OfSample(n).Beta)
		for i, a := range free {
			w := a.Width()
			to.Apply(i, n*w, of(a.X)[n*w:(n+1)*w], of(a.Grad)[n*w:(n+1)*w])
		}
	}
}

// setMotion converts a motion to one of the engine, without allocating if there is room.
func setMotion[T float32 | float64](to *engine.Motion[T], m *relax.Motion, of func(relax.Vector) []T) {
	to.Kind = motionKinds[m.Kind]
	to.Size, to.Beta, to.Beta2, to.Epsilon = T(m.Size), T(m.Beta), T(m.Beta2), T(m.Epsilon)
	to.First, to.Second = to.First[:0], to.Second[:0]
	for _, v := range m.First {
		to.First = append(to.First, of(v))
	}
	for _, v := range m.Second {
		to.Second = append(to.Second, of(v))
	}
}

var motionKinds = [...]engine.MotionKind{
	relax.HeavyBall: engine.HeavyBall, relax.LookAhead: engine.LookAhead, relax.RootMeanSquare: engine.RootMeanSquare,
}

// StepMotion runs a job whose outputs descend by a motion.
func (x *compiledModule) StepMotion(job int, m *relax.Motion) error {
	switch u := x.unit.(type) {
	case *engine.Unit[float32]:
		setMotion(&x.motion.f32, m, relax.Vector.Float32)
		return u.MoveProgram(job, &x.motion.f32)
	case *engine.Unit[float64]:
		setMotion(&x.motion.f64, m, relax.Vector.Float64)
		return u.MoveProgram(job, &x.motion.f64)
	}
	return x.unit.(*tapeUnit).moveProgram(job, m)
}
