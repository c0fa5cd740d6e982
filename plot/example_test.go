package plot_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-be841da4/prospect/plot"
)

// A line with error bars beside published numbers, as a picture and as numbers.
func Example() {
	ours := plot.Series{Name: "ours", Color: plot.Blue}
	ours.AddInterval(0.01, 0.25, 0.24, 0.26)
	ours.AddInterval(0.1, 0.19, 0.18, 0.21)
	published := plot.Series{Name: "published", Color: plot.Blue, Reference: true}
	published.Add(0.01, 0.24)
	published.Add(0.1, 0.2)
	f := plot.Figure{
		Name: "rates", Title: "Learning from few images",
		X: plot.Axis{Label: "learning rate", Log: true}, Y: plot.Axis{Label: "test error"},
		Series: []plot.Series{published, ours},
	}
	dir, err := os.MkdirTemp("", "plot")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"rates.png", "rates.svg", "rates.pdf", "rates.csv"} {
		if err := f.Save(filepath.Join(dir, name)); err != nil {
			fmt.Println(err)
		}
	}
	numbers, _ := os.ReadFile(filepath.Join(dir, "rates.csv"))
	fmt.Print(string(numbers))
	// Output:
	// figure,series,x,y,low,high
	// rates,published,0.01,0.24,,
	// rates,published,0.1,0.2,,
	// rates,ours,0.01,0.25,0.24,0.26
	// rates,ours,0.1,0.19,0.18,0.21
}
