package train

import (
	"context"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/recent"
	"github.com/seed-be841da4/prospect/relax"
)

// AugmentedLagrangian is predictive coding with multipliers (PC-ALM). Predictions are
// constraints x_i = μ_i of the free nodes, and the loss C is the sum of the energies of
// the clamped nodes that are predicted, and of the priors:
//
//	L(x, λ) = C + Σ_i (λ_i·ε_i + ½ρ‖ε_i‖²)        ε_i = x_i − μ_i
//	x   ← relaxed on L from where it is           Rounds times
//	λ_i ← λ_i + ρ·ε_i                             between two rounds, from λ = 0
//	∂L/∂W at the end                              = −(λ_i + ρ·ε_i)·∂μ_i/∂W for a free node
//
// One round is [Prospective] with a precision of ρ. With ever more rounds that relax far
// enough the errors go to 0, the activities to the feedforward predictions, and the
// gradients to backprop's. The energies of the free nodes themselves are not used, and a
// learned precision of one is an error.
//
// Every free node needs one prediction, without a cycle. Networks with running
// statistics, and amortised predictions, are an error. It holds a copy of the network,
// and cached sessions like [Prospective]: use it through a pointer, with one network.
//
// Source: Seely and Gould 2026, "Augmented Lagrangian predictive coding",
// arXiv:2605.31022, of which the abstract was at hand: rounds of a step each keep its
// budget of a step for every change of the multipliers. The formulas are those of
// Hestenes 1969 and Powell 1969.
type AugmentedLagrangian struct {
	// Relax describes the relaxation of each round. Steps and Control have no default.
	Relax relax.Settings `json:"relax"`
	// Rounds is the number of relaxations. Zero means 8.
	Rounds int `json:"rounds,omitempty"`
	// Rho is ρ, positive. Zero means 1.
	Rho float64 `json:"rho,omitempty"`
	// Average divides the gradients by the batch size. False sums.
	Average bool `json:"average,omitempty"`

	twin     replica // whose predictions have one more input, −λ/ρ
	sessions recent.Cache[int, *multiplierSession]
	updates  uint64
}

// defaultRounds is the number of rounds of an AugmentedLagrangian whose Rounds are zero.
const defaultRounds = 8

// multiplierSession is the state of a batch size.
type multiplierSession struct {
	*graph.Session
	driver      *relax.Driver
	made        settings
	rho         float64
	clamped     []string
	predictions []string    // of the free nodes
	shifts      []string    // the nodes that hold their −λ/ρ
	values      [][]float64 // of the shifts
	energies    []float64
}

// shiftName is the name of the node that holds the multiplier of another.
func shiftName(node string) string { return node + " (multiplier)" }

// SetUpdates tells the rule how many updates went before, so that a resumed run draws
// the same random values as an uninterrupted one.
func (r *AugmentedLagrangian) SetUpdates(n uint64) { r.updates = n }

func (r *AugmentedLagrangian) counter() *uint64 { return &r.updates }

// Divisible returns an error: the copy of the network knows of no parts.
func (*AugmentedLagrangian) Divisible() error {
	return errors.New("the rule holds a copy of the network, which learns whole batches alone; train in one process without blocks")
}

// Travels returns the number of steps of all rounds.
func (r *AugmentedLagrangian) Travels() int {
	return r.rounds() * r.Relax.Steps * stages(r.Relax.Solver)
}

func (r *AugmentedLagrangian) rounds() int {
	if r.Rounds == 0 {
		return defaultRounds
	}
	return r.Rounds
}

// Gradients relaxes the rounds and fills the gradients. The nodes named in the batch are
// clamped, all others are free. Stats.Relaxation is that of the last round with the steps
// and evaluations of all: both of its energies are those of the last multipliers, whose
// squares Energy has, as Stats.Energy does: L + Σ_i ‖λ_i‖²/2ρ.
func (r *AugmentedLagrangian) Gradients(ctx context.Context, net *graph.Network, b *Batch) (stats Stats, err error) {
	defer restoreCounter(&r.updates, r.updates, &err)
	s, err := r.session(net, b)
	if err != nil {
		return stats, errors.WithMessage(err, "train: augmented Lagrangian")
	}
	if err := r.begin(net, b, s); err != nil {
		return stats, err
	}
	stats.Criterion = r.Relax.Stop != nil
	for round := range r.rounds() {
		if round > 0 {
			if err := s.ascend(); err != nil {
				return stats, err
			}
		}
		before := stats.Relaxation
		stats.Relaxation, err = s.driver.Run(ctx)
		stats.Relaxation.Steps += before.Steps
		stats.Relaxation.Evaluations += before.Evaluations
		stats.Relaxation.MeanSteps += before.MeanSteps
		if stats.Relaxation.MeasuredAt >= 0 {
			stats.Relaxation.MeasuredAt += before.Steps
		}
		if err != nil {
			return stats, errors.WithMessagef(err, "train: augmented Lagrangian: round %d", round+1)
		}
	}
	if stats.Energy, err = s.Learn(s.energies); err != nil {
		return stats, err
	}
	stats.Terms, stats.Energies = s.Terms(), s.energies
	r.twin.collect(net, b.GradientScale(r.Average))
	return stats, nil
}

