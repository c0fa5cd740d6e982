package train_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Three networks learn the same pair with learning rates of their own, as one program.
func ExampleNewEnsemble() {
	net, err := models.MLP{Widths: []int{1, 1, 2}, NoBias: true, Init: layers.Constant{Value: 1}}.New(graph.Settings{Precision: graph.Float64})
	if err != nil {
		log.Fatal(err)
	}
	rates := []float64{0.05, 0.1, 0.2}
	ensemble, err := graph.NewEnsemble(net, len(rates)) // all start with the weights of net
	if err != nil {
		log.Fatal(err)
	}
	learner, err := train.NewEnsemble(ensemble, train.Paper(128, 0.1, 0.5), &train.SGD{}, 1, "x", "y")
	if err != nil {
		log.Fatal(err)
	}
	outputs, err := ensemble.ForwardSession(1, []string{"x"}, "y")
	if err != nil {
		log.Fatal(err)
	}
	for member, rate := range rates {
		for _, err := range []error{
			learner.SetRates(member, rate),
			learner.Clamp(member, "x", []float32{1}),
			learner.Clamp(member, "y", []float32{0, 1}),
			outputs.Clamp(member, "x", []float32{1}),
		} {
			if err != nil {
				log.Fatal(err)
			}
		}
	}
	for range 10 {
		if err := learner.Learn(context.Background()); err != nil {
			log.Fatal(err)
		}
	}
	if err := outputs.Feedforward(); err != nil {
		log.Fatal(err)
	}
	y := make([]float64, 2)
	for member, rate := range rates {
		if err := outputs.Activity(member, "y", relax.Float64(y)); err != nil {
			log.Fatal(err)
		}
		fmt.Printf("rate %v: %.3f %.3f\n", rate, y[0], y[1])
	}
	// Output:
	// rate 0.05: 0.690 0.957
	// rate 0.1: 0.491 0.939
	// rate 0.2: 0.261 0.946
}
