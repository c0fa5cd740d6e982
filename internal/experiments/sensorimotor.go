package experiments

import (
	"context"
	"math/rand/v2"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
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

// Run runs training and test.
func (s Sensorimotor) Run(ctx context.Context, seed uint64) (SensorimotorResult, error) {
	var r SensorimotorResult
	net, err := graph.New(pathways(2), settings(s.Precision, seed))
	if err != nil {
		return r, err
	}
	p, err := newPupil(net, s.Learning, 1, "x1", "x2")
	if err != nil {
		return r, err
	}
	p.rates = []float64{s.Rate, s.Rate, s.MemoryRate, s.MemoryRate}
	p.drawNormal(s.InitStd, source(seed, "sensorimotor/weights"))
	m := &motor{pupil: p, rng: source(seed, "sensorimotor/trials")}
	if err := m.train(ctx); err != nil {
		return r, errors.WithMessage(err, "experiments: sensorimotor: training")
	}
	if r.Adaptation, err = m.test(ctx); err != nil {
		return r, errors.WithMessage(err, "experiments: sensorimotor: test")
	}
	return r, nil
}

// motor is a pupil in the task.
type motor struct {
	*pupil
	rng *rand.Rand
}

// do does a trial: it predicts, then learns. It returns force + minus force − of
// the prediction.
func (m *motor) do(ctx context.Context, t trial) (float64, error) {
	m.set("x1", 0)
	m.set("x2", 0)
	if t.cue == 1 {
		m.set("x1", 1)
	} else {
		m.set("x2", 1)
	}
	switch t.force {
	case plus:
		m.set("y", 1, 0)
	case minus:
		m.set("y", 0, 1)
	default:
		m.set("y", 0, 0)
	}
	y, err := m.predict()
	if err != nil {
		return 0, err
	}
	difference := y.At(0) - y.At(1)
	return difference, m.learn(ctx)
}

// all does trials in random order.
func (m *motor) all(ctx context.Context, trials ...trial) error {
	m.rng.Shuffle(len(trials), func(i, j int) { trials[i], trials[j] = trials[j], trials[i] })
	for _, t := range trials {
		if _, err := m.do(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// washout does n trials without a force, half with each cue, in random order.
func (m *motor) washout(ctx context.Context, n int) error {
	var trials []trial
	for i := range n {
		trials = append(trials, trial{1 + i%2, none})
	}
	return m.all(ctx, trials...)
}

// triplet does a channel trial with cue 1, a trial, and the channel trial again.
// It returns by how much the first differs from the last.
func (m *motor) triplet(ctx context.Context, middle trial) (float64, error) {
	channel := trial{1, none}
	before, err := m.do(ctx, channel)
	if err != nil {
		return 0, err
	}
	if _, err := m.do(ctx, middle); err != nil {
		return 0, err
	}
	after, err := m.do(ctx, channel)
	return after - before, err
}

// train does the blocks of training.
func (m *motor) train(ctx context.Context) error {
	long, short := &bag{of: []int{14, 16, 18}}, &bag{of: []int{6, 8, 10}}
	exposure := []trial{{1, plus}, {1, plus}, {1, plus}, {1, plus}, {2, minus}, {2, minus}, {2, minus}, {2, minus}}
	for range sensorimotorBlocks {
		if err := m.washout(ctx, 2); err != nil {
			return err
		}
		for range 4 {
			if err := m.all(ctx, append([]trial(nil), exposure...)...); err != nil {
				return err
			}
		}
		if err := m.washout(ctx, 2); err != nil {
			return err
		}
		first, second := trial{1, plus}, trial{2, minus}
		if m.rng.IntN(2) == 1 {
			first, second = second, first
		}
		for _, part := range []struct {
			washout *bag
			middle  trial
		}{{long, first}, {short, second}} {
			if err := m.washout(ctx, part.washout.draw(m.rng)); err != nil {
				return err
			}
			if _, err := m.triplet(ctx, part.middle); err != nil {
				return err
			}
		}
	}
	return nil
}

// test does the rounds after training.
func (m *motor) test(ctx context.Context) (adaptation [NumSensorimotorGroups]float64, err error) {
	washouts := &bag{of: []int{2, 4, 6}}
	for range sensorimotorRounds {
		for _, g := range m.rng.Perm(int(NumSensorimotorGroups)) {
			if err := m.washout(ctx, washouts.draw(m.rng)); err != nil {
				return adaptation, err
			}
			t := SensorimotorGroup(g).trial()
			change, err := m.triplet(ctx, t)
			if err != nil {
				return adaptation, err
			}
			if t.force == minus {
				change = -change
			}
			adaptation[g] += change / sensorimotorRounds
		}
	}
	return adaptation, nil
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
