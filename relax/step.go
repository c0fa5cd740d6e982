package relax

import (
	"math"

	"github.com/pkg/errors"
)

// step takes one step, or returns the reason why it did not.
func (d *Driver) step() (Status, error) {
	needs := d.recorderNeeds()
	if d.settings.Recorder != nil {
		d.spread() // it sees the batch
	}
	due, certificate := d.due()
	if certificate {
		if status, err := d.certifiedStep(needs); status != NotTerminated {
			return status, err
		}
		if d.settings.Recorder == nil {
			d.gather()
		}
	}
	if (d.descender != nil || d.mover != nil) && !due && !needs.GradNorm && !needs.Activities && (d.settings.Recorder == nil || !d.held()) {
		return d.fusedStep()
	}
	if err := d.measure(due || needs.GradNorm || d.backtrack != nil); err != nil {
		return statusOf(err), err
	}
	d.record(needs)
	if due {
		switch done, err := d.ends(d.normed()); {
		case err != nil:
			return statusOf(err), err
		case done:
			return Converged, nil
		}
	}
	if d.backtrack != nil {
		return d.searchedStep()
	}
	d.run.fresh = false
	d.gather()
	if d.judge != nil {
		return d.judgedStep()
	}
	if d.mover != nil {
		d.mover.Apply(d.mobile.motion(&d.problem, d.run.size))
	} else if err := d.solver.Step(&d.problem, d.run.size); err != nil {
		return statusOf(err), errors.WithMessagef(err, "relax: step %d: solver", d.run.step)
	}
	return d.taken(Taken{Energy: d.run.energy, Size: d.run.size, Trials: 1})
}

// fusedStep evaluates and steps in one pass.
func (d *Driver) fusedStep() (Status, error) {
	r := &d.run
	d.problem.n++
	r.fresh = false
	var energy float64
	var err error
	if d.mover != nil {
		energy, err = d.mover.Move(d.mobile.motion(&d.problem, r.size), d.energies)
	} else {
		energy, err = d.descender.Descend(r.size, d.energies)
	}
	if err == nil {
		energy, err = d.combineEnergies(d.energies, energy)
	}
	if err != nil {
		return statusOf(err), errors.WithMessagef(err, "relax: step %d: evaluate", r.step)
	}
	d.measured(energy)
	if !isFinite(energy) {
		// The activities have already moved, so only the terms can name the cause.
		return Diverged, findEnergy(r.step, d.terms, d.energies, energy)
	}
	if d.settings.Recorder != nil {
		d.record(Needs{})
	}
	return d.taken(Taken{Energy: energy, Size: r.size, Trials: 1})
}

// searchedStep tries ever smaller steps until the control accepts one.
func (d *Driver) searchedStep() (Status, error) {
	r := &d.run
	d.save()
	size := r.size
	for trials := 1; ; trials++ {
		after, squared, err := d.try(size)
		if err == nil && d.backtrack.Accept(size, r.energy, squared, after) {
			before := r.energy
			status, err := d.taken(Taken{Energy: before, Size: size, Trials: trials})
			d.energies, d.trial = d.trial, d.energies
			d.measured(after)
			r.fresh = true
			return status, err
		}
		d.restore()
		if err != nil {
			return statusOf(err), errors.WithMessagef(err, "relax: step %d: trial %d", r.step, trials)
		}
		var ok bool
		if size, ok = d.backtrack.Shorten(size); !ok {
			return Stalled, nil
		}
	}
}

// judgedStep tries ever smaller steps until the control accepts the error of one.
func (d *Driver) judgedStep() (Status, error) {
	r, solver := &d.run, d.settings.Solver.(Estimator)
	d.save()
	relative, absolute := d.judge.Tolerances()
	size := r.size
	for trials := 1; ; trials++ {
		if err := d.solver.Step(&d.problem, size); err != nil {
			d.restore()
			return statusOf(err), errors.WithMessagef(err, "relax: step %d: trial %d", r.step, trials)
		}
		wrong, err := d.combineLargest(solver.Estimate(d.problem.Problem, relative, absolute))
		if err != nil {
			return Failure, err
		}
		if d.judge.AcceptError(wrong) {
			return d.taken(Taken{Energy: r.energy, Size: size, Trials: trials, Error: wrong, Order: solver.EstimateOrder()})
		}
		d.restore()
		var ok bool
		if size, ok = d.judge.ShortenError(size, wrong, solver.EstimateOrder()); !ok {
			r.fresh = true
			return Stalled, nil
		}
	}
}

// save stores the state that a rejected step returns to.
func (d *Driver) save() {
	for i, a := range d.activities {
		d.saved[i].X.CopyFrom(a.X)
		d.saved[i].Grad.CopyFrom(a.Grad)
	}
}

// restore undoes a step.
func (d *Driver) restore() {
	for i, a := range d.activities {
		a.X.CopyFrom(d.saved[i].X)
		a.Grad.CopyFrom(d.saved[i].Grad)
	}
	d.rewinder.Rewind()
}

// sloped is a solver whose direction d has another length than that of the gradient g, so
// that the energy falls by −g·d in place of ‖g‖² for a step of size 1.
type sloped interface {
	// slope returns −g·d of the last step.
	slope() float64
}

