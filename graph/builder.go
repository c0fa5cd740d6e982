package graph

import (
	"strconv"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// Builder is the context in which a layer or an energy builds: it knows the batch size
// and the precision, and provides parameters as Gorgonia nodes. A Builder is valid only
// during the call of Build that received it.
type Builder struct {
	plan  *plan
	root  string // prediction or prior that owns the parameters
	scope string // prefix of parameter names: root and the names appended by Sub
	local string // prefix of constant names, not shared between predictions
	owner string // prediction or node being built, for messages

	prediction int  // the prediction being built, −1 for a prior
	layer      bool // whether its layer is built, rather than its energy
}

// ofLayer returns the Builder of the prediction's layer.
func (b *Builder) ofLayer() *Builder {
	c := *b
	c.layer = true
	return &c
}

// Batch is the number of samples: the first axis of every activity.
func (b *Builder) Batch() int { return b.plan.batch }

// Dtype is the network's precision as a Gorgonia type.
func (b *Builder) Dtype() tensor.Dtype { return b.plan.net.settings.Precision.Dtype() }

// Graph is the expression graph under construction.
func (b *Builder) Graph() *gorgonia.ExprGraph { return b.plan.g }

// Sub returns a Builder whose parameters are named below name, so that a composite
// layer gives each of its layers a separate name space.
func (b *Builder) Sub(name string) *Builder {
	c := *b
	c.scope += "/" + name
	c.local += "/" + name
	return &c
}

// SubIndex is [Builder.Sub] with an index as the name.
func (b *Builder) SubIndex(i int) *Builder { return b.Sub(strconv.Itoa(i)) }

// Shared returns a Builder whose parameters belong to the whole network under a name:
// every layer that asks through it gets the same ones, in any prediction.
func (b *Builder) Shared(name string) *Builder {
	c := *b
	c.root, c.scope = "shared "+name, name
	c.local += "/" + name
	return &c
}

// Constant returns a scalar constant of the network's precision.
func (b *Builder) Constant(v float64) *gorgonia.Node {
	if b.Dtype() == tensor.Float64 {
		return gorgonia.NewConstant(v)
	}
	return gorgonia.NewConstant(float32(v))
}

// ConstantTensor returns an input that always holds the given values, row-major, such
// as a mask or a fixed precision. Use it instead of Gorgonia's tensor constants, which
// are identified by their printed form, and that is abbreviated. Asking twice for one
// name in one prediction returns the same node.
func (b *Builder) ConstantTensor(name string, shape Shape, values []float64) (*gorgonia.Node, error) {
	if err := shape.check(); err != nil {
		return nil, errors.WithMessagef(err, "constant %q", name)
	}
	if len(values) != shape.Size() {
		return nil, errors.Errorf("constant %q: got %d numbers, want %d for shape %v", name, len(values), shape.Size(), shape)
	}
	full := "c:" + b.local + "/" + name
	if n, ok := b.plan.asked[full]; ok {
		return n, nil
	}
	t := tensor.New(tensor.Of(b.Dtype()), tensor.WithShape(shape...))
	vector(t).ConvertFrom(relax.Float64(values))
	n := b.plan.input(full, shape)
	b.plan.asked[full] = n
	b.plan.constants = append(b.plan.constants, Input{Node: n, Kind: ConstantInput, Tensor: t})
	return n, nil
}

// Param returns the node of a parameter, creating and initialising it the first time.
// Asking twice for one name in one prediction returns the same node, and predictions
// that share parameters get the same node too. It is an error to ask again with another
// shape.
func (b *Builder) Param(spec ParamSpec) (*gorgonia.Node, error) {
	if spec.Name == "" {
		return nil, errors.New("parameter without a name; set ParamSpec.Name")
	}
	p, err := b.plan.net.param(asker{b.root, b.owner, b.prediction}, b.scope+"/"+spec.Name, spec)
	if err != nil {
		return nil, err
	}
	note(b.plan.net.users, p, b.prediction)
	return b.plan.paramNode(p)
}

// Activity returns the activity of a node of the network by its name, for
// energies that read another node: a mask, or a precision given as data. A layer can
// read a data node so, and names other nodes in [Prediction.From].
func (b *Builder) Activity(name string) (*gorgonia.Node, error) {
	i, ok := b.plan.net.index[name]
	if !ok {
		return nil, errors.Errorf("reads node %q, which is not declared; the nodes are %s", name, b.plan.net.nodeNames())
	}
	if b.layer {
		if !b.plan.net.decl.Nodes[i].Data {
			return nil, errors.Errorf("reads node %q by its name, want a data node; set its Data, or name it in Prediction.From, as an input of the layer", name)
		}
		note(b.plan.net.layerReads, b.prediction, i)
	}
	note(b.plan.net.reads, b.prediction, i)
	n := b.plan.acts[i]
	if n == nil {
		return nil, errors.Errorf("reads node %q before it is computed; in a feedforward pass it must come first", name)
	}
	return n, nil
}

// SquaredError returns ½Σ(x−μ)², the energy of a Gaussian of unit precision, which is
// the default energy of a prediction.
func SquaredError(b *Builder, x, mu *gorgonia.Node) (*gorgonia.Node, error) {
	e, err := gorgonia.Sub(x, mu)
	if err != nil {
		return nil, errors.Wrap(err, "graph: prediction error x−μ")
	}
	return HalfSquare(b, e)
}

// HalfSquare returns ½Σe², the energy of an error e of unit precision.
func HalfSquare(b *Builder, e *gorgonia.Node) (*gorgonia.Node, error) {
	sq, err := gorgonia.Square(e)
	if err != nil {
		return nil, errors.Wrap(err, "graph: squared prediction error")
	}
	sum, err := gorgonia.Sum(sq)
	if err != nil {
		return nil, errors.Wrap(err, "graph: sum of squared prediction errors")
	}
	half, err := gorgonia.Mul(b.Constant(0.5), sum)
	return half, errors.Wrap(err, "graph: squared-error energy")
}
