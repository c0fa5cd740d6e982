package graph

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// partial clamps some units of a free node.
type partial struct {
	units []int        // indices into the node's batch
	data  relax.Vector // their values, in the same order
}

// ClampUnits clamps the units of a free node that known marks, and leaves its other
// units free: half of an image is given, the rest is to be filled in. known has one
// entry per unit of the node, for all samples alike, or one per unit of each sample.
// data is (batch, size); its values at unknown units are ignored; at known units they
// must be in the node's domains, as for [Session.Clamp]. A nil known frees every unit.
//
// Known units do not move and have no gradient, so a convergence test looks only at the
// unknown ones. The energy is unchanged: errors of known and unknown units count, and
// the unknown units settle where their errors balance the errors of the nodes they
// predict. If the node predicts nothing, they settle at their own prediction, with zero
// energy.
//
// [Session.Initialize] starts unknown units at their prediction. During that pass, a
// node predicted from this one may read the predicted units in place of the known ones,
// unless this node has no prediction.
func (s *Session) ClampUnits(node string, data []float32, known []bool) error {
	i, err := s.nodeIndex(node)
	if err != nil {
		return err
	}
	x := s.x[i]
	size := x.Len() / s.plan.batch
	switch {
	case s.grads[i] == nil:
		return errors.Errorf("graph: node %q: is not free in this session, so its units cannot be clamped one by one; leave it out of Roles", node)
	case known == nil:
		delete(s.partly, i)
		return nil
	case len(known) != size && len(known) != x.Len():
		return errors.Errorf("graph: node %q: known units, got %d entries, want %d = shape %v, or %d for a batch of %d",
			node, len(known), size, s.net.decl.Nodes[i].Shape, x.Len(), s.plan.batch)
	case len(data) != x.Len():
		return errors.Errorf("graph: node %q: data, got %d numbers, want %d = batch %d × shape %v", node, len(data), x.Len(), s.plan.batch, s.net.decl.Nodes[i].Shape)
	}
	p := &partial{}
	var values []float32
	for j, v := range data {
		if known[j%len(known)] {
			p.units, values = append(p.units, j), append(values, v)
		}
	}
	if k := relax.Float32(values).FirstNonFinite(); k >= 0 {
		return errors.Errorf("graph: node %q: data of sample %d, unit %d, got %v, want a finite number; mark the unit unknown", node, p.units[k]/size, p.units[k]%size, values[k])
	}
	at := func(k int) int { return p.units[k] }
	if err := s.net.checkUnits(i, relax.Float32(values), at, x.Len()); err != nil {
		return err
	}
	p.data = x.Slice(0, len(values)).MakeLike()
	p.data.ConvertFrom(relax.Float32(values))
	if s.partly == nil {
		s.partly = map[int]*partial{}
	}
	s.partly[i] = p
	s.holdUnits()
	return nil
}

// holdUnits restores the data of the known units of free nodes.
func (s *Session) holdUnits() {
	for i, p := range s.partly {
		if x, data := s.x[i].Float32(), p.data.Float32(); x != nil {
			for j, u := range p.units {
				x[u] = data[j]
			}
			continue
		}
		x, data := s.x[i].Float64(), p.data.Float64()
		for j, u := range p.units {
			x[u] = data[j]
		}
	}
}

// stopUnits zeroes the gradient of the known units of free nodes.
func (s *Session) stopUnits() {
	for i, p := range s.partly {
		g := vector(s.grads[i])
		for _, u := range p.units {
			g.Set(u, 0)
		}
	}
}
