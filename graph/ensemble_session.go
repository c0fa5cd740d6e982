package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/threads"
	"github.com/seed-be841da4/prospect/relax"
)

// EnsembleSession is an ensemble at one batch size with one assignment of roles: the
// data of every member, and the program. [EnsembleSession.Run] runs it block by block.
// It is not safe for concurrent use.
type EnsembleSession struct {
	ens     *Ensemble
	batch   int
	clamped []bool           // by node
	acts    []*tensor.Dense  // by node: of the session of one network; nil if it has none
	data    []*laneStorage   // by node: nil unless clamped, or asked for
	asked   []int            // nodes whose values are kept
	held    []int            // free nodes that start at 0
	free    []relax.Activity // of the session of one network
	freeAt  []int            // its nodes
	terms   *terms
	single  *Session // of one network; nil for backpropagation
	jobs    sessionJobs
	module  *compiledModule
	blocks  []*EnsembleBlock // by worker; nil until compiled
	run     runEnsemble
}

// sessionJobs are the indices of the jobs of a session, −1 for none.
type sessionJobs struct{ forward, learn, descend int }

// Session prepares the ensemble to relax and learn, as [Network.Session] does.
func (e *Ensemble) Session(batch int, r Roles) (*EnsembleSession, error) {
	s, err := e.net.Session(batch, r)
	if err != nil {
		return nil, err
	}
	out := e.session(s)
	if len(s.terms.active) > 0 {
		out.jobs = sessionJobs{jobFeedforward, jobLearn, jobDescend}
	}
	return out, out.prepare(s.module(), s.plan)
}

// ForwardSession prepares a feedforward pass that computes nodes from the clamped ones,
// as [Network.ForwardSession] does.
func (e *Ensemble) ForwardSession(batch int, clamped []string, nodes ...string) (*EnsembleSession, error) {
	s, err := e.net.ForwardSession(batch, clamped, nodes...)
	if err != nil {
		return nil, err
	}
	out := e.session(s)
	for _, name := range nodes {
		i := e.net.index[name]
		out.asked = append(out.asked, i)
		out.keep(i)
	}
	return out, out.prepare(s.module(), s.plan)
}

// BackpropSession prepares the ensemble for backpropagation, as
// [Network.BackpropSession] does.
func (e *Ensemble) BackpropSession(batch int, r Roles) (*EnsembleSession, error) {
	s, err := e.net.BackpropSession(batch, r)
	if err != nil {
		return nil, err
	}
	out := &EnsembleSession{
		ens: e, batch: batch, clamped: s.clamped, acts: s.acts, terms: &s.terms, jobs: sessionJobs{-1, 0, -1},
		data: make([]*laneStorage, len(s.acts)),
	}
	return out, out.prepare(s.module(), s.plan)
}

// session returns the ensemble's form of a session of one network.
func (e *Ensemble) session(s *Session) *EnsembleSession {
	return &EnsembleSession{
		ens: e, batch: s.plan.batch, clamped: s.roles.clamped, acts: s.acts, held: s.held, free: s.free, freeAt: s.roles.free,
		terms: &s.terms, single: s, jobs: sessionJobs{jobFeedforward, -1, -1},
		data: make([]*laneStorage, len(s.acts)),
	}
}

// keep stores the values of a node of every member.
func (s *EnsembleSession) keep(node int) {
	st := newLaneStorage(s.ens.net.settings.Precision, vector(s.acts[node]).Len(), s.ens.members, s.ens.lanes)
	s.data[node] = &st
}

// prepare allocates the data. The program is compiled at the first run.
func (s *EnsembleSession) prepare(m Module, p *plan) error {
	if len(p.noise) > 0 {
		return errors.Errorf("graph: ensemble: the network draws the noise %q, want none; use networks one after another", p.noise[0].local)
	}
	for i, clamped := range s.clamped {
		if clamped {
			s.keep(i)
		}
	}
	s.module = uncompiledModule(m, s.ens.net.settings.Engine.(Compiled))
	return nil
}

// compile compiles a program for every worker, unless there is one for the present
// coefficients.
func (s *EnsembleSession) compile() error {
	if !s.module.patternChanged() && s.blocks != nil {
		return nil
	}
	s.blocks = nil
	buildLock.Lock()
	defer buildLock.Unlock()
	src, err := s.module.source()
	if err != nil {
		return errors.WithMessage(err, "graph: ensemble")
	}
	var blocks []*EnsembleBlock
	for range min(src.Threads, s.count()) {
		b := &EnsembleBlock{session: s, energy: make([]float64, s.ens.lanes), scratch: make([]float64, s.ens.lanes)}
		if s.module.module.Precision == Float64 {
			b.unit, err = newLaneUnit[float64](src, s.ens.lanes)
		} else {
			b.unit, err = newLaneUnit[float32](src, s.ens.lanes)
		}
		if err != nil {
			return errors.WithMessage(err, "graph: ensemble")
		}
		b.bind()
		blocks = append(blocks, b)
	}
	s.blocks = blocks
	return nil
}

// count is the number of blocks.
func (s *EnsembleSession) count() int { return (s.ens.members + s.ens.lanes - 1) / s.ens.lanes }

