package torchrand

// Parameters of MT19937.
const (
	twisterSize  = 624
	twisterShift = 397
)

// twister is the Mersenne twister MT19937.
type twister struct {
	state [twisterSize]uint32
	next  int
}

// newTwister starts a twister from 32 bits by the multiplier of Knuth, which both PyTorch
// and NumPy do.
func newTwister(seed uint32) twister {
	t := twister{next: twisterSize}
	t.state[0] = seed
	for i := 1; i < twisterSize; i++ {
		previous := t.state[i-1]
		t.state[i] = 1812433253*(previous^previous>>30) + uint32(i)
	}
	return t
}

// uint32 draws the next word.
func (t *twister) uint32() uint32 {
	if t.next == twisterSize {
		t.twist()
	}
	x := t.state[t.next]
	t.next++
	x ^= x >> 11
	x ^= x << 7 & 0x9d2c5680
	x ^= x << 15 & 0xefc60000
	return x ^ x>>18
}

// twist makes the next 624 words.
func (t *twister) twist() {
	for i := range t.state {
		x := t.state[i]&0x80000000 | t.state[(i+1)%twisterSize]&0x7fffffff
		mixed := x >> 1
		if x&1 != 0 {
			mixed ^= 0x9908b0df
		}
		t.state[i] = t.state[(i+twisterShift)%twisterSize] ^ mixed
	}
	t.next = 0
}
