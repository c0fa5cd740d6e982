package cli

import (
	"encoding/json"
	"math/bits"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/mpi"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/train"
)

// join makes the processes of a launcher of MPI a group, if this is one of several.
func (c *console) join() error {
	w := mpi.World()
	if w.Err() != nil {
		if c.rank > 0 { // all have it, and rank 0 tells it
			return errAll{w.Err()}
		}
		return w.Err()
	}
	if w.Size() > 1 {
		c.group, c.rank = w, w.Rank()
	}
	if n := w.Size(); bits.OnesCount(uint(n)) != 1 {
		return errAll{errors.Errorf("mpi: processes, got %d, want a power of two, so that each has as many of the blocks of a batch; start %d or %d", n, 1<<(bits.Len(uint(n))-1), 1<<bits.Len(uint(n)))}
	}
	return nil
}

// leave ends what join began, when all processes have come to it.
func (c *console) leave() {
	if c.group != nil {
		c.group.Close()
	}
}

// errAll is an error that every process has, or knows of.
type errAll struct{ error }

// Unwrap returns the error.
func (e errAll) Unwrap() error { return e.error }

// allKnow reports whether every process of the group ends with this error.
func (c *console) allKnow(err error) bool {
	return errors.As(err, new(usageError)) || errors.As(err, new(interrupted)) || errors.As(err, new(errAll)) || errors.Is(err, train.ErrGroup)
}

// decision is what rank 0 has decided for the group.
type decision struct {
	Error string `json:"error,omitempty"`
	Usage bool   `json:"usage,omitempty"` // that the error is of the command line

	Dir       string         `json:"dir,omitempty"`
	Manifests []run.Manifest `json:"manifests,omitempty"`
	Dirs      []string       `json:"dirs,omitempty"`
}

// decide has rank 0 decide and tells the others, who get its error as one that all know.
func (c *console) decide(decide func() (decision, error)) (decision, error) {
	if c.group == nil {
		return decide()
	}
	var d decision
	var own error
	if c.rank == 0 {
		if d, own = decide(); own != nil {
			d = decision{Error: own.Error(), Usage: errors.As(own, new(usageError))}
		}
	}
	text, err := json.Marshal(d)
	if err != nil {
		return d, errors.Wrap(err, "mpi: plan")
	}
	if text, err = train.Broadcast(c.group, text); err != nil {
		return d, err
	}
	switch {
	case own != nil:
		return d, errAll{own}
	case c.rank == 0:
		return d, nil
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return d, errors.Wrap(err, "mpi: plan of rank 0")
	}
	if d.Error != "" {
		err = errors.New(d.Error)
		if d.Usage {
			return d, usage(err)
		}
		return d, errAll{err}
	}
	return d, nil
}

// planTogether is plan; in a group that of rank 0 is that of all.
func (t *trainCmd) planTogether(c *console) (*plan, error) {
	var p *plan
	d, err := c.decide(func() (d decision, err error) {
		if p, err = t.plan(c); err != nil {
			return d, err
		}
		d.Dir = p.dir
		for _, r := range p.runs {
			s := &r.Manifest.Settings
			switch {
			case !c.launched || s.Blocks != 0:
			case p.old && c.group == nil:
			case p.old:
				return d, errors.Errorf("--out %s: the run was started in whole batches, which several processes cannot share; go on without mpirun, or choose another --out", t.Out)
			default:
				s.Blocks = usualBlocks(s.Batch, mpi.World().Size())
			}
			d.Manifests, d.Dirs = append(d.Manifests, r.Manifest), append(d.Dirs, r.Dir)
		}
		return d, nil
	})
	if err != nil || p != nil {
		return p, err
	}
	p = &plan{dir: d.Dir}
	for i, m := range d.Manifests {
		m.Settings.Kinds, m.Settings.Cache = c.kinds, &run.Cache{}
		p.runs = append(p.runs, t.newRun(d.Dirs[i], m))
	}
	return p, nil
}

// usualBlocks is the number of blocks of a batch where nobody asks for one.
func usualBlocks(batch, processes int) int {
	n := 1
	for n < train.DefaultBlocks && 2*n <= batch {
		n *= 2
	}
	return max(n, processes)
}

// claimTogether is claim; in a group rank 0 does it for all.
func (t *trainCmd) claimTogether(c *console, r *claimed) error {
	_, err := c.decide(func() (decision, error) {
		err := r.claim()
		if err != nil {
			r.release(false)
		}
		return decision{}, err
	})
	return err
}
