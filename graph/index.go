package graph

import (
	"reflect"
	"unsafe"

	"gorgonia.org/gorgonia"
)

// index speeds up the building of one Gorgonia graph. Gorgonia finds a newly added node
// by a linear search for its id, so that building takes quadratic time. It caches the
// positions it found in the map byID; ids are positions in order of addition, so they
// can be entered into the map before Gorgonia searches.
type index struct {
	g      *gorgonia.ExprGraph
	places map[int64]int // Gorgonia's map; nil if it has none
	known  int           // ids below are in places
}

// newIndex returns the index of a new graph. The field is unexported: if another
// version of Gorgonia lacks it, building is slower with the same result.
func newIndex(g *gorgonia.ExprGraph) *index {
	x := &index{g: g}
	f := reflect.ValueOf(g).Elem().FieldByName("byID")
	if f.IsValid() && f.Type() == reflect.TypeFor[map[int64]int]() {
		x.places = *(*map[int64]int)(unsafe.Pointer(f.UnsafeAddr()))
	}
	return x
}

// room is the number of nodes entered ahead at a time.
const room = 1 << 10

// grow enters the positions of all nodes and of at least more nodes to come. Gorgonia
// checks that a position exists before using it.
func (x *index) grow(more int) {
	if x.places == nil {
		return
	}
	for want := len(x.g.AllNodes()) + more; x.known < want+room; x.known++ {
		x.places[int64(x.known)] = x.known
	}
}

// settle removes the positions without a node, or all of them if a node was removed,
// since positions are then no longer ids.
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
