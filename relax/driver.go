package relax

import (
	"context"
	"math"

	"github.com/pkg/errors"
)

// Run relaxes the activities of p in place, from their current values. It is NewDriver
// followed by [Driver.Run], which documents the result.
func Run(ctx context.Context, p Problem, s Settings) (Result, error) {
	d, err := NewDriver(p, s)
	if err != nil {
		return Result{Status: Failure}, err
	}
	return d.Run(ctx)
}

// Driver relaxes one problem repeatedly with the same settings. It owns counters,
// limits, cancellation and recording, and all buffers, so that runs allocate nothing.
// It must not be used by two goroutines at once, and neither must a problem, a solver
// or a recorder by two drivers.
type Driver struct {
	settings   Settings
	problem    counted
	activities []Activity
	terms      []string
	solver     Solver
	control    Control
	backtrack  Backtracker  // nil unless the control rejects steps
	judge      ErrorControl // nil unless the control uses the error of a step
	rewinder   Rewinder     // the solver, set with backtrack or judge
	descender  Descender    // nil unless evaluation and the step of Euler can be fused
	mobile     mobile       // the solver, nil if its steps are no motions or may be rewound
	mover      Mover        // nil unless evaluation and the steps of mobile can be fused
	selective  Selective    // nil unless the recorder does not need everything
	part       Part         // nil if the problem is a whole batch
	blind      bool         // no step depends on the energy of the batch
	pair       [2]float64   // what parts combine
	looper     Looper       // nil unless the problem can take a whole relaxation at once
	compaction *compaction  // nil unless samples that have converged can be left out

	certificates *certificates // nil unless the convergence test needs them
	precisions   *precisions   // nil unless they change from step to step

	energies []float64 // per term, at the measured state
	norms    []float64 // per sample, valid if run.normed
	trial    []float64 // energies of a state not yet accepted
	saved    []Activity

	started bool
	looped  bool // the last run was one call of the looper
	run     runState
}

// runState is the state that is reset at the start of a run.
type runState struct {
	step     int
	size     float64 // of the next step
	lastSize float64
	start    float64 // energy of the initial state
	previous float64 // energy of the state before the measured one
	recorded int     // step of the last record
	// batchStart and batchEnergy are start and energy of the whole batch.
	batchStart, batchEnergy float64

	// The measured state, at which energy and, if normed, norms were computed.
	measured    int
	energy      float64
	normed      bool
	gradNorm    float64
	gradSquared float64 // over all samples
	worst       int
	// fresh means that the activities are still at the measured state and Grad holds
	// the gradients there.
	fresh bool
}

// NewDriver returns a driver for p. It returns an error if p or s is invalid.
func NewDriver(p Problem, s Settings) (*Driver, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s.Solver = s.solver()
	d := &Driver{
		settings:   s,
		activities: p.Activities(),
		terms:      p.Terms(),
		solver:     s.Solver,
		control:    s.Control,
	}
	d.problem.Problem = p
	for i, a := range d.activities {
		if err := a.validate(); err != nil {
			return nil, err
		}
		if want := d.activities[0].Samples; a.Samples != want {
			return nil, errors.Errorf("relax: activity %q: want %d samples as in %q, got %d", a.Name, want, d.activities[0].Name, a.Samples)
		}
		if i == 0 {
			d.norms = make([]float64, a.Samples)
		}
	}
	d.energies = make([]float64, len(d.terms))
	d.backtrack, _ = s.Control.(Backtracker)
	d.judge, _ = s.Control.(ErrorControl)
	if d.backtrack != nil || d.judge != nil {
		d.rewinder = s.Solver.(Rewinder)
		d.trial = make([]float64, len(d.terms))
		for _, a := range d.activities {
			d.saved = append(d.saved, Activity{X: a.X.MakeLike(), Grad: a.Grad.MakeLike()})
		}
	} else {
		d.fuse(p)
		d.compaction = newCompaction(p, s, d.activities)
	}
	d.selective, _ = s.Recorder.(Selective)
	d.part = partOf(p)
	if _, constant := s.Control.(Constant); constant && s.Stop == nil {
		d.blind = true
	}
	if s.Recorder == nil && len(d.activities) > 0 && d.part == nil {
		d.looper, _ = p.(Looper)
	}
	if err := d.checkPart(); err != nil {
		return d, err
	}
	var err error
	if d.precisions, err = newPrecisions(p, s.Precision); err != nil {
		return d, err
	}
	d.certificates, err = newCertificates(p, s.Stop, len(d.norms), len(d.terms))
	return d, err
}

