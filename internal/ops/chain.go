package ops

import (
	"gorgonia.org/gorgonia"
)

// Chain builds expressions and keeps the first error; after an error, every call
// returns nil and does nothing.
type Chain struct {
	// Err is the first error.
	Err error
}

// Do takes the results of a call that builds a node.
func (c *Chain) Do(n *gorgonia.Node, err error) *gorgonia.Node {
	if c.Err == nil {
		c.Err = err
	}
	return n
}

// Do1 applies a function of one node.
func (c *Chain) Do1(f func(*gorgonia.Node) (*gorgonia.Node, error), a *gorgonia.Node) *gorgonia.Node {
	if c.Err != nil {
		return nil
	}
	return c.Do(f(a))
}

// Do2 applies a function of two nodes.
func (c *Chain) Do2(f func(a, b *gorgonia.Node) (*gorgonia.Node, error), a, b *gorgonia.Node) *gorgonia.Node {
	if c.Err != nil {
		return nil
	}
	return c.Do(f(a, b))
}

// Add is a + b.
func (c *Chain) Add(a, b *gorgonia.Node) *gorgonia.Node { return c.Do2(gorgonia.Add, a, b) }

// Sub is a − b.
func (c *Chain) Sub(a, b *gorgonia.Node) *gorgonia.Node { return c.Do2(gorgonia.Sub, a, b) }

// Mul is Gorgonia's product: of matrices, or of a scalar and a tensor.
func (c *Chain) Mul(a, b *gorgonia.Node) *gorgonia.Node { return c.Do2(gorgonia.Mul, a, b) }

// Hadamard is the element-wise product.
func (c *Chain) Hadamard(a, b *gorgonia.Node) *gorgonia.Node {
	return c.Do2(gorgonia.HadamardProd, a, b)
}

// Sum is the sum of all elements.
func (c *Chain) Sum(a *gorgonia.Node) *gorgonia.Node {
	if c.Err != nil {
		return nil
	}
	return c.Do(gorgonia.Sum(a))
}

// Reshape changes the shape.
func (c *Chain) Reshape(a *gorgonia.Node, shape ...int) *gorgonia.Node {
	if c.Err != nil {
		return nil
	}
	return c.Do(ApplyReshape(a, shape...))
}

// Softplus is log(1+eᶻ).
func (c *Chain) Softplus(z *gorgonia.Node) *gorgonia.Node { return c.Elementwise(Softplus, 0, z) }

// Elementwise applies a function of internal/ops with parameter p.
func (c *Chain) Elementwise(f Function, p float64, x *gorgonia.Node) *gorgonia.Node {
	if c.Err != nil {
		return nil
	}
	return c.Do(Apply(f, p, x))
}