// begin clamps a batch, with multipliers of 0, and puts the free nodes at their
// feedforward values.
func (r *AugmentedLagrangian) begin(net *graph.Network, b *Batch, s *multiplierSession) error {
	if err := r.twin.load(net); err != nil {
		return err
	}
	if err := b.Check(net); err != nil {
		return err
	}
	for _, name := range s.clamped {
		if err := s.Clamp(name, b.Values[name]); err != nil {
			return err
		}
	}
	for i, name := range s.shifts {
		clear(s.values[i])
		if err := s.ClampFloat64(name, s.values[i]); err != nil {
			return err
		}
	}
	s.SetUpdate(r.updates)
	if d, ok := r.Relax.Solver.(relax.Drawer); ok {
		d.SetUpdate(r.updates)
	}
	r.updates++
	return s.Initialize(graph.Start{}, nil)
}

// ascend steps the multipliers: λ + ρ·ε is −ρ times the negative error of the shifted
// prediction.
func (s *multiplierSession) ascend() error {
	for i, name := range s.predictions {
		e, err := s.Error(name)
		if err != nil {
			return err
		}
		for k := range s.values[i] {
			s.values[i][k] = -e.At(k)
		}
	}
	for i, name := range s.shifts {
		if err := s.ClampFloat64(name, s.values[i]); err != nil {
			return err
		}
	}
	return nil
}

// session returns the session for the batch's size and clamped nodes.
func (r *AugmentedLagrangian) session(net *graph.Network, b *Batch) (*multiplierSession, error) {
	switch {
	case r.Rounds < 0:
		return nil, errors.Errorf("Rounds, got %d, want at least 1 (0 means %d)", r.Rounds, defaultRounds)
	case !(r.Rho >= 0) || math.IsInf(r.Rho, 0):
		return nil, errors.Errorf("Rho, got %v, want a positive finite number (0 means 1)", r.Rho)
	}
	if err := r.Relax.Validate(); err != nil {
		return nil, err
	}
	if made, err := r.twin.of(net, b, multiplierDeclaration); err != nil {
		return nil, err
	} else if made {
		r.sessions.Clear()
	}
	s, ok := r.sessions.Get(b.Size)
	if !ok {
		var err error
		if s, err = r.open(net, b.Size); err != nil {
			return nil, err
		}
		r.sessions.Put(b.Size, s)
	}
	if rho := orDefault(r.Rho, 1); s.rho != rho {
		for _, name := range s.predictions {
			if err := s.SetCoefficient(name, rho); err != nil {
				return nil, err
			}
		}
		s.rho = rho
	}
	if want := (settings{relax: r.Relax}); s.driver == nil || !s.made.equal(want) {
		driver, err := relax.NewDriver(s.Session, r.Relax)
		if err != nil {
			return nil, err
		}
		s.driver, s.made = driver, want
	}
	return s, nil
}

// open makes the session of a batch size.
func (r *AugmentedLagrangian) open(net *graph.Network, batch int) (*multiplierSession, error) {
	s := &multiplierSession{clamped: r.twin.names, rho: 1}
	for _, p := range net.Declaration().Predictions {
		if slices.Contains(s.clamped, p.Of) {
			continue
		}
		n, err := net.Node(p.Of)
		if err != nil {
			return nil, err
		}
		s.predictions, s.shifts = append(s.predictions, p.Name), append(s.shifts, shiftName(p.Of))
		s.values = append(s.values, make([]float64, batch*n.Shape.Size()))
	}
	var err error
	s.Session, err = r.twin.made.Session(batch, graph.Roles{Clamped: slices.Concat(s.clamped, s.shifts), Training: true})
	if err == nil {
		s.energies = make([]float64, len(s.Terms()))
	}
	return s, err
}

// multiplierDeclaration returns a declaration in which the predictions of the free nodes
// have one more input, and the squared error.
func multiplierDeclaration(d graph.Declaration, clamped []string) (graph.Declaration, error) {
	out := graph.Declaration{Nodes: slices.Clone(d.Nodes), Predictions: slices.Clone(d.Predictions)}
	if err := checkFeedforward(d, clamped); err != nil {
		return out, err
	}
	for i, p := range out.Predictions {
		if slices.Contains(clamped, p.Of) {
			continue
		}
		p.From = append(slices.Clone(p.From), shiftName(p.Of))
		p.Layer, p.Energy = graph.Offset{Layer: p.Layer}, nil
		out.Predictions[i] = p
	}
	for _, n := range d.Nodes {
		if !slices.Contains(clamped, n.Name) {
			out.Nodes = append(out.Nodes, graph.Node{Name: shiftName(n.Name), Shape: n.Shape, Data: true})
		}
	}
	return out, nil
}
