package reproduce

import (
	"context"
	"fmt"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// cifar is the data set of the convolutional network.
const cifar = "cifar-10"

// convRates is the published grid of learning rates.
var convRates = []float64{1e-5, 2.5e-5, 5e-5, 7.5e-5, 1e-4, 2.5e-4}

// convQuick is what the quick preset runs: the images of each class to learn from
// and to test with, and the epochs.
var convQuick = struct{ training, test, epochs int }{200, 100, 6}

// convPanel is Fig. 4i.
func convPanel() *Panel {
	return &Panel{
		Name: "fig4i", Data: cifar,
		Shows: "a convolutional network on CIFAR-10: the lowest test error by learning rate",
		Protocol: "Convolutions 3→64→128 (kernel 3, stride 2, border 1, no bias), 8192→512→10 with biases, ReLU, on CIFAR-10; batch 200, incomplete batches are dropped, 80 epochs; " +
			"Adam with weight decay 0.01; relaxation γ 0.5, discount 0.5, T 16, weights updated at every step.",
		Quirks: []Quirk{
			{repeatedBackprop, "Backprop makes 16 Adam steps on each batch, as many as incremental predictive coding; left out, it makes one."},
			{subsetPicker, "The subset picker, asked for all images, drops one of each class."},
		},
		Thinner: fmt.Sprintf("%d images of each class (4,999), %d test images (9,800), %d epochs (80), 1 of 6 learning rates",
			convQuick.training, 10*convQuick.test, convQuick.epochs),
		Seeds:   Seeds{1, 3},
		Minutes: map[Preset]float64{Quick: 2, Full: 12000},
		Trials: func(o Options, seeds int) []Trial {
			rates := pick(o, []float64{1e-4}, convRates)
			return grid([]int{pick(o, convQuick.training, 5000)}, func(string, int) []float64 { return rates }, seeds)
		},
		Run: convTrial, Report: convReport,
	}
}

func convTrial(ctx context.Context, env *Env, t Trial) (Outcome, error) {
	split, err := env.Split(cifar)
	if err != nil {
		return Outcome{}, err
	}
	s := experiments.PublishedConvolution(t.rule(), t.Rate)
	s.PerClass, s.DropOne, s.Repeated = t.Size, env.Options.repeats(subsetPicker), env.Options.repeats(repeatedBackprop)
	if !env.Options.full() {
		s.TestPerClass, s.Epochs = convQuick.test, convQuick.epochs
	}
	s.Epochs = env.epochs(s.Epochs)
	return learned(s.Run(ctx, split, t.seed()))
}

func convReport(records []Record, o Options) (*Report, error) {
	t := tabulate(records, leastError)
	r := &Report{}
	f := Figure{Name: "fig4i", Title: "A convolutional network on CIFAR-10", X: rateAxis, Y: "lowest test error", LogX: true}
	curves := Figure{Name: "fig4i-curves", Title: "Each rule at its best learning rate", X: "epoch", Y: "test error"}
	found := map[string]Sample{}
	for _, rule := range rules {
		line, paper := ours(rule), published(rule)
		for i, rate := range convRates {
			paper.between(rate, fig4i[rule][i], [2]float64{fig4i[rule][i] - fig4iSEM, fig4i[rule][i] + fig4iSEM})
			for _, c := range t.cells(func(t Trial) bool { return t.Rule == rule && t.Rate == rate }) {
				s := Summarize(t[c])
				line.add(rate, s, c)
				if o.full() {
					r.near(fmt.Sprintf("%s, rate %v", label(rule), rate), fig4i[rule][i], s, 0.01)
				}
			}
		}
		f.Lines = append(f.Lines, line, paper)
		at, s := t.best(func(t Trial) bool { return t.Rule == rule })
		found[rule] = s
		curve := meanCurve(records, at, 1)
		curve.Name = fmt.Sprintf("%s, ours (rate %v)", label(rule), at.Rate)
		curves.Lines = append(curves.Lines, curve)
	}
	r.Figures = []Figure{f, curves}
	if pc, bp := lowestEpoch(curves.Lines[0]), lowestEpoch(curves.Lines[1]); o.full() {
		r.claim("BP comes to its lowest error earlier and then over-fits, PC goes on", "epoch 70 v 16", fmt.Sprintf("epoch %d v %d", pc, bp), "epoch of the lowest error: PC > 1.5 BP", 2*pc > 3*bp)
	}
	order := number(found[PC].Mean) + " v " + number(found[BP].Mean)
	r.claim("PC's lowest error is below BP's", ".2864 v .3097", order, "PC < BP", found[PC].Mean < found[BP].Mean)
	if !o.full() {
		r.Notes = append(r.Notes, "The quick preset learns from few images for few epochs, so its errors are far above the published ones, "+
			"and their order need not be the published one.")
	}
	return r, nil
}

// lowestEpoch is the epoch, from 1, at which a curve is lowest.
func lowestEpoch(l Line) int {
	at := 0
	for i, y := range l.Y {
		if y < l.Y[at] {
			at = i
		}
	}
	return at + 1
}
