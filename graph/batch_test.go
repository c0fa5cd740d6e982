package graph_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/graph"
)

var tangledInputs = []struct {
	name string
	size int
}{{"a", 3}, {"b", 4}, {"y", 2}}

// outcome is what a few relaxation steps of the tangled network lead to.
type outcome struct {
	energy    float64
	rows      map[string][]float64 // activities and their gradients
	gradients []float64
}

// relaxTangled clamps data to a session and takes three steps.
func relaxTangled(t *testing.T, s *graph.Session, data map[string][]float64) outcome {
	t.Helper()
	for _, in := range tangledInputs {
		clamp(t, s, in.name, data[in.name])
	}
	initialize(t, s)
	o := outcome{rows: map[string][]float64{}}
	o.energy = euler(t, s, 3, 0.1)
	for _, a := range s.Activities() {
		o.rows[a.Name] = values(a.X)
		o.rows["∂E/∂"+a.Name] = values(a.Grad)
	}
	_, o.gradients = learn(t, s)
	return o
}

// sessions makes one session a batch size.
type sessions struct {
	t    *testing.T
	net  *graph.Network
	made map[int]*graph.Session
}

func (m *sessions) at(batch int) *graph.Session {
	if m.made[batch] == nil {
		m.made[batch] = newSession(m.t, m.net, batch, graph.Roles{Clamped: []string{"a", "b", "y"}})
	}
	return m.made[batch]
}

// Samples know nothing of one another: a batch relaxes to what its samples
// relax to one by one, in any order, and its energy and parameter gradients are
// their sums. All batch sizes share the parameters.
func TestBatchIsItsSamples(t *testing.T) {
	m := sessions{t, newNetwork(t, tangled(), f64), map[int]*graph.Session{}}
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.SampledFrom([]int{1, 2, 7}).Draw(r, "batch")
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "seed"), 0))
		order := rng.Perm(n)
		data, shuffled := map[string][]float64{}, map[string][]float64{}
		for _, in := range tangledInputs {
			data[in.name] = randn(rng, n*in.size)
			for _, i := range order {
				shuffled[in.name] = append(shuffled[in.name], data[in.name][i*in.size:(i+1)*in.size]...)
			}
		}
		whole := relaxTangled(t, m.at(n), shuffled)
		var sum outcome
		for k, i := range order {
			sample := map[string][]float64{}
			for _, in := range tangledInputs {
				sample[in.name] = data[in.name][i*in.size : (i+1)*in.size]
			}
			one := relaxTangled(t, m.at(1), sample)
			for name, row := range one.rows {
				near(r, name, whole.rows[name][k*len(row):(k+1)*len(row)], row, 1e-12)
			}
			sum.energy += one.energy
			if sum.gradients == nil {
				sum.gradients = make([]float64, len(one.gradients))
			}
			for j, g := range one.gradients {
				sum.gradients[j] += g
			}
		}
		near(r, "energy", []float64{whole.energy}, []float64{sum.energy}, 1e-12)
		near(r, "parameter gradients", whole.gradients, sum.gradients, 1e-12)
	})
}

// An epoch whose last batch is smaller trains the same parameters in every batch.
func TestPartialBatchSharesParameters(t *testing.T) {
	net := newNetwork(t, chain(), f64)
	roles := graph.Roles{Clamped: []string{"x", "y"}}
	full, last := newSession(t, net, 4, roles), newSession(t, net, 3, roles)
	rng := rand.New(rand.NewPCG(1, 1))
	predict := func() []float64 {
		s := newSession(t, net, 1, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
		clamp(t, s, "x", []float64{1, -2, 0.5})
		initialize(t, s)
		return activity(t, s, "y")
	}
	before := predict()
	for i, s := range []*graph.Session{full, full, last} {
		clamp(t, s, "x", randn(rng, s.Batch()*3))
		clamp(t, s, "y", randn(rng, s.Batch()*2))
		initialize(t, s)
		euler(t, s, 4, 0.2)
		_, grads := learn(t, s)
		for _, p := range net.Params() {
			v, g := p.Values().Float64(), p.Grads().Float64()
			for j := range v {
				v[j] -= 0.05 * g[j]
			}
		}
		net.ParamsChanged()
		after := predict()
		if fmt.Sprint(after) == fmt.Sprint(before) {
			t.Errorf("batch %d of %d samples: the prediction did not change; gradients %v", i, s.Batch(), grads)
		}
		before = after
	}
}

func TestPrecisionsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	data := map[string][]float64{}
	for _, in := range tangledInputs {
		data[in.name] = randn(rng, 3*in.size)
	}
	var out [2]outcome
	for i, p := range []graph.Precision{graph.Float32, graph.Float64} {
		net := newNetwork(t, tangled(), graph.Settings{Precision: p, Seed: 1})
		s := newSession(t, net, 3, graph.Roles{Clamped: []string{"a", "b", "y"}})
		out[i] = relaxTangled(t, s, data)
	}
	const tolerance = 2e-6 // some roundings of float32
	near(t, "energy", []float64{out[0].energy}, []float64{out[1].energy}, tolerance)
	near(t, "parameter gradients", out[0].gradients, out[1].gradients, tolerance)
	for name, row := range out[1].rows {
		near(t, name, out[0].rows[name], row, tolerance)
	}
}

// A batch that cannot be stored is an error before anything is allocated.
func TestExtremeBatch(t *testing.T) {
	net := newNetwork(t, chain(), graph.Settings{})
	for _, batch := range []int{math.MinInt, -1, 0, 1<<30 + 1, 1 << 40, 1 << 62, math.MaxInt} {
		_, err := net.Session(batch, graph.Roles{})
		mentions(t, err, "graph: batch size, got ")
		_, err = net.BackpropSession(batch, graph.Roles{Clamped: []string{"x", "y"}})
		mentions(t, err, "graph: batch size, got ")
	}
}
