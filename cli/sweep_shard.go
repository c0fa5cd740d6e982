package cli

import (
	"bytes"
	"context"
	"encoding/json"
	stderrors "errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/cluster"
	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/sweep"
)

// open opens the store of the trials in --out, or, with the name of a task, the file of
// that task beside it.
func (s *sweepCmd) open(plan *sweepPlan, task string) (*sweep.Store[point, trialResult], error) {
	if s.work = s.Out; task != "" {
		s.work = "" // near the processor, and not on a file system of the network
	}
	store, err := sweep.Open(filepath.Join(s.Out, trialsFile), sweep.StoreSettings[point, trialResult]{
		Header: sweep.Header{Schema: 1, Name: "prospect sweep", Settings: plan.common}, Resume: s.Resume,
		Shards: filepath.Join(s.Out, shardsDir), Task: task,
	})
	if errors.Is(err, sweep.ErrStored) {
		return nil, errors.Errorf("--out %s: already holds trials; pass --resume to go on or choose another --out", s.Out)
	}
	return store, errors.WithMessagef(err, "--out %s", s.Out)
}

const trialsFile = "trials.jsonl"

// runShard runs the trials of a shard that nobody has run, into a file of its own.
func (s *sweepCmd) runShard(ctx context.Context, c *console, plan *sweepPlan, shard sweep.Shard) error {
	switch {
	case s.Out == "":
		return usage(errors.New("--shard needs to know where the other shards are; add --out DIR"))
	case plan.sequential() && shard.Of > 1:
		return usage(errors.Errorf("--shard %v with --search tpe or --prune, whose trials follow from those before: one process has to run them all; take random or halton without --prune, or --shard 0/1", shard))
	}
	if err := run.Writable(s.Out); err != nil {
		return err
	}
	store, err := s.open(plan, fmt.Sprintf("task-%04d", shard.Index))
	if err != nil {
		return err
	}
	defer store.Close()
	if err := s.note(plan); err != nil {
		return err
	}
	if !plan.sequential() {
		plan.points = sweep.Take(shard, plan.points)
	}
	observer := &sweepObserver{c: c, json: s.JSON}
	_, err = s.run(ctx, plan, sweep.Runner[point, trialResult]{Store: store, Workers: s.workers(), Observer: observer, Cost: plan.cost})
	if err != nil && ctx.Err() != nil {
		return interrupted{"stopped; the same command goes on"}
	}
	if err == nil {
		err = observer.err
	}
	return err
}

// runRanks runs the trials on the processes of mpirun or srun, and tells the results on
// rank 0.
func (s *sweepCmd) runRanks(ctx context.Context, c *console, plan *sweepPlan) error {
	shard, err := c.world()
	if err != nil {
		return err
	}
	if plan.sequential() && shard.Of > 1 {
		return usage(errors.New("--launcher mpi with --search tpe or --prune, whose trials follow from those before: one process has to run them all; take random or halton without --prune, or leave --launcher out"))
	}
	d, err := c.decide(func() (decision, error) {
		if err := s.directory(plan.base); err != nil {
			return decision{}, err
		}
		store, err := s.open(plan, "")
		if err != nil {
			return decision{}, err
		}
		return decision{Dir: s.Out}, store.Close()
	})
	if err != nil {
		return err
	}
	s.Out, s.Resume = d.Dir, true
	own := *plan
	if err := s.runShard(ctx, c, &own, shard); err != nil {
		return err
	}
	if err := c.meet(); err != nil || c.rank > 0 {
		return err
	}
	return s.runAll(ctx, c, plan)
}

// sequential reports whether a trial follows from those before.
func (p *sweepPlan) sequential() bool { return p.tpe != nil || p.pruner != nil }

// count is the number of trials.
func (p *sweepPlan) count() int {
	if p.tpe != nil {
		return p.tpe.trials * len(p.tpe.studies) * len(p.tpe.seeds)
	}
	return len(p.points)
}

// submit has a launcher run the trials that nobody has run.
func (s *sweepCmd) submit(ctx context.Context, c *console, plan *sweepPlan) error {
	a := array{name: "sweep", out: s.Out, trials: plan.count(), alone: plan.sequential()}
	missing, err := s.missing(plan)
	if err != nil {
		return err
	}
	if a.missing = missing; len(missing) == 0 {
		s.Resume = true
		return s.runAll(ctx, c, plan)
	}
	if !s.DryRun {
		if err := s.note(plan); err != nil {
			return err
		}
	}
	if err := s.launch(ctx, c, a); err != nil || !s.Wait {
		return err
	}
	s.Resume = true
	if missing, err = s.missing(plan); err != nil {
		return err
	}
	if len(missing) > 0 {
		return errors.Errorf("--launcher slurm: the tasks have ended, and %d of %d trials are not done; see %s, then go on with the same command and --resume --out %s",
			len(missing), a.trials, filepath.Join(s.Out, clusterDir), quote(s.Out))
	}
	return s.runAll(ctx, c, plan)
}

// missing returns the indices of the trials that nobody has run. Of trials that follow
// from others it is the first, unless all are done.
func (s *sweepCmd) missing(plan *sweepPlan) ([]int, error) {
	store, err := s.open(plan, "")
	if err != nil {
		return nil, err
	}
	defer store.Close()
	if plan.sequential() {
		if store.Len() >= plan.count() {
			return nil, nil
		}
		return []int{0}, nil
	}
	var out []int
	for i, at := range plan.points {
		if _, ok := store.Get(at); !ok {
			out = append(out, i)
		}
	}
	return out, nil
}

