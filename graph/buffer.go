package graph

import (
	"strconv"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// Buffer is state of a network that no optimizer trains: the running mean of a batch
// normalisation. Checkpoints save it beside the parameters, and one Buffer serves every
// batch size. After writing into Value, call [Network.ParamsChanged] before the next
// run.
type Buffer struct {
	// Name is unique among the buffers and parameters of the network: "h1/mean".
	Name string
	// Value holds the buffer, row-major, of the network's precision.
	Value *tensor.Dense
}

// Values returns a view of Value, of either precision.
func (b *Buffer) Values() relax.Vector { return vector(b.Value) }

// BufferSpec is a layer's request for a buffer.
type BufferSpec struct {
	// Name is unique within the layer, among its parameters too.
	Name string
	// Shape of the buffer, at least one axis.
	Shape Shape
	// Init draws the initial value. Nil means all zeros.
	Init Initializer
	// Batch is the value of the same quantity in the current batch, a node of that
	// shape. Nil means that the buffer does not follow the batches: every session reads
	// its value.
	Batch *gorgonia.Node
	// Momentum is the step of the buffer towards the batch's value at an update,
	//
	//	buffer ← (1 − Momentum)·buffer + Momentum·Correction·batch
	//
	// from 0 to 1.
	Momentum float64
	// Correction scales the batch's value, for example to correct the bias of a
	// variance. Zero means 1.
	Correction float64
	// Mean is the number of values whose mean Batch is, over samples and places, given
	// the other buffers that it reads. A batch in parts, see [Part], has the mean of
	// their values. Zero means that Batch is something else; then batches are whole.
	Mean int
	// Unbiased makes Correction Mean/(Mean − 1), with the Mean of the whole batch.
	Unbiased bool
}

// correction is the factor of the batch's value in a batch that is scale times as large.
func (s BufferSpec) correction(scale float64) float64 {
	if n := float64(s.Mean) * scale; s.Unbiased && n > 1 {
		return n / (n - 1)
	}
	if s.Correction == 0 {
		return 1
	}
	return s.Correction
}

// param is the buffer's spec as a parameter.
func (s BufferSpec) param() ParamSpec {
	return ParamSpec{Name: s.Name, Shape: s.Shape, Init: s.Init}
}

func (s BufferSpec) check() error {
	if s.Batch == nil {
		return nil
	}
	if got := s.Batch.Shape(); !Shape(got).Equal(s.Shape) {
		return errors.Errorf("buffer %q: shape of the batch's value, got %v, want %v", s.Name, got, s.Shape)
	}
	if s.Mean < 0 || s.Unbiased && s.Mean < 2 {
		return errors.Errorf("buffer %q: Mean, got %d, want the number of values that the batch's value is the mean of, at least 2 for an Unbiased one, or 0 for none", s.Name, s.Mean)
	}
	if !(s.Momentum >= 0 && s.Momentum <= 1) {
		return errors.Errorf("buffer %q: momentum, got %v, want a number from 0 to 1", s.Name, s.Momentum)
	}
	return nil
}

// Buffers returns all buffers, in the order in which the predictions ask for
// them. The slice belongs to the network.
func (n *Network) Buffers() []*Buffer { return n.buffers }

// Buffer returns the buffer of that name.
func (n *Network) Buffer(name string) (*Buffer, error) {
	if i, ok := n.byBuffer[name]; ok {
		return n.buffers[i], nil
	}
	names := ""
	for i, b := range n.buffers {
		if i > 0 {
			names += ", "
		}
		names += strconv.Quote(b.Name)
	}
	return nil, errors.Errorf("graph: buffer %q: not found; the buffers are %s", name, names)
}

// buffer returns the index of the buffer of a full name, creating it, without values,
// while the network is being declared.
func (n *Network) buffer(by asker, name string, spec BufferSpec) (int, error) {
	if i, ok := n.byBuffer[name]; ok {
		if s := n.bufferSpecs[i]; s.root != by.root || !s.Shape.Equal(spec.Shape) {
			return 0, errors.Errorf("buffer %q: got shape %v in %q, want %v in %q as before; rename one of the two", name, spec.Shape, by.root, s.Shape, s.root)
		}
		return i, nil
	}
	if _, ok := n.byName[name]; ok {
		return 0, errors.Errorf("buffer %q: a parameter has the same name; rename one of the two", name)
	}
	if n.declared {
		return 0, errors.Errorf("buffer %q: asked for after the network was declared; a layer must ask for the same buffers at every batch size", name)
	}
	if err := spec.Shape.check(); err != nil {
		return 0, errors.WithMessagef(err, "buffer %q", name)
	}
	spec.Batch = nil // a node of a graph that may be dropped
	n.byBuffer[name] = len(n.buffers)
	n.buffers, n.bufferSpecs = append(n.buffers, &Buffer{Name: name}), append(n.bufferSpecs, bufferSpec{spec, by})
	return len(n.buffers) - 1, nil
}

// fillBuffer makes buffer i and draws its value.
func (n *Network) fillBuffer(i int) error {
	b, spec := n.buffers[i], n.bufferSpecs[i]
	values, err := n.first(spec.asker, "buffer", b.Name, spec.param())
	if err != nil {
		return err
	}
	b.Value = tensor.New(tensor.Of(n.settings.Precision.Dtype()), tensor.WithShape(spec.Shape...))
	vector(b.Value).ConvertFrom(relax.Float64(values))
	return nil
}

// bufferSpec is a request for a buffer and the prediction that owns it.
type bufferSpec struct {
	BufferSpec
	asker
}

// bufferUse is a buffer in a plan.
type bufferUse struct {
	BufferSpec
	local      string // name, not shared between predictions
	prediction int    // whose layer asked, −1 for a prior
	buffer     *Buffer
	// node is the node that the layer reads: an input, or Batch itself where the loss
	// is differentiated through it.
	node *gorgonia.Node
}

// Buffer returns the node of a buffer, creating it the first time. Its value depends on
// the session. In evaluation it is the buffer. In training it is the value of
// spec.Batch, if set: a [Session] computes it in the feedforward pass and keeps it
// constant while activities relax and parameters learn, so that the energy is one
// function throughout and a sample's gradient comes from its own errors alone; a
// [BackpropSession], which has no other pass, differentiates through it, as every other
// framework does. The buffer moves towards the batch's value at the first Learn after
// each feedforward pass.
//
// Asking twice for one name in one prediction returns the same node.
func (b *Builder) Buffer(spec BufferSpec) (*gorgonia.Node, error) {
	if spec.Name == "" {
		return nil, errors.New("buffer without a name; set BufferSpec.Name")
	}
	if err := spec.check(); err != nil {
		return nil, err
	}
	p, local := b.plan, b.local+"/"+spec.Name
	if n, ok := p.asked["b:"+local]; ok {
		return n, nil
	}
	i, err := p.net.buffer(asker{b.root, b.owner, b.prediction}, b.scope+"/"+spec.Name, spec)
	if err != nil {
		return nil, err
	}
	u := bufferUse{BufferSpec: spec, local: local, prediction: b.prediction, buffer: p.net.buffers[i], node: spec.Batch}
	if spec.Batch == nil || !p.training {
		u.node = p.input("b:"+local, spec.Shape)
	}
	p.buffers = append(p.buffers, u)
	p.buffersOf[u.prediction] = append(p.buffersOf[u.prediction], u)
	p.asked["b:"+local] = u.node
	return u.node, nil
}
