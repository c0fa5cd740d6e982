package graph_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
)

// BenchmarkBuild is the time from a declaration to the first update of residual
// networks, by depth. Time for each layer should not depend on the depth.
func BenchmarkBuild(b *testing.B) {
	for _, depth := range []int{100, 400, 1600} {
		b.Run(fmt.Sprintf("prospective/depth=%d", depth), func(b *testing.B) {
			for b.Loop() {
				buildProspective(b, residualNet(b, depth))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*depth), "ns/layer")
		})
		b.Run(fmt.Sprintf("backprop/depth=%d", depth), func(b *testing.B) {
			for b.Loop() {
				buildBackprop(b, residualNet(b, depth))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*depth), "ns/layer")
		})
	}
}

// BenchmarkBuildWide is the same for networks that branch: each node is predicted
// from its parent in a binary tree, and every second one from the root's data too.
func BenchmarkBuildWide(b *testing.B) {
	for _, nodes := range []int{125, 500, 2000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			for b.Loop() {
				net, err := graph.New(tree(nodes), graph.Settings{Engine: graph.Compiled{Threads: 1}})
				if err != nil {
					b.Fatal(err)
				}
				buildProspective(b, net)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*nodes), "ns/node")
		})
	}
}

// tree declares a binary tree of nodes below x, whose last is y.
func tree(nodes int) graph.Declaration {
	d := graph.Declaration{Nodes: []graph.Node{node("x", 3)}}
	for i := 1; i < nodes; i++ {
		name, parent := fmt.Sprint("h", i), fmt.Sprint("h", i/2)
		switch {
		case i == nodes-1:
			name = "y"
		case i == 1:
			parent = "x"
		}
		d.Nodes = append(d.Nodes, node(name, 3))
		d.Predictions = append(d.Predictions, dense(name, 3, parent))
		if i%2 == 0 {
			d.Predictions = append(d.Predictions, dense(name, 3, "x"))
		}
	}
	return d
}

func residualNet(tb testing.TB, depth int) *graph.Network {
	tb.Helper()
	d, err := models.MLPResidual{Inputs: 8, Width: 32, Depth: depth, Outputs: 3}.Declaration()
	if err != nil {
		tb.Fatal(err)
	}
	net, err := graph.New(d, graph.Settings{Engine: graph.Compiled{Threads: 1}})
	if err != nil {
		tb.Fatal(err)
	}
	return net
}

func buildProspective(tb testing.TB, net *graph.Network) {
	tb.Helper()
	s, err := net.Session(4, graph.Roles{Clamped: []string{"x", "y"}, Training: true})
	if err != nil {
		tb.Fatal(err)
	}
	if err := s.Initialize(graph.Start{}, nil); err != nil {
		tb.Fatal(err)
	}
	if _, err := relax.Run(context.Background(), s, relax.Settings{Steps: 2, Control: relax.Constant{Size: 0.1}}); err != nil {
		tb.Fatal(err)
	}
	if _, err := s.Learn(make([]float64, len(s.Terms()))); err != nil {
		tb.Fatal(err)
	}
}

func buildBackprop(tb testing.TB, net *graph.Network) {
	tb.Helper()
	s, err := net.BackpropSession(4, graph.Roles{Clamped: []string{"x", "y"}, Training: true})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := s.Learn(); err != nil {
		tb.Fatal(err)
	}
}
