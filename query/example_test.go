package query_test

import (
	"context"
	"fmt"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/query"
	"github.com/seed-be841da4/prospect/relax"
)

// letters returns a network that predicts a picture of 2 × 3 pixels from a letter,
// as if it had learned L, T and O.
func letters() *query.Asker {
	net, err := graph.New(graph.Declaration{
		Nodes: []graph.Node{{Name: "letter", Shape: graph.Shape{3}}, {Name: "picture", Shape: graph.Shape{6}}},
		Predictions: []graph.Prediction{{Of: "picture", From: []string{"letter"}, Layer: layers.Dense{Out: 6, NoBias: true, Weight: layers.Values{
			1, 0, 0, 1, 1, 1, // L
			1, 1, 1, 0, 1, 0, // T
			1, 1, 1, 1, 1, 1, // O
		}}}},
	}, graph.Settings{})
	if err != nil {
		panic(err)
	}
	asker, err := query.New(net, query.Settings{Relax: relax.Settings{
		Steps: 500, Control: relax.Constant{Size: 0.1}, Stop: relax.GradientNorm{Tolerance: 1e-3, MinSteps: 1},
	}})
	if err != nil {
		panic(err)
	}
	return asker
}

func show(what string, a *query.Answer, node string) {
	v, err := a.Node(node)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s %.1f, converged: %v\n", what, v, a.Converged())
}

// To generate, clamp the cause and read what it predicts.
func ExampleAsker_Ask_generate() {
	answer, err := letters().Ask(context.Background(), query.Question{
		Samples: 1, Clamp: map[string][]float32{"letter": {0, 1, 0}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	show("T:", answer, "picture")
	// Output: T: [1.0 1.0 1.0 0.0 1.0 0.0], converged: true
}

// To classify, clamp the picture and read the cause.
func ExampleAsker_Ask_classify() {
	answer, err := letters().Ask(context.Background(), query.Question{
		Samples: 2, Clamp: map[string][]float32{"picture": {
			1, 0, 0, 1, 1, 0.8,
			0.9, 1, 1, 1, 1, 1,
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	classes, err := answer.Largest("letter")
	fmt.Println(classes, err)
	// Output: [0 2] <nil>
}

// To fill in missing units, clamp the units that are known.
func ExampleAsker_Ask_fillIn() {
	answer, err := letters().Ask(context.Background(), query.Question{
		Samples: 1,
		Clamp:   map[string][]float32{"picture": {1, 0, 0, 1, 0, 0}},
		Known:   map[string][]bool{"picture": {true, true, true, true, false, false}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	show("L:", answer, "picture")
	// Output: L: [1.0 0.0 0.0 1.0 1.0 1.0], converged: true
}

// To detect outliers, look at the remaining energy.
func ExampleAnswer_Energies() {
	answer, err := letters().Ask(context.Background(), query.Question{
		Samples: 2, Clamp: map[string][]float32{"picture": {
			1, 1, 1, 0, 1, 0, // T
			1, 0, 0, 1, 0, 0, // I
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", answer.Energies())
	// Output: [0.00 0.50]
}

// To classify by energy, let the candidates compete.
func ExampleAsker_Score() {
	scores, err := letters().Score(context.Background(), query.Question{
		Samples: 1, Clamp: map[string][]float32{"picture": {1, 1, 1, 0, 1, 0.2}},
	}, "letter", [][]float32{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.2f\n", scores)
	// Output: [[1.82 0.02 0.82]]
}
