package main

import (
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"io"

	"github.com/chewxy/hm"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// distance is an operation that Gorgonia does not have: the squared distance of
// every row of x from every row of c,
//
//	out[n][k] = Σ_d (x[n][d] − c[k][d])²        x: (n, d)   c: (k, d)
//
// The zero value computes that. The derivatives in x and in c are operations of
// their own, on the inputs x, c and the gradient that arrives, g: (n, k).
type distance struct{ derivative byte } // 0, 'x' or 'c'

// The methods that Gorgonia wants of every operation.

func (o distance) Arity() int {
	if o.derivative == 0 {
		return 2
	}
	return 3
}

// Type is a → a → a: matrices of one kind of number.
func (o distance) Type() hm.Type {
	matrix := gorgonia.TensorType{Dims: 2, Of: hm.TypeVariable('a')}
	types := make([]hm.Type, o.Arity()+1)
	for i := range types {
		types[i] = matrix
	}
	return hm.NewFnType(types...)
}

func (o distance) InferShape(in ...gorgonia.DimSizer) (tensor.Shape, error) {
	x, c := in[0].(tensor.Shape), in[1].(tensor.Shape)
	if x[1] != c[1] {
		return nil, fmt.Errorf("distance: centres of %d numbers, got points of %d; want as many", c[1], x[1])
	}
	switch o.derivative {
	case 'x':
		return x.Clone(), nil
	case 'c':
		return c.Clone(), nil
	}
	return tensor.Shape{x[0], c[0]}, nil
}

func (o distance) ReturnsPtr() bool      { return false }
func (o distance) CallsExtern() bool     { return false }
func (o distance) OverwritesInput() int  { return -1 }
func (o distance) String() string        { return "distance" + string(o.derivative) }
func (o distance) WriteHash(h hash.Hash) { _, _ = io.WriteString(h, o.String()) }
func (o distance) DiffWRT(inputs int) []bool {
	return []bool{o.derivative == 0, o.derivative == 0, false}[:inputs]
}

// Hashcode has to tell apart operations that differ.
func (o distance) Hashcode() uint32 {
	h := fnv.New32a()
	o.WriteHash(h)
	return h.Sum32()
}

// SymDiff returns the derivatives as nodes of the graph.
func (o distance) SymDiff(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	dx, err := gorgonia.ApplyOp(distance{'x'}, in[0], in[1], grad)
	if err != nil {
		return nil, err
	}
	dc, err := gorgonia.ApplyOp(distance{'c'}, in[0], in[1], grad)
	return gorgonia.Nodes{dx, dc}, err
}

// Do computes the operation. Networks are of float32 unless they are asked to be
// of float64, as a gradient check does.
func (o distance) Do(in ...gorgonia.Value) (gorgonia.Value, error) {
	switch in[0].Data().(type) {
	case []float32:
		return compute[float32](o, in)
	case []float64:
		return compute[float64](o, in)
	}
	return nil, errors.New("distance: want matrices of float32 or float64")
}

func compute[T float32 | float64](o distance, in []gorgonia.Value) (gorgonia.Value, error) {
	x, c := in[0].Data().([]T), in[1].Data().([]T)
	n, k, d := in[0].Shape()[0], in[1].Shape()[0], in[0].Shape()[1]
	shape, err := o.InferShape(in[0].Shape(), in[1].Shape())
	if err != nil {
		return nil, err
	}
	out := make([]T, shape.TotalSize())
	for i := range n {
		for j := range k {
			for l := range d {
				e := x[i*d+l] - c[j*d+l]
				switch o.derivative {
				case 'x':
					out[i*d+l] += 2 * e * in[2].Data().([]T)[i*k+j]
				case 'c':
					out[j*d+l] -= 2 * e * in[2].Data().([]T)[i*k+j]
				default:
					out[i*k+j] += e * e
				}
			}
		}
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(out)), nil
}
