package bench

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Equilibrium is what one way of relaxing takes from the feedforward pass to an
// equilibrium: until the energy of every sample is certified to be within a fraction of
// its minimum, see [relax.RelativeGap].
type Equilibrium struct {
	Case string `json:"case"`
	// Updates is the number of weight updates that the weights have had.
	Updates int `json:"updates"`
	// Coordinates are what moves, activities or errors.
	Coordinates train.Coordinates `json:"coordinates"`
	Solver      string            `json:"solver"`
	// StepSize is the best one of a scan; 0 where the solver has its own.
	StepSize float64 `json:"step_size,omitempty"`
	// Fixed means that it takes a fixed number of steps, the least that is enough for
	// every batch measured, and tests nothing.
	Fixed bool `json:"fixed,omitempty"`
	// Reached is false if some batch was not there after the most steps allowed; the
	// other fields are then those of all these steps.
	Reached bool `json:"reached"`
	// Steps, Passes and MFLOP are those of one relaxation, the mean of the batches. A
	// pass evaluates the energies and their gradients; a test of activities is two.
	Steps  float64 `json:"steps"`
	Passes float64 `json:"passes"`
	MFLOP  float64 `json:"mflop"`
	// Ms is the time of one relaxation, the median of the rounds, and CPUMs the time of
	// the processors, 0 where the system does not tell.
	Ms    float64 `json:"ms"`
	CPUMs float64 `json:"cpu_ms,omitempty"`
	// Speedup is how many times faster it is than Euler's method with a fixed number of
	// steps of the best size, the median of the rounds by processor time, if the system
	// tells it.
	Speedup float64 `json:"speedup"`
}

// EquilibriumSettings say what to measure.
type EquilibriumSettings struct {
	Settings
	// Tolerance is the fraction of the energy.
	Tolerance float64
	// Updates are the numbers of weight updates after which to measure, ascending.
	Updates []int
	// MaxSteps is the most steps of a relaxation.
	MaxSteps int
}

// way is one way of relaxing.
type way struct {
	coordinates train.Coordinates
	name        string
	solver      relax.Solver
	scanned     bool // whether its step size has to be found
	fixed       bool
}

func ways() []way {
	return []way{
		{name: "euler", solver: relax.Euler{}, scanned: true, fixed: true},
		{name: "euler", solver: relax.Euler{}, scanned: true},
		{name: "nesterov", solver: &relax.Momentum{Nesterov: true, Restart: true}, scanned: true},
		{name: "lbfgs", solver: &relax.LBFGS{}},
		{name: "anderson", solver: &relax.Anderson{}},
		{train.Errors, "euler", relax.Euler{}, true, false},
		{train.Errors, "lbfgs", &relax.LBFGS{}, false, false},
		{train.Errors, "cg", &relax.ConjugateGradient{}, false, false},
		{train.Errors, "anderson", &relax.Anderson{}, false, false},
	}
}

// control is the step control of a way with a step size.
func (w way) control(size float64) relax.Control {
	switch w.solver.(type) {
	case *relax.LBFGS, *relax.Anderson:
		return relax.Armijo{Initial: 1}
	case *relax.ConjugateGradient:
		size = 1
	}
	return relax.Constant{Size: size}
}

// equilibria measures one network at its current weights.
type equilibria struct {
	EquilibriumSettings
	session *graph.Session
	errors  *graph.ErrorCoordinates
	batches []*train.Batch
	flops   float64 // of a pass
}

// MeasureEquilibria measures every way of relaxing on a case, after each number of
// updates, and calls each with the results.
func MeasureEquilibria(ctx context.Context, c Case, s EquilibriumSettings, each func([]Equilibrium) error) error {
	net, err := c.Model.New(graph.Settings{Engine: s.Engine, Precision: s.Precision})
	if err != nil {
		return err
	}
	learner, err := newLearner(net, c, s.Settings)
	if err != nil {
		return err
	}
	for _, updates := range s.Updates {
		if err := learner.learn(ctx, updates); err != nil {
			return errors.WithMessagef(err, "bench: %d updates", updates)
		}
		q, err := newEquilibria(net, c, s)
		if err != nil {
			return err
		}
		results, err := q.measure(ctx)
		if err != nil {
			return err
		}
		for i := range results {
			results[i].Case, results[i].Updates = c.Name, updates
		}
		if err := each(results); err != nil {
			return err
		}
	}
	return nil
}

