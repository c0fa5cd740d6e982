package sweep_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-be841da4/prospect/sweep"
)

// Descent is what a trial is run with.
type Descent struct {
	Rate  float64 `json:"rate"`
	Start float64 `json:"start"`
}

// descend goes down x² from the start and returns where it ends.
func descend(_ context.Context, d Descent) (float64, error) {
	x := d.Start
	for range 10 {
		x -= d.Rate * 2 * x
	}
	return x, nil
}

// A grid of trials with a store: the second run finds all of them done.
func Example() {
	dir, err := os.MkdirTemp("", "sweep")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	params, err := sweep.Grid(Descent{Start: 1},
		sweep.Vary("rate", func(d *Descent, v float64) { d.Rate = v }, 0.1, 0.5, 0.9),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		store, err := sweep.Open(filepath.Join(dir, "descent.jsonl"), sweep.StoreSettings[Descent, float64]{
			Header: sweep.Header{Schema: 1, Name: "descent"}, Resume: true,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("stored:", store.Len())
		records, err := sweep.Runner[Descent, float64]{Store: store}.Run(context.Background(), params, descend)
		if err != nil {
			fmt.Println(err)
		}
		for _, r := range records {
			fmt.Printf("rate %.1f ends at %.4f\n", r.Params.Rate, r.Result)
		}
		store.Close()
	}
	// Output:
	// stored: 0
	// rate 0.1 ends at 0.1074
	// rate 0.5 ends at 0.0000
	// rate 0.9 ends at 0.1074
	// stored: 3
	// rate 0.1 ends at 0.1074
	// rate 0.5 ends at 0.0000
	// rate 0.9 ends at 0.1074
}

// Points of a search. The first four of them fall into four equal parts of the
// first range.
func ExampleHalton() {
	search := sweep.Halton{Seed: 1, Ranges: []sweep.Range{
		{Name: "rate", Min: 1e-4, Max: 1, Log: true},
		{Name: "steps", Min: 8, Max: 128, Integer: true},
	}}
	params, err := sweep.Sample(search, 4, func(x []float64) string { return fmt.Sprintf("rate %.1e, %v steps", x[0], x[1]) })
	if err != nil {
		fmt.Println(err)
	}
	for _, p := range params {
		fmt.Println(p)
	}
	// Output:
	// rate 1.1e-04, 69 steps
	// rate 1.1e-02, 29 steps
	// rate 1.1e-03, 110 steps
	// rate 1.1e-01, 83 steps
}
