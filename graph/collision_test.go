package graph_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// colliding returns the names of two nodes of one unit that Gorgonia's 32-bit hash
// does not tell apart in the first build of a plan of that batch size, but does in
// others.
func colliding(t *testing.T, batch int) (string, string) {
	t.Helper()
	leaf := func(name string) *gorgonia.Node {
		return gorgonia.NewTensor(gorgonia.NewGraph(), tensor.Float64, 2, gorgonia.WithShape(batch, 1), gorgonia.WithName(name))
	}
	n := leaf("")
	before := fmt.Sprint(n.Type()) + fmt.Sprint(n.Shape())
	hash := func(salt, name string) uint32 {
		h := fnv.New32a()
		fmt.Fprint(h, before, salt, ":x:", name, "\x00")
		return h.Sum32()
	}
	seen := map[uint32]string{}
	r := rand.New(rand.NewPCG(1, 1))
	for range 1_000_000 {
		name := strconv.FormatUint(r.Uint64(), 36)
		h := hash("1", name)
		if other, ok := seen[h]; ok && hash("0", name) != hash("0", other) && hash("2", name) != hash("2", other) {
			if leaf("1:x:"+name).Hashcode() != leaf("1:x:"+other).Hashcode() {
				t.Fatal("Gorgonia's hash of a leaf is another than here; write the new one")
			}
			return other, name
		}
		seen[h] = name
	}
	t.Fatal("no collision among a million names")
	return "", ""
}

// Two nodes whose hashes collide in one build stay two.
func TestHashCollision(t *testing.T) {
	const batch = 4
	a, b := colliding(t, batch)
	one := graph.Shape{1}
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: a, Shape: one}, {Name: b, Shape: one}, {Name: "c", Shape: one}, {Name: "d", Shape: one}},
		Predictions: []graph.Prediction{
			{Of: "c", From: []string{a}, Layer: layers.Tanh{}},
			{Of: "d", From: []string{b}, Layer: layers.Tanh{}},
		},
	}, graph.Settings{Precision: graph.Float64})
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(batch, graph.Roles{Clamped: []string{a, b, "c", "d"}})
	if err != nil {
		t.Fatal(err)
	}
	for node, v := range map[string]float64{a: 0.5, b: -1, "c": 0, "d": 0} {
		if err := s.ClampFloat64(node, []float64{v, v, v, v}); err != nil {
			t.Fatal(err)
		}
	}
	energies := make([]float64, 2)
	if _, err := s.Evaluate(energies); err != nil {
		t.Fatal(err)
	}
	for i, x := range []float64{0.5, -1} {
		if want := batch * 0.5 * math.Tanh(x) * math.Tanh(x); math.Abs(energies[i]-want) > 1e-12 {
			t.Errorf("energy of %q: got %v, want %v", s.Terms()[i], energies[i], want)
		}
	}
}
