package torchrand

import "math"

// Default fills weights as nn.Linear and nn.Conv2d do when they are made: from
// U(−1/√n, 1/√n), where n inputs reach an output.
func (g *Generator) Default(weights []float32, fanIn int) {
	bound := math.Sqrt(3) * (math.Sqrt(2.0/6) / math.Sqrt(float64(fanIn)))
	g.Uniform(weights, -bound, bound)
}

// XavierUniform fills weights as nn.init.xavier_uniform_ does: from U(−a, a) with
// a = gain·√(6/(fanIn+fanOut)).
func (g *Generator) XavierUniform(weights []float32, fanIn, fanOut int, gain float64) {
	a := math.Sqrt(3) * xavier(fanIn, fanOut, gain)
	g.Uniform(weights, -a, a)
}

// XavierNormal fills weights as nn.init.xavier_normal_ does: from N(0, σ²) with
// σ = gain·√(2/(fanIn+fanOut)).
func (g *Generator) XavierNormal(weights []float32, fanIn, fanOut int, gain float64) {
	g.Normal(weights, 0, xavier(fanIn, fanOut, gain))
}

func xavier(fanIn, fanOut int, gain float64) float64 {
	return gain * math.Sqrt(2/float64(fanIn+fanOut))
}
