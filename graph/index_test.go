package graph

import (
	"testing"

	"gorgonia.org/gorgonia"
)

// Gorgonia finds every node where the index says, and what it looks for in vain it
// does not find.
func TestIndex(t *testing.T) {
	g := gorgonia.NewGraph()
	x := newIndex(g)
	if x.places == nil {
		t.Fatal("this version of Gorgonia has no field byID of type map[int64]int: building is quadratic again; see docs/adr/0024")
	}
	x.grow(0)
	sum := gorgonia.NewScalar(g, gorgonia.Float64, gorgonia.WithName("x"))
	for range 3 * room { // some beyond what was grown
		sum = gorgonia.Must(gorgonia.Add(sum, sum))
	}
	for range 2 {
		for i, n := range g.AllNodes() {
			if g.Node(int64(i)) != n || n.ID() != int64(i) {
				t.Fatalf("node %d: got %v, want %v", i, g.Node(int64(i)), n)
			}
		}
		if id := int64(len(g.AllNodes())); g.Has(id) {
			t.Errorf("node %d: there is none, yet Gorgonia has it", id)
		}
		x.settle()
	}
	g.RemoveNode(g.AllNodes()[7])
	x.settle()
	for _, n := range g.AllNodes() {
		if got := g.Node(n.ID()); got != n {
			t.Fatalf("after a removal node %d: got %v, want %v", n.ID(), got, n)
		}
	}
}
