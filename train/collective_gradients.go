package train

import (
	"math/bits"
	"slices"
	"unsafe"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

// addGradients adds up the gradients over the processes, by recursive halving and
// doubling: at step k two ranks that differ in bit k exchange one half each of what they
// have, and add, so that in the end each of the P ranks has the sum of a P-th of the
// numbers, along the tree of [collective]; then the parts go back the same way. That
// sends 2·(1 − 1/P) times the gradients. All processes have just met, and none has
// failed.
func (c *collective) addGradients(params []*graph.Param) error {
	if c.size() == 1 {
		return nil
	}
	for _, p := range params {
		if err := c.addTensor(p.Grad); err != nil {
			c.failed = true
			return errors.WithMessagef(err, "train: group: gradient of %s", p.Name)
		}
	}
	return nil
}

func (c *collective) addTensor(t *tensor.Dense) error {
	if t.Dtype() == tensor.Float32 {
		return addSlice(c, t.Float32s())
	}
	return addSlice(c, t.Float64s())
}

func addSlice[T float32 | float64](c *collective, x []T) error {
	if len(x) < spread || c.size() == 2 {
		return addWhole(c, x)
	}
	lo, hi := 0, len(x)
	steps := bits.Len(uint(c.size())) - 1
	var bounds [64][2]int
	for k := range steps {
		bit, middle := 1<<k, lo+(hi-lo)/2
		bounds[k] = [2]int{lo, hi}
		keepLo, keepHi, giveLo, giveHi := lo, middle, middle, hi
		if c.rank()&bit != 0 {
			keepLo, keepHi, giveLo, giveHi = middle, hi, lo, middle
		}
		if err := swap(c, c.rank()^bit, x[giveLo:giveHi], x[keepLo:keepHi], true); err != nil {
			return err
		}
		lo, hi = keepLo, keepHi
	}
	for k := steps - 1; k >= 0; k-- {
		outerLo, outerHi := bounds[k][0], bounds[k][1]
		otherLo, otherHi := outerLo, lo
		if lo == outerLo {
			otherLo, otherHi = hi, outerHi
		}
		if err := swap(c, c.rank()^(1<<k), x[lo:hi], x[otherLo:otherHi], false); err != nil {
			return err
		}
		lo, hi = outerLo, outerHi
	}
	return nil
}

// addWhole is addSlice by recursive doubling, with fewer messages.
func addWhole[T float32 | float64](c *collective, x []T) error {
	for bit := 1; bit < c.size(); bit <<= 1 {
		if err := swap(c, c.rank()^bit, x, x, true); err != nil {
			return err
		}
	}
	return nil
}

// swap sends the numbers of give to a peer and receives as many as there are in take,
// which they replace, or are added to. give and take may be the same where they are
// added.
func swap[T float32 | float64](c *collective, peer int, give, take []T, adds bool) error {
	var zero T
	room := maxMessage / int(unsafe.Sizeof(zero))
	for len(give) > 0 || len(take) > 0 {
		g, t := give[:min(room, len(give))], take[:min(room, len(take))]
		send, receive := bytesOf(g), bytesOf(t)
		if adds || bigEndian {
			receive = c.receive[:len(receive)]
		}
		if bigEndian {
			send = c.send[:copy(c.send, send)]
			reverse(send, int(unsafe.Sizeof(zero)))
		}
		n, err := c.group.Exchange(peer, send, receive)
		if err != nil {
			return errors.WithMessagef(err, "rank %d with rank %d", c.rank(), peer)
		}
		if n != len(receive) {
			return errors.Errorf("rank %d: got %d bytes of rank %d, want %d; run the same program with the same settings on all", c.rank(), n, peer, len(receive))
		}
		if bigEndian {
			reverse(receive, int(unsafe.Sizeof(zero)))
		}
		if adds {
			for i, v := range numbersOf[T](receive) {
				t[i] += v
			}
		} else if bigEndian {
			copy(t, numbersOf[T](receive))
		}
		give, take = give[len(g):], take[len(t):]
	}
	return nil
}

// reverse reverses the bytes of every number of that many.
func reverse(m []byte, width int) {
	for i := 0; i < len(m); i += width {
		slices.Reverse(m[i : i+width])
	}
}

// bytesOf returns the memory of numbers.
func bytesOf[T float32 | float64](x []T) []byte {
	var zero T
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), len(x)*int(unsafe.Sizeof(zero)))
}

// numbersOf returns memory as numbers.
func numbersOf[T float32 | float64](m []byte) []T {
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(m))), len(m)/int(unsafe.Sizeof(zero)))
}