// try steps and evaluates the new state into d.trial. It returns the decrease of a linear
// energy for a step of size 1, too.
func (d *Driver) try(size float64) (after, squared float64, err error) {
	if err := d.solver.Step(&d.problem, size); err != nil {
		return math.NaN(), 0, err
	}
	if after, err = d.problem.Evaluate(d.trial); err != nil {
		return after, 0, err
	}
	if after, err = d.combineEnergies(d.trial, after); err != nil {
		return after, 0, err
	}
	s, ok := d.solver.(sloped)
	if !ok {
		return after, d.run.gradSquared, nil
	}
	squared, err = d.combineSum(s.slope())
	return after, squared, err
}

// taken counts a step and asks the control for the size of the next one. The caller
// fills in its part of t; taken adds the index and the previous energy.
func (d *Driver) taken(t Taken) (Status, error) {
	r := &d.run
	t.Step, t.Previous = r.step, r.previous
	next := d.control.Next(t)
	r.previous = t.Energy
	r.lastSize = t.Size
	r.step++
	d.count()
	if !(next >= 0) || math.IsInf(next, 1) {
		return Failure, errors.Errorf("relax: step %d: control %T: want a finite step size of at least 0, got %g", r.step, d.control, next)
	}
	r.size = next
	return NotTerminated, nil
}

// measure evaluates the current state unless that has been done, checks it and,
// if norms is set, computes the gradient norms.
func (d *Driver) measure(norms bool) error {
	r := &d.run
	if !r.fresh {
		energy, err := d.problem.Evaluate(d.energies)
		if err == nil {
			energy, err = d.combineEnergies(d.energies, energy)
		}
		if err != nil {
			return errors.WithMessagef(err, "relax: step %d: evaluate", r.step)
		}
		d.measured(energy)
		r.fresh = true
	}
	if !isFinite(r.energy) {
		return d.explain()
	}
	if !norms || r.normed {
		return nil
	}
	r.normed = true
	activities := d.problem.Activities()
	rows := d.norms
	if len(activities) > 0 {
		rows = rows[:activities[0].Samples]
	}
	squaredNorms(rows, activities)
	r.gradNorm, r.gradSquared, r.worst = 0, 0, -1
	for n, squared := range rows {
		norm := math.Sqrt(squared)
		rows[n] = norm
		r.gradSquared += squared
		if norm > r.gradNorm || r.worst < 0 {
			r.gradNorm, r.worst = norm, n
		}
	}
	if d.compacting() && r.worst >= 0 {
		r.worst = d.compaction.order[r.worst]
	}
	if err := d.combineNorms(); err != nil {
		return errors.WithMessagef(err, "relax: step %d: gradient norms", r.step)
	}
	if !isFinite(r.gradSquared) {
		return d.explain()
	}
	return nil
}

// measured records the energy of the current state.
func (d *Driver) measured(energy float64) {
	r := &d.run
	if r.measured < 0 {
		r.start = energy
	}
	r.measured = r.step
	r.energy = energy
	r.normed = false
	r.gradNorm = math.NaN()
	r.worst = -1
}

// explain names the first value that is not finite at the measured state, starting with
// the nearest to the cause.
func (d *Driver) explain() error {
	step, activities := d.run.step, d.problem.Activities()
	if e := findValue(step, activities); e != nil {
		return d.named(e)
	}
	if !isFinite(d.run.energy) {
		return findEnergy(step, d.terms, d.energies, d.run.energy)
	}
	if e := findGradient(step, activities); e != nil {
		return d.named(e)
	}
	return &NonFiniteError{Step: step, Node: "total", Kind: KindGradient, Sample: -1, Number: d.run.gradSquared}
}

// named replaces the row in an error by the sample that is there.
func (d *Driver) named(e *NonFiniteError) error {
	if d.compacting() {
		e.Sample = d.compaction.order[e.Sample]
	}
	return e
}

// converged reports whether the current state passes the convergence test.
func (d *Driver) converged() (bool, error) {
	switch {
	case d.settings.Stop == nil:
		return false, nil
	case d.certificates != nil:
		return d.certify()
	}
	return d.passes(d.normed())
}

// normed is the measured state for a convergence test.
func (d *Driver) normed() State {
	return State{
		Step:       d.run.step,
		Energy:     d.run.energy,
		Energies:   d.energies,
		Norms:      d.norms,
		Activities: d.activities,
	}
}

// passes reports whether the run may stop at a state: all parts of the batch have to
// agree.
func (d *Driver) passes(s State) (bool, error) {
	open := 1.0
	if d.settings.Stop.Converged(s) {
		open = 0
	}
	open, err := d.combineLargest(open)
	return open == 0, err
}

// recorderNeeds returns what the recorder needs of the current state.
func (d *Driver) recorderNeeds() Needs {
	switch {
	case d.settings.Recorder == nil || d.run.recorded == d.run.step:
		return Needs{}
	case d.selective != nil:
		return d.selective.Needs(d.run.step)
	}
	return Needs{GradNorm: true, Activities: true}
}

// record shows the measured state to the recorder, at most once.
func (d *Driver) record(needs Needs) {
	r := &d.run
	if d.settings.Recorder == nil || r.recorded == r.measured {
		return
	}
	r.recorded = r.measured
	var activities []Activity
	if needs.Activities {
		activities = d.activities
	}
	d.settings.Recorder.Record(r.measured, d.energies, r.energy, r.gradNorm, r.lastSize, activities)
}

// statusOf distinguishes a numerical failure from other failures.
func statusOf(err error) Status {
	var e *NonFiniteError
	if errors.As(err, &e) {
		return Diverged
	}
	return Failure
}
