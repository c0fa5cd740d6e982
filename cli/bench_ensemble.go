package cli

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/bench"
	"github.com/seed-be841da4/prospect/internal/tables"
)

// ensembles measures many small networks.
func (b *benchCmd) ensembles(ctx context.Context, c *console, rules []string) error {
	t := tables.Table{Columns: []tables.Column{
		{Name: "network", Key: "case"},
		{Name: "rule", Key: "rule"},
		{Name: "networks", Key: "members"},
		{Name: "batch", Key: "batch"},
		{Name: "steps", Key: "steps"},
		{Name: "µs alone", Key: "us_alone"},
		{Name: "µs as one", Key: "us_together"},
		{Name: "gain", Key: "gain"},
		{Name: "GFLOP/s", Key: "gflops"},
	}}
	for _, k := range bench.EnsembleCases() {
		for _, rule := range rules {
			r, err := bench.RunEnsemble(ctx, k, rule, time.Duration(b.Seconds*float64(time.Second)))
			if err != nil {
				return errors.WithMessagef(err, "ensemble %s, rule %s", k.Name(), rule)
			}
			if b.JSON {
				if err := json.NewEncoder(c.stdout).Encode(r); err != nil {
					return errors.Wrap(err, "bench")
				}
				continue
			}
			t.Add(r.Case, r.Rule, r.Members, r.Batch, r.Steps, tables.Number("%.3f", r.Alone), tables.Number("%.3f", r.Together),
				tables.Number("%.1f", r.Gain), tables.Number("%.1f", r.Gflops))
		}
	}
	if b.JSON {
		return nil
	}
	p := b.printer(c)
	p.Line("microseconds of an update of one network, one after the other and as one ensemble, one thread")
	p.Gap()
	p.Table(t)
	return p.Err()
}
