package ops

import (
	"hash"
	"hash/fnv"
	"io"

	"github.com/chewxy/hm"
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// sameShape is embedded by operations whose inputs and output have one type and one
// shape, and that overwrite nothing.
type sameShape struct {
	name  string
	arity int
}

func (o sameShape) Arity() int           { return o.arity }
func (o sameShape) ReturnsPtr() bool     { return false }
func (o sameShape) CallsExtern() bool    { return false }
func (o sameShape) OverwritesInput() int { return -1 }
func (o sameShape) String() string       { return "prospect." + o.name }

// WriteHash writes the operation's name. The error of a hash is always nil.
func (o sameShape) WriteHash(h hash.Hash) { _, _ = io.WriteString(h, o.String()) }

func (o sameShape) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// Type is a → a → … → a.
func (o sameShape) Type() hm.Type {
	a := hm.TypeVariable('a')
	ts := make([]hm.Type, o.arity+1)
	for i := range ts {
		ts[i] = a
	}
	return hm.NewFnType(ts...)
}

// InferShape returns the shape of the first input and rejects inputs of different
// shapes.
func (o sameShape) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	if len(in) != o.arity {
		return nil, errors.Errorf("ops: %s: number of inputs, got %d, want %d", o.name, len(in), o.arity)
	}
	var first tensor.Shape
	for i, d := range in {
		s, ok := d.(tensor.Shape)
		if !ok {
			return nil, errors.Errorf("ops: %s: input %d has no shape", o.name, i)
		}
		if i == 0 {
			first = s.Clone()
			continue
		}
		if !first.Eq(s) {
			return nil, errors.Errorf("ops: %s: shape of input %d, got %v, want %v", o.name, i, s, first)
		}
	}
	return first, nil
}

// contiguous returns v as a row-major dense tensor without views, copying only if
// necessary.
func contiguous(v gorgonia.Value) (*tensor.Dense, error) {
	d, ok := v.(*tensor.Dense)
	if !ok {
		return nil, errors.Errorf("ops: input, got %T, want a dense tensor", v)
	}
	if d.RequiresIterator() || d.DataOrder().IsColMajor() {
		m, ok := d.Materialize().(*tensor.Dense)
		if !ok || m.RequiresIterator() || m.DataOrder().IsColMajor() {
			return nil, errors.Errorf("ops: input of shape %v is a view that cannot be laid out row by row", d.Shape())
		}
		return m, nil
	}
	return d, nil
}

// like returns a new zeroed tensor of the shape and type of d.
func like(d *tensor.Dense) *tensor.Dense {
	return tensor.New(tensor.Of(d.Dtype()), tensor.WithShape(d.Shape().Clone()...))
}

// IsOwn reports whether op is an operation of this package.
func IsOwn(op gorgonia.Op) bool {
	o, ok := op.(interface{ own() bool })
	return ok && o.own()
}

func (o sameShape) own() bool { return true }
func (o *shaped) own() bool   { return true }
