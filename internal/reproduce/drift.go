package reproduce

import (
	"context"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// driftEvery is the epochs from one drift to the next.
const driftEvery = 64

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

func driftTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	split, err := env.Split(fashion)
	if err != nil {
		return Outcome{}, err
	}
	s := experiments.PublishedDrift(t.rule(), t.Rate)
	s.DropOne, s.Epochs, s.PretrainEpochs = env.Options.repeats(subsetPicker), env.epochs(t.Size), env.epochs(pick(env.Options, 16, s.PretrainEpochs))
	s.LateReshuffle, s.MixedTargets = env.Options.repeats(lateReshuffle), env.Options.repeats(mixedTargets)
	start, err := env.Weights("drift", func() (experiments.Weights, error) { return s.Pretrain(ctx, split) })
	if err != nil {
		return Outcome{}, err
	}
	return learned(s.Run(ctx, split, start, t.seed()))
}
