package reproduce

import (
	"context"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// continualRates is the published grid of learning rates.
var continualRates = []float64{.005, .001, .00075, .0005, .00025, .0001}

// continualPanel is Fig. 4d and e.
func continualPanel() *Panel {
	return &Panel{
		Name: "fig4d-e", Aliases: []string{"fig4d", "fig4e"}, Data: fashion,
		Shows: "continual learning: two tasks in turn on the same outputs",
		Protocol: "784-32-32-32-5 sigmoid without biases, Xavier normal, on 600 Fashion-MNIST images of each class; classes 0-4 and 5-9 are two tasks " +
			"on the same 5 outputs, 4 epochs in turn; batch 500; the first 84 epochs; relaxation γ 0.1, discount 0.9, T 64.",
		Quirks: []Quirk{
			{deadOutput, "The fifth output never receives an error; left out, every output learns."},
			{collidingLabels, "Class c is output p(c) mod 5 with a random permutation p of the ten classes, so that a task has about 3.9 labels; " +
				"left out, each class of a task has an output of its own."},
			{subsetPicker, "The subset picker, asked for all test images, drops one of each class."},
		},
		Thinner: "4 of 6 learning rates",
		Seeds:   Seeds{6, 21},
		Minutes: map[Preset]float64{Quick: 1.5, Full: 9},
		Trials: func(o Options, seeds int) []Trial {
			rates := pick(o, []float64{.001, .00075, .0005, .00025}, continualRates)
			return grid([]int{0}, func(string, int) []float64 { return rates }, seeds)
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 8, BP: 1}[t.Rule] },
		Run:  continualTrial, Report: continualReport,
	}
}

func continualTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	split, err := env.Split(fashion)
	if err != nil {
		return Outcome{}, err
	}
	s := experiments.PublishedContinual(t.rule(), t.Rate)
	s.DropOne, s.Epochs = env.Options.repeats(subsetPicker), env.epochs(s.Epochs)
	s.DeadOutput, s.CollidingLabels = env.Options.repeats(deadOutput), env.Options.repeats(collidingLabels)
	r, err := s.Run(ctx, split, t.seed())
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Series: []Series{{taskError(0), r.TestErrors[0]}, {taskError(1), r.TestErrors[1]}}, Diverged: r.Diverged}, nil
}
