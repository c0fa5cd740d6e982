package train

import (
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/recent"
	"github.com/seed-be841da4/prospect/relax"
)

// Prospective is learning by prospective configuration. For each batch it clamps the
// data, starts every free activity at its feedforward prediction, relaxes the
// activities with the weights frozen,
//
//	x ← x − γ ∂E/∂x        T times
//
// and fills the parameter gradients at the resulting activities,
//
//	∂E/∂W = −Σ_samples ε ⊗ f(x)        (for a dense layer)
//
// A Prospective caches a compiled session for each of the last 16 batch sizes: use it
// through a pointer, with one network.
//
// Source: Song et al. 2024, Methods.
type Prospective struct {
	// Relax describes the relaxation. Steps and Control have no default.
	Relax relax.Settings `json:"relax"`
	// Coordinates are the quantities that relaxation moves. Zero means Activities.
	Coordinates Coordinates `json:"coordinates"`
	// Stages are further relaxations, each from where the one before ended: a few steps
	// in the errors, which reach every node at once, and then the activities. The
	// equilibrium is that of either. Stats.Relaxation is then the last one with the
	// steps and evaluations of all, and Stats.Phases has each under the name of its
	// coordinates. With WarmStart they are an error. Nil means that Relax is all.
	Stages []Stage `json:"stages,omitempty"`
	// State is the state from which the weights learn, counted in the steps of the last
	// relaxation. Zero means LastState.
	State State `json:"state"`
	// Start is the initial value of free nodes without a feedforward prediction.
	Start graph.Start `json:"start"`
	// Seed of the random source of Start.
	Seed uint64 `json:"seed,omitempty"`
	// Average divides the gradients by the batch size. The paper sums.
	Average bool `json:"average,omitempty"`
	// Nudge is the precision β of the clamped nodes that are predicted: it multiplies
	// their energies, and the gradients are divided by it. Zero means 1. As β goes to 0
	// the gradients at equilibrium converge to backprop's; use float64 for that. Below
	// 1.5e-5 in float32, and 2.8e-14 in float64, it is an error: its effect would be
	// lost to rounding.
	Nudge float64 `json:"nudge,omitempty"`
	// WarmStart starts every sample that was relaxed before not at its feedforward
	// prediction but as far from it as its last relaxation ended. That gains little: of
	// the steps that a criterion asks for, 3 to 11 % were saved in the second epoch, and
	// less later, when measured. The batches have to say which samples they hold, see
	// [Batch].Indices. Displacements are kept as bfloat16, 2 bytes for every activity of
	// every sample, and are part of a checkpoint. False starts every sample anew, as in
	// the paper.
	WarmStart bool `json:"warm_start,omitempty"`
	// WarmStartMemory bounds the bytes that WarmStart keeps. Zero means 2 GiB. More is an
	// error before the first update, where the source is one of this package.
	WarmStartMemory int64 `json:"warm_start_memory,omitempty"`

	net      *graph.Network
	sessions recent.Cache[int, *prospectiveSession] // by batch size
	updates  uint64
	measures bool
	warm     *warmStart // nil until first use
	samples  int        // of the data set, 0 if it is not known
}

// State selects the state of the activities for the weight gradients.
type State int

const (
	// LastState is the state after all T steps.
	LastState State = iota
	// BeforeLast is the state after T−1 steps: in the paper the weights use the
	// gradients that were computed together with those of the T-th activity step.
	BeforeLast
)

// String returns "last" or "before-last".
func (s State) String() string {
	if s == BeforeLast {
		return "before-last"
	}
	return "last"
}

// MarshalText returns "last" or "before-last".
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads "last" or "before-last".
func (s *State) UnmarshalText(text []byte) error {
	switch strings.ToLower(string(text)) {
	case "last":
		*s = LastState
	case "before-last":
		*s = BeforeLast
	default:
		return errors.Errorf("train: state, got %q, want last or before-last", text)
	}
	return nil
}