// SetCoefficient multiplies the energy of a term by c for every member, as
// [Session.SetCoefficient] does.
func (s *EnsembleSession) SetCoefficient(term string, c float64) error {
	if s.single == nil {
		return errors.New("graph: ensemble: coefficient: the session is for backpropagation, whose terms have none")
	}
	return s.single.SetCoefficient(term, c)
}

// Ensemble returns the ensemble that the session runs.
func (s *EnsembleSession) Ensemble() *Ensemble { return s.ens }

// Batch returns the number of samples of a member.
func (s *EnsembleSession) Batch() int { return s.batch }

// Lanes returns the number of members of a block.
func (s *EnsembleSession) Lanes() int { return s.ens.lanes }

// Clamp copies one batch of data of a member into a clamped node, as [Session.Clamp]
// does.
func (s *EnsembleSession) Clamp(member int, node string, data []float32) error {
	return s.clamp(member, node, relax.Float32(data))
}

// ClampFloat64 is [EnsembleSession.Clamp] for float64 data.
func (s *EnsembleSession) ClampFloat64(member int, node string, data []float64) error {
	return s.clamp(member, node, relax.Float64(data))
}

func (s *EnsembleSession) clamp(member int, node string, data relax.Vector) error {
	n := s.ens.net
	i, err := n.nodeIndex(node)
	if err != nil {
		return err
	}
	if err := s.ens.check(member); err != nil {
		return err
	}
	if !s.clamped[i] {
		return errors.Errorf("graph: node %q: is not clamped in this session; name it in Roles.Clamped", node)
	}
	if err := n.checkData(i, s.batch, data); err != nil {
		return errors.WithMessagef(err, "graph: ensemble: member %d", member)
	}
	s.data[i].set(member, data)
	return nil
}

// Activity copies the values of a node of a member into dst, of either precision: data
// of a clamped node, or what [EnsembleSession.Feedforward] computed for a node that
// [Ensemble.ForwardSession] names.
func (s *EnsembleSession) Activity(member int, node string, dst relax.Vector) error {
	i, err := s.ens.net.nodeIndex(node)
	if err != nil {
		return err
	}
	if err := s.ens.check(member); err != nil {
		return err
	}
	if s.data[i] == nil {
		return errors.Errorf("graph: ensemble: node %q: its values are not kept; name it in ForwardSession, or read it in Run", node)
	}
	if want := s.data[i].size; dst.Len() != want {
		return errors.Errorf("graph: ensemble: node %q: got room for %d numbers, want %d", node, dst.Len(), want)
	}
	s.data[i].get(member, dst)
	return nil
}

// Feedforward sets the nodes that are not clamped to their predictions, for every
// member.
func (s *EnsembleSession) Feedforward() error { return s.Run((*EnsembleBlock).feedforward) }

// Explain describes the program, for one block.
func (s *EnsembleSession) Explain() (string, error) {
	if err := s.compile(); err != nil {
		return "", err
	}
	return s.blocks[0].unit.Explain(), nil
}

// Run calls f for every block of members, with their parameters and data loaded, on as
// many threads as the network's engine has. What f changes in parameters is stored when
// it returns. It returns the error of the first block that has one; the parameters of
// that block are then as before.
func (s *EnsembleSession) Run(f func(*EnsembleBlock) error) error {
	if err := s.compile(); err != nil {
		return err
	}
	s.run.session, s.run.f, s.run.errs = s, f, s.run.errs[:0]
	for range s.count() {
		s.run.errs = append(s.run.errs, nil)
	}
	parts := min(len(s.run.errs), threads.MaxBlocks)
	if len(s.blocks) > 1 && threads.Shared.Begin(len(s.blocks), &s.run) {
		threads.Shared.Step(parts)
		threads.Shared.End()
	} else {
		s.run.RunBlock(0, 0, 0, 1)
	}
	s.run.f = nil
	for _, err := range s.run.errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// runEnsemble is a call of Run.
type runEnsemble struct {
	session *EnsembleSession
	f       func(*EnsembleBlock) error
	errs    []error // by block
}

// RunBlock runs a share of the blocks.
func (r *runEnsemble) RunBlock(member, _, part, parts int) {
	n := len(r.errs)
	b := r.session.blocks[member]
	for i := n * part / parts; i < n*(part+1)/parts; i++ {
		r.errs[i] = b.visit(i, r.f)
	}
}

// newLaneUnit compiles a source.
func newLaneUnit[T float](src engine.Source, lanes int) (laneUnit, error) {
	u, err := engine.CompileLanes[T](src, lanes)
	if err != nil {
		return nil, err
	}
	return &lanesOfType[T]{u}, nil
}

type float interface{ float32 | float64 }

// laneUnit is a compiled unit of either precision.
type laneUnit interface {
	Refresh(parameters bool) error
	RunProgram(i int) error
	StepProgram(i int, sizes []float64) error
	Scalar(source *float64) []float64
	Explain() string
	memory(t *tensor.Dense) relax.Vector
}

type lanesOfType[T float] struct{ *engine.Lanes[T] }

// memory returns the memory that stands for a tensor of the network.
func (l *lanesOfType[T]) memory(t *tensor.Dense) relax.Vector {
	source, _ := t.Data().([]T)
	switch m := any(l.Memory(source)).(type) {
	case []float32:
		return relax.Float32(m)
	case []float64:
		return relax.Float64(m)
	}
	return relax.Vector{}
}
