package main

import (
	"fmt"
	"os"
	"regexp"
	"strconv"

	"github.com/seed-be841da4/prospect/plot"
)

// depthClaim is a line of the stored report on Fig. 3h: the rule, the number of layers,
// what was published, and ours with its standard error.
var depthClaim = regexp.MustCompile(`(?m)^(\w+(?: configuration)?), (\d+) layers? \(ours at rate \S+, published \S+\) +(\S+) +(\S+) ± (\S+) `)

// depth draws Fig. 3h from the stored report of its full preset.
func depth(report string) (picture, error) {
	text, err := os.ReadFile(report)
	if err != nil {
		return nil, err
	}
	f := plot.Figure{
		Name: "fig3h", Title: "Deep networks on Fashion-MNIST, each rule at its best learning rate", Width: 15, Height: 9,
		X: plot.Axis{Label: "layers"}, Y: plot.Axis{Label: "test error, mean of 64 epochs"},
	}
	for _, c := range rules {
		ours := plot.Series{Name: c.name, Color: c.color}
		paper := plot.Series{Name: c.name + ", published", Label: "published", Color: c.color, Reference: true}
		for _, m := range depthClaim.FindAllStringSubmatch(string(text), -1) {
			if m[1] != c.name {
				continue
			}
			var v [4]float64
			for i := range v {
				if v[i], err = strconv.ParseFloat(m[2+i], 64); err != nil {
					return nil, err
				}
			}
			paper.Add(v[0], v[1])
			ours.AddInterval(v[0], v[2], v[2]-v[3], v[2]+v[3])
		}
		if len(ours.X) == 0 {
			return nil, fmt.Errorf("%s: no numbers of %s", report, c.name)
		}
		f.Series = append(f.Series, paper, ours)
	}
	return f, nil
}
