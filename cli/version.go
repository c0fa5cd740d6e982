package cli

import (
	"fmt"
	"runtime"
	"text/tabwriter"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/run"
)

// versionCmd is "prospect version".
type versionCmd struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run prints the versions.
func (cmd versionCmd) Run(c *console) error {
	v := run.ReadVersions()
	if cmd.JSON {
		return writeEvent(c.stdout, struct {
			run.Versions
			OS      string `json:"os"`
			Arch    string `json:"arch"`
			Kernels string `json:"kernels"`
		}{v, runtime.GOOS, runtime.GOARCH, run.ReadHost().Kernels})
	}
	t := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"prospect", v.Prospect},
		{"revision", v.Revision},
		{"go", v.Go + " " + runtime.GOOS + "/" + runtime.GOARCH},
		{"kernels", run.ReadHost().Kernels},
		{"gorgonia", v.Gorgonia},
		{"tensor", v.Tensor},
		{"gonum", v.Gonum},
	} {
		if row[1] != "" {
			fmt.Fprintf(t, "%s\t%s\n", row[0], row[1])
		}
	}
	return errors.Wrap(t.Flush(), "version")
}
