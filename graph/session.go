package graph

import (
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// Session is a network at one batch size with one assignment of roles: the memory of
// its activities, and the programs that run on them. Programs are compiled on first
// use.
//
// A Session is a [relax.Problem]: its activities are the free nodes and its terms the
// active predictions and priors. It is also a [relax.Descender], so that [relax.Run]
// evaluates and steps in one pass where the engine can. It is not safe for concurrent
// use.
type Session struct {
	net   *Network
	plan  *plan
	roles *roles

	acts  []*tensor.Dense // by node
	x     []relax.Vector  // by node: views of acts
	grads []*tensor.Dense // by node; nil unless free
	free  []relax.Activity

	terms        terms
	coefficients map[int]float64 // by term: what SetCoefficient set
	weights      weights

	order  []stage
	held   []int
	needed []bool // by node: whether a feedforward pass computes or reads it; nil for all

	state   *state
	passes  bool             // a feedforward pass has something to compute
	ready   bool             // a feedforward pass has run, so that there is a state to read
	partly  map[int]*partial // by node: known units of free nodes
	single  *Session         // runs one sample; nil until first use
	probes  probes
	motion  motion
	samples samples

	certificate *ErrorCoordinates // of Certify; nil until prepared
	firsts      []firstPrediction // that error coordinates share
	jobFirst    int               // the job that delivers them

	inputs  uint64  // counts changes of clamped data, coefficients and noise
	program program // compiled on first use
	pass    program // the feedforward pass, if it measures the batch
	parts   parts   // of the gradients; made at the first use

	measured [][]*tensor.Dense // by job of pass: the batch's values that it measures
	launches *launcher         // of whole relaxations and updates; nil until first use
}

// Session prepares the network to run with a batch size and roles. It returns an error
// that names the node if the roles are inconsistent.
func (n *Network) Session(batch int, r Roles) (*Session, error) {
	resolved, err := n.resolveRoles(r)
	if err != nil {
		return nil, err
	}
	return n.newSession(batch, resolved)
}

// newSession makes a session with consistent roles.
func (n *Network) newSession(batch int, resolved *roles) (*Session, error) {
	p, err := n.plan(batch)
	if err != nil {
		return nil, err
	}
	for _, i := range resolved.free {
		if p.dActs[i] == nil {
			return nil, errors.Errorf("graph: roles: node %q is free, but no energy changes smoothly with it: what reads it has no derivative, as an embedding of symbols has none; clamp it", n.decl.Nodes[i].Name)
		}
	}
	s := &Session{net: n, plan: p, roles: resolved, terms: newTerms(n)}
	s.allocate()
	s.state = newState(p, resolved.training)
	s.state.part = n.part
	if err := s.state.checkPart(p); err != nil {
		return nil, err
	}
	names := n.termNames()
	for k, on := range resolved.active {
		if on {
			s.terms.add(k, names[k])
		}
		if resolved.amortised[k] {
			s.terms.gates[k] = 1
		}
	}
	s.order, s.held = n.feedforwardOrder(resolved.clamped)
	s.passes = len(s.order) > 0 || s.state.measures()
	s.ready = len(s.order) == 0 && len(s.held) == 0 // every node is clamped
	return s, nil
}

func (s *Session) allocate() {
	dt := s.net.settings.Precision.Dtype()
	for _, d := range s.net.decl.Nodes {
		act := tensor.New(tensor.Of(dt), tensor.WithShape(d.Shape.Batched(s.plan.batch)...))
		s.acts, s.x = append(s.acts, act), append(s.x, vector(act))
	}
	s.grads = make([]*tensor.Dense, len(s.acts))
	for _, i := range s.roles.free {
		d := s.net.decl.Nodes[i]
		s.grads[i] = tensor.New(tensor.Of(dt), tensor.WithShape(d.Shape.Batched(s.plan.batch)...))
		s.free = append(s.free, relax.Activity{
			Name: d.Name, Samples: s.plan.batch, X: s.x[i], Grad: vector(s.grads[i]),
		})
	}
}

// Batch returns the number of samples.
func (s *Session) Batch() int { return s.plan.batch }

// Network returns the network that the session runs.
func (s *Session) Network() *Network { return s.net }

// Activity returns the activity of a node: (batch, size), row-major. It is a view:
// writing into a free node's activity sets the start of relaxation. Use [Session.Clamp]
// to write into a clamped node. Before [Session.Initialize] there is no activity, which
// is an error.
func (s *Session) Activity(node string) (relax.Vector, error) {
	i, err := s.nodeIndex(node)
	if err == nil {
		err = s.checkReady()
	}
	if err != nil {
		return relax.Vector{}, err
	}
	if s.needed != nil && !s.needed[i] {
		return relax.Vector{}, errors.Errorf("graph: node %q: is not computed in this session; name it in ForwardSession", node)
	}
	return s.x[i], nil
}

// View is [Session.Activity] for setting a node before a feedforward pass that does not
// compute it, or instead of one: it does not require Initialize, and after it nothing
// else does.
func (s *Session) View(node string) (relax.Vector, error) {
	i, err := s.nodeIndex(node)
	if err != nil {
		return relax.Vector{}, err
	}
	s.ready = true
	return s.x[i], nil
}

// checkReady returns an error if there is no state to read. A caller that writes into
// the free activities, by [Session.Activities], has set one; all zeros mean untouched
// memory.
func (s *Session) checkReady() error {
	if s.ready {
		return nil
	}
	for _, a := range s.free {
		if a.X.MaxAbs() != 0 || a.X.FirstNonFinite() >= 0 {
			s.ready = true
			return nil
		}
	}
	return errors.New("graph: session: has no activities yet; call Initialize after clamping the data, or set them through View")
}

func (s *Session) nodeIndex(node string) (int, error) { return s.net.nodeIndex(node) }

// nodeIndex returns the index of a node.
func (n *Network) nodeIndex(node string) (int, error) {
	i, ok := n.index[node]
	if !ok {
		return 0, errors.Errorf("graph: node %q: not declared; the nodes are %s", node, n.nodeNames())
	}
	return i, nil
}

// Clamp copies one batch of data into a clamped node. It requires batch × size finite
// values in the domains of the energies, priors and layers that read the node; see
// [Domained]. After an error the node keeps its values.
func (s *Session) Clamp(node string, data []float32) error {
	return s.clamp(node, relax.Float32(data))
}

// ClampFloat64 is [Session.Clamp] for float64 data.
func (s *Session) ClampFloat64(node string, data []float64) error {
	return s.clamp(node, relax.Float64(data))
}

func (s *Session) clamp(node string, data relax.Vector) error {
	if err := s.net.clamp(node, data, s.plan.batch, s.roles.clamped, s.x); err != nil {
		return err
	}
	s.inputs++
	return nil
}

// clamp copies one batch of data into the activities of a clamped node.
func (n *Network) clamp(node string, data relax.Vector, batch int, clamped []bool, x []relax.Vector) error {
	i, ok := n.index[node]
	if !ok {
		return errors.Errorf("graph: node %q: not declared; the nodes are %s", node, n.nodeNames())
	}
	if !clamped[i] {
		return errors.Errorf("graph: node %q: is not clamped in this session; name it in Roles.Clamped", node)
	}
	if err := n.checkData(i, batch, data); err != nil {
		return err
	}
	x[i].ConvertFrom(data)
	return nil
}

// checkData rejects data that is not one batch of node i of finite values in the node's
// domains.
func (n *Network) checkData(i, batch int, data relax.Vector) error {
	d := n.decl.Nodes[i]
	size := d.Shape.Size()
	if want := batch * size; data.Len() != want {
		return errors.Errorf("graph: node %q: data, got %d numbers, want %d = batch %d × shape %v", d.Name, data.Len(), want, batch, d.Shape)
	}
	if k := n.settings.Precision.firstNonFinite(data); k >= 0 {
		return errors.Errorf("graph: node %q: data of sample %d, unit %d, got %v, want a finite %v number; clean the data before clamping it", d.Name, k/size, k%size, data.At(k), n.settings.Precision)
	}
	return n.checkDomains(i, data)
}

// SetCoefficient multiplies the energy of a prediction, or of "prior(x)", by c from the
// next run on. Coefficients are initially 1. A small coefficient of the output's energy
// is weak nudging, in whose limit prospective configuration becomes backprop.
func (s *Session) SetCoefficient(term string, c float64) error {
	if math.IsNaN(c) || math.IsInf(c, 0) {
		return errors.Errorf("graph: term %q: coefficient, got %v, want a finite number", term, c)
	}
	if k, ok := s.net.byTerm[term]; ok && (s.roles.active[k] || s.roles.amortised[k]) {
		if s.coefficients == nil {
			s.coefficients = map[int]float64{}
		}
		s.coefficients[k] = c
		s.terms.gates[k] = c * s.weights.of(s.terms.active, k)
		s.inputs++
		return nil
	}
	return errors.Errorf("graph: term %q: is not in force in this session; the terms are %q", term, s.terms.names)
}

// Start is the initial value of nodes that a feedforward pass cannot compute: free
// nodes without a prediction, and nodes on a cycle that are read before they are
// predicted.
type Start struct {
	// Std is the standard deviation of the normal distribution they are drawn from.
	// Zero means that they start at 0.
	Std float64 `json:"std,omitempty"`
}

// Initialize puts every node that is not clamped at its feedforward prediction,
// so that relaxation starts where every hidden prediction error is 0. rng is
// used only if start.Std is not 0. In training it draws the noise of the next
// update first, see [Session.SetUpdate].
func (s *Session) Initialize(start Start, rng *rand.Rand) error {
	if err := s.prepareStart(start, rng); err != nil {
		return err
	}
	return s.Feedforward()
}

// prepareStart sets what a feedforward pass starts from, and draws the noise.
func (s *Session) prepareStart(start Start, rng *rand.Rand) error {
	if start.Std != 0 && rng == nil {
		return errors.New("graph: session: Start.Std is not zero, but the random source is nil")
	}
	for _, i := range s.held {
		v := s.x[i]
		v.Fill(0)
		if start.Std != 0 {
			s.net.part.drawRows(v, s.plan.batch, func() float64 { return start.Std * rng.NormFloat64() })
		}
	}
	s.holdUnits()
	drawn, err := s.state.draw(s.plan)
	if err != nil {
		return err
	}
	if drawn {
		s.inputs++
	}
	return nil
}

// SetUpdate sets the index of the update whose noise the next Initialize draws; the
// following one draws the noise of the next index. Sessions start at 0. It is for
// rules, so that a resumed run, or one with a session per batch size, draws the same
// noise.
func (s *Session) SetUpdate(n uint64) { s.state.update = n }

// Feedforward sets every node that is not clamped to its prediction, in dependency
// order. Nodes without a prediction keep their value; the first declared node of a
// cycle reads the current values of the others. A node with several predictions takes
// the first declared one whose inputs precede it. In training it also computes the
// batch's values of buffers.
func (s *Session) Feedforward() error {
	if !s.passes {
		s.ready = true
		return nil
	}
	if err := s.runPass(); err != nil {
		return err
	}
	s.ready = true
	s.holdUnits()
	return nil
}
