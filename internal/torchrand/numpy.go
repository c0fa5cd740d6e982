package torchrand

// RandomState is NumPy's generator of that name, the one behind np.random.
type RandomState struct{ words twister }

// NewRandomState returns the generator after np.random.seed(seed).
func NewRandomState(seed uint32) *RandomState { return &RandomState{newTwister(seed)} }

// Float64 draws what random_sample() returns: a number in [0, 1) of 53 bits, 27 from one
// word and 26 from the next.
func (s *RandomState) Float64() float64 {
	high, low := s.words.uint32()>>5, s.words.uint32()>>6
	return (float64(high)*(1<<26) + float64(low)) / (1 << 53)
}

// Choice draws what choice(len(p), p=p) returns: the first index at which the cumulated
// probabilities, divided by their sum, are above a number from [0, 1).
func (s *RandomState) Choice(p ...float64) int {
	cumulated, sum := make([]float64, len(p)), 0.0
	for i, v := range p {
		sum += v
		cumulated[i] = sum
	}
	u := s.Float64()
	for i, v := range cumulated {
		if u < v/sum {
			return i
		}
	}
	return len(p) - 1
}
