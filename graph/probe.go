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
	// Name as the layer gave it, below its prediction: "h1/attention/weights".
	Name string
	// Shape of the value, the batch axis included if it has one. None for a scalar.
	Shape []int
	// Value is a copy, row-major, of the network's precision.
	Value relax.Vector
}

// probeUse is a probe in a plan: an entry point into its graph beside the terms and
// the predictions.
type probeUse struct {
	name  string
	named *gorgonia.Node // what the layer gave
	node  *gorgonia.Node // what computes the same by operations that are right; nil until replaced
}

// Probe gives an inner node of a layer, an energy or a prior a name by which sessions
// can read its value: the weights of an attention, the norm of a gate. It is named
// below the prediction like a parameter, "h1/attention/weights", and where predictions
// share parameters each has probes of its own. Nothing is computed for it until a
// session is asked, by [Session.Probe], [BackpropSession.Probe] or
// [ErrorCoordinates.Probe]; the network computes the same numbers in the same time with
// and without it.
//
// A layer that is built twice in one place, with the same parameters, names two nodes:
// the second is "weights#2". It returns an error for an empty name.
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

// Probes returns the names of all probes, in the order in which the layers gave them.
func (n *Network) Probes() []string { return slices.Clone(n.probes) }

// Probe computes a probe from what the session holds now: its activities, data and
// noise, the batch's values of buffers, and the parameters. So it can be read after a
// feedforward pass, between relaxation steps and after them, and shows the layer as
// the next evaluation will see it. Reading changes nothing. The first reading of a
// name compiles a program of its own.
//
// The error for an unknown name lists the probes.
func (s *Session) Probe(name string) (Probe, error) {
	return s.probes.read(s.plan, name, func() []Input { return s.moduleInputs(ClampedInput) })
}

// Probe computes a probe of the feedforward net from the clamped data, the parameters
// of now and the noise of the last Learn. Predictions that the loss does not need have
// none. Otherwise it is [Session.Probe].
func (s *BackpropSession) Probe(name string) (Probe, error) {
	return s.probes.read(s.plan, name, s.moduleInputs)
}

// Probe computes a probe at the activities that the current errors make; the
// activities of the session stay as they are. Otherwise it is [Session.Probe].
func (e *ErrorCoordinates) Probe(name string) (Probe, error) {
	return e.probes.read(e.plan, name, e.moduleInputs)
}

// probes are the programs that read the probes of a session.
type probes map[string]*probeProgram

type probeProgram struct {
	program
	tensor *tensor.Dense // holds the value, unless the node is a scalar
	scalar float64
}

// read computes the probe of a name in a plan. inputs lists what the plan may read.
func (r *probes) read(p *plan, name string, inputs func() []Input) (Probe, error) {
	i := slices.IndexFunc(p.probes, func(u probeUse) bool { return u.name == name })
	if i < 0 {
		return Probe{}, p.net.noProbe(name)
	}
	u := p.probes[i]
	out := Probe{Name: name, Shape: slices.Clone([]int(u.node.Shape()))}
	if u.node.Op() == nil { // the layer has named a leaf, which is not computed
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

// noProbe is the error for a name that a session does not have.
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

// copyOf is a vector of its own with the numbers of v.
func copyOf(v relax.Vector) relax.Vector {
	c := v.MakeLike()
	c.CopyFrom(v)
	return c
}

// vector is one number of the precision.
func (p Precision) vector(x float64) relax.Vector {
	if p == Float32 {
		return relax.Float32([]float32{float32(x)})
	}
	return relax.Float64([]float64{x})
}
