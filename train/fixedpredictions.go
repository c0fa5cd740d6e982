package train

import (
	"context"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/recent"
	"github.com/seed-be841da4/prospect/relax"
)

// FixedPredictions is predictive coding whose predictions and their derivatives stay at
// their feedforward values x̂ while the errors relax, on any graph:
//
//	x_i ← x_i − γ·(∂E_i/∂x_i(x_i, μ_i(x̂)) + Σ_k (∂μ_k/∂x_i(x̂))ᵀ ∂E_k/∂μ_k(x_of(k), μ_k(x̂)))
//	∂E/∂W = Σ_k ∂E_k/∂W(x_of(k), μ_k(x̂))
//
// with the sum over the predictions k made from node i, and priors at x̂. Where the
// energies of the free nodes are functions of the error alone, the gradients at the
// equilibrium are backprop's; with squared errors and γ = 1 it is reached in as many
// steps as there are free nodes in a row. What is followed is the gradient of no energy,
// so a control or a solver that wants the energy to fall may fail; [relax.Euler] with
// [relax.Constant] and [relax.GradientNorm] do not.
//
// Every free node needs one prediction, without a cycle. Networks with running
// statistics, and amortised predictions, are an error. It holds a copy of the network,
// and cached sessions like [Prospective]: use it through a pointer, with one network.
//
// Source: Whittington and Bogacz 2017; Millidge, Tschantz and Buckley, arXiv:2006.04182,
// for graphs.
type FixedPredictions struct {
	// Relax describes the relaxation. Steps and Control have no default.
	Relax relax.Settings `json:"relax"`
	// Average divides the gradients by the batch size. The paper sums.
	Average bool `json:"average,omitempty"`

	twin     replica // whose predictions read nodes of their own
	sessions recent.Cache[int, *fixedSession]
	updates  uint64
}

// fixedSession is the state of a batch size.
type fixedSession struct {
	*graph.Session                // of the copy
	pass           *graph.Session // the feedforward pass, of the network itself
	driver         *relax.Driver
	made           settings
	free           []relax.Activity
	read           []int // by free node: its fixed twin in Session.Activities(), −1 if it needs none
	clamped        []string
	energies       []float64
}

// fixedName is the name of the node that holds the feedforward value of another.
func fixedName(node string) string { return node + " (fixed)" }

// SetUpdates tells the rule how many updates went before, so that a resumed run draws
// the same random values as an uninterrupted one.
func (r *FixedPredictions) SetUpdates(n uint64) { r.updates = n }

func (r *FixedPredictions) counter() *uint64 { return &r.updates }

// Divisible returns an error: the copy of the network knows of no parts.
func (*FixedPredictions) Divisible() error {
	return errors.New("the rule holds a copy of the network, which learns whole batches alone; train in one process without blocks")
}

// Travels returns the number of steps.
func (r *FixedPredictions) Travels() int { return r.Relax.Steps * stages(r.Relax.Solver) }

// Gradients relaxes the errors and fills the gradients. The nodes named in the batch are
// clamped, all others are free.
func (r *FixedPredictions) Gradients(ctx context.Context, net *graph.Network, b *Batch) (stats Stats, err error) {
	defer restoreCounter(&r.updates, r.updates, &err)
	s, err := r.session(net, b)
	if err != nil {
		return stats, errors.WithMessage(err, "train: fixed predictions")
	}
	if err := r.begin(net, b, s); err != nil {
		return stats, err
	}
	if stats.Relaxation, err = s.driver.Run(ctx); err != nil {
		return stats, err
	}
	stats.Criterion = r.Relax.Stop != nil
	if stats.Energy, err = s.Learn(s.energies); err != nil {
		return stats, err
	}
	stats.Terms, stats.Energies = s.Terms(), s.energies
	r.twin.collect(net, b.GradientScale(r.Average))
	return stats, nil
}

