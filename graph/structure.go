package graph

import (
	"encoding/binary"
	"fmt"
	"hash"
	"hash/fnv"
)

// structure is a 64-bit hash of the edges of the graph, independent of names and
// shapes. It is the same for two builds of one network in which the same nodes were
// merged.
func (p *plan) structure() uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, p.clamped, p.free, p.errors, p.samples, p.training, p.order)
	for _, n := range p.g.AllNodes() {
		operands := children(p.g, n)
		writeInt(h, len(operands))
		for _, x := range operands {
			writeInt(h, int(x.ID()))
		}
	}
	return h.Sum64()
}

func writeInt(h hash.Hash, n int) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	_, _ = h.Write(b[:]) // a hash never fails
}
