package models_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
)

// state is a network with random parameters and activities, for one sample.
type state struct {
	params, nodes map[string][]float64
	terms         map[string]float64
}

// randomState draws parameters and activities and evaluates every term of the
// energy at them.
func randomState(t *testing.T, m model) state {
	t.Helper()
	net, err := m.New(graph.Settings{Precision: graph.Float64})
	check(t, err)
	r := rng(11)
	s := state{map[string][]float64{}, map[string][]float64{}, map[string]float64{}}
	for _, p := range net.Params() {
		v := p.Values().Float64()
		for i := range v {
			v[i] = 0.7 * r.NormFloat64()
		}
		s.params[p.Name] = v
	}
	net.ParamsChanged()
	session, err := net.Session(1, graph.Roles{})
	check(t, err)
	for _, n := range net.Declaration().Nodes {
		v, err := session.View(n.Name)
		check(t, err)
		x := make([]float64, v.Len())
		for i := range x {
			x[i] = r.NormFloat64()
			v.Set(i, x[i])
		}
		s.nodes[n.Name] = x
	}
	energies := make([]float64, len(session.Terms()))
	_, err = session.Evaluate(energies)
	check(t, err)
	for i, name := range session.Terms() {
		s.terms[name] = energies[i]
	}
	return s
}

// times is x·W of named parameters, by loops.
func (s state) times(x []float64, name string) []float64 {
	w := s.params[name]
	out := make([]float64, len(w)/len(x))
	for i, v := range x {
		for j := range out {
			out[j] += v * w[i*len(out)+j]
		}
	}
	return out
}

// transposed is x·Wᵀ.
func (s state) transposed(x []float64, name string) []float64 {
	w := s.params[name]
	out := make([]float64, len(w)/len(x))
	for i := range out {
		for j, v := range x {
			out[i] += v * w[i*len(x)+j]
		}
	}
	return out
}

func plus(terms ...[]float64) []float64 {
	out := slices.Clone(terms[0])
	for _, x := range terms[1:] {
		for i, v := range x {
			out[i] += v
		}
	}
	return out
}

func scaled(a float64, x []float64) []float64 {
	return each(x, func(v float64) float64 { return a * v })
}

func each(x []float64, f func(float64) float64) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = f(v)
	}
	return out
}

func tanh(x []float64) []float64 { return each(x, math.Tanh) }

func sigmoid(x []float64) []float64 {
	return each(x, func(v float64) float64 { return 1 / (1 + math.Exp(-v)) })
}

// halfDistance is ½‖x − μ‖².
func halfDistance(x, mu []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += (v - mu[i]) * (v - mu[i]) / 2
	}
	return sum
}

// want compares the terms of the energy: ½‖x − μ‖² of the node that a name begins
// with, or another number.
func (s state) want(t *testing.T, what string, predictions map[string][]float64, others map[string]float64) {
	t.Helper()
	if len(s.terms) != len(predictions)+len(others) {
		t.Errorf("%s: terms, got %v, want %d and %d", what, s.terms, len(predictions), len(others))
	}
	for name, mu := range predictions {
		of, _, _ := strings.Cut(name, "<")
		if got, want := s.terms[name], halfDistance(s.nodes[of], mu); !(math.Abs(got-want) <= 1e-12*max(1, want)) {
			t.Errorf("%s: term %s, got %.15g, want %.15g", what, name, got, want)
		}
	}
	for name, want := range others {
		if got, ok := s.terms[name]; !ok || !(math.Abs(got-want) <= 1e-12*max(1, want)) {
			t.Errorf("%s: term %s, got %.15g of %v, want %.15g", what, name, got, s.terms, want)
		}
	}
}

// μ_1 = a·x·W_1, μ_l = h + b·f(h)·W_l, μ_y = c·f(h)·W, with a = D^−½, b = (N·L)^−½
// and c = 1/N for L = Depth + 1 matrices, or all 1.
func TestMLPResidualFormula(t *testing.T) {
	const inputs, width, depth = 5, 7, 3
	for _, p := range []models.Parametrization{models.MuPC, models.Standard} {
		for _, noSkip := range []bool{false, true} {
			m := models.MLPResidual{Inputs: inputs, Width: width, Depth: depth, Outputs: 2, Activation: layers.Tanh{}, Parametrization: p, NoSkip: noSkip}
			what := fmt.Sprintf("%v, no skip %v", p, noSkip)
			s := randomState(t, m)
			a, b, c := 1/math.Sqrt(inputs), 1/math.Sqrt(width*(depth+1)), 1./width
			if p == models.Standard {
				a, b, c = 1, 1, 1
			}
			var names []string
			for name := range s.params {
				names = append(names, name)
			}
			slices.Sort(names) // h1, h2, h3, y
			if len(names) != depth+1 {
				t.Fatalf("%s: parameters, got %q, want %d matrices without biases", what, names, depth+1)
			}
			h := func(l int) []float64 { return s.nodes[fmt.Sprintf("h%d", l)] }
			predictions := map[string][]float64{
				"h1": scaled(a, s.times(s.nodes["x"], names[0])),
				"y":  scaled(c, s.times(tanh(h(depth)), names[depth])),
			}
			for l := 2; l <= depth; l++ {
				mu := scaled(b, s.times(tanh(h(l-1)), names[l-1]))
				if !noSkip {
					mu = plus(mu, h(l-1))
				}
				predictions[fmt.Sprintf("h%d", l)] = mu
			}
			s.want(t, what, predictions, nil)
		}
	}
}

