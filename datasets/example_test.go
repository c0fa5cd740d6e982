package datasets_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"github.com/seed-be841da4/prospect/datasets"
)

// The embedded digits need no file and no network.
func ExampleLoad() {
	split, err := datasets.Load("glyphs", datasets.LoadSettings{Seed: 1, Train: 600, Test: 100})
	if err != nil {
		panic(err)
	}
	fmt.Println(split.Train.Len(), split.Test.Len(), split.Train.Shape(), split.Train.Classes())
	// Output: 600 100 [28 28] 10
}

// An absent file is told with its remedy.
func ExampleLoad_missing() {
	empty, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(empty)
	_, err = datasets.Load("mnist", datasets.LoadSettings{Dir: empty})
	fmt.Println(errors.Is(err, datasets.ErrMissing))
	// Output: true
}

// A batch's memory is used again for the next one.
func ExampleBatches() {
	data, err := datasets.NewFloats([]int{1}, 2, []float32{10, 11, 12, 13, 14}, []int{0, 1, 0, 1, 0})
	if err != nil {
		panic(err)
	}
	targets := make([]float32, 2*2)
	for batch, err := range datasets.Batches(data, datasets.BatchSettings{Size: 2}, nil) {
		if err != nil {
			panic(err)
		}
		rows := targets[:2*batch.Size]
		if err := datasets.MinusPlusOne().Encode(batch.Labels, 2, rows); err != nil {
			panic(err)
		}
		fmt.Println(batch.Index, batch.X, rows)
	}
	// Output:
	// 0 [10 11] [1 -1 -1 1]
	// 1 [12 13] [1 -1 -1 1]
	// 2 [14] [1 -1]
}

// Few samples of each class, and the rest of the same seed's epoch after an interruption.
func ExamplePerClass() {
	split, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 1000, Test: 10})
	if err != nil {
		panic(err)
	}
	few, err := datasets.PerClass(split.Train, 6, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		panic(err)
	}
	resume := datasets.BatchSettings{Size: 20, Shuffle: true, Skip: 2}
	for batch, err := range datasets.Batches(few, resume, rand.New(rand.NewPCG(2, 1))) {
		if err != nil {
			panic(err)
		}
		fmt.Println("batch", batch.Index, "of", resume.Count(few.Len()), "has", batch.Size)
	}
	// Output: batch 2 of 3 has 20
}

// A task of continual learning: two classes, renumbered.
func ExampleClasses() {
	data, err := datasets.NewFloats([]int{1}, 3, []float32{10, 11, 12, 13}, []int{0, 1, 2, 1})
	if err != nil {
		panic(err)
	}
	task, err := datasets.Classes(data, []int{2, 1}, true)
	if err != nil {
		panic(err)
	}
	for i := range task.Len() {
		fmt.Print(task.Label(i), " ")
	}
	fmt.Println("of", task.Classes())
	// Output: 1 0 1 of 2
}

func ExampleNames() {
	for _, info := range datasets.Names() {
		fmt.Println(info.Name, info.Shape, info.Train, info.Test)
	}
	// Output:
	// glyphs [28 28] 12000 2000
	// mnist [28 28] 60000 10000
	// fashion-mnist [28 28] 60000 10000
	// cifar-10 [3 32 32] 50000 10000
	// optdigits [8 8] 3823 1797
	// kmnist [28 28] 60000 10000
	// cifar-100 [3 32 32] 50000 10000
	// cifar-100-coarse [3 32 32] 50000 10000
	// emnist-balanced [28 28] 112800 18800
	// emnist-byclass [28 28] 697932 116323
	// emnist-bymerge [28 28] 697932 116323
	// emnist-digits [28 28] 240000 40000
	// emnist-letters [28 28] 124800 20800
	// emnist-mnist [28 28] 60000 10000
}

// A user's own table: text labels become classes in the order of their names.
func ExampleCSV() {
	split, err := datasets.CSV{Targets: []string{"species"}}.Read("testdata/foreign/iris.csv", "")
	if err != nil {
		panic(err)
	}
	fmt.Println(split.Train.Len(), split.Train.Shape(), datasets.ClassNames(split.Train))
	_, err = datasets.CSV{Targets: []string{"petal, width"}}.Read("testdata/foreign/iris.csv", "")
	where, remedy, _ := strings.Cut(err.Error(), "; ")
	fmt.Println(strings.TrimPrefix(where, "datasets: "))
	fmt.Println(remedy)
	// Output:
	// 4 [2] [ibiza setosa virginica "A"]
	// testdata/foreign/iris.csv: row 2, column 3 (species): got "setosa", want a number
	// correct it, or name the column in Ignore or Targets
}

// Some samples of each class are kept back to choose by.
func ExampleHoldout() {
	split, err := datasets.Load("glyphs", datasets.LoadSettings{Train: 100, Test: 10})
	if err != nil {
		panic(err)
	}
	training, validation, err := datasets.Holdout(split.Train, datasets.HoldoutSettings{Fraction: 0.2})
	if err != nil {
		panic(err)
	}
	counts, err := datasets.ClassCounts(validation)
	if err != nil {
		panic(err)
	}
	fmt.Println(training.Len(), validation.Len(), counts)
	// Output: 80 20 [2 2 2 2 2 2 2 2 2 2]
}
