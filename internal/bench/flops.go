package bench

// stepFLOPs counts the products of one relaxation step: forward and backward through
// every prediction but the first, which is constant. Convolutions count as direct
// convolutions, whichever algorithm computes them.
func (c Case) stepFLOPs() float64 { return 2 * c.forward(1) }

// forward counts the products of the predictions from index from on.
func (c Case) forward(from int) float64 {
	n := 0.0
	for _, f := range c.FLOPs[from:] {
		n += float64(c.Batch) * f
	}
	return n
}

// updateFLOPs counts the products of one update: relaxation, forward and weight
// gradients; for backprop also the backward pass.
func (c Case) updateFLOPs(rule string) float64 {
	all, rest := c.forward(0), c.forward(1)
	if rule == "bp" {
		return all + rest + all
	}
	// The feedforward pass; the steps; at the final state, forward again except for the
	// first prediction, and the gradient of every weight.
	return all + float64(c.Steps)*c.stepFLOPs() + rest + all
}
