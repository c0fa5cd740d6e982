package cli

import (
	"fmt"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/tables"
)

// explainCmd is "prospect explain".
type explainCmd struct {
	Network networkFlags `embed:""`

	Engine string `default:"compiled" placeholder:"NAME" help:"What runs the network: ${engines} (${default})."`
	Batch  int    `default:"64" placeholder:"N" help:"Samples of an update (${default})."`
}

// Run prints the compiled program.
func (e *explainCmd) Run(c *console) error {
	if e.Batch < 1 {
		return errors.Errorf("--batch, got %d, want at least 1", e.Batch)
	}
	s, err := e.Network.settings(c)
	if err != nil {
		return err
	}
	s.Engine = e.Engine
	net, err := s.Network()
	if err != nil {
		return err
	}
	session, err := net.Session(e.Batch, graph.Roles{Clamped: net.Clamped()})
	if err != nil {
		return err
	}
	text, err := session.Explain()
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		if _, err := fmt.Fprintln(c.stdout, tables.Fill(strings.TrimSuffix(line, "\n"), c.width)); err != nil {
			return errors.Wrap(err, "explain")
		}
	}
	return nil
}
