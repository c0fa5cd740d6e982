package graph_test

import (
	"math"
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

// What an ensemble cannot do is an error that says what instead.
func TestEnsembleRefuses(t *testing.T) {
	with := func(l graph.Layer, s graph.Settings) *graph.Network {
		net, err := graph.New(graph.Declaration{
			Nodes:       []graph.Node{node("x", 2), node("y", 2)},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: l}},
		}, s)
		require{t.Fatalf}.ok(err)
		return net
	}
	dense := layers.Dense{Out: 2}
	plain := with(dense, graph.Settings{})
	ens, err := graph.NewEnsemble(plain, 3)
	require{t.Fatalf}.ok(err)
	session, err := ens.Session(2, graph.Roles{Clamped: []string{"x"}})
	require{t.Fatalf}.ok(err)
	forward, err := ens.ForwardSession(2, []string{"x"}, "y")
	require{t.Fatalf}.ok(err)
	backprop, err := ens.BackpropSession(2, graph.Roles{Clamped: []string{"x", "y"}})
	require{t.Fatalf}.ok(err)
	made := func(net *graph.Network, members int) error {
		e, err := graph.NewEnsemble(net, members)
		if err == nil {
			_, err = e.Session(1, graph.Roles{Clamped: []string{"x", "y"}, Training: true})
		}
		return err
	}
	one := func(x ...float64) relax.Vector { return relax.Float64(x) }
	for _, c := range []struct {
		err  error
		want string
	}{
		{made(plain, 0), "members, got 0, want at least 1"},
		{made(with(layers.Sequential{dense, layers.BatchNorm{}}, graph.Settings{}), 2), "has the buffer"},
		{made(with(layers.Sequential{layers.Dropout{Rate: 0.5}, dense}, graph.Settings{}), 2), "draws the noise"},
		{made(with(dense, graph.Settings{Engine: graph.Tape{}}), 2), `engine, got "tape", want "compiled"`},
		{ens.Load(3), "member, got 3, want 0 to 2"},
		{ens.Store(-1), "member, got -1, want 0 to 2"},
		{ens.Param(0, 2, one(0, 0)), "parameter, got 2, want 0 to 1"},
		{ens.SetParam(0, 1, one(0)), "room for 1 numbers, want 2"},
		{ens.SetParam(0, 1, one(0, math.Inf(1))), "value 1, got +Inf, want a finite number"},
		{session.Clamp(3, "x", make([]float32, 4)), "member, got 3"},
		{session.Clamp(0, "y", make([]float32, 4)), `node "y": is not clamped`},
		{session.Clamp(0, "x", make([]float32, 3)), "want 4 = batch 2"},
		{session.Clamp(1, "x", []float32{0, 0, 0, float32(math.NaN())}), "member 1: graph: node \"x\": data of sample 1, unit 1, got NaN"},
		{session.Activity(0, "y", one(0, 0, 0, 0)), "its values are not kept"},
		{forward.Activity(0, "y", one(0)), "room for 1 numbers, want 4"},
		{forward.Activity(0, "z", one(0)), `node "z": not declared`},
		{backprop.SetCoefficient("y", 2), "for backpropagation"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got %v, want %q", c.err, c.want)
		}
	}
}

// A member can be taken out into the network, and put back.
func TestEnsembleParams(t *testing.T) {
	for _, p := range []graph.Precision{graph.Float32, graph.Float64} {
		net, err := graph.New(graph.Declaration{
			Nodes:       []graph.Node{node("x", 2), node("y", 1)},
			Predictions: []graph.Prediction{{Of: "y", From: []string{"x"}, Layer: layers.Dense{Out: 1, Bias: layers.Constant{}}}},
		}, graph.Settings{Precision: p})
		require{t.Fatalf}.ok(err)
		ens, err := graph.NewEnsemble(net, 20)
		require{t.Fatalf}.ok(err)
		for m := range 20 {
			require{t.Fatalf}.ok(ens.SetParam(m, 0, relax.Float32([]float32{float32(m), float32(-m)})))
		}
		require{t.Fatalf}.ok(ens.Store(17))
		if got := net.Params()[0].Values().AppendTo(nil); !slices.Equal(got, []float64{17, -17}) {
			t.Errorf("%v: member 17, got %v", p, got)
		}
		require{t.Fatalf}.ok(ens.Load(3))
		got := relax.Float64(make([]float64, 2))
		require{t.Fatalf}.ok(ens.Param(3, 0, got))
		if got.At(0) != 17 || got.At(1) != -17 {
			t.Errorf("%v: member 3, got %v", p, got)
		}
		forward, err := ens.ForwardSession(1, []string{"x"}, "y")
		require{t.Fatalf}.ok(err)
		require{t.Fatalf}.ok(forward.ClampFloat64(4, "x", []float64{1, 0.5}))
		require{t.Fatalf}.ok(forward.Feedforward())
		y := relax.Float64(make([]float64, 1))
		require{t.Fatalf}.ok(forward.Activity(4, "y", y))
		if y.At(0) != 2 {
			t.Errorf("%v: prediction of member 4, got %v, want 2", p, y.At(0))
		}
		text, err := forward.Explain()
		require{t.Fatalf}.ok(err)
		if !strings.HasPrefix(text, "lanes ") {
			t.Errorf("explanation, got %q", text)
		}
	}
}