// fuse finds what can take the steps of the solver together with the evaluation.
func (d *Driver) fuse(p Problem) {
	switch s := d.solver.(type) { // a type that embeds one of them may step otherwise
	case Euler:
		d.descender, _ = p.(Descender)
	case *Momentum:
		d.mobile = s
	case *Adam:
		d.mobile = s
	}
	if d.mobile != nil {
		d.mover, _ = p.(Mover)
	}
}

// Settings returns the settings of the driver.
func (d *Driver) Settings() Settings { return d.settings }

// Energies returns the energy of every term at the state [Result.MeasuredAt].
// The slice belongs to the driver; the next run overwrites it.
func (d *Driver) Energies() []float64 { return d.energies }

// Run relaxes the activities in place, from their current values, for at most
// [Settings.Steps] steps. It resets step size, solver and trace.
//
// Unless SkipFinal is set, Grad of every activity is the gradient at the final
// state when Run returns, ready for a weight step.
//
// The error is nil for Converged, StepLimit and Stalled. Otherwise the result still
// says how far the run came, and the error is
//
//   - for Cancelled one for which errors.Is(err, ctx.Err()) holds; the
//     activities are at the state after Result.Steps whole steps;
//   - for Diverged a [NonFiniteError];
//   - for Failure the error of the problem or the solver, with the step.
//
// A problem that is a [Looper] takes all steps at once; ctx is then looked at before
// them.
func (d *Driver) Run(ctx context.Context) (Result, error) {
	if err := d.Reset(); err != nil {
		return d.result(Failure), err
	}
	if d.looper != nil {
		if result, done, err := d.loop(ctx); done {
			return result, err
		}
	}
	return d.Continue(ctx, d.settings.Steps)
}

// loop lets the problem take all steps at once. It is not done if the problem cannot, or
// if something diverged, which the steps find.
func (d *Driver) loop(ctx context.Context) (result Result, done bool, err error) {
	if err := ctx.Err(); err != nil {
		return d.result(Cancelled), true, errors.Wrap(err, "relax: after 0 steps")
	}
	result, done, err = d.looper.Loop(d.settings, d.energies, d.norms)
	switch {
	case !done:
		return result, false, nil
	case err != nil:
		return d.result(Failure), true, err
	case result.Status == Diverged:
		return result, false, nil
	}
	d.looped = true
	return result, true, nil
}

// Reset starts a run without taking a step: it resets counters, step size, solver and
// recorder. The activities are left unchanged.
func (d *Driver) Reset() error {
	d.started, d.looped = false, false
	d.problem.n = 0
	size, err := d.firstSize()
	d.run = runState{
		size:     size,
		start:    math.NaN(),
		previous: math.NaN(),

		batchStart: math.NaN(), batchEnergy: math.NaN(),

		recorded: -1,
		measured: -1,
		energy:   math.NaN(),
		gradNorm: math.NaN(),
		worst:    -1,
	}
	if err != nil {
		return err
	}
	if d.mobile != nil {
		d.mobile.inPlace()
	}
	if err := d.solver.Init(&d.problem); err != nil {
		return errors.WithMessage(err, "relax: solver: init")
	}
	if err := d.startCompaction(); err != nil {
		return err
	}
	if s, ok := d.settings.Recorder.(Starter); ok {
		s.Start(d.problem.Problem)
	}
	d.started = true
	return nil
}

