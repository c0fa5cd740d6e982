package graph

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/relax"
)

// Ensemble is many networks of one declaration, each with parameters of its own, that
// run as one program: every number of the program of one network becomes a vector over
// networks. Small networks then run at the speed of vectors, where one network alone
// pays for the overhead of its instructions.
//
// A member has, bit for bit, the results of a [Network] with its parameters and data,
// in whatever ensemble it is and with however many threads. Make sessions with
// [Ensemble.Session], [Ensemble.BackpropSession] and [Ensemble.ForwardSession]. Package
// train learns with it: see its Ensemble.
//
// The network needs the engine [Compiled], and must have neither buffers nor noise. It
// is not safe for concurrent use.
type Ensemble struct {
	net     *Network
	members int
	lanes   int           // members of a block
	params  []laneStorage // by parameter
}

// NewEnsemble returns an ensemble of a number of members, all with the present
// parameters of a network.
func NewEnsemble(net *Network, members int) (*Ensemble, error) {
	switch {
	case members < 1:
		return nil, errors.Errorf("graph: ensemble: members, got %d, want at least 1", members)
	case len(net.buffers) > 0:
		return nil, errors.Errorf("graph: ensemble: the network has the buffer %q, want none; use networks one after another", net.buffers[0].Name)
	}
	c, ok := net.settings.Engine.(Compiled)
	if !ok {
		return nil, errors.Errorf("graph: ensemble: engine, got %q, want %q", net.settings.Engine.Name(), Compiled{}.Name())
	}
	e := &Ensemble{net: net, members: members, lanes: lanesOf(net, members, c.Workers())}
	for _, p := range net.params {
		e.params = append(e.params, newLaneStorage(net.settings.Precision, p.Values().Len(), members, e.lanes))
	}
	for m := range members {
		e.load(m)
	}
	return e, nil
}

// Members of a block share a pass of the program. Their memory should stay in the
// second-level cache, and fit the first for the smallest networks.
const (
	blockBytes = 48 << 10
	mostLanes  = 256
)

// lanesOf chooses the number of members of a block: as many as fit the cache, but so
// few that every thread has a block. Results do not depend on it.
func lanesOf(net *Network, members, threads int) int {
	size := 0
	for _, p := range net.params {
		size += 2 * p.Values().Len()
	}
	for _, d := range net.decl.Nodes {
		size += 6 * d.Shape.Size()
	}
	bytes := 4
	if net.settings.Precision == Float64 {
		bytes = 8
	}
	const multiple = engine.LaneMultiple
	fit := blockBytes / bytes / max(1, size) / multiple * multiple
	share := (members + threads - 1) / threads
	share = (share + multiple - 1) / multiple * multiple
	return max(multiple, min(fit, mostLanes, share))
}

// Network returns the network that the members were copied from.
func (e *Ensemble) Network() *Network { return e.net }

// Members returns the number of members.
func (e *Ensemble) Members() int { return e.members }

// Load copies the parameters of the network into a member.
func (e *Ensemble) Load(member int) error {
	if err := e.check(member); err != nil {
		return err
	}
	e.load(member)
	return nil
}

func (e *Ensemble) load(member int) {
	for i, p := range e.net.params {
		e.params[i].set(member, p.Values())
	}
}

// Store copies the parameters of a member into the network, and tells its sessions.
func (e *Ensemble) Store(member int) error {
	if err := e.check(member); err != nil {
		return err
	}
	for i, p := range e.net.params {
		e.params[i].get(member, p.Values())
	}
	e.net.ParamsChanged()
	return nil
}

// Param copies a parameter of a member, given by its index in [Network.Params], into
// dst, of either precision.
func (e *Ensemble) Param(member, param int, dst relax.Vector) error {
	if err := e.checkParam(member, param, dst); err != nil {
		return err
	}
	e.params[param].get(member, dst)
	return nil
}

// SetParam copies src, of either precision, into a parameter of a member. A value that
// is not finite is an error, and nothing changes.
func (e *Ensemble) SetParam(member, param int, src relax.Vector) error {
	if err := e.checkParam(member, param, src); err != nil {
		return err
	}
	if i := e.net.settings.Precision.firstNonFinite(src); i >= 0 {
		return errors.Errorf("graph: ensemble: member %d: parameter %q: value %d, got %v, want a finite number", member, e.net.params[param].Name, i, src.At(i))
	}
	e.params[param].set(member, src)
	return nil
}

func (e *Ensemble) check(member int) error {
	if member < 0 || member >= e.members {
		return errors.Errorf("graph: ensemble: member, got %d, want 0 to %d", member, e.members-1)
	}
	return nil
}

func (e *Ensemble) checkParam(member, param int, v relax.Vector) error {
	if err := e.check(member); err != nil {
		return err
	}
	if param < 0 || param >= len(e.params) {
		return errors.Errorf("graph: ensemble: parameter, got %d, want 0 to %d", param, len(e.params)-1)
	}
	if want := e.params[param].size; v.Len() != want {
		return errors.Errorf("graph: ensemble: parameter %q: got room for %d numbers, want %d", e.net.params[param].Name, v.Len(), want)
	}
	return nil
}

// laneStorage holds a tensor of every member, block by block: element i of member m is
// number i·lanes + m mod lanes of block m / lanes.
type laneStorage struct {
	size, lanes int
	data        relax.Vector
}

func newLaneStorage(p Precision, size, members, lanes int) laneStorage {
	n := (members + lanes - 1) / lanes * lanes * size
	return laneStorage{size: size, lanes: lanes, data: newVector(p, n)}
}

func newVector(p Precision, n int) relax.Vector {
	if p == Float64 {
		return relax.Float64(make([]float64, n))
	}
	return relax.Float32(make([]float32, n))
}

// block returns the numbers of a block.
func (s *laneStorage) block(i int) relax.Vector {
	n := s.size * s.lanes
	return s.data.Slice(i*n, (i+1)*n)
}

// at is the place of element 0 of a member.
func (s *laneStorage) at(member int) int {
	return member/s.lanes*s.lanes*s.size + member%s.lanes
}

func (s *laneStorage) set(member int, src relax.Vector) {
	at := s.at(member)
	if dst, from := s.data.Float32(), src.Float32(); dst != nil && from != nil {
		for i, x := range from {
			dst[at+i*s.lanes] = x
		}
		return
	}
	for i := range s.size {
		s.data.Set(at+i*s.lanes, src.At(i))
	}
}

func (s *laneStorage) get(member int, dst relax.Vector) {
	at := s.at(member)
	if src, to := s.data.Float32(), dst.Float32(); src != nil && to != nil {
		for i := range to {
			to[i] = src[at+i*s.lanes]
		}
		return
	}
	for i := range s.size {
		dst.Set(i, s.data.At(at+i*s.lanes))
	}
}
