// Figures draws the pictures of the README that need no data set into a directory, as
// PNG and SVG:
//
//	go run ./examples/figures -out docs/img
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seed-be841da4/prospect/plot"
)

// picture is what package plot can save.
type picture interface{ Save(path string) error }

func main() {
	out := flag.String("out", "docs/img", "directory for the pictures")
	results := flag.String("results", "docs/results", "directory of stored reports, for those that take hours to run anew")
	flag.Parse()
	if err := run(*out, *results); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(dir, results string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, draw := range map[string]func() (picture, error){
		"idea":         idea,
		"interference": interference,
		"relaxation":   relaxation,
		"glyphs":       glyphs,
		"fig3h":        func() (picture, error) { return depth(filepath.Join(results, "fig3f-g-h.txt")) },
	} {
		p, err := draw()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		endings := []string{".png", ".svg"}
		if _, pixels := p.(plot.Sheet); pixels {
			endings = endings[:1]
		}
		for _, ending := range endings {
			if err := p.Save(filepath.Join(dir, name+ending)); err != nil {
				return err
			}
		}
	}
	return nil
}
