package experiments

import (
	"context"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/sweep"
)

// SensorimotorGroup is a kind of triplet in the sensorimotor experiment: a cue and
// the direction of the force.
type SensorimotorGroup int

// The groups, in the order of the figure.
const (
	Cue1Plus SensorimotorGroup = iota
	Cue2Plus
	Cue1Minus
	Cue2Minus
	NumSensorimotorGroups // how many there are
)

// String returns the group's name: cue and force.
func (g SensorimotorGroup) String() string { return [...]string{"1+", "2+", "1-", "2-"}[g] }

func (g SensorimotorGroup) trial() trial {
	return [...]trial{{1, plus}, {2, plus}, {1, minus}, {2, minus}}[g]
}

// force is the perturbation in a trial: none in a channel or washout trial.
type force int

const (
	none force = iota
	plus
	minus
)

// trial is one movement.
type trial struct {
	cue   int // 1 or 2
	force force
}

// Sensorimotor simulates the motor-learning task of Heald et al. (2021). Two cues
// each feed a hidden unit, and both hidden units the outputs (force +, force −).
// Training pairs cue 1 with + and cue 2 with −. Then triplets (channel trial with
// cue 1, a trial of one of four groups, channel trial with cue 1) show how much
// a single trial of each group changes what is done at cue 1.
//
// Source: Song et al. 2024, Fig. 5.
type Sensorimotor struct {
	// Learning is the rule; its Rate is that of the first layer.
	Learning
	// MemoryRate is the learning rate of the second layer.
	MemoryRate float64 `json:"memory_rate"`
	// InitStd is the standard deviation of all weights at first.
	InitStd float64 `json:"init_std"`
	// Precision of the network.
	Precision graph.Precision `json:"precision"`
}

// PublishedSensorimotor returns the published settings of a rule at one cell of
// the grid: init_std 1e-5 to 1 by factors of 10; rate 0.5, 0.1, 0.05 ... 1e-6;
// memory rate 0.1, 0.05, 0.01, 0.005, 0.001, 5e-4.
func PublishedSensorimotor(rule Rule, initStd, rate, memoryRate float64) Sensorimotor {
	return Sensorimotor{
		Learning:   Learning{Rule: rule, Rate: rate, Gamma: 0.1, Discount: 0.9, Steps: 256},
		MemoryRate: memoryRate, InitStd: initStd,
	}
}

// SensorimotorResult is the adaptation by group, averaged over the rounds: the
// change from the first to the last channel trial of a triplet of (force + minus
// force −), with the sign of the group's force.
type SensorimotorResult struct {
	Adaptation [NumSensorimotorGroups]float64 `json:"adaptation"`
}

// The phases of the task.
const (
	sensorimotorBlocks = 24
	sensorimotorRounds = 8
)

// RunSensorimotor runs simulations with a seed each together. They have to learn alike,
// but for rates and deviations.
func RunSensorimotor(ctx context.Context, all []Sensorimotor, seeds []uint64) ([]Outcome[SensorimotorResult], error) {
	var learning []Learning
	for _, s := range all {
		learning = append(learning, s.Learning)
	}
	err := alike("sensorimotor", seeds, learning...)
	if err != nil {
		return nil, err
	}
	c, err := newClass(len(all), all[0].Learning, 1, func() (*graph.Network, error) { return graph.New(pathways(2), settings(all[0].Precision, 0)) }, "x1", "x2")
	if err != nil {
		return nil, err
	}
	out, motors, longest := make([]Outcome[SensorimotorResult], len(all)), make([]*motor, len(all)), 0
	for i, s := range all {
		if err := c.rates(i, s.Rate, s.Rate, s.MemoryRate, s.MemoryRate); err != nil {
			return nil, err
		}
		if err := c.drawNormal(i, s.InitStd, source(seeds[i], "sensorimotor/weights")); err != nil {
			return nil, err
		}
		motors[i] = newMotor(source(seeds[i], "sensorimotor/trials"))
		longest = max(longest, len(motors[i].trials))
	}
	for t := range longest {
		sweep.ProgressOf(ctx).Set(t, longest)
		if err := step(ctx, c, motors, t); err != nil {
			return nil, errors.WithMessage(err, "experiments: sensorimotor")
		}
	}
	for i, m := range motors {
		out[i] = Outcome[SensorimotorResult]{Result: SensorimotorResult{Adaptation: m.adaptation()}, Err: errors.WithMessage(c.err(i), "experiments: sensorimotor")}
	}
	return out, nil
}

