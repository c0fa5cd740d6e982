package experiments

import (
	"context"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
	"github.com/seed-be841da4/prospect/train"
)

// Outcome is the result of one of many simulations that ran together, or why it has
// none; see [IsDivergence].
type Outcome[R any] struct {
	Result R
	Err    error
}

// class is many pupils of one network and one rule that learn in step, each with
// weights, rates and data of its own: an ensemble, or single pupils if the rule has no
// ensemble. A pupil whose numbers stop being finite leaves; the others go on.
type class struct {
	ensemble *graph.Ensemble
	learner  *train.Ensemble
	forward  *graph.EnsembleSession
	y        relax.Vector

	single []*pupil
	errs   []error // of single
}

// newClass prepares members pupils that learn batches of a size. inputs are the clamped
// nodes besides "y". build returns the network, one for each pupil if the rule has no
// ensemble, as PC has none that compares energies in float32.
func newClass(members int, l Learning, size int, build func() (*graph.Network, error), inputs ...string) (*class, error) {
	if l.Rule != PC && l.Rule != BP || l.Draws != Own && l.Rule == PC {
		return newSingles(members, l, size, build, inputs...)
	}
	c := &class{}
	rule, err := l.rule()
	if err != nil {
		return nil, err
	}
	net, err := build()
	if err != nil {
		return nil, err
	}
	if c.ensemble, err = graph.NewEnsemble(net, members); err != nil {
		return nil, err
	}
	if c.learner, err = train.NewEnsemble(c.ensemble, rule, &train.SGD{}, size, append(inputs, "y")...); err != nil {
		return nil, err
	}
	for m := range members {
		if err := c.learner.SetRates(m, l.Rate); err != nil {
			return nil, err
		}
	}
	if c.forward, err = c.ensemble.ForwardSession(size, inputs, "y"); err != nil {
		return nil, err
	}
	y, err := net.Node("y")
	c.y = relax.Float64(make([]float64, size*y.Shape.Size()))
	return c, err
}

// newSingles is newClass with single pupils, whatever the rule.
func newSingles(members int, l Learning, size int, build func() (*graph.Network, error), inputs ...string) (*class, error) {
	c := &class{errs: make([]error, members)}
	for range members {
		net, err := build()
		if err != nil {
			return nil, err
		}
		p, err := newPupil(net, l, size, inputs...)
		if err != nil {
			return nil, err
		}
		c.single = append(c.single, p)
	}
	return c, nil
}

// set says what a node of a member is clamped to.
func (c *class) set(member int, node string, data ...float64) error {
	var values []float32
	for _, v := range data {
		values = append(values, float32(v))
	}
	return c.set32(member, node, values)
}

func (c *class) set32(member int, node string, data []float32) error {
	if c.single != nil {
		copy(c.single[member].batch.Values[node], data)
		return nil
	}
	if node != "y" {
		if err := c.forward.Clamp(member, node, data); err != nil {
			return err
		}
	}
	return c.learner.Clamp(member, node, data)
}

// rates sets the learning rates of a member by parameter; 0 leaves one as it is.
func (c *class) rates(member int, rates ...float64) error {
	if c.single != nil {
		copy(c.single[member].rates, rates)
		return nil
	}
	return c.learner.SetRates(member, rates...)
}

// weights sets a parameter of a member.
func (c *class) weights(member, param int, w ...float64) error {
	if c.single != nil {
		net := c.single[member].net
		setWeights(net.Params()[param], w...)
		net.ParamsChanged()
		return nil
	}
	return c.ensemble.SetParam(member, param, relax.Float64(w))
}

// drawNormal draws all weights of a member from N(0, std²).
func (c *class) drawNormal(member int, std float64, rng *rand.Rand) error {
	for i, w := range c.network(member).Params() {
		values := make([]float64, w.Value.DataSize())
		for j := range values {
			values[j] = std * rng.NormFloat64()
		}
		if err := c.weights(member, i, values...); err != nil {
			return err
		}
	}
	return nil
}

// draw gives a member the weights that fill writes into the network.
func (c *class) draw(member int, fill func(*graph.Network) error) error {
	if err := fill(c.network(member)); err != nil || c.single != nil {
		return err
	}
	return c.ensemble.Load(member)
}

// members returns how many there are.
func (c *class) members() int {
	if c.single != nil {
		return len(c.single)
	}
	return c.ensemble.Members()
}

// network returns the network of a member, which all share in an ensemble.
func (c *class) network(member int) *graph.Network {
	if c.single != nil {
		return c.single[member].net
	}
	return c.ensemble.Network()
}

// predict computes the feedforward outputs of all members.
func (c *class) predict() error {
	for _, p := range c.single {
		if _, err := p.predict(); err != nil {
			return err
		}
	}
	if c.single != nil {
		return nil
	}
	return c.forward.Feedforward()
}

// output returns what was predicted for a member, which the next call overwrites.
func (c *class) output(member int) (relax.Vector, error) {
	if c.single != nil {
		return c.single[member].y, nil
	}
	return c.y, c.forward.Activity(member, "y", c.y)
}

// outputs predicts, and returns copies of the outputs of all members.
func (c *class) outputs() ([][]float64, error) {
	if err := c.predict(); err != nil {
		return nil, err
	}
	out := make([][]float64, c.members())
	for m := range out {
		y, err := c.output(m)
		if err != nil {
			return nil, err
		}
		out[m] = y.AppendTo(nil)
	}
	return out, nil
}

// learn takes one learning step with all members.
func (c *class) learn(ctx context.Context) error {
	if c.single == nil {
		return c.learner.Learn(ctx)
	}
	for m, p := range c.single {
		if c.errs[m] != nil {
			continue
		}
		if err := p.learn(ctx); IsDivergence(err) {
			c.errs[m] = err
		} else if err != nil {
			return err
		}
	}
	return nil
}

// err returns why a member has left.
func (c *class) err(member int) error {
	if c.single != nil {
		return c.errs[member]
	}
	return c.learner.Err(member)
}

// alike returns an error unless simulations can run together: unless all learn as the
// first does, but for the rate.
func alike(what string, seeds []uint64, all ...Learning) error {
	if len(all) == 0 || len(all) != len(seeds) {
		return errors.Errorf("experiments: %s: simulations, got %d with %d seeds, want one seed for each of at least one", what, len(all), len(seeds))
	}
	for _, l := range all {
		if l.Rate = all[0].Rate; l != all[0] {
			return errors.Errorf("experiments: %s: settings, got %+v and %+v, want simulations that run together to learn alike", what, all[0], l)
		}
	}
	return nil
}
