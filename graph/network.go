package graph

import (
	"slices"
	"strconv"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/recent"
)

// Network is a predictive-coding network: value nodes, predictions, and the parameters
// of the predictions. Its total energy
//
//	E = Σ_k c_k E_k(x_of(k), μ_k(x_from(k); θ)) + Σ_i prior_i(x_i)
//
// is one symbolic scalar for each batch size, differentiated once by Gorgonia
// with respect to all activities x and all parameters θ.
//
// A Network is not safe for concurrent use; two networks are independent.
type Network struct {
	decl     Declaration
	index    map[string]int
	byTerm   map[string]int // energy terms
	settings Settings

	params  []*Param
	byName  map[string]int
	specs   []ParamSpec
	askers  []asker  // by parameter: the prediction or prior that owns it
	version *uint64  // counts changes of parameters and buffers
	mirrors *mirrors // of parameters and buffers, on a device

	whole *Network // the network that this is a view of; nil if it is none
	part  *Part    // of every batch; nil means all

	buffers     []*Buffer
	byBuffer    map[string]int
	bufferSpecs []bufferSpec

	noiseSizes map[string]int // of noise, by local name: the number of values at a batch size of two

	domains [][]domainUse // by node: the domains of its data
	probes  []string      // names of the probes
	users   map[int][]int // by parameter: the predictions that use it
	reads   map[int][]int // by prediction: the nodes that its energy or layer reads by name

	layerReads map[int][]int // by prediction: those that its layer reads

	declared bool                              // the parameters are drawn
	plans    recent.Cache[int, *plan]          // by batch size
	passes   recent.Cache[passKey, *predictor] // of Forward
	// structures holds the hashes of plans that agreed with another build; see build.
	structures map[uint64]bool
}

// New declares a network. It builds every prediction once, at a batch size of two, so
// that a wrong shape is an error here and not at the first run, and draws the initial
// parameters.
func New(d Declaration, s Settings) (*Network, error) {
	if s.Engine == nil {
		s.Engine = Compiled{}
	}
	if o, ok := s.Engine.(interface{ Open() error }); ok {
		if err := o.Open(); err != nil {
			return nil, err
		}
	}
	decl, index, err := d.resolve()
	if err != nil {
		return nil, err
	}
	n := &Network{
		decl: decl, index: index, settings: s,
		byName:  map[string]int{},
		byTerm:  map[string]int{},
		domains: make([][]domainUse, len(decl.Nodes)),
		users:   map[int][]int{},
		reads:   map[int][]int{},

		layerReads: map[int][]int{},
		version:    new(uint64),
		mirrors:    &mirrors{},

		noiseSizes: map[string]int{},

		byBuffer:   map[string]int{},
		structures: map[uint64]bool{},
	}
	for k, name := range n.termNames() {
		n.byTerm[name] = k
	}
	if err := n.declare(); err != nil {
		return nil, err
	}
	return n, nil
}

// declare builds the network once, to check it, and then draws its parameters, so that
// a mistake costs neither the time nor the memory of drawing. This build never runs,
// but later builds are compared with it; see build.
func (n *Network) declare() error {
	buildLock.Lock()
	defer buildLock.Unlock()
	p, err := n.buildOnce(2, 0, composition{})
	if err != nil {
		return err
	}
	n.declared = true
	*n.version = 1
	n.structures[p.structure()] = true
	for _, u := range p.noise {
		n.noiseSizes[u.local] = Shape(u.Shape).Size()
	}
	for i := range n.params {
		if err := n.fill(i); err != nil {
			return err
		}
	}
	for i := range n.buffers {
		if err := n.fillBuffer(i); err != nil {
			return err
		}
	}
	return nil
}

// maxBatchElements bounds the size of a node for a whole batch: in float32 it is 16
// GiB.
const maxBatchElements = 1 << 32

// checkBatch returns an error if a batch of some node is too large.
func (n *Network) checkBatch(batch int) error {
	if batch < 1 {
		return errors.Errorf("graph: batch size, got %d, want at least 1", batch)
	}
	for _, d := range n.decl.Nodes {
		if limit := maxBatchElements / d.Shape.Size(); batch > limit {
			return errors.Errorf("graph: batch size, got %d, want at most %d for node %q of shape %v", batch, limit, d.Name, d.Shape)
		}
	}
	return nil
}

// Declaration returns what was declared, with every prediction named.
func (n *Network) Declaration() Declaration { return n.decl }

// Settings returns the settings of the network.
func (n *Network) Settings() Settings { return n.settings }

// Node returns the declaration of the node of that name.
func (n *Network) Node(name string) (Node, error) {
	i, err := n.nodeIndex(name)
	if err != nil {
		return Node{}, err
	}
	return n.decl.Nodes[i], nil
}

func (n *Network) nodeNames() string { return n.decl.nodeNames() }

// Params returns all parameters, in the order in which the predictions ask for
// them. The slice belongs to the network.
func (n *Network) Params() []*Param { return n.params }

// Param returns the parameter of that name.
func (n *Network) Param(name string) (*Param, error) {
	if i, ok := n.byName[name]; ok {
		return n.params[i], nil
	}
	names := ""
	for i, p := range n.params {
		if i > 0 {
			names += ", "
		}
		names += strconv.Quote(p.Name)
	}
	return nil, errors.Errorf("graph: parameter %q: not found; the parameters are %s", name, names)
}

// ParamsChanged announces that values of parameters or buffers were written in place,
// so that engines pack them again. [Param.SetValues], Reinitialize and the optimizers
// of package train need no such call.
func (n *Network) ParamsChanged() { *n.version++ }

// param returns the index of the parameter of a full name, creating it, without values,
// while the network is being declared. The caller adds to errors what was being built.
func (n *Network) param(by asker, name string, spec ParamSpec) (int, error) {
	if i, ok := n.byName[name]; ok {
		switch {
		case n.askers[i].root != by.root:
			return 0, errors.Errorf("parameter %q: prediction %q has one of the same name; rename one of the two predictions", name, n.askers[i].root)
		case !n.specs[i].Shape.Equal(spec.Shape):
			return 0, errors.Errorf("parameter %q: shape, got %v, want %v as before; a layer must ask for the same shape whatever the batch size, and shared parameters must fit both predictions",
				name, spec.Shape, n.specs[i].Shape)
		}
		return i, nil
	}
	if n.declared {
		return 0, errors.Errorf("parameter %q: asked for after the network was declared; a layer must ask for the same parameters at every batch size", name)
	}
	if err := spec.Shape.check(); err != nil {
		return 0, errors.WithMessagef(err, "parameter %q", name)
	}
	if spec.FanIn < 0 || spec.FanOut < 0 {
		return 0, errors.Errorf("parameter %q: FanIn and FanOut, got %d and %d, want at least 1 (0 means the first and the last axis)", name, spec.FanIn, spec.FanOut)
	}
	if _, ok := n.byBuffer[name]; ok {
		return 0, errors.Errorf("parameter %q: a buffer has the same name; rename one of the two", name)
	}
	spec.Shape = slices.Clone(spec.Shape)
	if spec.FanIn == 0 {
		spec.FanIn = spec.Shape[0]
	}
	if spec.FanOut == 0 {
		spec.FanOut = spec.Shape[len(spec.Shape)-1]
	}
	p := &Param{Name: name, Owner: by.root, NoDecay: spec.NoDecay, Log: spec.Log, Axes: spec.Axes, net: n}
	i := len(n.params)
	n.params, n.specs, n.askers, n.byName[name] = append(n.params, p), append(n.specs, spec), append(n.askers, by), i
	return i, nil
}
