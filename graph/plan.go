package graph

import (
	"fmt"
	"strconv"
	"sync"

	_ "go4.org/unsafe/assume-no-moving-gc" // pinned: an older one makes Gorgonia panic at start

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/internal/replace"
)

// buildLock serialises everything that builds, differentiates or compiles a
// Gorgonia graph, because Gorgonia shares state between graphs while it does.
var buildLock sync.Mutex

// plan is the network as one Gorgonia graph at one batch size. In the energy graph
// every activity is an input; in the composed graph (loss of a feedforward pass) only
// the clamped ones are, and the others are the predictions themselves; in the error
// graph they are the predictions plus an error that is an input.
type plan struct {
	net   *Network
	batch int
	salt  int
	g     *gorgonia.ExprGraph
	index *index

	composition

	pass   *replace.Pass
	inputs map[*gorgonia.Node]bool // the leaves created by this plan

	acts      []*gorgonia.Node // by node; nil until computed in a composed graph
	errs      []*gorgonia.Node // error graph, by node: the error; nil elsewhere
	still     []*gorgonia.Node // energy graph, by node: the activity for amortised predictions, which do not move it; nil unless used
	params    []*gorgonia.Node // by parameter; nil where unused
	constants []Input          // constant tensors
	buffers   []bufferUse
	noise     []noiseUse
	probes    []probeUse
	asked     map[string]*gorgonia.Node // constants, buffers and noise, by kind and name
	buffersOf map[int][]bufferUse       // buffers, by the prediction whose layer asked
	mus       []*gorgonia.Node          // by prediction: the layer's output; nil until built
	means     []*gorgonia.Node          // by prediction: the value a feedforward pass takes
	terms     []*gorgonia.Node          // by term: its energy without its coefficient; nil where absent
	gates     []*gorgonia.Node          // by term: its coefficient, a scalar input
	split     []*gorgonia.Node          // by term: the energy of every sample, if the composition wants samples and they are apart

	dActs, dParams gorgonia.Nodes // ∂E/∂· by node and by parameter; nil where E does not depend on it
}

// plan returns the energy graph of a batch size, building it unless it is cached.
func (n *Network) plan(batch int) (*plan, error) {
	if n.whole != nil {
		return n.whole.plan(batch)
	}
	if p, ok := n.plans.Get(batch); ok {
		return p, nil
	}
	if err := n.checkBatch(batch); err != nil {
		return nil, err
	}
	p, err := n.build(batch, composition{})
	if err != nil {
		return nil, err
	}
	n.plans.Put(batch, p)
	return p, nil
}

// build builds a plan and makes sure that Gorgonia merged no distinct nodes. Gorgonia
// merges nodes with equal 32-bit hashes, and a collision would silently compute
// something else. Hashes depend on the names of the inputs, so builds with different
// names do not collide in the same place: a plan is valid if its structure equals that
// of another build with other names.
func (n *Network) build(batch int, c composition) (*plan, error) {
	buildLock.Lock()
	defer buildLock.Unlock()
	tried := map[uint64]bool{}
	for salt := 1; salt <= 4; salt++ { // salt 0 is the declaration's
		p, err := n.buildOnce(batch, salt, c)
		if err != nil {
			return nil, err
		}
		s := p.structure()
		if n.structures[s] || tried[s] {
			n.structures[s] = true
			return p, nil
		}
		tried[s] = true
	}
	return nil, errors.New("graph: network: Gorgonia merges nodes of the expression graph that differ (hash collisions), whatever the names; please report this network")
}

