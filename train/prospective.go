package train

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Prospective is learning by prospective configuration. For each batch it
// clamps the data, starts every free activity at its feedforward prediction,
// relaxes the activities with the weights frozen,
//
//	x ← x − γ ∂E/∂x        T times
//
// and fills the parameter gradients at the activities that result,
//
//	∂E/∂W = −Σ_samples ε ⊗ f(x)        (for a dense layer)
//
// A Prospective keeps a compiled session for each batch size, so use it through
// a pointer, with one network.
//
// Source: Song et al. 2024, Methods.
type Prospective struct {
	// Relax describes the relaxation. Steps and Control have no default.
	Relax relax.Settings `json:"relax"`
	// Coordinates are what relaxation moves. Zero means Activities.
	Coordinates Coordinates `json:"coordinates"`
	// State is the state that the weights see. Zero means LastState.
	State State `json:"state"`
	// Start says what free nodes without a feedforward prediction start at.
	Start graph.Start `json:"start"`
	// Seed of the random source of Start.
	Seed uint64 `json:"seed,omitempty"`
	// Average divides the gradients by the batch size. The paper sums.
	Average bool `json:"average,omitempty"`
	// Nudge is the precision β of the clamped nodes that are predicted: it
	// multiplies their energies, and the gradients are divided by it. Zero means 1.
	// As β goes to 0 the gradients at equilibrium go to backprop's; float64 is
	// wanted for that. Below 1.5e-5 in float32, and 2.8e-14 in float64, it is an
	// error: rounding would swallow what it changes.
	Nudge float64 `json:"nudge,omitempty"`

	net      *graph.Network
	sessions map[int]*prospectiveSession
	updates  uint64
	measures bool
}

// State says which state of the activities the weight gradients are taken at.
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
	switch string(text) {
	case "last":
		*s = LastState
	case "before-last":
		*s = BeforeLast
	default:
		return errors.Errorf("train: state, got %q, want last or before-last", text)
	}
	return nil
}

// Paper returns the rule as the paper's experiments run it: T steps of size
// gamma that is multiplied by discount whenever the energy did not fall, weights
// that see the state after T−1 steps, gradients summed over the batch.
func Paper(steps int, gamma, discount float64) *Prospective {
	return &Prospective{
		Relax: relax.Settings{Steps: steps, Control: relax.Discount{Size: gamma, Factor: discount}, SkipFinal: true},
		State: BeforeLast,
	}
}

// prospectiveSession is what is kept for one batch size.
type prospectiveSession struct {
	*graph.Session
	driver   *relax.Driver // nil if there is no step to take
	errors   *graph.Errors // nil unless relaxation moves them
	clamped  []string
	energies []float64
	norms    []float64 // of observe, like scratch
	scratch  []float64
}

// Gradients relaxes the network and fills the gradients. The nodes named in the
// batch are clamped, all others are free.
func (p *Prospective) Gradients(ctx context.Context, net *graph.Network, b *Batch) (Stats, error) {
	s, err := p.begin(net, b)
	if err != nil {
		return Stats{}, err
	}
	var stats Stats
	if s.driver != nil {
		if stats.Relaxation, err = s.relax(ctx); err != nil {
			return stats, err
		}
	}
	if stats.Energy, err = s.Learn(s.energies); err != nil {
		if e := new(relax.NonFiniteError); errors.As(err, &e) {
			e.Step = stats.Relaxation.Steps
		}
		return stats, err
	}
	if scale := averaged(p.Average, b) / orDefault(p.Nudge, 1); scale != 1 {
		scaleGradients(net, scale)
	}
	stats.Criterion = s.driver != nil && p.Relax.Stop != nil
	return stats, s.observe(&stats, p.measures)
}

// begin returns the batch's session, clamped and at the feedforward predictions.
func (p *Prospective) begin(net *graph.Network, b *Batch) (*prospectiveSession, error) {
	s, err := p.session(net, b)
	if err != nil {
		return nil, err
	}
	if err := clampAll(s, b); err != nil {
		return nil, err
	}
	var rng *rand.Rand
	if p.Start.Std != 0 {
		rng = rand.New(rand.NewPCG(p.Seed, p.updates))
	}
	s.SetUpdate(p.updates)
	p.updates++
	return s, s.Initialize(p.Start, rng)
}

// SetUpdates tells the rule how many updates went before, so that a resumed run
// draws the same random numbers as an undisturbed one.
func (p *Prospective) SetUpdates(n uint64) { p.updates = n }

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
		p.net, p.sessions = net, map[int]*prospectiveSession{}
	}
	if s, ok := p.sessions[b.Size]; ok && b.clamps(s.clamped) {
		return s, nil
	}
	clamped := b.clamped()
	session, err := net.Session(b.Size, graph.Roles{Clamped: clamped, Training: true})
	if err != nil {
		return nil, err
	}
	s := &prospectiveSession{Session: session, clamped: clamped, energies: make([]float64, len(session.Terms()))}
	settings := p.Relax
	if err := settings.Validate(); err != nil {
		return nil, err
	}
	if p.State == BeforeLast {
		settings.Steps--
	}
	if err := checkNudge("prospective", p.Nudge, net.Settings().Precision); err != nil {
		return nil, err
	}
	if p.Nudge != 0 {
		if err := s.nudge(p.Nudge); err != nil {
			return nil, err
		}
	}
	if settings.Steps > 0 {
		problem, err := s.problem(p.Coordinates)
		if err != nil {
			return nil, err
		}
		if s.driver, err = relax.NewDriver(problem, settings); err != nil {
			return nil, err
		}
	}
	p.sessions[b.Size] = s
	return s, nil
}
