package layers_test

import (
	"math"
	"slices"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// The weights of an attention can be read, and are softmax(Q_h·K_hᵀ/√d).
func TestAttentionWeights(t *testing.T) {
	const batch, length, width, heads, d = 2, 3, 4, 2, 2
	for _, engine := range []graph.Engine{graph.Tape{}, graph.Compiled{}} {
		for _, causal := range []bool{false, true} {
			c := layerCase{layer: layers.MultiHeadAttention{Heads: heads, Causal: causal}, in: []graph.Shape{{length, width}}, out: graph.Shape{length, width}}
			net, err := graph.New(c.declare(), graph.Settings{Precision: graph.Float64, Engine: engine, Seed: 2})
			if err != nil {
				t.Fatal(err)
			}
			s, err := net.Session(batch, graph.Roles{Clamped: []string{"in0"}})
			if err != nil {
				t.Fatal(err)
			}
			x := waves(batch*length*width, 0.5)
			if err := s.ClampFloat64("in0", x); err != nil {
				t.Fatal(err)
			}
			got, err := s.Probe("out/weights")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Shape, []int{batch * heads, length, length}) {
				t.Fatalf("got shape %v", got.Shape)
			}
			param := func(name string) []float64 {
				p, err := net.Param("out/" + name)
				if err != nil {
					t.Fatal(err)
				}
				v := p.Values().Float64()
				return v
			}
			q := linear(x, param("query/weight"), param("query/bias"))
			k := linear(x, param("key/weight"), param("key/bias"))
			var want []float64
			for n := range batch {
				for h := range heads {
					for i := range length {
						row, sum := make([]float64, length), 0.0
						for j := range length {
							score := 0.0
							for u := range d {
								score += q[(n*length+i)*width+h*d+u] * k[(n*length+j)*width+h*d+u]
							}
							if !causal || j <= i {
								row[j] = math.Exp(score / math.Sqrt(d))
							}
							sum += row[j]
						}
						for _, v := range row {
							want = append(want, v/sum)
						}
					}
				}
			}
			near(t, engine.Name(), got.Value.Float64(), want)
		}
	}
}
