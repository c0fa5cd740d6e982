package reproduce

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/seed-be841da4/prospect/datasets"
	"github.com/seed-be841da4/prospect/layers"
	"github.com/seed-be841da4/prospect/models"
	"github.com/seed-be841da4/prospect/train"
)

// The schedule of concept drift.
const (
	driftEvery    = 64
	driftPerClass = 120
	driftTest     = 100
	driftBatch    = 32
)

// driftRates is the published grid of learning rates.
var driftRates = []float64{.1, .05, .01, .005, .001}

// driftPanel is Fig. 4f and g.
func driftPanel() *Panel {
	return &Panel{
		Name: "fig4f-g", Aliases: []string{"fig4f", "fig4g"}, Data: fashion,
		Shows: "concept drift: half of the labels are reshuffled every 64 epochs",
		Protocol: "784-32-32-10 sigmoid without biases, pre-trained by backprop on all of Fashion-MNIST (batch 60, rate 0.01, 64 epochs, targets ±1); " +
			"then 120 images of each class, batch 32, 3,000 epochs; every 64 epochs the outputs of classes 5-9 are permuted and the images drawn anew; " +
			"relaxation γ 0.1, discount 0.5, T 128.",
		Quirks: []Quirk{
			{lateReshuffle, "The reshuffle runs within the drift epoch, whose training uses the old labels and whose test the new ones; left out, it comes before the epoch."},
			{mixedTargets, "Targets are 0/1 in the first epoch and ±1 afterwards; left out, they are ±1 throughout."},
			{subsetPicker, "The subset picker, asked for all images for the pre-training, drops one of each class."},
		},
		Thinner: "rate 0.01 of 5, 1,500 of 3,000 epochs, 16 of 64 epochs of pre-training",
		Seeds:   Seeds{3, 3},
		Minutes: map[Preset]float64{Quick: 1.3, Full: 30},
		Trials: func(o Options, seeds int) []Trial {
			rates, epochs := pick(o, []float64{.01}, driftRates), pick(o, 1500, 3000)
			return grid([]int{epochs}, func(string, int) []float64 { return rates }, seeds)
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 8, BP: 2}[t.Rule] * float64(t.Size) },
		Run:  driftTrial, Report: driftReport,
	}
}

func driftModel() models.MLP {
	return models.MLP{Widths: []int{784, 32, 32, 10}, Activation: layers.Sigmoid{}, NoBias: true, Init: layers.XavierUniform{}}
}

// pretrain returns the weights that every run of the panel starts from.
func pretrain(ctx context.Context, env *Env) (Weights, error) {
	split, err := env.Split(fashion)
	if err != nil {
		return nil, err
	}
	data, err := env.perClass(split.Train, -1, random(0, "pre-training subset"))
	if err != nil {
		return nil, err
	}
	c, err := newClassifier(driftModel(), relaxation{}, Trial{Rule: BP, Rate: 0.01})
	if err != nil {
		return nil, err
	}
	src := &train.Labelled{Data: data, Encoding: datasets.MinusPlusOne(), Settings: datasets.BatchSettings{Size: 60, Shuffle: true}}
	for range env.epochs(pick(env.Options, 16, 64)) {
		if err := c.epoch(ctx, src); err != nil {
			return nil, err
		}
	}
	var out Weights
	for _, p := range c.net.Params() {
		w := p.Values().Float32()
		out = append(out, slices.Clone(w))
	}
	return out, nil
}

// drift is the world of a trial.
type drift struct {
	env    *Env
	rng    *rand.Rand
	source *train.Labelled
	tester *tester
	// output of each class.
	output []int
}

func driftTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	weights, err := env.Weights("drift", func() (Weights, error) { return pretrain(ctx, env) })
	if err != nil {
		return Outcome{}, err
	}
	c, err := newClassifier(driftModel(), relaxation{steps: 128, gamma: 0.1, discount: 0.5}, t)
	if err != nil {
		return Outcome{}, err
	}
	for i, p := range c.net.Params() {
		w := p.Values().Float32()
		copy(w, weights[i])
	}
	c.net.ParamsChanged()
	d := &drift{env: env, rng: random(t.Seed, "drift"), output: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}
	d.source = &train.Labelled{Seed: uint64(t.Seed), Settings: datasets.BatchSettings{Size: driftBatch, Shuffle: true}}
	late := env.Options.repeats(lateReshuffle)
	if !env.Options.repeats(mixedTargets) {
		d.source.Encoding = datasets.MinusPlusOne()
	}
	if err := d.draw(c); err != nil {
		return Outcome{}, err
	}
	errs := make(Numbers, env.epochs(t.Size))
	c.watch(ctx, len(errs)*d.source.Steps())
	for e := range errs {
		now := e%driftEvery == 0
		if now && !late {
			err = d.shuffle(c)
		}
		if err == nil {
			err = c.epoch(ctx, d.source)
		}
		d.source.Encoding = datasets.MinusPlusOne()
		if err == nil && now && late {
			err = d.shuffle(c)
		}
		if err == nil {
			errs[e], err = c.error(d.tester)
		}
		if err != nil {
			return Outcome{}, err
		}
	}
	return Outcome{Series: []Series{{testError, errs}}, Diverged: c.diverged}, nil
}

// shuffle permutes the outputs of classes 5-9 and draws new images.
func (d *drift) shuffle(c *classifier) error {
	half := d.output[5:]
	d.rng.Shuffle(len(half), func(i, j int) { half[i], half[j] = half[j], half[i] })
	return d.draw(c)
}

// draw draws the images to learn from and to test with.
func (d *drift) draw(c *classifier) error {
	split, err := d.env.Split(fashion)
	if err != nil {
		return err
	}
	training, err := d.env.perClass(split.Train, driftPerClass, d.rng)
	if err != nil {
		return err
	}
	test, err := d.env.perClass(split.Test, driftTest, d.rng)
	if err != nil {
		return err
	}
	output := slices.Clone(d.output)
	d.source.Data = &relabelled{Dataset: training, to: output, classes: len(output)}
	test = &relabelled{Dataset: test, to: output, classes: len(output)}
	if d.tester == nil {
		d.tester, err = newTester(c.net, test, testBatch)
		return err
	}
	return d.tester.use(test)
}