// How the two parametrisations draw: N(0, 1), or U(−1/√fan_in, 1/√fan_in).
func TestMLPResidualDraws(t *testing.T) {
	for _, p := range []models.Parametrization{models.MuPC, models.Standard} {
		net, err := models.MLPResidual{Inputs: 60, Width: 200, Depth: 2, Outputs: 10, Parametrization: p}.New(graph.Settings{Precision: graph.Float64})
		check(t, err)
		for _, param := range net.Params() {
			v := param.Values().Float64()
			squares, top, fan := 0.0, 0.0, float64(param.Value.Shape()[0])
			for _, x := range v {
				squares, top = squares+x*x, max(top, math.Abs(x))
			}
			std, n := math.Sqrt(squares/float64(len(v))), float64(len(v))
			if p == models.MuPC && (math.Abs(std-1) > 4/math.Sqrt(2*n) || top < 3) {
				t.Errorf("muPC, %s: standard deviation %.4f and largest %.2f, want those of N(0, 1)", param.Name, std, top)
			}
			if bound := 1 / math.Sqrt(fan); p == models.Standard && (top > bound || top < 0.99*bound || math.Abs(std-bound/math.Sqrt(3)) > 3*bound/math.Sqrt(n)) {
				t.Errorf("standard, %s: standard deviation %.4f and largest %.4f, want those of U(−%.4f, %.4[4]f)", param.Name, std, top, bound)
			}
		}
	}
}

// From a label, a code or both: f is not applied to the label, there is one bias,
// g bounds the data, and the prior of the code is ½‖z‖² unless another is given.
func TestGenerativeFormula(t *testing.T) {
	m := models.Generative{Size: 5, Classes: 3, Latent: 2, Hidden: []int{4, 3}, Activation: layers.Tanh{}, Squash: layers.Sigmoid{}}
	s := randomState(t, m)
	y, z, h1, h2 := s.nodes["y"], s.nodes["z"], s.nodes["h1"], s.nodes["h2"]
	deep := map[string][]float64{
		"h1": plus(s.times(y, "h1/0/weight"), s.times(tanh(z), "h1/1/1/weight"), s.params["h1/0/bias"]),
		"h2": plus(s.times(tanh(h1), "h2/1/weight"), s.params["h2/1/bias"]),
		"x":  sigmoid(plus(s.times(tanh(h2), "x/1/weight"), s.params["x/1/bias"])),
	}
	half := func(weight float64, x []float64) float64 { return weight * halfDistance(x, make([]float64, len(x))) }
	s.want(t, "both", deep, map[string]float64{priorOf(t, s, "z"): half(1, z)})

	m = models.Generative{Size: 5, Classes: 3, Activation: layers.Tanh{}, LabelPrior: energy.L2{Weight: 3}}
	s = randomState(t, m)
	s.want(t, "label", map[string][]float64{"x": plus(s.times(s.nodes["y"], "x/weight"), s.params["x/bias"])},
		map[string]float64{priorOf(t, s, "y"): half(3, s.nodes["y"])})

	m = models.Generative{Size: 5, Latent: 2, Activation: layers.Tanh{}, LatentPrior: energy.L2{Weight: 0.5}}
	s = randomState(t, m)
	s.want(t, "code", map[string][]float64{"x": plus(s.times(tanh(s.nodes["z"]), "x/1/weight"), s.params["x/1/bias"])},
		map[string]float64{priorOf(t, s, "z"): half(0.5, s.nodes["z"])})
}

// priorOf returns the name of the term of a node's prior: the only one that names
// a node which nothing predicts.
func priorOf(t *testing.T, s state, node string) string {
	t.Helper()
	for name := range s.terms {
		if strings.Contains(name, node) {
			return name
		}
	}
	t.Fatalf("terms %v: none is the prior of %s", s.terms, node)
	return ""
}

// The cause is a free node like the others: f is applied to it too, and its prior
// is its own.
func TestAssociativeMemoryFormula(t *testing.T) {
	s := randomState(t, models.AssociativeMemory{Size: 5, Hidden: []int{2, 3}, Activation: layers.Tanh{}, Prior: energy.L2{Weight: 2}})
	s.want(t, "memory", map[string][]float64{
		"h1": plus(s.times(tanh(s.nodes["z"]), "h1/1/weight"), s.params["h1/1/bias"]),
		"x":  plus(s.times(tanh(s.nodes["h1"]), "x/1/weight"), s.params["x/1/bias"]),
	}, map[string]float64{priorOf(t, s, "z"): 2 * halfDistance(s.nodes["z"], []float64{0, 0})})
	s = randomState(t, models.AssociativeMemory{Size: 5, Hidden: []int{2}})
	s.want(t, "memory without prior", map[string][]float64{"x": plus(s.times(s.nodes["z"], "x/weight"), s.params["x/bias"])}, nil)
}