// firstSize returns the size of the first step.
func (d *Driver) firstSize() (float64, error) {
	if s, ok := d.control.(Surveyor); ok {
		if err := s.Survey(&d.problem); err != nil {
			return 0, errors.WithMessage(err, "relax: control: survey")
		}
	}
	return d.control.Start(), nil
}

// Continue takes at most the given number of further steps, as if the run had not
// ended: n steps and then n steps are 2n steps, bit for bit, for every control. It
// resets first if there is no run yet. The state is evaluated again, because weights or
// clamped values may have changed since, as they do when the weights are stepped after
// every relaxation step; the control compares it with the energy from before.
func (d *Driver) Continue(ctx context.Context, steps int) (Result, error) {
	if steps <= 0 {
		return d.result(Failure), errors.Errorf("relax: continue: want at least 1 step, got %d", steps)
	}
	if d.looped {
		return d.result(Failure), errors.New("relax: continue: the run was taken at once and has left no state to go on from; use Reset and Continue from its start")
	}
	if !d.started {
		if err := d.Reset(); err != nil {
			return d.result(Failure), err
		}
	}
	d.run.fresh = false
	rest, err := d.retest()
	if err != nil {
		return d.result(statusOf(err)), err
	}
	status := Converged
	if rest {
		status, err = d.steps(ctx, d.run.step+steps)
	}
	d.spread()
	if endErr := d.unweigh(); err == nil && endErr != nil {
		status, err = Failure, endErr
	}
	if err == nil {
		status, err = d.finish(status)
	}
	return d.result(status), err
}

// steps steps until the given count is reached, with status NotTerminated, or until the
// run ends.
func (d *Driver) steps(ctx context.Context, until int) (Status, error) {
	if len(d.activities) == 0 {
		return Converged, nil
	}
	done := ctx.Done()
	for d.run.step < until {
		if done != nil {
			select {
			case <-done:
				return Cancelled, errors.Wrapf(ctx.Err(), "relax: after %d steps", d.run.step)
			default:
			}
		}
		if err := d.weigh(); err != nil {
			return Failure, err
		}
		status, err := d.step()
		if status != NotTerminated {
			return status, err
		}
	}
	return NotTerminated, nil
}

// finish measures and records the final state, and checks it.
func (d *Driver) finish(status Status) (Status, error) {
	if d.compacting() {
		if err := d.endCompaction(); err != nil {
			return Failure, err
		}
	}
	if !d.settings.SkipFinal || len(d.activities) == 0 || d.held() || d.parted() {
		if err := d.measure(true); err != nil {
			return statusOf(err), err
		}
		d.record(d.recorderNeeds())
		if status != Converged || d.parted() {
			done, err := d.converged()
			if err != nil {
				return Failure, err
			}
			switch {
			case done:
				status = Converged
			case status == Converged:
				status = NotTerminated // samples of other parts have not
			}
		}
	}
	// A float32 may overflow while the energy stays finite, and if the final evaluation
	// was skipped, the energy does not reflect the last step.
	if e := findValue(d.run.step, d.activities); e != nil {
		return Diverged, e
	}
	if err := d.combineBlind(); err != nil {
		return Failure, err
	}
	if status == NotTerminated {
		status = StepLimit
	}
	return status, nil
}

func (d *Driver) result(status Status) Result {
	r := &d.run
	start, energy := r.start, r.energy
	if d.part != nil && d.isBlind() {
		start, energy = r.batchStart, r.batchEnergy
	}
	return Result{
		Status:              status,
		Steps:               r.step,
		Evaluations:         d.problem.n,
		EnergyStart:         start,
		Energy:              energy,
		GradNorm:            r.gradNorm,
		GradNormWorstSample: r.worst,
		MeasuredAt:          r.measured,
		StepSize:            r.lastSize,
		MeanSteps:           d.meanSteps(),
	}
}
