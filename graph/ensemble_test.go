package graph_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/relax"
)

// ensembleRun is a session of one network and what happens to every member.
type ensembleRun struct {
	net     *graph.Network
	roles   graph.Roles
	batch   int
	members int
	seed    uint64
}

const ensembleSteps = 3

// start gives the network the parameters of a member.
func (e ensembleRun) start(member int) error { return e.net.Reinitialize(e.seed + uint64(member)) }

// data of a clamped node of a member: every value is possible for every energy.
func (e ensembleRun) data(node graph.Node, member int) []float64 {
	rng := rand.New(rand.NewPCG(e.seed, uint64(member)<<8+uint64(node.Shape.Size())))
	out := make([]float64, e.batch*node.Shape.Size())
	width := node.Shape[len(node.Shape)-1]
	for i := range out {
		if node.Name[0] != 'q' { // compared by its probabilities
			out[i] = float64(float32(rng.NormFloat64()))
		} else if i%width == member%width {
			out[i] = 1
		}
	}
	return out
}

// step is the size of step t of a member.
func (e ensembleRun) step(member, t int) float64 { return 0.01 * float64(1+(member+t)%5) }

// trace is what is compared: the energies, the activities after the last step, and the
// gradients of the parameters there.
type trace struct {
	energies []float64
	numbers  []float64
}

// alone runs a member alone.
func (e ensembleRun) alone(t require, member int) trace {
	t.ok(e.start(member))
	s, err := e.net.Session(e.batch, e.roles)
	t.ok(err)
	for _, name := range e.roles.Clamped {
		node, err := e.net.Node(name)
		t.ok(err)
		t.ok(s.ClampFloat64(name, e.data(node, member)))
	}
	t.ok(s.Initialize(graph.Start{}, nil))
	var out trace
	energies := make([]float64, len(s.Terms()))
	for k := range ensembleSteps {
		total, err := s.Descend(e.step(member, k), energies)
		t.ok(err)
		out.energies = append(out.energies, total)
	}
	total, err := s.Learn(energies)
	if !relaxed(err) {
		t.ok(err)
	}
	out.energies = append(out.energies, total)
	for _, a := range s.Activities() {
		out.numbers = a.X.AppendTo(out.numbers)
	}
	for _, p := range e.net.Params() {
		out.numbers = p.Grads().AppendTo(out.numbers)
	}
	return out
}

// relaxed reports whether an error, if any, says that a number is not finite.
func relaxed(err error) bool {
	return err == nil || strings.Contains(err.Error(), "want a finite")
}

// together runs all members as one.
func (e ensembleRun) together(t require) []trace {
	ens, err := graph.NewEnsemble(e.net, e.members)
	t.ok(err)
	s, err := ens.Session(e.batch, e.roles)
	t.ok(err)
	for m := range e.members {
		t.ok(e.start(m))
		t.ok(ens.Load(m))
		for _, name := range e.roles.Clamped {
			node, err := e.net.Node(name)
			t.ok(err)
			t.ok(s.ClampFloat64(m, name, e.data(node, m)))
		}
	}
	out := make([]trace, e.members)
	t.ok(s.Run(func(b *graph.EnsembleBlock) error {
		if err := b.Initialize(); err != nil {
			return err
		}
		sizes := make([]float64, b.Lanes())
		record := func(energies []float64) {
			for lane := range b.Members() {
				r := &out[b.First()+lane]
				r.energies = append(r.energies, energies[lane])
			}
		}
		for k := range ensembleSteps {
			for lane := range sizes {
				sizes[lane] = e.step(b.First()+lane, k)
			}
			energies, err := b.Descend(sizes)
			if err != nil {
				return err
			}
			record(energies)
		}
		energies, err := b.Learn()
		if err != nil {
			return err
		}
		record(energies)
		for lane := range b.Members() {
			r := &out[b.First()+lane]
			add := func(v relax.Vector) {
				for i := lane; i < v.Len(); i += b.Lanes() {
					r.numbers = append(r.numbers, v.At(i))
				}
			}
			for i := range b.Activities() {
				x, _ := b.Activity(i)
				add(x)
			}
			for i := range e.net.Params() {
				add(b.Grads(i))
			}
		}
		return nil
	}))
	return out
}

// check compares some members with networks alone, bit for bit.
func (e ensembleRun) check(t require) {
	all := e.together(t)
	for m := 0; m < e.members; m += 1 + e.members/4 {
		want := e.alone(t, m)
		if !alike(all[m].energies, want.energies) || !alike(all[m].numbers, want.numbers) {
			t.fatalf("member %d of %d:\ngot  %v\nwant %v", m, e.members, all[m], want)
		}
	}
}

// alike reports whether numbers are equal, NaN included.
func alike(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || x != x && y != y })
}

// A member of an ensemble has the bits of a network alone: random networks with cycles,
// shared weights, priors and every energy, and random layers, most of which run lane by
// lane.
func TestEnsembleIsItsMembers(t *testing.T) {
	run := func(rt *rapid.T, d graph.Declaration, r graph.Roles) {
		e := ensembleRun{
			roles: r, seed: rapid.Uint64().Draw(rt, "seed"),
			batch:   rapid.SampledFrom([]int{1, 2, 5}).Draw(rt, "batch"),
			members: rapid.SampledFrom([]int{1, 3, 16, 17, 40}).Draw(rt, "members"),
		}
		var err error
		e.net, err = graph.New(d, graph.Settings{
			Precision: rapid.SampledFrom([]graph.Precision{graph.Float32, graph.Float64}).Draw(rt, "precision"),
			Engine:    graph.Compiled{Threads: rapid.IntRange(1, 3).Draw(rt, "threads")},
		})
		if err != nil {
			rt.Fatal(err)
		}
		e.check(require{rt.Fatalf})
	}
	t.Run("networks", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			d, r := randomNetwork(rt)
			run(rt, d, r)
		})
	})
	t.Run("layers", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			width := func() int { return rapid.IntRange(1, 6).Draw(rt, "width") }
			b, c := width(), width()
			run(rt, graph.Declaration{
				Nodes: []graph.Node{node("a", width()), node("b", b), node("c", c)},
				Predictions: []graph.Prediction{
					{Of: "b", From: []string{"a"}, Layer: drawSteadyBody(rt, b)},
					{Of: "c", From: []string{"a", "b"}, Layer: layers.Sequential{layers.Concat{}, drawSteadyBody(rt, c)}},
				},
			}, graph.Roles{Clamped: []string{"a", "c"}})
		})
	})
}

// drawSteadyBody draws layers without noise and buffers.
func drawSteadyBody(t *rapid.T, out int) graph.Layer {
	var steady func(l graph.Layer) bool
	steady = func(l graph.Layer) bool {
		switch l := l.(type) {
		case layers.BatchNorm, layers.Dropout:
			return false
		case layers.Residual:
			return steady(l.Body)
		case layers.Sequential:
			return !slices.ContainsFunc(l, func(l graph.Layer) bool { return !steady(l) })
		}
		return true
	}
	body := drawBody(t, out).(layers.Sequential)
	return slices.DeleteFunc(body, func(l graph.Layer) bool { return !steady(l) })
}
