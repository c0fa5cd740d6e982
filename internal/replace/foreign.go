package replace

import (
	"hash"
	"hash/fnv"
	"io"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// foreign keeps an operation of ours, and wraps one of the user's.
func (p *Pass) foreign(n node, operands, in []node) (node, error) {
	switch n.Op().(type) {
	case *guarded, *differentiable:
		return rebuilt(n, operands, in)
	}
	if ops.IsOwn(n.Op()) {
		return rebuilt(n, operands, in)
	}
	var op gorgonia.Op = &guarded{n.Op()}
	if d, ok := n.Op().(gorgonia.SDOp); ok {
		op = &differentiable{guarded{d}, d}
	}
	out, err := gorgonia.ApplyOp(op, in...)
	return out, errors.Wrapf(err, "operation %v", n.Op())
}

// guarded is an operation of the user's that cannot end the process: Gorgonia's
// machine runs operations in a goroutine of its own, where a panic would.
type guarded struct{ gorgonia.Op }

// differentiable is such an operation with a derivative.
type differentiable struct {
	guarded
	of gorgonia.SDOp
}

// Do runs the operation and turns a panic into an error.
func (g *guarded) Do(in ...gorgonia.Value) (out gorgonia.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, errors.Errorf("operation %v panicked: %v", g.Op, r)
		}
	}()
	if out, err = g.Op.Do(in...); err == nil && out == nil {
		err = errors.Errorf("operation %v returned no value", g.Op)
	}
	return out, err
}

// OverwritesInput is −1: there is no in-place form.
func (g *guarded) OverwritesInput() int { return -1 }

// WriteHash differs from that of the operation itself, by which Gorgonia would take
// the two for one.
func (g *guarded) WriteHash(h hash.Hash) {
	_, _ = io.WriteString(h, "guarded ")
	g.Op.WriteHash(h)
}

// Hashcode is that of WriteHash.
func (g *guarded) Hashcode() uint32 {
	h := fnv.New32a()
	g.WriteHash(h)
	return h.Sum32()
}

// DiffWRT is the operation's.
func (d *differentiable) DiffWRT(inputs int) []bool { return d.of.DiffWRT(inputs) }

// SymDiff is the operation's.
func (d *differentiable) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return d.of.SymDiff(in, out, grad)
}

var (
	_ gorgonia.Op   = (*guarded)(nil)
	_ gorgonia.SDOp = (*differentiable)(nil)
)
