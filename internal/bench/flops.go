package bench

// Products counts the floating-point operations of the products of a prediction, per
// sample, a multiply-add as two. Convolutions count as direct convolutions, whichever
// algorithm computes them, and masked attention as if nothing were masked.
type Products struct {
	// Weights are products of activities with weights.
	Weights float64
	// Inner are those of Weights whose activities come from inside the prediction, so
	// that the gradients of the weights before need the way back through them.
	Inner float64
	// Activities are products of two activities, as in attention.
	Activities float64
}

// dense counts a matrix applied to rows of a sample.
func dense(rows, in, out int) Products { return Products{Weights: 2 * float64(rows*in*out)} }

// forward counts the prediction.
func (p Products) forward() float64 { return p.Weights + p.Activities }

// back counts the gradient in the activities that the prediction is made from.
func (p Products) back() float64 { return p.Weights + 2*p.Activities }

// learn counts the gradient in the weights, where the gradient in the prediction is
// known.
func (p Products) learn() float64 { return p.Weights + p.Inner + 2*p.Activities }

// sum adds up the operations of a batch in the predictions from index from on.
func (c Case) sum(from int, of func(Products) float64) float64 {
	n := 0.0
	for _, p := range c.Products[from:] {
		n += float64(c.Batch) * of(p)
	}
	return n
}

// stepFLOPs counts the products of one relaxation step: forward and backward through
// every prediction but the first, which is constant.
func (c Case) stepFLOPs() float64 { return c.sum(1, Products.forward) + c.sum(1, Products.back) }

// updateFLOPs counts the products of one update. With backprop: forward, and back from
// the output to every weight. Otherwise: the feedforward pass, the steps, and at the
// final state forward again except for the first prediction, and the gradients of the
// weights.
func (c Case) updateFLOPs(rule string) float64 {
	all := c.sum(0, Products.forward)
	if rule == "bp" {
		return all + c.sum(1, Products.back) + c.sum(0, func(p Products) float64 { return p.Weights }) +
			float64(c.Batch)*c.Products[0].Inner
	}
	return all + float64(c.Steps)*c.stepFLOPs() + c.sum(1, Products.forward) + c.sum(0, Products.learn)
}
