package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// NoiseSpec is a layer's request for random values, such as the mask of a dropout.
type NoiseSpec struct {
	// Name is unique within the layer.
	Name string
	// Shape of the value, including the batch axis if it has one.
	Shape []int
	// Draw fills it in training.
	Draw Initializer
	// Rest is the value of every element in evaluation.
	Rest float64
}

// noiseUse is noise in a plan.
type noiseUse struct {
	NoiseSpec
	local string // name, not shared between predictions
	node  *gorgonia.Node
}

// Noise returns an input that is drawn for every update in training and holds Rest in
// evaluation: see [Roles.Training]. A [Session] draws when it is initialised, so the
// values stay constant while activities relax and parameters learn; a [BackpropSession]
// draws at every Learn. The random source is derived from the network's seed, the name
// and the index of the update, so a resumed run draws the same. Asking twice for one
// name in one prediction returns the same node.
func (b *Builder) Noise(spec NoiseSpec) (*gorgonia.Node, error) {
	if spec.Name == "" || spec.Draw == nil {
		return nil, errors.Errorf("noise %q: name or Draw is missing; set both in NoiseSpec", spec.Name)
	}
	p, local := b.plan, b.local+"/"+spec.Name
	if n, ok := p.asked["n:"+local]; ok {
		return n, nil
	}
	if err := Shape(spec.Shape).check(); err != nil {
		return nil, errors.WithMessagef(err, "noise %q", spec.Name)
	}
	u := noiseUse{spec, local, p.input("n:"+local, spec.Shape)}
	p.noise = append(p.noise, u)
	p.asked["n:"+local] = u.node
	return u.node, nil
}
