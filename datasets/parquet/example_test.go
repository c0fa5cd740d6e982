package parquet_test

import (
	"fmt"
	"os"
	"path/filepath"

	pq "github.com/parquet-go/parquet-go"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/datasets/parquet"
)

// A table with a target becomes a data set.
func ExampleFiles() {
	dir, err := os.MkdirTemp("", "parquet")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	type house struct {
		Size, Rooms, Price float64
	}
	path := filepath.Join(dir, "houses.parquet")
	if err := pq.WriteFile(path, []house{{50, 2, 100}, {70, 3, 140}, {90, 4, 180}}); err != nil {
		fmt.Println(err)
		return
	}
	split, err := parquet.Files{Targets: []string{"Price"}, Task: datasets.Regression}.Read(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	x := make([]float32, 2)
	split.Train.Read(1, x)
	fmt.Println(split.Train.Len(), "samples; the second is", x)
	// Output: 3 samples; the second is [70 3]
}
