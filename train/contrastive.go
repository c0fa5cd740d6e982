package train

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/recent"
	"github.com/seed-be841da4/prospect/relax"
)

// Contrastive learns by the difference between two equilibria of any energy on any
// network. The outputs are the clamped nodes that are predicted, and the loss C is the
// sum of the energies of their predictions; E is the rest of the energy. A batch relaxes
// the free phase, with a coefficient of 0 before C, and from its end a second phase in
// which the outputs have a say:
//
//	F(β) = E + β·C                                  minimised in the free activities
//	ΔW ∝ −(∂F(β)/∂W − ∂F(0)/∂W) / β                 Positive
//	ΔW ∝ −(∂F(0)/∂W − ∂F(−β)/∂W) / β                Negative
//	ΔW ∝ −(∂F(β)/∂W − ∂F(−β)/∂W) / 2β               Centred
//	ΔW ∝ −(∂E/∂W, outputs clamped − ∂E/∂W, free)    Clamping
//
// At equilibrium the first three go to the gradient of the loss at the free equilibrium
// as β goes to 0, with an error of the order of β, or, if centred, of β². With Clamping
// the outputs themselves are free in the free phase: the energies that predict them are
// part of E, and Nudge is not used. Where the parameters of a connection are shared by
// both directions, as in energy.Hopfield, so are their gradients.
//
// A Contrastive caches compiled sessions for each of the last 16 batch sizes: use it
// through a pointer, with one network. On the engine graph.XLA an update is not one
// launch; see [StepByStep].
//
// Source: Scellier and Bengio 2017, arXiv:1602.05179; Laborieux et al. 2021,
// arXiv:2006.03824, for the centred nudging; Movellan 1991, Xie and Seung 2003, for
// contrastive Hebbian learning.
type Contrastive struct {
	// Relax describes the relaxation of the free phase. Steps and Control have no
	// default.
	Relax relax.Settings `json:"relax"`
	// Second describes that of the other phases, and its Recorder sees them. Steps of
	// zero mean that they relax as the free one does, with the same recorder.
	Second relax.Settings `json:"second"`
	// Nudging selects the phases. Zero means Centred.
	Nudging Nudging `json:"nudging"`
	// Nudge is β. Zero means 0.1. Negative is an error: Nudging has the sign.
	Nudge float64 `json:"nudge,omitempty"`
	// Start is the initial value of free nodes without a feedforward prediction.
	Start graph.Start `json:"start"`
	// Seed of the random source of Start.
	Seed uint64 `json:"seed,omitempty"`
	// Average divides the gradients by the batch size. False sums.
	Average bool `json:"average,omitempty"`

	net      *graph.Network
	sessions recent.Cache[int, *contrastiveSession] // by batch size
	updates  uint64
}

// defaultNudge is the β of a Contrastive whose Nudge is zero.
const defaultNudge = 0.1

// EquilibriumPropagation returns the rule with centred nudging of strength beta.
//
// Source: Scellier and Bengio 2017, arXiv:1602.05179; Laborieux et al. 2021,
// arXiv:2006.03824.
func EquilibriumPropagation(beta float64, r relax.Settings) *Contrastive {
	return &Contrastive{Relax: r, Nudge: beta}
}

// ContrastiveHebbian returns contrastive Hebbian learning: the outputs are free, then
// clamped. On a network of energy.Hopfield terms with a leak it is GeneRec with
// symmetric weights, and without a leak the rule of the deep continuous Hopfield network.
//
// Source: Movellan 1991; O'Reilly 1996; Xie and Seung 2003.
func ContrastiveHebbian(r relax.Settings) *Contrastive {
	return &Contrastive{Relax: r, Nudging: Clamping}
}

// Phase is the relaxation of one phase of a batch.
type Phase struct {
	// Name is "free", "positive", "negative" or "clamped", or the coordinates of a stage.
	Name string
	// Relaxation is its result.
	Relaxation relax.Result
}

// Gradients relaxes the phases and fills the gradients. The energy in Stats is the loss
// of the free equilibrium, by the energies of the outputs; with Clamping it is
// ½Σ(target − output)². Stats.Relaxation has the steps of all phases together, and is
// converged if all are; Stats.Phases has each.
func (r *Contrastive) Gradients(ctx context.Context, net *graph.Network, b *Batch) (stats Stats, err error) {
	defer restoreCounter(&r.updates, r.updates, &err)
	s, err := r.begin(net, b)
	if err != nil {
		return Stats{}, err
	}
	stats.Criterion = s.freeDriver.Settings().Stop != nil || s.secondDriver.Settings().Stop != nil
	defer func() { stats.Phases, stats.Relaxation = s.phases, s.combined() }()
	if err := s.relax(ctx, "free", s.freeDriver); err != nil {
		return stats, err
	}
	beta := orDefault(r.Nudge, defaultNudge)
	scale := b.GradientScale(r.Average)
	if r.Nudging != Centred {
		if _, err := s.free.Learn(s.energies); err != nil {
			return stats, s.at(err)
		}
		s.keep(net)
		ctx = uncancelled(ctx)
	}
	if r.Nudging == Clamping {
		stats.Energy = s.distance(b)
		s.clampOutputs()
		if err := s.relax(ctx, "clamped", s.secondDriver); err != nil {
			return stats, err
		}
		if _, err := s.second.Learn(s.energies); err != nil {
			return stats, s.at(err)
		}
		s.contrast(net, scale)
		return stats, nil
	}
	if stats.Energy, err = s.lossOf(); err != nil {
		return stats, s.at(err)
	}
	stats.Terms, stats.Energies = s.terms, s.loss
	switch r.Nudging {
	case Positive:
		err = s.nudged(ctx, "positive", beta)
		scale /= beta
	case Negative:
		err = s.nudged(ctx, "negative", -beta)
		scale /= -beta
	default:
		for i, a := range s.free.Activities() {
			s.equilibrium[i].CopyFrom(a.X)
		}
		if err = s.nudged(ctx, "negative", -beta); err != nil {
			break
		}
		s.keep(net)
		ctx = uncancelled(ctx)
		for i, a := range s.free.Activities() {
			a.X.CopyFrom(s.equilibrium[i])
		}
		err = s.nudged(ctx, "positive", beta)
		scale /= 2 * beta
	}
	if err != nil {
		return stats, err
	}
	s.contrast(net, scale)
	return stats, nil
}