// equilibriumBatches is the number of batches that are relaxed.
const equilibriumBatches = 4

func newEquilibria(net *graph.Network, c Case, s EquilibriumSettings) (*equilibria, error) {
	q := &equilibria{EquilibriumSettings: s}
	if err := q.prepareSession(net, c); err != nil {
		return nil, err
	}
	var err error
	q.batches, err = load(s.Data, c)
	q.batches = q.batches[:min(len(q.batches), equilibriumBatches)]
	return q, err
}

// prepareSession makes the session and its error coordinates.
func (q *equilibria) prepareSession(net *graph.Network, c Case) error {
	var err error
	if q.session, err = net.Session(c.Batch, graph.Roles{Clamped: []string{"x", "y"}}); err != nil {
		return err
	}
	if q.errors, err = q.session.ErrorCoordinates(); err != nil {
		return err
	}
	q.flops, err = q.session.FLOPs()
	return err
}

// begin puts the session at the feedforward pass of a batch.
func (q *equilibria) begin(b *train.Batch) error {
	for name, data := range b.Values {
		if err := q.session.Clamp(name, data); err != nil {
			return err
		}
	}
	return q.session.Initialize(graph.Start{}, nil)
}

// driver returns a driver of a way. every is the number of steps between tests, 0 for
// the usual number, −1 for no test.
func (q *equilibria) driver(w way, size float64, steps, every int) (*relax.Driver, error) {
	s := relax.Settings{Steps: steps, Solver: w.solver, Control: w.control(size), SkipFinal: true}
	if every >= 0 {
		s.Stop = relax.RelativeGap{Tolerance: q.Tolerance, Every: every, MinSteps: 1}
	}
	if w.coordinates == train.Errors {
		return relax.NewDriver(q.errors, s)
	}
	return relax.NewDriver(q.session, s)
}

// relax runs a driver from the feedforward pass; reached is false if it did not converge.
func (q *equilibria) relax(ctx context.Context, w way, d *relax.Driver) (r relax.Result, reached bool, err error) {
	if w.coordinates == train.Errors {
		q.errors.Reset()
	}
	r, err = d.Run(ctx)
	if r.Status == relax.Diverged {
		return r, false, nil
	}
	if err == nil && w.coordinates == train.Errors && r.Status != relax.Converged {
		err = q.errors.Store() // else its last evaluation stored the activities
	}
	return r, r.Status == relax.Converged, err
}

// most is the largest number of steps of a batch, limit+1 if one does not get there.
func (q *equilibria) most(ctx context.Context, w way, size float64, limit, every int) (int, error) {
	d, err := q.driver(w, size, limit+1, every)
	if err != nil {
		return 0, err
	}
	most := 0
	for _, b := range q.batches {
		if err := q.begin(b); err != nil {
			return 0, err
		}
		r, reached, err := q.relax(ctx, w, d)
		if err != nil {
			return 0, err
		}
		if !reached {
			return limit + 1, nil
		}
		most = max(most, r.Steps)
	}
	return most, nil
}

// scan finds the step size of the fewest steps, and these steps: first among powers of
// √2, then nearby. If none is enough it returns the size that came nearest to failing
// late, which is the middle one, and more steps than allowed.
func (q *equilibria) scan(ctx context.Context, w way) (size float64, steps int, err error) {
	steps = q.MaxSteps + 1
	try := func(candidate float64, every int) error {
		n, err := q.most(ctx, w, candidate, min(q.MaxSteps, steps), every)
		if err == nil && n < steps {
			size, steps = candidate, n
		}
		return err
	}
	const middle = 0.4
	for _, k := range []float64{0, -2, 1, 2, 3, 4, -1, -3} {
		if err := try(middle*math.Pow(2, k/2), 0); err != nil {
			return 0, 0, err
		}
		if k == 1 && steps > q.MaxSteps {
			return middle, steps, nil // neither of three
		}
	}
	if steps > q.MaxSteps {
		return middle, steps, nil
	}
	every := max(1, steps/64)
	steps++
	for best, k := size, -2.0; k <= 2; k++ {
		if err := try(best*math.Pow(2, k/8), every); err != nil {
			return 0, 0, err
		}
	}
	return size, steps, nil
}

