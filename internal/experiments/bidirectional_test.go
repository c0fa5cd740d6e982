package experiments

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/graph"
)

// The energy is the one of the comment, for all directions.
func TestBidirectionalEnergy(t *testing.T) {
	for _, d := range []Directions{Up, Down, BothWays} {
		s := Bidirectional{Directions: d, Hidden: 3, Generative: .25}
		net, err := s.network(graph.Shape{4}, 2, true, 1)
		if err != nil {
			t.Fatal(err)
		}
		session, err := net.Session(1, graph.Roles{})
		if err != nil {
			t.Fatal(err)
		}
		names, sizes := []string{"x", "h1", "h2", "y"}, []int{4, 3, 3, 2}
		x := make([][]float64, 4)
		for l, name := range names {
			v, err := session.View(name)
			if err != nil {
				t.Fatal(err)
			}
			for i := range sizes[l] {
				v.Set(i, math.Sin(float64(3*l+i)))
				x[l] = append(x[l], v.At(i))
			}
		}
		want := 0.0
		term := func(prediction string, of, from int) {
			values := func(kind string) []float64 {
				for _, p := range net.Params() {
					if strings.HasPrefix(p.Name, prediction+"/") && strings.HasSuffix(p.Name, kind) {
						return p.Values().AppendTo(nil)
					}
				}
				t.Fatalf("%s: no %s among the parameters of %s", d, kind, prediction)
				return nil
			}
			w, b := values("weight"), values("bias")
			for i := range sizes[of] {
				mu := b[i]
				for j, a := range x[from] {
					if from == 1 || from == 2 {
						a = math.Tanh(a)
					}
					mu += a * w[j*sizes[of]+i]
				}
				e := (x[of][i] - mu) * (x[of][i] - mu) / 2
				if d == BothWays && of < from {
					e *= s.Generative
				}
				want += e
			}
		}
		for l := 1; l < 4; l++ {
			if d != Down {
				term(names[l]+"/up", l, l-1)
			}
			if d != Up {
				term(names[l-1]+"/down", l-1, l)
			}
		}
		got, err := session.Evaluate(make([]float64, len(session.Terms())))
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got-want) > 1e-5*want {
			t.Errorf("%s: got %v, want %v", d, got, want)
		}
	}
	if _, err := (Bidirectional{Directions: "sideways", Hidden: 1}).network(graph.Shape{1}, 2, true, 1); err == nil {
		t.Error("unknown directions: got no error")
	}
}

// On easy images one network does both, and pixels that are missing are filled in; the
// network that only classifies leaves them as they were, and generates nothing.
func TestBidirectional(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	split := func(n int) datasets.Dataset {
		const size, classes = 24, 4
		x, labels := make([]float32, n*size), make([]int, n)
		for i := range labels {
			labels[i] = i % classes
			for j := range size {
				if j%classes == labels[i] {
					x[i*size+j] = 1
				}
				x[i*size+j] += float32(.2 * rng.NormFloat64())
			}
		}
		d, err := datasets.NewFloats([]int{size}, classes, x, labels)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	data := &datasets.Split{Train: split(400), Test: split(100)}
	run := func(d Directions) BidirectionalResult {
		s := PublishedBidirectional(d, .1)
		s.Hidden, s.PerClass, s.Batch, s.Epochs, s.Rate, s.TestSteps = 16, -1, 20, 8, 1e-2, 40
		r, err := s.Run(context.Background(), data, 1)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	both, up := run(BothWays), run(Up)
	if both.Error > .05 || len(both.Missing) != 3 || both.Missing[0] > .2 {
		t.Errorf("errors, got %v and %v with missing pixels", both.Error, both.Missing)
	}
	if !(both.Generated < up.Generated/2) {
		t.Errorf("generation, got %v with both directions and %v upwards alone, want less than half", both.Generated, up.Generated)
	}
	if !(both.Filled[0] < up.Filled[0]) {
		t.Errorf("missing pixels, got errors %v with both directions and %v upwards alone, want less", both.Filled, up.Filled)
	}
}
