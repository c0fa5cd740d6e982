package train

import "fmt"

// optimizersOf returns all optimizers of the package with a weight decay.
func optimizersOf(decay float64) map[string]Optimizer {
	return map[string]Optimizer{
		"sgd":      &SGD{WeightDecay: decay},
		"momentum": &Momentum{WeightDecay: decay},
		"nesterov": &Momentum{Nesterov: true, WeightDecay: decay},
		"adam":     &Adam{WeightDecay: decay},
		"adamw":    &AdamW{WeightDecay: decay},
	}
}

// The rate of a run climbs for a tenth of it and falls to a tenth.
func ExampleCosine() {
	schedule := Cosine{WarmUp: 0.1, Floor: 0.1}
	for step := 0; step <= 100; step += 20 {
		fmt.Printf("%3d %.3f\n", step, schedule.Factor(step, 100))
	}
	// Output:
	//   0 0.091
	//  20 0.973
	//  40 0.775
	//  60 0.472
	//  80 0.205
	// 100 0.100
}