// Paper returns the rule as in the paper's experiments: T steps of size gamma that is
// multiplied by discount whenever the energy did not fall, weight gradients at the
// state after T−1 steps, summed over the batch.
func Paper(steps int, gamma, discount float64) *Prospective {
	return &Prospective{
		Relax: relax.Settings{Steps: steps, Control: relax.Discount{Size: gamma, Factor: discount}, SkipFinal: true},
		State: BeforeLast,
	}
}

// prospectiveSession is the cached state of one batch size.
type prospectiveSession struct {
	*graph.Session
	driver   *relax.Driver           // nil if there is no step to take
	errors   *graph.ErrorCoordinates // nil unless relaxation moves errors
	stages   []stageSession          // after the first
	phases   []Phase                 // of the last batch, if there are stages
	shared   *graph.ErrorCoordinates // of all stages; nil until needed
	clamped  []string
	energies []float64
	start    []relax.Vector // the activities at the start of a relaxation, for a warm start
	built    bool           // driver and coefficients were built from made
	made     settings       // of the rule when the driver was built

	norms   []float64 // of observe, like scratch
	scratch []float64
}

// settings are the fields of a Prospective on which a session depends.
type settings struct {
	relax       relax.Settings
	coordinates Coordinates
	state       State
	nudge       float64
	stages      []Stage
}

// settings returns the fields on which a session depends.
func (p *Prospective) settings() settings {
	return settings{p.Relax, p.Coordinates, p.State, p.Nudge, p.Stages}
}

// equal reports whether two settings give the same session.
func (s settings) equal(o settings) bool {
	if !slices.EqualFunc(s.stages, o.stages, Stage.equal) {
		return false
	}
	a, b := s.relax, o.relax
	return s.coordinates == o.coordinates && s.state == o.state && s.nudge == o.nudge &&
		a.Steps == b.Steps && a.SkipFinal == b.SkipFinal &&
		same(a.Solver, b.Solver) && same(a.Control, b.Control) && same(a.Stop, b.Stop) && same(a.Recorder, b.Recorder) &&
		same(a.Precision, b.Precision)
}

// equal reports whether two stages give the same driver.
func (s Stage) equal(o Stage) bool {
	return settings{relax: s.Relax, coordinates: s.Coordinates}.equal(settings{relax: o.Relax, coordinates: o.Coordinates})
}

// same reports whether two values are identical: equal, or the same pointer. It
// allocates nothing, unless they hold what cannot be compared, such as slices.
func same(a, b any) (equal bool) {
	if a == nil || b == nil || reflect.TypeOf(a) != reflect.TypeOf(b) {
		return a == nil && b == nil
	}
	if !reflect.TypeOf(a).Comparable() {
		return reflect.DeepEqual(a, b)
	}
	defer func() { // a field of an interface type may hold what cannot be compared
		if recover() != nil {
			equal = reflect.DeepEqual(a, b)
		}
	}()
	return a == b
}

// Gradients relaxes the network and fills the gradients. The nodes named in the
// batch are clamped, all others are free.
func (p *Prospective) Gradients(ctx context.Context, net *graph.Network, b *Batch) (Stats, error) {
	return p.gradients(ctx, net, b, nil)
}

// gradients is Gradients, or, with a step, it steps the parameters too if that is
// possible in parts. A measured batch is not: it evaluates the state again.
func (p *Prospective) gradients(ctx context.Context, net *graph.Network, b *Batch, step *partStep) (stats Stats, err error) {
	defer restoreCounter(&p.updates, p.updates, &err)
	s, err := p.begin(net, b)
	if err != nil {
		return Stats{}, err
	}
	if s.driver != nil {
		if stats.Relaxation, err = s.relax(ctx, p, b); err != nil {
			return stats, err
		}
	}
	scale := b.GradientScale(p.Average) / orDefault(p.Nudge, 1)
	if step == nil || p.measures {
		stats.Energy, err = s.Learn(s.energies)
	} else {
		step.scale = scale
		stats.Energy, _, err = s.LearnSteps(s.energies, step)
	}
	if err != nil {
		if e := new(relax.NonFiniteError); errors.As(err, &e) {
			e.Step = stats.Relaxation.Steps
		}
		return stats, err
	}
	if scale != 1 && (step == nil || !step.stepped) {
		scaleGradients(net, scale)
	}
	stats.Criterion, stats.Phases = s.driver != nil && s.made.last().Stop != nil, s.phases
	if err = s.observe(&stats, p.measures); err == nil && p.WarmStart && s.driver != nil {
		p.warm.end(b, s.moved(), s.start, p.updates)
	}
	return stats, err
}