// turn is a way that takes its turns.
type turn struct {
	way
	result  Equilibrium
	driver  *relax.Driver
	scale   float64 // of the time of the driver
	rounds  int
	wall    []float64
	cpu     []float64
	speedup []float64
}

// rounds is the largest number of rounds, for ways that take as long as that.
const rounds = 9

func (q *equilibria) measure(ctx context.Context) ([]Equilibrium, error) {
	var turns []*turn
	sizes := map[string]float64{}
	for _, w := range ways() {
		t, err := q.prepare(ctx, w, sizes)
		if err != nil {
			return nil, errors.WithMessagef(err, "bench: %s in %v", w.name, w.coordinates)
		}
		turns = append(turns, t)
	}
	for round := range rounds {
		for _, t := range turns {
			if round >= t.rounds {
				continue
			}
			if err := q.take(ctx, t, turns[0]); err != nil {
				return nil, err
			}
		}
	}
	var out []Equilibrium
	for _, t := range turns {
		t.result.Ms, t.result.CPUMs, t.result.Speedup = 1e3*median(t.wall), 1e3*median(t.cpu), median(t.speedup)
		out = append(out, t.result)
	}
	return out, nil
}

// prepare finds the step size and counts steps and passes. sizes holds the sizes found,
// by coordinates and solver.
func (q *equilibria) prepare(ctx context.Context, w way, sizes map[string]float64) (*turn, error) {
	t := &turn{way: w, scale: 1, rounds: rounds, result: Equilibrium{Coordinates: w.coordinates, Solver: w.name, Fixed: w.fixed}}
	r := &t.result
	steps, every := q.MaxSteps, 0
	if w.scanned {
		key := w.coordinates.String() + w.name
		size, found := sizes[key]
		if !found || w.fixed {
			var err error
			if size, steps, err = q.scan(ctx, w); err != nil {
				return nil, err
			}
			sizes[key] = size
		}
		r.StepSize = size
	}
	if !w.fixed {
		steps = q.MaxSteps
	}
	if w.fixed {
		r.Reached = steps <= q.MaxSteps
		r.Steps = float64(min(steps, q.MaxSteps))
		r.Passes, r.MFLOP = r.Steps, r.Steps*q.flops/1e6
		n := min(int(r.Steps), 64)
		t.scale = r.Steps / float64(n)
		steps, every = n, -1
	}
	var err error
	if t.driver, err = q.driver(w, r.StepSize, steps, every); err != nil || w.fixed {
		return t, err
	}
	r.Reached = true
	start := time.Now()
	for _, b := range q.batches {
		if err := q.begin(b); err != nil {
			return nil, err
		}
		got, reached, err := q.relax(ctx, w, t.driver)
		if err != nil {
			return nil, err
		}
		r.Reached = r.Reached && reached
		r.Steps += float64(got.Steps) / float64(len(q.batches))
		r.Passes += float64(got.Evaluations) / float64(len(q.batches))
	}
	if took := time.Since(start); took > q.Block {
		t.rounds = max(1, min(rounds, int(rounds*q.Block/took)))
	}
	r.MFLOP = r.Passes * q.flops / 1e6
	return t, nil
}

// take times one relaxation of every batch.
func (q *equilibria) take(ctx context.Context, t, first *turn) error {
	var wall, cpu time.Duration
	for _, b := range q.batches {
		if err := q.begin(b); err != nil {
			return err
		}
		start, busy := time.Now(), cpuTime()
		if _, _, err := q.relax(ctx, t.way, t.driver); err != nil {
			return err
		}
		wall, cpu = wall+time.Since(start), cpu+cpuTime()-busy
	}
	per := t.scale / float64(len(q.batches))
	t.wall, t.cpu = append(t.wall, per*wall.Seconds()), append(t.cpu, per*cpu.Seconds())
	k := len(t.wall) - 1
	mine, theirs := t.cpu[k], first.cpu[k]
	if !(mine > 0 && theirs > 0) {
		mine, theirs = t.wall[k], first.wall[k]
	}
	t.speedup = append(t.speedup, theirs/mine)
	return nil
}

func median(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	n := len(x)
	return (x[(n-1)/2] + x[n/2]) / 2
}
