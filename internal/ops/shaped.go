package ops

import (
	"hash"
	"hash/fnv"
	"io"
	"math"
	"slices"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// shaped is embedded by operations whose inputs and outputs have different shapes.
type shaped struct {
	self operation // the embedding operation
	name string    // with every parameter: Gorgonia identifies operations by it
	axes []int     // number of axes of each input, then of the output
}

func (o *shaped) Arity() int           { return len(o.axes) - 1 }
func (o *shaped) ReturnsPtr() bool     { return false }
func (o *shaped) CallsExtern() bool    { return false }
func (o *shaped) OverwritesInput() int { return -1 }
func (o *shaped) String() string       { return "prospect." + o.name }

// WriteHash writes the operation's name. The error of a hash is always nil.
func (o *shaped) WriteHash(h hash.Hash) { _, _ = io.WriteString(h, o.String()) }

func (o *shaped) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// Type is the type of a function from tensors with the inputs' axes to one with the
// output's.
func (o *shaped) Type() hm.Type {
	a := hm.TypeVariable('a')
	ts := make([]hm.Type, len(o.axes))
	for i, n := range o.axes {
		ts[i] = a
		if n > 0 {
			ts[i] = gorgonia.TensorType{Dims: n, Of: a}
		}
	}
	return hm.NewFnType(ts...)
}

// DiffWRT reports that the operation is differentiable in every input.
func (o *shaped) DiffWRT(inputs int) []bool { return slices.Repeat([]bool{true}, inputs) }

func (o *shaped) base() *shaped { return o }

// operation is an operation with a shape rule and a loop over float64 values.
type operation interface {
	gorgonia.Op
	base() *shaped
	// shape returns the shape of the output, or an error if the inputs are invalid.
	shape(in []tensor.Shape) (tensor.Shape, error)
	// compute writes the output, initially zero, from the inputs, all row-major.
	compute(dst []float64, out tensor.Shape, src [][]float64, in []tensor.Shape) error
}

// apply adds an operation to the graph of its inputs.
func apply(o operation, name string, in ...*gorgonia.Node) (*gorgonia.Node, error) {
	b := o.base()
	b.self, b.name = o, name
	shapes := make([]tensor.Shape, len(in))
	for i, n := range in {
		shapes[i] = n.Shape()
	}
	out, err := o.shape(shapes)
	if err != nil {
		return nil, errors.WithMessagef(err, "ops: %s", name)
	}
	for _, s := range append(shapes, out) {
		b.axes = append(b.axes, s.Dims())
	}
	n, err := gorgonia.ApplyOp(o, in...)
	return n, errors.Wrapf(err, "ops: %s", name)
}

// InferShape returns the shape of the output.
func (o *shaped) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	shapes := make([]tensor.Shape, len(in))
	for i, d := range in {
		s, ok := d.(tensor.Shape)
		if !ok {
			return nil, errors.Errorf("ops: %s: input %d has no shape", o.name, i)
		}
		shapes[i] = s
	}
	out, err := o.self.shape(shapes)
	return out, errors.WithMessagef(err, "ops: %s", o.name)
}

// Do computes in float64 and rounds once. A panic becomes an error: Gorgonia's machine
// runs operations in another goroutine, where a panic ends the process.
func (o *shaped) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, errors.Errorf("ops: %s: panicked: %v", o.name, r)
		}
	}()
	shapes := make([]tensor.Shape, len(in))
	src := make([][]float64, len(in))
	var dt tensor.Dtype
	for i, v := range in {
		d, err := contiguous(v)
		if err != nil {
			return nil, errors.WithMessage(err, o.name)
		}
		if i > 0 && d.Dtype() != dt {
			return nil, errors.Errorf("ops: %s: type of input %d, got %v, want %v", o.name, i, d.Dtype(), dt)
		}
		dt, shapes[i] = d.Dtype(), d.Shape()
		switch data := d.Data().(type) {
		case []float64:
			src[i] = data
		case []float32:
			src[i] = make([]float64, len(data))
			load(src[i], data, 0)
		default:
			return nil, errors.Errorf("ops: %s: input %d, got %v of %v, want float32 or float64 with axes", o.name, i, d.Shape(), d.Dtype())
		}
	}
	shape, err := o.self.shape(shapes)
	if err != nil {
		return nil, errors.WithMessagef(err, "ops: %s", o.name)
	}
	dst := make([]float64, shape.TotalSize())
	if err := o.self.compute(dst, shape, src, shapes); err != nil {
		return nil, errors.WithMessagef(err, "ops: %s", o.name)
	}
	if dt == tensor.Float64 {
		return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(dst)), nil
	}
	rounded := make([]float32, len(dst))
	for i, v := range dst {
		rounded[i] = float32(v)
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(rounded)), nil
}

// want checks the number of inputs and of the axes of each; −1 means at least one and
// −2 at least two.
func want(in []tensor.Shape, axes ...int) error {
	if len(in) != len(axes) {
		return errors.Errorf("number of inputs, got %d, want %d", len(in), len(axes))
	}
	for i, n := range axes {
		if got := in[i].Dims(); n >= 0 && got != n || got < -n {
			return errors.Errorf("input %d, got shape %v, want %d axes", i, in[i], int(math.Abs(float64(n))))
		}
	}
	return nil
}

// same checks that an input has the required shape.
func same(what string, got, want tensor.Shape) error {
	if slices.Equal(got, want) {
		return nil
	}
	return errors.Errorf("shape of %s, got %v, want %v", what, got, want)
}

// size is the product of axes.
func size(axes []int) int {
	n := 1
	for _, d := range axes {
		n *= d
	}
	return n
}