// sweepNote is what is known of a sweep that tasks run: shards/sweep.json.
type sweepNote struct {
	Trials int `json:"trials"`
}

const noteFile = "sweep.json"

// note writes how many trials there are, once: all tasks would write the same.
func (s *sweepCmd) note(plan *sweepPlan) error {
	text, err := json.Marshal(sweepNote{plan.count()})
	if err != nil {
		return errors.Wrap(err, "sweep")
	}
	dir := filepath.Join(s.Out, shardsDir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return errors.Wrap(err, "--out")
	}
	f, err := os.OpenFile(filepath.Join(dir, noteFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return errors.Wrap(err, "--out")
	}
	_, err = f.Write(append(text, '\n'))
	return errors.Wrap(stderrors.Join(err, f.Close()), "--out")
}

// status tells how far the trials of a directory are.
func (s *sweepCmd) status(ctx context.Context, c *console) error {
	if len(s.Status) != 2 || s.Status[0] != "status" {
		return usage(errors.Errorf("sweep: got %q, want flags alone, or status and a directory", strings.Join(s.Status, " ")))
	}
	st, err := readStatus(s.Status[1])
	if err != nil {
		return err
	}
	if st.Job != "" {
		st.States = cluster.States(ctx, st.Job)
	}
	if s.JSON {
		return writeEvent(c.stdout, st)
	}
	p := s.printer(c)
	st.write(p)
	return p.Err()
}

// sweepStatus is how far trials are.
type sweepStatus struct {
	Event string `json:"event"`
	Out   string `json:"out"`
	// Trials is how many there are, 0 if that is not known, and Done how many of them
	// have ended.
	Trials int `json:"trials,omitempty"`
	Done   int `json:"done"`
	// Files are those of the tasks that have ended a trial.
	Files []shardStatus `json:"files"`
	// Job is the last job that was submitted, and States how many of its tasks are in
	// which state; those that have ended are in none.
	Job    string         `json:"job,omitempty"`
	States map[string]int `json:"states,omitempty"`
}

// shardStatus is a file of trials.
type shardStatus struct {
	Name   string    `json:"name"`
	Trials int       `json:"trials"`
	Last   time.Time `json:"last"`
}

// readStatus reads the files of a directory.
func readStatus(dir string) (*sweepStatus, error) {
	st := &sweepStatus{Event: "status", Out: dir}
	files, err := sweep.ShardFiles(filepath.Join(dir, shardsDir))
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, path := range append([]string{filepath.Join(dir, trialsFile)}, files...) {
		f, err := readShard(path, found)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if f.Trials > 0 {
			st.Files = append(st.Files, f)
		}
	}
	st.Done = len(found)
	var note sweepNote
	var job submission
	for path, into := range map[string]any{filepath.Join(dir, shardsDir, noteFile): &note, filepath.Join(dir, clusterDir, submissionFile): &job} {
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && len(text) > 0 { // or it is being written
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return nil, errors.Wrapf(err, "sweep: %s", path)
		}
	}
	if st.Trials, st.Job = note.Trials, job.Job; len(st.Files) == 0 && note.Trials == 0 {
		return nil, errors.Errorf("sweep: %s: got no trials, want the --out of a sweep", dir)
	}
	return st, nil
}

// readShard counts the trials of a file, and notes them.
func readShard(path string, found map[string]bool) (shardStatus, error) {
	f := shardStatus{Name: filepath.Base(path)}
	text, err := os.ReadFile(path)
	if err != nil {
		return f, errors.Wrap(err, "sweep")
	}
	info, err := os.Stat(path)
	if err != nil {
		return f, errors.Wrap(err, "sweep")
	}
	f.Last = info.ModTime()
	lines := slices.Collect(bytes.Lines(text[:bytes.LastIndexByte(text, '\n')+1]))
	for _, line := range lines[min(1, len(lines)):] {
		var r struct {
			Params json.RawMessage `json:"params"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return f, errors.Wrapf(err, "sweep: %s", path)
		}
		found[string(r.Params)] = true
		f.Trials++
	}
	return f, nil
}

// write prints the status.
func (st *sweepStatus) write(p *tables.Writer) {
	t := tables.Table{Columns: []tables.Column{{Name: "file"}, {Name: "trials"}, {Name: "last result"}}}
	for _, f := range st.Files {
		t.Add(f.Name, f.Trials, f.Last.Format(time.DateTime))
	}
	p.Table(t)
	text := fmt.Sprintf("%d trials are done", st.Done)
	if st.Trials > 0 {
		text = fmt.Sprintf("%d of %d trials are done", st.Done, st.Trials)
	}
	if st.Job != "" {
		var parts []string
		for _, state := range slices.Sorted(maps.Keys(st.States)) {
			parts = append(parts, fmt.Sprintf("%d %s", st.States[state], strings.ToLower(state)))
		}
		if parts == nil {
			parts = []string{"no task is left"}
		}
		text += "; job " + st.Job + ": " + strings.Join(parts, ", ")
	}
	p.Line("%s", text)
}
