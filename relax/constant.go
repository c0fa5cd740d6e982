package relax

// Constant takes every step with the same size:
//
//	γ_t = Size
type Constant struct {
	// Size is γ, per unit of ∂E/∂x; it does not depend on the batch size, since
	// each sample has its own gradient. Zero is an error: there is no default,
	// 0.1 is the paper's.
	Size float64 `json:"size"`
}

// Start returns Size.
func (c Constant) Start() float64 { return c.Size }

// Next returns the size unchanged.
func (c Constant) Next(taken Taken) float64 { return taken.Size }

// Validate returns an error unless Size is positive and finite.
func (c Constant) Validate() error { return checkSize("constant: Size", c.Size) }
