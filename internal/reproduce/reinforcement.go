package reproduce

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/experiments"
	"github.com/seed-be841da4/prospect/internal/rl"
	"github.com/seed-be841da4/prospect/sweep"
)

// reinforcementRates is the published grid of learning rates.
var reinforcementRates = []float64{.05, .01, .005, .001, .0005, .0001}

// reinforcementQuick are the rates of the quick preset, the best of the published
// sweep.
var reinforcementQuick = map[string]map[string]float64{
	PC: {"Acrobot-v1": .001, "CartPole-v1": .005, "MountainCar-v0": .005},
	BP: {"Acrobot-v1": .001, "CartPole-v1": .0005, "MountainCar-v0": .001},
}

// reinforcementPanel is Fig. 4k.
func reinforcementPanel() *Panel {
	return &Panel{
		Name: "fig4k", Shows: "reinforcement learning: CartPole, Acrobot and MountainCar",
		Protocol: "Deep Q-network obs-128-128-actions, sigmoid with biases, no target network; 10 updates of batch 60 after each episode; relaxation γ 0.05, no discount, T 32; " +
			"10,000 episodes; 6 learning rates, 3 seeds. The curve is the mean reward of the last 200 episodes; the best rate has the largest mean of it.",
		Thinner: "1 of 6 learning rates (the best published)",
		Seeds:   Seeds{3, 3},
		Minutes: map[Preset]float64{Quick: 7, Full: 60},
		Trials: func(o Options, seeds int) []Trial {
			var out []Trial
			for _, name := range rl.Names() {
				for _, t := range grid([]int{10000}, func(rule string, _ int) []float64 {
					return pick(o, []float64{reinforcementQuick[rule][name]}, reinforcementRates)
				}, seeds) {
					t.Case = name
					out = append(out, t)
				}
			}
			return out
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 3, BP: 1}[t.Rule] },
		Run: func(ctx context.Context, env *Env, t Trial) (Outcome, error) {
			s := experiments.PublishedReinforcement(t.rule(), t.Case, t.Rate)
			s.Agent.Episodes = env.epochs(t.Size)
			progress := sweep.ProgressOf(ctx)
			r, err := s.Run(ctx, t.seed(), func(episode int, _ float64) { progress.Set(episode+1, s.Agent.Episodes) })
			record, err := simulated(r, err, func(r experiments.ReinforcementResult) []Series {
				return []Series{{"curve", r.Curve}, one("mean", r.Mean), one("last", r.Last)}
			})
			record.Diverged = record.Diverged || r.Diverged > 0
			return record, err
		},
		Report: reinforcementReport,
	}
}

func reinforcementReport(records []Record, _ Options) (*Report, error) {
	means, lasts := tabulate(records, func(r Record) float64 { return -first("mean")(r) }), tabulate(records, first("last"))
	r := &Report{}
	for _, name := range rl.Names() {
		f := Figure{Name: "fig4k-" + name, Title: name, X: "episode", Y: "mean reward of 200 episodes"}
		found := map[string]Sample{}
		for _, rule := range rules {
			at, s := means.best(ofCase(rule, name))
			s.Mean, s.Low, s.High = -s.Mean, -s.High, -s.Low
			found[rule] = s
			line := rewardCurve(records, at)
			line.Name = fmt.Sprintf("%s, ours (rate %v)", label(rule), at.Rate)
			f.Lines = append(f.Lines, line)
			if n := divergedIn(records, at); n > 0 {
				r.Notes = append(r.Notes, fmt.Sprintf("%s, %s, rate %v: %d of %d seeds diverged; such an agent chooses the first action from then on.", name, label(rule), at.Rate, n, s.N))
			}
			want := fig4k[rule][name]
			paper := published(rule)
			paper.Name += ", mean of the last 1,000 episodes"
			paper.X, paper.Y = []float64{9000, 10000}, []float64{want.last, want.last}
			f.Lines = append(f.Lines, paper)
			r.near(fmt.Sprintf("%s, %s: mean of the curve (ours at rate %v)", name, label(rule), at.Rate), want.mean, s, rewardTolerance(name, want.mean, .1))
			r.near(fmt.Sprintf("%s, %s: mean of the last 1,000 episodes", name, label(rule)), want.last, Summarize(lasts[at]), rewardTolerance(name, want.last, .15))
		}
		r.Figures = append(r.Figures, f)
		reinforcementClaim(name, found[PC], found[BP], r)
	}
	return r, nil
}

// worstReward is that of an agent that learns nothing.
var worstReward = map[string]float64{"Acrobot-v1": -500, "CartPole-v1": 9, "MountainCar-v0": -200}

// rewardTolerance is a fraction of a published reward, and at most a third of what
// the published agent has learned.
func rewardTolerance(name string, want, fraction float64) float64 {
	return min(fraction*math.Abs(want), math.Abs(want-worstReward[name])/3)
}

// divergedIn counts the seeds of a cell whose network diverged.
func divergedIn(records []Record, cell Trial) int {
	n := 0
	for _, r := range records {
		if r.Diverged && r.Trial.cell() == cell {
			n++
		}
	}
	return n
}

// reinforcementClaim: PC is better but in CartPole, which three seeds do not
// decide.
func reinforcementClaim(name string, pc, bp Sample, r *Report) {
	ours := pc.String() + " v " + bp.String()
	want := fmt.Sprintf("%v v %v", fig4k[PC][name].mean, fig4k[BP][name].mean)
	if name == "CartPole-v1" {
		r.spread(name+": a tie", want, ours, "|PC − BP| ≤ 15 % of BP + 2 SE", math.Abs(pc.Mean-bp.Mean) <= .15*math.Abs(bp.Mean)+2*math.Hypot(pc.SEM, bp.SEM))
		return
	}
	r.claim(name+": PC is better", want, ours, "mean of the curve: PC > BP", pc.Mean > bp.Mean)
}

// rewardCurve is the mean over seeds of the curve, a point every 100 episodes.
func rewardCurve(records []Record, cell Trial) Line {
	var named []Record
	for _, r := range records {
		if r.Trial.cell() == cell {
			r.Series = []Series{{testError, r.Values("curve")}}
			named = append(named, r)
		}
	}
	line := meanCurve(named, cell, 1)
	for i := range line.X {
		line.X[i] *= 100
	}
	return line
}