// begin puts the sessions at the feedforward values of a batch.
func (r *FixedPredictions) begin(net *graph.Network, b *Batch, s *fixedSession) error {
	if err := r.twin.load(net); err != nil {
		return err
	}
	for _, session := range []*graph.Session{s.pass, s.Session} {
		if err := clampAll(net, session, b, s.clamped); err != nil {
			return err
		}
		session.SetUpdate(r.updates)
		if err := session.Initialize(graph.Start{}, nil); err != nil {
			return err
		}
	}
	if d, ok := r.Relax.Solver.(relax.Drawer); ok {
		d.SetUpdate(r.updates)
	}
	r.updates++
	twins := s.Session.Activities()
	for i, a := range s.pass.Activities() {
		s.free[i].X.CopyFrom(a.X)
		if k := s.read[i]; k >= 0 {
			twins[k].X.CopyFrom(a.X)
		}
	}
	return nil
}

// fixedProblem is the problem of the errors. It hides what else a session can do.
type fixedProblem struct{ s *fixedSession }

// Activities returns the free nodes.
func (p fixedProblem) Activities() []relax.Activity { return p.s.free }

// Terms returns those of the session.
func (p fixedProblem) Terms() []string { return p.s.Terms() }

// Evaluate adds to the gradients of the nodes those of their fixed twins.
func (p fixedProblem) Evaluate(energies []float64) (float64, error) {
	s := p.s
	total, err := s.Session.Evaluate(energies)
	twins := s.Session.Activities()
	for i, a := range s.free {
		if k := s.read[i]; k >= 0 {
			a.Grad.AddScaled(1, twins[k].Grad)
		}
	}
	return total, err
}

// session returns the session for the batch's size and clamped nodes.
func (r *FixedPredictions) session(net *graph.Network, b *Batch) (*fixedSession, error) {
	if err := r.Relax.Validate(); err != nil {
		return nil, err
	}
	if made, err := r.twin.of(net, b, fixedDeclaration); err != nil {
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
	if want := (settings{relax: r.Relax}); s.driver == nil || !s.made.equal(want) {
		driver, err := relax.NewDriver(fixedProblem{s}, r.Relax)
		if err != nil {
			return nil, err
		}
		s.driver, s.made = driver, want
	}
	return s, nil
}

// open makes the sessions of a batch size.
func (r *FixedPredictions) open(net *graph.Network, batch int) (*fixedSession, error) {
	s := &fixedSession{clamped: r.twin.names}
	var err error
	if s.pass, err = net.Session(batch, graph.Roles{Clamped: r.twin.names, Training: true}); err != nil {
		return nil, err
	}
	if s.Session, err = r.twin.made.Session(batch, graph.Roles{Clamped: r.twin.names, Training: true}); err != nil {
		return nil, err
	}
	all := s.Session.Activities()
	index := func(name string) int {
		return slices.IndexFunc(all, func(a relax.Activity) bool { return a.Name == name })
	}
	for _, a := range s.pass.Activities() {
		s.free = append(s.free, all[index(a.Name)])
		s.read = append(s.read, index(fixedName(a.Name)))
	}
	s.energies = make([]float64, len(s.Terms()))
	return s, nil
}

// fixedDeclaration returns a declaration in which predictions read nodes of their own,
// which have the priors.
func fixedDeclaration(d graph.Declaration, clamped []string) (graph.Declaration, error) {
	out := graph.Declaration{Nodes: slices.Clone(d.Nodes), Predictions: slices.Clone(d.Predictions)}
	if err := checkFeedforward(d, clamped); err != nil {
		return out, err
	}
	read := map[string]bool{}
	for i, p := range out.Predictions {
		p.From = slices.Clone(p.From)
		for j, from := range p.From {
			if !slices.Contains(clamped, from) {
				read[from] = true
				p.From[j] = fixedName(from)
			}
		}
		out.Predictions[i] = p
	}
	for i, n := range d.Nodes {
		if slices.Contains(clamped, n.Name) || !read[n.Name] && n.Prior == nil {
			continue
		}
		twin := n
		twin.Name = fixedName(n.Name)
		out.Nodes[i].Prior = nil
		out.Nodes = append(out.Nodes, twin)
	}
	return out, nil
}
