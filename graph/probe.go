package graph

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// Probe is the value of an inner node of a layer; see [Builder.Probe].
type Probe struct {
	// Name given by the layer, below its prediction: "h1/attention/weights".
	Name string
	// Shape of the value, including the batch axis if it has one. Empty for a scalar.
	Shape []int
	// Value is a copy, row-major, of the network's precision.
	Value relax.Vector
}

// probeUse is a probe in a plan: another output of its graph.
type probeUse struct {
	name  string
	named *gorgonia.Node // the node given by the layer
	node  *gorgonia.Node // the same value by correct operations; nil until replaced
}

// Probe names an inner node of a layer, an energy or a prior, so that sessions can read
// its value: the weights of an attention, the norm of a gate. It is named below the
// prediction like a parameter, "h1/attention/weights"; predictions that share
// parameters have separate probes. It is computed only on request, by [Session.Probe],
// [BackpropSession.Probe] or [ErrorCoordinates.Probe]; the network computes the same
// values in the same time with and without it.
//
// A layer built twice in one place, with the same parameters, names two nodes: the
// second is "weights#2". It returns an error for an empty name.
func (b *Builder) Probe(name string, n *gorgonia.Node) error {
	full := b.local + "/" + name
	switch {
	case name == "":
		return errors.New("probe without a name; give it one")
	case n == nil:
		return errors.Errorf("probe %q: node is nil, want one of the layer", full)
	}
	p, base := b.plan, full
	for k := 2; ; k++ {
		i := slices.IndexFunc(p.probes, func(u probeUse) bool { return u.name == full })
		if i < 0 {
			break
		}
		if p.probes[i].named == n {
			return nil
		}
		full = base + "#" + strconv.Itoa(k)
	}
	p.probes = append(p.probes, probeUse{name: full, named: n})
	if !p.net.declared && !slices.Contains(p.net.probes, full) {
		p.net.probes = append(p.net.probes, full)
	}
	return nil
}

// Probes returns the names of all probes, in order of creation.
func (n *Network) Probes() []string { return slices.Clone(n.probes) }

// Probe computes a probe from the current state of the session: its activities, data
// and noise, the batch's values of buffers, and the parameters. So it can be read after
// a feedforward pass, between relaxation steps and after them, and shows the layer as
// the next evaluation will see it. Reading changes nothing. The first reading of a name
// compiles a program.
//
// The error for an unknown name lists the probes.
func (s *Session) Probe(name string) (Probe, error) {
	return s.probes.read(s.plan, name, func() []Input { return s.moduleInputs(ClampedInput) })
}

// Probe computes a probe of the feedforward network from the clamped data, the current
// parameters and the noise of the last Learn. Predictions that the loss does not need
// have none. Otherwise it is like [Session.Probe].
func (s *BackpropSession) Probe(name string) (Probe, error) {
	return s.probes.read(s.plan, name, s.moduleInputs)
}

// Probe computes a probe at the activities given by the current errors; the session's
// activities do not change. Otherwise it is like [Session.Probe].
func (e *ErrorCoordinates) Probe(name string) (Probe, error) {
	if err := e.takeFirst(); err != nil {
		return Probe{}, err
	}
	return e.probes.read(e.plan, name, e.moduleInputs)
}

// probes are the programs that read the probes of a session.
type probes map[string]*probeProgram

type probeProgram struct {
	program
	tensor *tensor.Dense // holds the value, unless the node is a scalar
	scalar float64
}

// read computes a probe of a plan by name. inputs lists the inputs of the plan.
func (r *probes) read(p *plan, name string, inputs func() []Input) (Probe, error) {
	i := slices.IndexFunc(p.probes, func(u probeUse) bool { return u.name == name })
	if i < 0 {
		return Probe{}, p.net.noProbe(name)
	}
	return r.readNode(p, p.probes[i], inputs)
}

// readNode computes a node of a plan under the name of u.
func (r *probes) readNode(p *plan, u probeUse, inputs func() []Input) (Probe, error) {
	name := u.name
	out := Probe{Name: name, Shape: slices.Clone([]int(u.node.Shape()))}
	if u.node.Op() == nil { // a leaf, which is not computed
		return out, p.readLeaf(&out, u, inputs())
	}
	program, ok := (*r)[name]
	if !ok {
		var err error
		if program, err = p.compileProbe(u, inputs()); err != nil {
			return Probe{}, errors.WithMessagef(err, "graph: probe %q", name)
		}
		if *r == nil {
			*r = probes{}
		}
		(*r)[name] = program
	}
	if err := program.runAnew(0); err != nil {
		return Probe{}, err
	}
	if program.tensor != nil {
		out.Value = copyOf(vector(program.tensor))
		return out, nil
	}
	out.Value = p.net.settings.Precision.vector(program.scalar)
	return out, nil
}

// compileProbe compiles the program of a probe.
func (p *plan) compileProbe(u probeUse, inputs []Input) (*probeProgram, error) {
	program, output := &probeProgram{}, Output{Node: u.node}
	if u.node.IsScalar() {
		output.Scalar = &program.scalar
	} else {
		program.tensor = tensor.New(tensor.Of(p.net.settings.Precision.Dtype()), tensor.WithShape(u.node.Shape()...))
		output.Tensor = program.tensor
	}
	return program, program.compile(p.net, Module{
		Graph: p.g, Precision: p.net.settings.Precision, Inputs: inputs, Jobs: []Job{{Name: "probe", Stages: []Stage{{output}}}},
	})
}

// readLeaf reads a probe that is an input.
func (p *plan) readLeaf(out *Probe, u probeUse, inputs []Input) error {
	for _, in := range inputs {
		switch {
		case in.Node != u.node:
		case in.Tensor != nil:
			out.Value = copyOf(vector(in.Tensor))
			return nil
		case in.Scalar != nil:
			out.Value = p.net.settings.Precision.vector(*in.Scalar)
			return nil
		}
	}
	return errors.Errorf("graph: probe %q: is a constant or a leaf that no layer asked for, which has nothing to read", u.name)
}

// noProbe is the error for a name without a probe in a session.
func (n *Network) noProbe(name string) error {
	if slices.Contains(n.probes, name) {
		return errors.Errorf("graph: probe %q: its prediction is not computed in this session; read it in a Session of the network", name)
	}
	if len(n.probes) == 0 {
		return errors.Errorf("graph: probe %q: not found; no layer of the network has probes, which Builder.Probe makes", name)
	}
	names := make([]string, len(n.probes))
	for i, p := range n.probes {
		names[i] = strconv.Quote(p)
	}
	return errors.Errorf("graph: probe %q: not found; the probes are %s", name, strings.Join(names, ", "))
}

// copyOf returns a copy of v.
func copyOf(v relax.Vector) relax.Vector {
	c := v.MakeLike()
	c.CopyFrom(v)
	return c
}

// vector returns a vector of one element of the precision.
func (p Precision) vector(x float64) relax.Vector {
	if p == Float32 {
		return relax.Float32([]float32{float32(x)})
	}
	return relax.Float64([]float64{x})
}
