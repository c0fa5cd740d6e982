package cli

import (
	"runtime"

	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/run"
)

// versionCmd is "prospect version".
type versionCmd struct {
	formatFlags
}

// Run prints the versions.
func (cmd *versionCmd) Run(c *console) error {
	v := run.ReadVersions()
	if cmd.JSON {
		return writeEvent(c.stdout, struct {
			run.Versions
			OS      string `json:"os"`
			Arch    string `json:"arch"`
			Kernels string `json:"kernels"`
		}{v, runtime.GOOS, runtime.GOARCH, run.ReadHost().Kernels})
	}
	t := tables.Table{Columns: []tables.Column{{Name: "part", Key: "name"}, {Name: "version", Key: "version"}}}
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
			t.Add(row[0], row[1])
		}
	}
	p := cmd.printer(c)
	p.Table(t)
	return p.Err()
}
