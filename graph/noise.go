package graph

import (
	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
)

// NoiseSpec is what a layer asks for when it needs random numbers, such as the
// mask of a dropout.
type NoiseSpec struct {
	// Name is unique within the layer.
	Name string
	// Shape of the whole, the batch axis included if there is one.
	Shape []int
	// Draw fills it in training.
	Draw Initializer
	// Rest is what every number is in evaluation.
	Rest float64
}

// noiseUse is noise in a plan.
type noiseUse struct {
	NoiseSpec
	local string // name that predictions do not share
	node  *gorgonia.Node
}

// Noise returns an input that is drawn anew for every update in training, and
// holds Rest in evaluation: see [Roles.Training]. A [Session] draws when it is
// initialised, so the numbers stay as they are while activities relax and
// parameters learn; a [BackpropSession] draws at every Learn. The source is split
// off the network's seed by name and by the number of the update, so a resumed
// run draws the same. Asking twice for one name in one prediction returns the
// same node.
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