// uncancelled returns a context that nothing cancels: buffers have moved.
func uncancelled(ctx context.Context) context.Context {
	if ctx.Done() == nil {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// begin returns the batch's session, clamped and at the feedforward predictions.
func (r *Contrastive) begin(net *graph.Network, b *Batch) (*contrastiveSession, error) {
	s, err := r.session(net, b)
	if err != nil {
		return nil, err
	}
	if s.second != s.free {
		if err := r.start(net, b, s.second, s.clamped); err != nil {
			return nil, err
		}
	}
	if err := s.nudge(0); err != nil {
		return nil, err
	}
	if err := r.start(net, b, s.free, s.inputs); err != nil {
		return nil, err
	}
	if d, ok := s.freeDriver.Settings().Solver.(relax.Drawer); ok {
		d.SetUpdate(r.updates)
	}
	if d, ok := s.secondDriver.Settings().Solver.(relax.Drawer); ok {
		d.SetUpdate(r.updates)
	}
	s.phases = s.phases[:0]
	r.updates++
	return s, nil
}

// start clamps nodes of a session and puts the others at their feedforward predictions.
func (r *Contrastive) start(net *graph.Network, b *Batch, s *graph.Session, clamped []string) error {
	if err := clampAll(net, s, b, clamped); err != nil {
		return err
	}
	var rng *rand.Rand
	if r.Start.Std != 0 {
		rng = rand.New(rand.NewPCG(r.Seed, r.updates))
	}
	s.SetUpdate(r.updates)
	return s.Initialize(r.Start, rng)
}

// session returns the session for the batch's size and clamped nodes.
func (r *Contrastive) session(net *graph.Network, b *Batch) (*contrastiveSession, error) {
	if err := r.check(net); err != nil {
		return nil, errors.WithMessage(err, "train: contrastive")
	}
	if r.net != net {
		r.net = net
		r.sessions.Clear()
	}
	want := contrastiveSettings{r.Relax, r.Second, r.Nudging}
	if s, ok := r.sessions.Get(b.Size); ok && b.clamps(s.clamped) && s.made.equal(want) {
		return s, nil
	}
	s := &contrastiveSession{clamped: b.clamped(), made: want}
	for _, p := range net.Declaration().Predictions {
		if slices.Contains(s.clamped, p.Of) {
			s.terms = append(s.terms, p.Name)
			if !slices.Contains(s.outputs, p.Of) {
				s.outputs = append(s.outputs, p.Of)
			}
		}
	}
	if len(s.outputs) == 0 {
		return nil, errors.Errorf("train: contrastive: batch, got data for %q, none of which is predicted; clamp a node that is: it is the output", s.clamped)
	}
	if err := s.open(net, b, r); err != nil {
		return nil, err
	}
	r.sessions.Put(b.Size, s)
	return s, nil
}

// check returns an error unless the settings can be used.
func (r *Contrastive) check(net *graph.Network) error {
	if r.Nudging < Centred || r.Nudging > Clamping {
		return errors.Errorf("Nudging, got %d, want %d to %d", r.Nudging, Centred, Clamping)
	}
	if r.Nudge < 0 {
		return errors.Errorf("Nudge, got %v, want a positive number (0 means %v); Nudging: Negative nudges away from the target", r.Nudge, defaultNudge)
	}
	if r.Nudging == Clamping && len(net.Buffers()) > 0 {
		return errors.Errorf("Nudging, got %v for a network with running statistics (%s), which both phases would follow; nudge instead", r.Nudging, net.Buffers()[0].Name)
	}
	return CheckNudge(r.Nudge, net.Settings().Precision)
}

// SetUpdates tells the rule how many updates went before, so that a resumed run draws
// the same random values as an uninterrupted one.
func (r *Contrastive) SetUpdates(n uint64) { r.updates = n }

func (r *Contrastive) counter() *uint64 { return &r.updates }

// Divisible returns an error if the relaxations cannot be divided.
func (r *Contrastive) Divisible() error {
	if r.Second.Steps != 0 {
		if err := divisible(r.Second); err != nil {
			return errors.WithMessage(err, "Second")
		}
	}
	return divisible(r.Relax)
}

// Travels returns the number of steps of the second phase, at whose start the signal is
// at the outputs.
func (r *Contrastive) Travels() int {
	s := r.Relax
	if r.Second.Steps != 0 {
		s = r.Second
	}
	return s.Steps * stages(s.Solver)
}
