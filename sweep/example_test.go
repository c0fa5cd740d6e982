package sweep_test

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

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

// A search for the least of a function, by what was found before. The first ten points
// are drawn at random.
func ExampleMinimize() {
	search := sweep.TPE{Seed: 1, Ranges: []sweep.Range{{Name: "rate", Min: 1e-4, Max: 2, Log: true}}}
	start := func(x []float64) Descent { return Descent{Rate: x[0], Start: 1} }
	score := func(r sweep.Record[Descent, float64]) float64 { return math.Abs(r.Result) }
	records, err := sweep.Minimize(context.Background(), sweep.Runner[Descent, float64]{}, search, 40, start, score, descend)
	if err != nil {
		fmt.Println(err)
		return
	}
	best := slices.MinFunc(records, func(a, b sweep.Record[Descent, float64]) int { return cmp.Compare(score(a), score(b)) })
	fmt.Printf("%d trials, the best at a rate of %.1f\n", len(records), best.Params.Rate)
	// Output:
	// 40 trials, the best at a rate of 0.5
}

// Trials that report scores worse than the median of those before them are stopped.
func ExampleMedian() {
	params, err := sweep.Grid(Descent{Start: 1}, sweep.Vary("rate", func(d *Descent, v float64) { d.Rate = v }, 0.1, 0.2, 0.3, 0.01, 0.4, 0.02))
	if err != nil {
		fmt.Println(err)
		return
	}
	runner := sweep.Runner[Descent, float64]{Pruner: sweep.Median{Min: 3}, Round: 3}
	records, err := runner.Run(context.Background(), params, func(ctx context.Context, d Descent) (float64, error) {
		x := d.Start
		for range 10 {
			x -= d.Rate * 2 * x
			if err := sweep.Report(ctx, math.Abs(x)); err != nil {
				return x, err // the runner's: this trial is pruned
			}
		}
		return x, nil
	})
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range records {
		fmt.Println(r.Params.Rate, r.Pruned, len(r.Reports))
	}
	// Output:
	// 0.1 false 10
	// 0.2 false 10
	// 0.3 false 10
	// 0.01 true 1
	// 0.4 false 10
	// 0.02 true 1
}