// step does trial t of all: they predict, then learn.
func step(ctx context.Context, c *class, motors []*motor, t int) error {
	for i, m := range motors {
		if t >= len(m.trials) {
			if err := c.rates(i, 0, 0, 0, 0); err != nil {
				return err
			}
			continue
		}
		trial := m.trials[t]
		for _, err := range []error{
			c.set(i, "x1", float64(2-trial.cue)), c.set(i, "x2", float64(trial.cue-1)),
			c.set(i, "y", truth(trial.force == plus), truth(trial.force == minus)),
		} {
			if err != nil {
				return err
			}
		}
	}
	if err := c.predict(); err != nil {
		return err
	}
	for i, m := range motors {
		y, err := c.output(i)
		if err != nil {
			return err
		}
		if t < len(m.trials) {
			m.differences[t] = y.At(0) - y.At(1)
		}
	}
	return c.learn(ctx)
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// motor is the course of the task for one seed.
type motor struct {
	rng    *rand.Rand
	trials []trial
	tests  []test
	// differences holds force + minus force − of the prediction before every trial.
	differences []float64
}

// test is a triplet of the test by its first trial.
type test struct {
	group SensorimotorGroup
	at    int
}

// newMotor plans training and test.
func newMotor(rng *rand.Rand) *motor {
	m := &motor{rng: rng}
	m.train()
	m.test()
	m.differences = make([]float64, len(m.trials))
	return m
}

// all plans trials in random order.
func (m *motor) all(trials ...trial) {
	m.rng.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	m.trials = append(m.trials, trials...)
}

// washout plans n trials without a force, half with each cue, in random order.
func (m *motor) washout(n int) {
	var trials []trial
	for i := range n {
		trials = append(trials, trial{1 + i%2, none})
	}
	m.all(trials...)
}

// triplet plans a channel trial with cue 1, a trial, and the channel trial again. It
// returns the place of the first.
func (m *motor) triplet(middle trial) int {
	channel := trial{1, none}
	m.trials = append(m.trials, channel, middle, channel)
	return len(m.trials) - 3
}

// train plans the blocks of training.
func (m *motor) train() {
	long, short := &bag{of: []int{14, 16, 18}}, &bag{of: []int{6, 8, 10}}
	exposure := []trial{{1, plus}, {1, plus}, {1, plus}, {1, plus}, {2, minus}, {2, minus}, {2, minus}, {2, minus}}
	for range sensorimotorBlocks {
		m.washout(2)
		for range 4 {
			m.all(append([]trial(nil), exposure...)...)
		}
		m.washout(2)
		first, second := trial{1, plus}, trial{2, minus}
		if m.rng.IntN(2) == 1 {
			first, second = second, first
		}
		m.washout(long.draw(m.rng))
		m.triplet(first)
		m.washout(short.draw(m.rng))
		m.triplet(second)
	}
}

// test plans the rounds after training.
func (m *motor) test() {
	washouts := &bag{of: []int{2, 4, 6}}
	for range sensorimotorRounds {
		for _, g := range m.rng.Perm(int(NumSensorimotorGroups)) {
			m.washout(washouts.draw(m.rng))
			group := SensorimotorGroup(g)
			m.tests = append(m.tests, test{group, m.triplet(group.trial())})
		}
	}
}

// adaptation returns how much the last trial of a triplet differs from the first, in the
// direction of the force, averaged over the rounds.
func (m *motor) adaptation() (out [NumSensorimotorGroups]float64) {
	for _, t := range m.tests {
		change := m.differences[t.at+2] - m.differences[t.at]
		if t.group.trial().force == minus {
			change = -change
		}
		out[t.group] += change / sensorimotorRounds
	}
	return out
}

// bag draws numbers without replacement and is filled again when it is empty.
type bag struct {
	of, left []int
}

func (b *bag) draw(rng *rand.Rand) int {
	if len(b.left) == 0 {
		b.left = append(b.left, b.of...)
	}
	i := rng.IntN(len(b.left))
	n := b.left[i]
	b.left = append(b.left[:i], b.left[i+1:]...)
	return n
}