// begin returns the batch's session, clamped and at the feedforward predictions.
func (p *Prospective) begin(net *graph.Network, b *Batch) (*prospectiveSession, error) {
	s, err := p.session(net, b)
	if err != nil {
		return nil, err
	}
	if p.warm != nil {
		p.warm.settle(p.updates)
	}
	if err := clampAll(net, s, b, s.clamped); err != nil {
		return nil, err
	}
	var rng *rand.Rand
	if p.Start.Std != 0 {
		rng = rand.New(rand.NewPCG(p.Seed, p.updates))
	}
	s.SetUpdate(p.updates)
	if d, ok := p.Relax.Solver.(relax.Drawer); ok {
		d.SetUpdate(p.updates)
	}
	for i := range p.Stages {
		if d, ok := p.Stages[i].Relax.Solver.(relax.Drawer); ok {
			d.SetUpdate(p.updates)
		}
	}
	p.updates++
	return s, s.Initialize(p.Start, rng)
}

// SetUpdates tells the rule how many updates went before, so that a resumed run draws
// the same random values as an uninterrupted one.
func (p *Prospective) SetUpdates(n uint64) {
	if n == 0 {
		p.warm = nil // a run begins
	}
	p.updates = n
}

func (p *Prospective) counter() *uint64 { return &p.updates }

// nudge sets the coefficients of the clamped nodes that are predicted.
func (s *prospectiveSession) nudge(beta float64) error {
	for _, d := range s.Network().Declaration().Predictions {
		if !slices.Contains(s.clamped, d.Of) {
			continue
		}
		if err := s.SetCoefficient(d.Name, beta); err != nil {
			return errors.WithMessage(err, "train: prospective: Nudge")
		}
	}
	return nil
}

// session returns the session for the batch's size and clamped nodes.
func (p *Prospective) session(net *graph.Network, b *Batch) (*prospectiveSession, error) {
	if p.net != net {
		p.net = net
		p.sessions.Clear()
	}
	if err := p.Relax.Validate(); err != nil {
		return nil, err
	}
	if err := p.checkStages(); err != nil {
		return nil, err
	}
	if err := CheckNudge(p.Nudge, net.Settings().Precision); err != nil {
		return nil, errors.WithMessage(err, "train: prospective")
	}
	if s, ok := p.sessions.Get(b.Size); ok && b.clamps(s.clamped) {
		return s, s.build(p.settings())
	}
	clamped := b.clamped()
	session, err := net.Session(b.Size, graph.Roles{Clamped: clamped, Training: true})
	if err != nil {
		return nil, err
	}
	s := &prospectiveSession{Session: session, clamped: clamped, energies: make([]float64, len(session.Terms()))}
	if err := s.build(p.settings()); err != nil {
		return nil, err
	}
	p.sessions.Put(b.Size, s)
	return s, nil
}

// build makes the driver and sets the coefficients, unless they are up to date: fields
// that are changed between batches take effect.
func (s *prospectiveSession) build(want settings) error {
	if s.built && s.made.equal(want) {
		return nil
	}
	if nudged := s.made.nudge; want.nudge != nudged {
		s.built = false
		if err := s.nudge(orDefault(want.nudge, 1)); err != nil {
			return err
		}
	}
	want.stages = slices.Clone(want.stages)
	s.built, s.made = false, want
	r := want.relax
	if want.state == BeforeLast && len(want.stages) == 0 {
		r.Steps--
	}
	s.driver, s.errors, s.start = nil, nil, nil
	if err := s.buildStages(want); err != nil {
		return err
	}
	if r.Steps > 0 {
		problem, e, err := s.problem(want.coordinates)
		if err != nil {
			return err
		}
		s.errors = e
		if s.driver, err = relax.NewDriver(problem, r); err != nil {
			return err
		}
	}
	s.built = true
	return nil
}
