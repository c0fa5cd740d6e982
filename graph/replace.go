package graph

import (
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/replace"
)

// newPass prepares the replacement of operations in this plan.
func (p *plan) newPass() *replace.Pass {
	return replace.New(p.g, p.checkLeaf, p.constantInput)
}

// checkLeaf refuses a leaf that a layer made itself: it would be neither trained nor
// saved, and no engine would give it a value.
func (p *plan) checkLeaf(n *gorgonia.Node) error {
	if p.inputs[n] {
		return nil
	}
	name := n.Name()
	switch {
	case strings.HasSuffix(name, "_γ") || strings.HasSuffix(name, "_β"):
		return errors.Errorf("leaf %q was not asked for from the Builder; gorgonia.BatchNorm makes it: use layers.BatchNorm", plain(name))
	case n.IsScalar():
		return errors.Errorf("leaf %q was not asked for from the Builder; use b.Constant for a number, b.Param or b.ConstantTensor", name)
	}
	return errors.Errorf("leaf %q of shape %v was not asked for from the Builder; use b.Param, which is trained and saved, or b.ConstantTensor", name, n.Shape())
}

// plain strips the additions of inputName.
func plain(name string) string {
	_, rest, ok := strings.Cut(name, ":")
	if !ok {
		return name
	}
	return rest
}

// constantInput returns an input that always holds the values, for package replace.
func (p *plan) constantInput(shape tensor.Shape, values []float64) (*gorgonia.Node, error) {
	b := p.builder("", "replaced", "")
	return b.ConstantTensor(strconv.Itoa(len(p.constants)), Shape(shape), values)
}

// guard calls user code and replaces the operations of its result; see package replace.
// It turns nil results and panics into errors that say what was being built.
func (p *plan) guard(owner string, build func() (*gorgonia.Node, error)) (*gorgonia.Node, error) {
	return guard(owner, func() (*gorgonia.Node, error) {
		out, err := build()
		if err != nil || out == nil {
			return out, replace.Hint(err)
		}
		if out, err = p.pass.Node(out); err != nil {
			return nil, err
		}
		if err := p.replaceBuffers(); err != nil {
			return nil, err
		}
		return out, p.replaceProbes()
	})
}

// replaceBuffers replaces the operations of the batch's values of buffers.
func (p *plan) replaceBuffers() error {
	for i := range p.buffers {
		u := &p.buffers[i]
		if u.Batch == nil {
			continue
		}
		batch, err := p.pass.Node(u.Batch)
		if err != nil {
			return errors.WithMessagef(err, "buffer %q", u.Name)
		}
		if u.node == u.Batch {
			u.node = batch
		}
		u.Batch = batch
	}
	return nil
}

// replaceProbes replaces the operations of the probes.
func (p *plan) replaceProbes() error {
	for i := range p.probes {
		u := &p.probes[i]
		if u.node != nil {
			continue
		}
		var err error
		if u.node, err = p.pass.Node(u.named); err != nil {
			return errors.WithMessagef(err, "probe %q", u.name)
		}
	}
	return nil
}

// replaceGradients replaces the operations added by differentiation: derivatives of
// user operations may contain any.
func (p *plan) replaceGradients() error {
	p.pass.Differentiated = true
	for _, grads := range []gorgonia.Nodes{p.dActs, p.dParams} {
		for i, g := range grads {
			if g == nil {
				continue
			}
			var err error
			if grads[i], err = p.pass.Node(g); err != nil {
				return errors.WithMessage(err, "graph: network: derivative of the energy")
			}
		}
	}
	return nil
}

// checkStatements refuses gorgonia.Read and Set, which no engine runs, and
// differentiation within a layer: Gorgonia would return its result in place of ours.
func (p *plan) checkStatements() error {
	for _, n := range p.g.AllNodes() {
		if n.Deriv() != nil {
			return errors.New("graph: network: a layer or an energy calls gorgonia.Grad; a network is differentiated once, as a whole: write the derivative out")
		}
		if err := replace.Statement(n); err != nil {
			return errors.WithMessage(err, "graph: network")
		}
	}
	return nil
}
