package graph

import (
	"reflect"
	"unsafe"

	"gorgonia.org/gorgonia"
)

// index speeds up the building of one Gorgonia graph. Gorgonia finds a node that it
// has just added by searching all of them for its id, so that building costs the
// square of their number. It remembers places that it found, in the map byID; ids
// are the places in the order of adding, so what it would find can be written
// there before it looks.
type index struct {
	g      *gorgonia.ExprGraph
	places map[int64]int // Gorgonia's own; nil if it has none
	known  int           // ids below are in places
}

// newIndex returns the index of a graph that was just made. The field is not
// exported: should another version of Gorgonia not have it, building is slower and
// gives the same.
func newIndex(g *gorgonia.ExprGraph) *index {
	x := &index{g: g}
	f := reflect.ValueOf(g).Elem().FieldByName("byID")
	if f.IsValid() && f.Type() == reflect.TypeFor[map[int64]int]() {
		x.places = *(*map[int64]int)(unsafe.Pointer(f.UnsafeAddr()))
	}
	return x
}

// room is how many nodes are expected to be added at a time.
const room = 1 << 10

// grow writes down the places of all nodes and of those to come, at least some more
// than there are. Gorgonia checks that a place exists before it uses it.
func (x *index) grow(more int) {
	if x.places == nil {
		return
	}
	for want := len(x.g.AllNodes()) + more; x.known < want+room; x.known++ {
		x.places[int64(x.known)] = x.known
	}
}

// settle forgets the places where no node is, and all of them if they are no
// longer the ids, which they are unless a node was removed.
func (x *index) settle() {
	if x.places == nil {
		return
	}
	all := x.g.AllNodes()
	for i, n := range all {
		if n.ID() != int64(i) {
			clear(x.places)
			x.known = 0
			return
		}
	}
	for ; x.known > len(all); x.known-- {
		delete(x.places, int64(x.known-1))
	}
}
