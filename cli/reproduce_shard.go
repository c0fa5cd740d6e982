package cli

import (
	"context"
	"path/filepath"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/reproduce"
	"github.com/seed-be841da4/prospect/sweep"
)

// runShard runs the trials of a shard of every panel. A panel that fails does not keep
// the others from being run.
func (r *reproduceCmd) runShard(ctx context.Context, c *console, session *reproduce.Session, panels []*reproduce.Panel, shard sweep.Shard) error {
	var first error
	for _, p := range panels {
		watch := &trialObserver{console: c}
		err := session.RunShard(ctx, p, watch, shard)
		watch.end()
		if ctx.Err() != nil {
			return err
		}
		if err != nil && first == nil {
			first = err
		}
	}
	return first
}

// runRanks runs the trials on the processes of mpirun or srun, and reports on rank 0.
func (r *reproduceCmd) runRanks(ctx context.Context, c *console, session *reproduce.Session, panels []*reproduce.Panel) error {
	shard, err := c.world()
	if err != nil {
		return err
	}
	d, err := c.decide(func() (decision, error) {
		_, _, err := r.missing(panels)
		return decision{Dir: r.Out}, err
	})
	if err != nil {
		return err
	}
	r.Out, r.Resume = d.Dir, true
	own := &reproduce.Session{Dir: r.Out, Resume: true, Env: session.Env, Task: "rank"}
	defer own.Close()
	if err := r.runShard(ctx, c, own, panels, shard); err != nil {
		return err
	}
	if err := c.meet(); err != nil || c.rank > 0 {
		return err
	}
	session.Dir, session.Resume = r.Out, true
	return r.runAll(ctx, c, session, panels)
}

// submit has a launcher run the trials that nobody has run.
func (r *reproduceCmd) submit(ctx context.Context, c *console, session *reproduce.Session, panels []*reproduce.Panel) error {
	trials, missing, err := r.missing(panels)
	if err != nil {
		return err
	}
	session.Resume = true
	if len(missing) == 0 {
		return r.runAll(ctx, c, session, panels)
	}
	if err := r.launch(ctx, c, array{name: "reproduce", out: r.Out, trials: trials, missing: missing}); err != nil || !r.Wait {
		return err
	}
	r.Resume = true
	if _, missing, err = r.missing(panels); err != nil {
		return err
	}
	if len(missing) > 0 {
		return errors.Errorf("--launcher slurm: the tasks have ended, and not all trials are done; see %s, then go on with the same command and --resume --out %s", filepath.Join(r.Out, clusterDir), quote(r.Out))
	}
	return r.runAll(ctx, c, session, panels)
}

// missing returns the number of trials of the largest panel, and the indices of those
// that nobody has run, of any panel.
func (r *reproduceCmd) missing(panels []*reproduce.Panel) (trials int, missing []int, err error) {
	options, err := r.options(panels)
	if err != nil {
		return 0, nil, usage(err)
	}
	session := &reproduce.Session{Dir: r.Out, Resume: r.Resume, Env: reproduce.NewEnv(options)}
	defer session.Close()
	for _, p := range panels {
		n, some, err := session.Missing(p)
		if err != nil {
			return 0, nil, err
		}
		trials, missing = max(trials, n), append(missing, some...)
	}
	return trials, missing, nil
}
