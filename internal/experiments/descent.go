package experiments

import (
	"context"
	"math"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// descent is a session whose equilibrium is known. It is the [relax.Converger] of its
// relaxations.
type descent struct {
	settings ErrorCoordinates
	ctx      context.Context
	session  *graph.Session
	errors   *graph.ErrorCoordinates
	hidden   []string
	optimum  [][]float64 // of the hidden nodes
	energy   float64     // there

	nodes []float64 // steps until each was near, +Inf until then
	gap   float64   // steps until the energy was
	err   error     // of reading activities
}

// equilibrium finds it: exactly where the network is linear, and else by Anderson
// acceleration in the errors to a certified gap of 1e-14.
func (c *descent) equilibrium(net *graph.Network, batch *train.Batch) error {
	if c.settings.Activation == "" {
		chain, err := newLinearChain(net, func(int) (float64, bool) { return 1, false })
		if err != nil {
			return err
		}
		e, err := chain.equilibrium(denseOf(batch.Size, batch.Values["x"]), denseOf(batch.Size, batch.Values["y"]))
		if err != nil {
			return err
		}
		for _, h := range e.activities[1:] {
			c.optimum = append(c.optimum, h.RawMatrix().Data)
		}
		c.energy = e.energy
		return nil
	}
	if err := c.reset(); err != nil {
		return err
	}
	r, err := relax.Run(c.ctx, c.errors, relax.Settings{
		Steps: 2000, Solver: &relax.Anderson{Memory: 6}, Control: relax.Armijo{Initial: 1}, Stop: relax.RelativeGap{Tolerance: 1e-14},
	})
	if err == nil {
		err = errors.WithMessage(r.Status.Err(), "experiments: error coordinates: the equilibrium")
	}
	if err != nil {
		return err
	}
	for _, name := range c.hidden {
		h, err := c.session.Activity(name)
		if err != nil {
			return err
		}
		c.optimum = append(c.optimum, h.AppendTo(nil))
	}
	c.energy = r.Energy
	return nil
}

// reset starts at the feedforward pass.
func (c *descent) reset() error {
	if err := c.session.Initialize(graph.Start{}, nil); err != nil {
		return err
	}
	c.errors.Reset()
	return nil
}

// problem is the energy of the errors or of the activities.
func (c *descent) problem(ofErrors bool) relax.Problem {
	if ofErrors {
		return c.errors
	}
	return c.session
}

// run descends.
func (c *descent) run(ofErrors bool, rate float64, steps int, stop relax.Converger) error {
	if err := c.reset(); err != nil {
		return err
	}
	_, err := relax.Run(c.ctx, c.problem(ofErrors), relax.Settings{Steps: steps, Control: relax.Constant{Size: rate}, Stop: stop})
	return err
}

// best descends with each step size. A step size that is too large, so that numbers leave
// the finite ones, does not arrive.
func (c *descent) best(ofErrors bool, rates []float64, steps int, done func(rates int)) (Approach, error) {
	a := Approach{Nodes: slices.Repeat([]float64{math.Inf(1)}, len(c.hidden)), Gap: math.Inf(1), Left: math.Inf(1)}
	for i, rate := range rates {
		c.nodes, c.gap = slices.Repeat([]float64{math.Inf(1)}, len(c.hidden)), math.Inf(1)
		err := c.run(ofErrors, rate, steps, c)
		done(i + 1)
		diverged := IsDivergence(err)
		if err == nil || diverged {
			err = c.err
		}
		if err != nil {
			return a, err
		}
		if c.gap < a.Gap {
			a.Gap, a.GapRate = c.gap, rate
		}
		if diverged {
			continue
		}
		left, err := c.left()
		if err != nil {
			return a, err
		}
		if all := slices.Max(c.nodes); all < a.All() || math.IsInf(all, 1) && math.IsInf(a.All(), 1) && left < a.Left {
			a.Nodes, a.Rate, a.Left = slices.Clone(c.nodes), rate, left
		}
	}
	return a, nil
}

// Due reports that every state is tested.
func (c *descent) Due(int) bool { return true }

// Converged notes which nodes, and whether the energy, came near. It reports whether all
// have.
func (c *descent) Converged(s relax.State) bool {
	if math.IsInf(c.gap, 1) && (s.Energy-c.energy)/c.energy <= c.settings.Gap {
		c.gap = float64(s.Step)
	}
	for i := range c.hidden {
		if !math.IsInf(c.nodes[i], 1) {
			continue
		}
		d, _, err := c.distance(i)
		if err != nil {
			c.err = err
			return true
		}
		if d < c.settings.Distance {
			c.nodes[i] = float64(s.Step)
		}
	}
	return !math.IsInf(c.gap, 1) && !math.IsInf(slices.Max(c.nodes), 1)
}

// distance returns the medians over the samples of ‖h − h*‖ and of ‖h − h*‖/‖h*‖.
func (c *descent) distance(node int) (absolute, relative float64, err error) {
	h, err := c.session.Activity(c.hidden[node])
	if err != nil {
		return 0, 0, err
	}
	var d, r []float64
	for n := range c.session.Batch() {
		var dd, oo float64
		for k := range c.settings.Width {
			i := n*c.settings.Width + k
			o := c.optimum[node][i]
			dd += (h.At(i) - o) * (h.At(i) - o)
			oo += o * o
		}
		d, r = append(d, math.Sqrt(dd)), append(r, math.Sqrt(dd/oo))
	}
	return median(d), median(r), nil
}

// left is the largest relative distance of a node.
func (c *descent) left() (float64, error) {
	most := 0.0
	for i := range c.hidden {
		_, r, err := c.distance(i)
		if err != nil {
			return 0, err
		}
		most = math.Max(most, r) // keeps NaN
	}
	return most, nil
}

// arrivals, see [ErrorCoordinatesResult].
func (c *descent) arrivals(rate float64) ([]float64, error) {
	var out []float64
	for i := range c.hidden {
		node := len(c.hidden) - 1 - i
		if err := c.reset(); err != nil {
			return nil, err
		}
		h, err := c.session.Activity(c.hidden[node])
		if err != nil {
			return nil, err
		}
		before := h.AppendTo(nil)
		if err := c.run(false, rate, i+1, nil); err != nil {
			return nil, err
		}
		if h, err = c.session.Activity(c.hidden[node]); err != nil {
			return nil, err
		}
		moved := 0.0
		for k, x := range before {
			moved += (h.At(k) - x) * (h.At(k) - x)
		}
		out = append(out, math.Sqrt(moved))
	}
	return out, nil
}

// firstErrors, see [ErrorCoordinatesResult].
func (c *descent) firstErrors(rate float64) ([]float64, error) {
	if err := c.run(true, rate, 1, nil); err != nil {
		return nil, err
	}
	var out []float64
	for _, a := range slices.Backward(c.errors.Activities()) {
		out = append(out, math.Sqrt(a.X.Dot(a.X)))
	}
	return out, nil
}

// median is the middle number, or the mean of the two.
func median(x []float64) float64 {
	s := slices.Sorted(slices.Values(x))
	n := len(s)
	return (s[(n-1)/2] + s[n/2]) / 2
}