func (n *Network) buildOnce(batch, salt int, c composition) (p *plan, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("graph: network: Gorgonia panicked while the graph was built at batch size %d: %v", batch, r)
		}
	}()
	p = &plan{
		net: n, batch: batch, salt: salt, g: gorgonia.NewGraph(),
		composition: c,

		inputs:    map[*gorgonia.Node]bool{},
		asked:     map[string]*gorgonia.Node{},
		buffersOf: map[int][]bufferUse{},

		acts:  make([]*gorgonia.Node, len(n.decl.Nodes)),
		errs:  make([]*gorgonia.Node, len(n.decl.Nodes)),
		still: make([]*gorgonia.Node, len(n.decl.Nodes)),
		mus:   make([]*gorgonia.Node, len(n.decl.Predictions)),
		means: make([]*gorgonia.Node, len(n.decl.Predictions)),
		terms: make([]*gorgonia.Node, n.numTerms()),
		gates: make([]*gorgonia.Node, n.numTerms()),
	}
	p.pass = p.newPass()
	for i, d := range n.decl.Nodes {
		if c.clamped == nil || c.clamped[i] {
			p.acts[i] = p.input("x:"+d.Name, d.Shape.Batched(batch))
		}
	}
	p.index = newIndex(p.g)
	defer p.index.settle()
	p.index.grow(0)
	if err := p.buildTerms(); err != nil {
		return nil, err
	}
	if err := p.differentiate(); err != nil || !c.samples {
		return p, err
	}
	return p, p.splitTerms()
}

// input adds an input node. Names are unique and contain the salt.
func (p *plan) input(name string, shape []int) *gorgonia.Node {
	n := gorgonia.NewTensor(p.g, p.net.settings.Precision.Dtype(), len(shape),
		gorgonia.WithShape(shape...), gorgonia.WithName(p.inputName(name)))
	p.inputs[n] = true
	return n
}

func (p *plan) inputName(name string) string { return strconv.Itoa(p.salt) + ":" + name }

// paramNode returns the node of parameter i in this graph.
func (p *plan) paramNode(i int) (*gorgonia.Node, error) {
	for len(p.params) <= i {
		p.params = append(p.params, nil)
	}
	if p.params[i] == nil {
		p.params[i] = p.input("p:"+p.net.params[i].Name, p.net.specs[i].Shape)
	}
	return p.params[i], nil
}

// param returns the node of parameter i, or nil if no layer asked for it.
func (p *plan) param(i int) *gorgonia.Node {
	if i >= len(p.params) {
		return nil
	}
	return p.params[i]
}

// buildTerms builds every prediction with its energy, then every prior.
func (p *plan) buildTerms() error {
	n := p.net
	if err := p.substitute(); err != nil {
		return err
	}
	for k, d := range n.decl.Predictions {
		if p.skips(k, n.index[d.Of]) {
			continue
		}
		if err := p.compare(k); err != nil {
			return ofPrediction(k, err)
		}
	}
	for j, i := range n.priors() {
		if p.composed() && p.fixed(i) {
			continue // a constant
		}
		d := n.decl.Nodes[i]
		b := p.builder(priorName(d.Name), priorName(d.Name), "prior of node "+strconv.Quote(d.Name))
		e, err := p.guard(b.owner, func() (*gorgonia.Node, error) {
			return p.maskedTerm(b, i, d.Prior, p.acts[i:i+1], func(x ...*gorgonia.Node) (*gorgonia.Node, error) { return d.Prior.Build(b, x[0]) })
		})
		if err == nil {
			err = p.expectOf(i, d.Prior, b.owner)
		}
		if err != nil {
			return ofNode(i, err)
		}
		if err := p.setTerm(len(n.decl.Predictions)+j, e, b.owner); err != nil {
			return ofNode(i, err)
		}
	}
	return nil
}

func (p *plan) builder(scope, local, owner string) *Builder {
	return &Builder{plan: p, root: scope, scope: scope, local: local, owner: owner, prediction: -1}
}

// predictionBuilder returns the Builder of prediction k; shared parameters are in the
// scope of the prediction that owns them.
func (p *plan) predictionBuilder(k int) *Builder {
	d := p.net.decl.Predictions[k]
	scope := d.Name
	if d.Share != "" {
		scope = d.Share
	}
	b := p.builder(scope, d.Name, fmt.Sprintf("prediction %q of node %q", d.Name, d.Of))
	b.prediction = k
	return b
}

