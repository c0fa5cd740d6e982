package torchrand

// RandomState is NumPy's generator of that name, the one behind np.random.
type RandomState struct{ words twister }

// NewRandomState returns the generator after np.random.seed(seed).
func NewRandomState(seed uint32) *RandomState { return &RandomState{newTwister(seed)} }

// Float64 draws what random_sample() returns: a number in [0, 1) of 53 bits, 27 from one
// word and 26 from the next. choice([a, b], p=[p, 1-p]) is a if that number is below p.
func (s *RandomState) Float64() float64 {
	high, low := s.words.uint32()>>5, s.words.uint32()>>6
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}
