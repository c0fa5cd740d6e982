package torchrand

import "math"

// RandomState is NumPy's generator of that name, the one behind np.random.
type RandomState struct {
	words   twister
	kept    float64 // a normal number for the next call
	hasKept bool
}

// NewRandomState returns the generator after np.random.seed(seed).
func NewRandomState(seed uint32) *RandomState { return &RandomState{words: newTwister(seed)} }

// Float64 draws what random_sample() returns: a number in [0, 1) of 53 bits, 27 from one
// word and 26 from the next. choice([a, b], p=[p, 1-p]) is a if that number is below p.
func (s *RandomState) Float64() float64 {
	high, low := s.words.uint32()>>5, s.words.uint32()>>6
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}

// Normal draws what standard_normal() returns, by the polar method of Marsaglia: of a
// point (u, v) in the unit circle, v·√(−2 ln r²/r²), and the same of u for the next call.
func (s *RandomState) Normal() float64 {
	if s.hasKept {
		s.hasKept = false
		return s.kept
	}
	for {
		u, v := 2*s.Float64()-1, 2*s.Float64()-1
		r2 := u*u + v*v
		if r2 >= 1 || r2 == 0 {
			continue
		}
		scale := math.Sqrt(-2 * math.Log(r2) / r2)
		s.kept, s.hasKept = scale*u, true
		return scale * v
	}
}
