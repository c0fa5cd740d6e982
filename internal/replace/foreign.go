package replace

import (
	"hash"
	"hash/fnv"
	"io"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"

	"github.com/seed-be841da4/prospect/internal/ops"
)

// foreign keeps Prospect's operations and wraps the user's.
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

// guarded is a user's operation that cannot end the process: Gorgonia's machine runs
// operations in another goroutine, where a panic would.
type guarded struct{ gorgonia.Op }

// differentiable is a guarded operation with a derivative.
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

// WriteHash writes a hash that differs from the wrapped operation's, so that Gorgonia
// does not identify the two.
func (g *guarded) WriteHash(h hash.Hash) {
	_, _ = io.WriteString(h, "guarded ")
	g.Op.WriteHash(h)
}

// Hashcode returns the hash of WriteHash.
func (g *guarded) Hashcode() uint32 {
	h := fnv.New32a()
	g.WriteHash(h)
	return h.Sum32()
}

// DiffWRT delegates to the operation.
func (d *differentiable) DiffWRT(inputs int) []bool { return d.of.DiffWRT(inputs) }

// SymDiff delegates to the operation.
func (d *differentiable) SymDiff(in gorgonia.Nodes, out, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	return d.of.SymDiff(in, out, grad)
}

var (
	_ gorgonia.Op   = (*guarded)(nil)
	_ gorgonia.SDOp = (*differentiable)(nil)
)
