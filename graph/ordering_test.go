package graph

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The order agrees with the definition for every network.
func TestFeedforwardOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, clamped := drawNetwork(t)
		order, held := n.feedforwardOrder(clamped)
		wantOrder, wantHeld := orderByDefinition(n, clamped)
		if !slices.Equal(order, wantOrder) || !slices.Equal(held, wantHeld) {
			t.Fatalf("predictions %v, clamped %v: got %v, held %v, want %v, held %v", n.decl.Predictions, clamped, order, held, wantOrder, wantHeld)
		}
	})
}

func drawNetwork(t *rapid.T) (*Network, []bool) {
	n := &Network{index: map[string]int{}}
	size := rapid.IntRange(1, 9).Draw(t, "nodes")
	clamped := make([]bool, size)
	for i := range size {
		name := fmt.Sprint("n", i)
		n.decl.Nodes, n.index[name] = append(n.decl.Nodes, Node{Name: name}), i
		clamped[i] = rapid.IntRange(0, 4).Draw(t, "clamped") == 0
	}
	name := rapid.Custom(func(t *rapid.T) string { return n.decl.Nodes[rapid.IntRange(0, size-1).Draw(t, "node")].Name })
	for range rapid.IntRange(1, 14).Draw(t, "predictions") {
		n.decl.Predictions = append(n.decl.Predictions, Prediction{
			Of: name.Draw(t, "of"), From: rapid.SliceOfN(name, 1, 3).Draw(t, "from"),
		})
	}
	return n, clamped
}

// orderByDefinition takes, again and again, the first declared node that is ready
// or, where none is, the first declared one that everything leading to it is led
// to by.
func orderByDefinition(n *Network, clamped []bool) (order []stage, held []int) {
	done, isHeld := slices.Clone(clamped), make([]bool, len(clamped))
	predictions := func(i int) (out []int) {
		for k, p := range n.decl.Predictions {
			if n.index[p.Of] == i {
				out = append(out, k)
			}
		}
		return out
	}
	for i := range done {
		if len(predictions(i)) == 0 && !done[i] {
			done[i], isHeld[i] = true, true
		}
	}
	ready := func(k int) bool {
		return !slices.ContainsFunc(n.decl.Predictions[k].From, func(from string) bool { return !done[n.index[from]] })
	}
	pick := func() (stage, bool) {
		for i := range done {
			if ks := predictions(i); !done[i] {
				if j := slices.IndexFunc(ks, ready); j >= 0 {
					return stage{i, ks[j]}, true
				}
			}
		}
		leads := n.leadsByDefinition(done)
		for i := range done {
			if !done[i] && leads[i][i] && !slices.ContainsFunc(n.decl.Nodes, func(d Node) bool {
				j := n.index[d.Name]
				return leads[j][i] && !leads[i][j]
			}) {
				return stage{i, predictions(i)[0]}, true
			}
		}
		return stage{}, false
	}
	for next, ok := pick(); ok; next, ok = pick() {
		for _, from := range n.decl.Predictions[next.prediction].From {
			isHeld[n.index[from]] = isHeld[n.index[from]] || !done[n.index[from]]
		}
		order, done[next.node] = append(order, next), true
	}
	for i, h := range isHeld {
		if h {
			held = append(held, i)
		}
	}
	return order, held
}

// leadsByDefinition says of nodes that are not done which leads to which.
func (n *Network) leadsByDefinition(done []bool) [][]bool {
	leads := make([][]bool, len(done))
	for i := range leads {
		leads[i] = make([]bool, len(done))
	}
	for range done { // longer and longer ways
		for _, p := range n.decl.Predictions {
			for _, name := range p.From {
				of, from := n.index[p.Of], n.index[name]
				if done[of] || done[from] {
					continue
				}
				leads[from][of] = true
				for i := range leads {
					leads[i][of] = leads[i][of] || leads[i][from]
				}
			}
		}
	}
	return leads
}
