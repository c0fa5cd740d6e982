package graph

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// AtZero is an [Energy] or a [Prior] that is not 0 for a unit whose activity and
// prediction are both 0, and says what it is there, or why that is not a number. What is
// left out by a [Node]'s Mask has both, and others are taken to be 0 there.
type AtZero interface {
	AtZero() (float64, error)
}

// checkMask returns an error for a mask that is not one.
func (d *Declaration) checkMask(n Node, index map[string]int) error {
	if n.Mask == "" {
		return nil
	}
	i, ok := index[n.Mask]
	switch {
	case !ok:
		return errors.Errorf("graph: node %q: Mask, got %q, which is not declared; the nodes are %s", n.Name, n.Mask, d.nodeNames())
	case n.Data:
		return errors.Errorf("graph: node %q: Mask, got %q for a data node, which has no energy; leave it out", n.Name, n.Mask)
	}
	m := d.Nodes[i]
	if !m.Data {
		return errors.Errorf("graph: node %q: Mask, got %q, want a data node; set its Data", n.Name, n.Mask)
	}
	if len(m.Shape) > len(n.Shape) || !slices.Equal(m.Shape, n.Shape[:len(m.Shape)]) {
		return errors.Errorf("graph: node %q: Mask %q: shape, got %v, want %v or its first axes", n.Name, n.Mask, m.Shape, n.Shape)
	}
	return nil
}

// maskedTerm builds an energy of node i from nodes of its shape, each of which is 0 where
// the node is masked.
func (p *plan) maskedTerm(b *Builder, i int, energy any, in []*gorgonia.Node, build func(in ...*gorgonia.Node) (*gorgonia.Node, error)) (*gorgonia.Node, error) {
	d := p.net.decl.Nodes[i]
	if d.Mask == "" {
		return build(in...)
	}
	mask, err := b.Activity(d.Mask)
	if err != nil {
		return nil, err
	}
	if err := b.Expect(mask, Domain{Max: 1, Whole: true, Remedy: "a mask is 1 where there are data and 0 where there is padding"}); err != nil {
		return nil, err
	}
	masked := make([]*gorgonia.Node, len(in))
	for k, x := range in {
		if masked[k], err = maskedBy(mask, x); err != nil {
			return nil, err
		}
	}
	e, err := build(masked...)
	if err != nil {
		return nil, err
	}
	zero, ok := energy.(AtZero)
	if !ok {
		return e, nil
	}
	unit, err := zero.AtZero()
	if err != nil || unit == 0 {
		return e, err
	}
	// E − unit·(units of all positions − units of those that are real)
	size := float64(d.Shape.Size()) / float64(Shape(mask.Shape()[1:]).Size())
	real, err := gorgonia.Sum(mask)
	if err != nil {
		return nil, errors.Wrap(err, "graph: mask: positions")
	}
	if real, err = gorgonia.Mul(b.Constant(unit*size), real); err != nil {
		return nil, errors.Wrap(err, "graph: mask: positions")
	}
	padded, err := gorgonia.Sub(b.Constant(unit*size*float64(mask.Shape().TotalSize())), real)
	if err != nil {
		return nil, errors.Wrap(err, "graph: mask: padding")
	}
	e, err = gorgonia.Sub(e, padded)
	return e, errors.Wrap(err, "graph: mask: energy without padding")
}

// maskedBy returns x times a mask of its first axes.
//
//	x: (batch, P, ...)   mask: (batch, P)
func maskedBy(mask, x *gorgonia.Node) (*gorgonia.Node, error) {
	shape := slices.Clone(x.Shape())
	if mask.Shape().Eq(shape) {
		y, err := gorgonia.HadamardProd(x, mask)
		return y, errors.Wrap(err, "graph: mask")
	}
	rows := mask.Shape().TotalSize()
	flat, err := gorgonia.Reshape(x, []int{rows, shape.TotalSize() / rows})
	if err != nil {
		return nil, errors.Wrap(err, "graph: mask")
	}
	column, err := gorgonia.Reshape(mask, []int{rows, 1})
	if err != nil {
		return nil, errors.Wrap(err, "graph: mask")
	}
	y, err := gorgonia.BroadcastHadamardProd(flat, column, nil, []byte{1})
	if err != nil {
		return nil, errors.Wrap(err, "graph: mask")
	}
	y, err = gorgonia.Reshape(y, shape)
	return y, errors.Wrap(err, "graph: mask")
}
