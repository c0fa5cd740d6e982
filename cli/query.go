package cli

import (
	"context"
	"io/fs"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/run"
)

// queryCmd is "prospect query".
type queryCmd struct {
	Out     string   `required:"" placeholder:"DIR" help:"Run directory of the network."`
	DataDir string   `placeholder:"DIR" help:"Where the data are (default $$PROSPECT_DATA, or the user's cache directory)."`
	Clamp   []string `group:"Question:" sep:"none" placeholder:"NODE=VALUES" help:"What is known: test, test:0..63 or train:5 for samples or their labels, 3 or 0..9 for classes (or the names that the files give them), numbers with commas, @FILE.npy or @FILE.png. May be given for several nodes."`
	Mask    string   `group:"Question:" placeholder:"SIDE" help:"Hide a part of the clamped samples and fill it in: left, right, top, bottom or random:0.5."`
	Samples int      `group:"Question:" default:"0" placeholder:"N" help:"Number of samples where --clamp gives one or none, for different starts with --start-std (default 1)."`

	Read        []string `group:"Answer:" placeholder:"NODE" help:"Nodes to read (default: those that hold data and are not clamped)."`
	Predict     []string `group:"Answer:" placeholder:"NODE" help:"Nodes of which to read what the others predict: a reconstruction of what is clamped."`
	Energy      bool     `group:"Answer:" help:"Print the energy of every sample: the higher, the less it is like what was learned."`
	Score       bool     `group:"Answer:" help:"Classify by the energy with each class clamped in turn."`
	PNG         string   `group:"Answer:" name:"png" placeholder:"FILE" help:"Draw what is read of a node that holds samples; with --mask above it what was known and below it the truth."`
	NPZ         string   `group:"Answer:" name:"npz" placeholder:"FILE" help:"Write what is read and predicted, energies, scores and classes as arrays of NumPy, in their shapes; --json leaves the activities out then."`
	formatFlags `group:"Answer:"`

	Steps     int     `group:"Relaxation:" default:"500" placeholder:"T" help:"Most relaxation steps (default ${default})."`
	Tolerance float64 `group:"Relaxation:" default:"0.05" placeholder:"X" help:"Gradient norm of a sample at which it has converged (default ${default})."`
	Solver    string  `group:"Relaxation:" default:"lbfgs" placeholder:"NAME" help:"How activities move: ${solvers}; lbfgs finds its own step sizes (default ${default})."`
	StepSize  float64 `group:"Relaxation:" default:"0.02" placeholder:"G" help:"Size of a relaxation step, for other solvers than lbfgs (default ${default})."`
	StartStd  float64 `group:"Relaxation:" default:"0" placeholder:"S" help:"Standard deviation of the start of nodes that nothing predicts, or on a cycle (default 0)."`
	Seed      uint64  `group:"Relaxation:" default:"1" placeholder:"N" help:"Seed of that start and of a random mask (default ${default})."`
}

// Run asks.
func (q *queryCmd) Run(ctx context.Context, c *console) error {
	m, err := run.ReadManifest(q.Out, c.kinds)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.Errorf("query: %s: holds no run (no manifest.json); pass the --out of %s train", q.Out, c.program)
	}
	if err != nil {
		return err
	}
	if q.Score && (len(q.Read) > 0 || len(q.Predict) > 0 || q.PNG != "" || q.Energy) {
		return usage(errors.New("--score: relaxes every class on its own, so there is nothing to read; leave out --read, --predict, --energy and --png"))
	}
	r, err := run.Query(ctx, m, run.CheckpointOf(q.Out), q.DataDir, run.Ask{
		Clamp: q.Clamp, Mask: q.Mask, Predict: q.Predict, Score: q.Score, Samples: q.Samples,
		Steps: q.Steps, StepSize: q.StepSize, Tolerance: q.Tolerance, Solver: q.Solver, StartStd: q.StartStd, Seed: q.Seed,
	})
	if errors.Is(err, fs.ErrNotExist) {
		return errors.WithMessage(err, "query")
	}
	if err != nil {
		return err
	}
	a := &answer{Reply: r, cmd: q}
	if err := a.choose(); err != nil {
		return err
	}
	if q.PNG != "" {
		if err := a.draw(q.PNG); err != nil {
			return err
		}
	}
	if q.NPZ != "" {
		if err := a.saveArrays(q.NPZ); err != nil {
			return err
		}
	}
	if q.JSON {
		return a.writeJSON(c.stdout)
	}
	p := q.printer(c)
	if err := a.write(p); err != nil {
		return err
	}
	return p.Err()
}

// choose fills in the nodes to read.
func (a *answer) choose() error {
	a.read = a.cmd.Read
	for _, name := range a.read {
		if _, err := a.Net.Node(name); err != nil {
			return errors.WithMessage(err, "--read")
		}
	}
	if len(a.read) > 0 || len(a.cmd.Predict) > 0 || a.cmd.Energy || a.cmd.Score {
		return nil
	}
	for _, name := range a.Net.Clamped() {
		_, clamped := a.Question.Clamp[name]
		if _, partly := a.Question.Known[name]; !clamped || partly {
			a.read = append(a.read, name)
		}
	}
	slices.Sort(a.read)
	return nil
}