// predict builds layer k and the value that a feedforward pass uses.
func (p *plan) predict(k int) error {
	mu, b, err := p.layer(k)
	if err != nil {
		return err
	}
	p.means[k] = mu
	if m, ok := p.net.decl.Predictions[k].Energy.(Meaner); ok {
		p.means[k], err = p.guard(b.owner, func() (*gorgonia.Node, error) { return m.Mean(b, mu) })
	}
	return err
}

// layer builds the prediction k and checks its shape.
func (p *plan) layer(k int) (*gorgonia.Node, *Builder, error) {
	d := p.net.decl.Predictions[k]
	b := p.predictionBuilder(k)
	if p.mus[k] != nil {
		return p.mus[k], b, nil
	}
	in := make([]*gorgonia.Node, len(d.From))
	for j, from := range d.From {
		in[j] = p.activity(k, p.net.index[from])
		if in[j] == nil {
			return nil, nil, errors.Errorf("graph: %s: input %q has no value here", b.owner, from)
		}
	}
	p.index.grow(0)
	mu, err := p.guard(b.owner, func() (*gorgonia.Node, error) { return d.Layer.Build(b.ofLayer(), in...) })
	if err != nil {
		return nil, nil, err
	}
	want := p.net.decl.Nodes[p.net.index[d.Of]].Shape
	if got := mu.Shape(); !Shape(got).Equal(want.Batched(p.batch)) {
		remedy := "change the layer's output or the node's Shape"
		if len(perSample(got)) > len(want) {
			remedy += ", or put layers.Flatten{} where the axes should end"
		}
		return nil, nil, errors.Errorf("graph: %s: shape of the prediction, got %v for each sample, want %v, the shape of the node; %s",
			b.owner, perSample(got), want, remedy)
	}
	p.mus[k] = mu
	return mu, b, nil
}

// perSample drops the batch axis, for messages.
func perSample(s []int) Shape {
	if len(s) == 0 {
		return nil
	}
	return Shape(s[1:])
}

// compare builds the energy of prediction k.
func (p *plan) compare(k int) error {
	mu, b, err := p.layer(k)
	if err != nil {
		return err
	}
	if err := p.predict(k); err != nil {
		return err
	}
	d := p.net.decl.Predictions[k]
	of := p.net.index[d.Of]
	if err := p.expectOf(of, d.Energy, b.owner); err != nil {
		return err
	}
	x := p.activity(k, of)
	e, err := p.guard(b.owner, func() (*gorgonia.Node, error) {
		return p.maskedTerm(b, of, d.Energy, []*gorgonia.Node{x, mu}, func(in ...*gorgonia.Node) (*gorgonia.Node, error) {
			if d.Energy == nil {
				return SquaredError(b, in[0], in[1])
			}
			return d.Energy.Build(b.Sub("energy"), in[0], in[1])
		})
	})
	if err != nil {
		return err
	}
	return p.setTerm(k, e, b.owner)
}

func (p *plan) setTerm(k int, e *gorgonia.Node, owner string) error {
	if !e.IsScalar() {
		return errors.Errorf("graph: %s: energy, got shape %v, want a scalar, summed over units and samples", owner, e.Shape())
	}
	p.index.grow(0)
	p.terms[k] = e
	p.gates[k] = gorgonia.NewScalar(p.g, p.net.settings.Precision.Dtype(),
		gorgonia.WithName(p.inputName("k:"+strconv.Itoa(k))))
	p.inputs[p.gates[k]] = true
	return nil
}

// guard calls user code and turns nil results and panics into errors that say what was
// being built.
func guard(owner string, build func() (*gorgonia.Node, error)) (out *gorgonia.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, errors.WithMessagef(replace.Hint(errors.Errorf("building it panicked: %v", r)), "graph: %s", owner)
		}
	}()
	out, err = build()
	if err == nil && out == nil {
		err = errors.New("Build returned no node")
	}
	return out, errors.WithMessagef(err, "graph: %s", owner)
}
