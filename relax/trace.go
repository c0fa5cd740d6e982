package relax

import "slices"

// Trace is a [Recorder] that keeps the states of one run: energies per term and step
// sizes always, gradient norms and copies of the activities on request. It is reset by
// every run and reuses its memory.
//
// Accessors return copies, indexed by record; Steps returns the step of each.
type Trace struct {
	// WithGradNorms keeps gradient norms. False records NaN where nothing else
	// requested them, and lets steps be fused with the evaluation.
	WithGradNorms bool `json:"with_grad_norms,omitempty"`
	// ActivitiesEvery keeps a copy of all activities at every multiple of this
	// many steps. Zero keeps none.
	ActivitiesEvery int `json:"activities_every,omitempty"`

	terms    []string
	names    []string
	steps    []int
	energies []float64 // one row of len(terms) per record
	totals   []float64
	norms    []float64
	sizes    []float64
	copies   []snapshot
}

type snapshot struct {
	step   int
	values []Vector
}

// Start clears the trace.
func (t *Trace) Start(p Problem) {
	t.terms = append(t.terms[:0], p.Terms()...)
	t.names = t.names[:0]
	for _, a := range p.Activities() {
		t.names = append(t.names, a.Name)
	}
	t.steps, t.energies, t.totals = t.steps[:0], t.energies[:0], t.totals[:0]
	t.norms, t.sizes, t.copies = t.norms[:0], t.sizes[:0], nil
}

// Needs returns the needs of the fields.
func (t *Trace) Needs(step int) Needs {
	return Needs{
		GradNorm:   t.WithGradNorms,
		Activities: t.ActivitiesEvery > 0 && step%t.ActivitiesEvery == 0,
	}
}

// Record appends one state.
func (t *Trace) Record(step int, energies []float64, total, gradNorm, size float64, activities []Activity) {
	t.steps = append(t.steps, step)
	t.energies = append(t.energies, energies...)
	t.totals = append(t.totals, total)
	t.norms = append(t.norms, gradNorm)
	t.sizes = append(t.sizes, size)
	if activities == nil || !t.Needs(step).Activities {
		return
	}
	s := snapshot{step: step, values: make([]Vector, len(activities))}
	for i, a := range activities {
		s.values[i] = a.X.MakeLike()
		s.values[i].CopyFrom(a.X)
	}
	t.copies = append(t.copies, s)
}

// Len returns the number of states recorded.
func (t *Trace) Len() int { return len(t.steps) }

// Terms returns the names of the energy terms.
func (t *Trace) Terms() []string { return slices.Clone(t.terms) }

// Steps returns the number of steps taken at each record.
func (t *Trace) Steps() []int { return slices.Clone(t.steps) }

// Totals returns the total energies.
func (t *Trace) Totals() []float64 { return slices.Clone(t.totals) }

// GradNorms returns the largest gradient norm of a sample at each record, NaN
// where it was not computed.
func (t *Trace) GradNorms() []float64 { return slices.Clone(t.norms) }

// Sizes returns the size of the step that led to each record, 0 for the
// initial state.
func (t *Trace) Sizes() []float64 { return slices.Clone(t.sizes) }

// Energies returns one energy term at each record, or nil if there is no term of that
// name.
func (t *Trace) Energies(term string) []float64 {
	i := slices.Index(t.terms, term)
	if i < 0 {
		return nil
	}
	out := make([]float64, t.Len())
	for k := range out {
		out[k] = t.energies[k*len(t.terms)+i]
	}
	return out
}

// EnergiesAt returns the energy of every term at one record.
func (t *Trace) EnergiesAt(record int) []float64 {
	n := len(t.terms)
	return slices.Clone(t.energies[record*n : (record+1)*n])
}

// Activity returns the recorded values of one activity, (Samples, Width) row-major, and
// their steps; nil if there is no activity of that name. The vectors are copies; a
// later run does not overwrite them.
func (t *Trace) Activity(name string) (steps []int, values []Vector) {
	i := slices.Index(t.names, name)
	if i < 0 {
		return nil, nil
	}
	for _, s := range t.copies {
		steps = append(steps, s.step)
		values = append(values, s.values[i])
	}
	return steps, values
}
