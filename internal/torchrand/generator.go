package torchrand

import "math"

// Generator is a torch.Generator on the CPU. It is not safe for concurrent use.
type Generator struct {
	words twister
	// kept is the second of a pair of normal numbers, which the next call takes.
	kept    float64
	hasKept bool
}

// New returns the generator after manual_seed(seed). Only the lower 32 bits of a seed
// count.
func New(seed uint64) *Generator { return &Generator{words: newTwister(uint32(seed))} }

// uint64 draws two words, the higher first.
func (g *Generator) uint64() uint64 {
	high := uint64(g.words.uint32())
	return high<<32 | uint64(g.words.uint32())
}

// Clone returns a generator that draws what this one would draw next.
func (g *Generator) Clone() *Generator {
	clone := *g
	return &clone
}

// int63 draws what random_() writes into an int64: a number in [0, 2⁶³).
func (g *Generator) int63() uint64 { return g.uint64() % (1 << 63) }

// uniform32 draws from [0, 1), 24 bits of one word.
func (g *Generator) uniform32() float32 { return float32(g.words.uint32()&(1<<24-1)) / (1 << 24) }

// uniform64 draws from [0, 1), 53 bits of two words.
func (g *Generator) uniform64() float64 { return float64(g.uint64()&(1<<53-1)) / (1 << 53) }

// Uniform fills dst as uniform_(low, high) does on a processor with fused multiply-add:
// u·(high−low) + low is rounded once.
func (g *Generator) Uniform(dst []float32, low, high float64) {
	from, to := float32(low), float32(high)
	for i := range dst {
		dst[i] = float32(float64(g.uniform32())*float64(to-from) + float64(from))
	}
}

// group is the number of values that PyTorch's normal numbers come in, if there are that
// many.
const group = 16

// Normal fills dst as normal_(mean, std) does, which draws fewer than 16 numbers one by
// one, and others in groups of 16.
func (g *Generator) Normal(dst []float32, mean, std float64) {
	if len(dst) < group {
		for i := range dst {
			dst[i] = float32(g.normal()*std + mean)
		}
		return
	}
	for i := range dst {
		dst[i] = g.uniform32()
	}
	for i := 0; i+group <= len(dst); i += group {
		boxMuller(dst[i:i+group], mean, std)
	}
	if len(dst)%group != 0 { // the last 16 anew, some of them a second time
		tail := dst[len(dst)-group:]
		for i := range tail {
			tail[i] = g.uniform32()
		}
		boxMuller(tail, mean, std)
	}
}

// normal draws one number from N(0, 1), or takes the one that was kept.
//
//	r = √(−2 ln(1−v)), θ = 2πu: r cos θ, and r sin θ for the next call
func (g *Generator) normal() float64 {
	if g.hasKept {
		g.hasKept = false
		return g.kept
	}
	u, v := g.uniform64(), g.uniform64()
	r := math.Sqrt(-2 * math.Log1p(-v))
	sin, cos := math.Sincos(2 * math.Pi * u)
	g.kept, g.hasKept = r*sin, true
	return r * cos
}

// boxMuller turns 16 uniform numbers into normal ones: the first eight are the radii, the
// others the angles.
//
//	r = √(−2 ln(1−uᵢ)), θ = 2πuᵢ₊₈: xᵢ = r cos θ, xᵢ₊₈ = r sin θ
func boxMuller(x []float32, mean, std float64) {
	const half = group / 2
	for i := range half {
		r := math.Sqrt(-2 * math.Log(float64(1-x[i])))
		sin, cos := math.Sincos(2 * math.Pi * float64(x[i+half]))
		x[i], x[i+half] = float32(r*cos*std+mean), float32(r*sin*std+mean)
	}
}

// Permutation draws what randperm(n) returns, for n below 2³²/20.
func (g *Generator) Permutation(n int) []int {
	p := make([]int, n)
	for i := range p {
		p[i] = i
	}
	for i := range max(0, n-1) {
		j := i + int(g.words.uint32()%uint32(n-i))
		p[i], p[j] = p[j], p[i]
	}
	return p
}

// Sampler draws the seed of the sampler of a DataLoader with shuffle=True, when an epoch
// begins: the loader draws a seed for its workers first. A generator of the sampler's
// seed then draws the Permutation in which the samples come.
func (g *Generator) Sampler() uint64 {
	g.int63()
	return g.int63()
}
