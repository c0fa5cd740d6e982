package cli

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/choice"
	"github.com/seed-be841da4/prospect/kinds"
	"github.com/seed-be841da4/prospect/run"
	"github.com/seed-be841da4/prospect/stats"
	"github.com/seed-be841da4/prospect/sweep"
)

// pruning is what --prune asks for.
type pruning struct {
	sweep.Median
	// Round is the number of trials of a round: a trial is compared with those of rounds
	// before. Zero means 8.
	Round int `json:"round,omitempty"`
}

// search reads --search and --prune and returns the name of the search.
func (p *sweepPlan) search(s *sweepCmd) (string, error) {
	name, rest, _ := strings.Cut(s.Search, ":")
	name, err := choice.Parse(name, []string{"grid", "random", "halton", "tpe"})
	if err != nil {
		return "", errors.WithMessage(err, "--search")
	}
	if name != "tpe" && rest != "" {
		return "", errors.Errorf("--search: got %q, want %s alone; only tpe has settings", s.Search, name)
	}
	if name == "tpe" {
		p.tpe = &tpeSearch{}
		if err := readSettings(rest, &p.tpe.TPE, "startup", "round", "gamma", "candidates"); err != nil {
			return "", errors.WithMessage(err, "--search tpe")
		}
	}
	if s.Prune == "" {
		return name, nil
	}
	pruner, rest, _ := strings.Cut(s.Prune, ":")
	if _, err := choice.Parse(pruner, []string{"median"}); err != nil {
		return "", errors.WithMessage(err, "--prune")
	}
	p.pruner = &pruning{}
	if err := readSettings(rest, p.pruner, "warmup", "min", "round"); err != nil {
		return "", errors.WithMessage(err, "--prune median")
	}
	if p.pruner.Warmup < 0 || p.pruner.Min < 0 || p.pruner.Round < 0 {
		return "", errors.Errorf("--prune: got %q, want numbers of at least 0", s.Prune)
	}
	return name, nil
}

// readSettings reads KEY=VALUE,... into fields by the names of their JSON tags.
func readSettings(text string, into any, names ...string) error {
	if text == "" {
		return nil
	}
	parts, err := kinds.Split(text, ',')
	if err != nil {
		return err
	}
	for _, part := range parts {
		key, value, ok := strings.Cut(part, "=")
		if !ok {
			return errors.Errorf("got %q, want KEY=VALUE with one of %s", part, strings.Join(names, ", "))
		}
		if key, err = choice.Parse(key, names); err != nil {
			return err
		}
		if err := set(fieldByTag(reflect.ValueOf(into).Elem(), key), value); err != nil {
			return errors.WithMessage(err, key)
		}
	}
	return nil
}

// fieldByTag returns the field of a JSON name, which there is.
func fieldByTag(v reflect.Value, name string) reflect.Value {
	for _, f := range reflect.VisibleFields(v.Type()) {
		if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag == name {
			return v.FieldByIndex(f.Index)
		}
	}
	return reflect.Value{}
}

// run runs the trials.
func (s *sweepCmd) run(ctx context.Context, p *sweepPlan, r sweep.Runner[point, trialResult]) ([]sweep.Record[point, trialResult], error) {
	trial := func(ctx context.Context, at point) (trialResult, error) { return s.trial(ctx, p, at) }
	if p.pruner != nil {
		r.Pruner, r.Round = p.pruner.Median, p.pruner.Round
		r.Group = func(at point) string { return at.label([]string{"rule", "seed"}) }
	}
	switch {
	case p.tpe == nil && p.pruner == nil:
		r.Group = p.group
		return r.RunTogether(ctx, p.points, run.MostTogether, func(ctx context.Context, some []point) ([]trialResult, error) { return s.together(ctx, p, some) })
	case p.tpe == nil:
		return r.Run(ctx, p.points, trial)
	}
	return r.Rounds(ctx, p.tpe.trials*len(p.tpe.studies)*len(p.tpe.seeds), p.next, trial)
}

// tpeSearch is a search by what was found: one for each rule, so that all rules have as
// many points. Every point is tried with every seed and scored by the mean of the
// validation.
type tpeSearch struct {
	sweep.TPE
	trials  int
	choices [][]string // by range: the values of a list, nil for numbers
	seeds   []point
	studies []study
}

// study is the search of a rule.
type study struct {
	rule    point
	tried   []sweep.Observation
	pending [][]float64
}

// begin makes the ranges of the search, and the points of its first round.
func (p *sweepPlan) begin(trials int) error {
	t := p.tpe
	t.Seed, t.trials = p.base.Seed, trials
	t.seeds = []point{{}}
	rules := []point{{}}
	for _, a := range p.axes {
		switch {
		case a.between != nil:
			t.Ranges, t.choices = append(t.Ranges, *a.between), append(t.choices, nil)
		case a.name == "rule":
			rules = a.each()
		case a.name == "seed":
			t.seeds = a.each()
		default:
			t.Ranges = append(t.Ranges, sweep.Range{Name: a.name, Max: float64(len(a.values) - 1), Integer: true, Unordered: true})
			t.choices = append(t.choices, a.values)
		}
	}
	if t.Ranges == nil {
		return errors.New("--search tpe: got nothing to choose, want a range, such as --lr 1e-4..1e-1:log, or a list other than of rules and seeds")
	}
	for _, rule := range rules {
		t.studies = append(t.studies, study{rule: rule})
	}
	if n := trials * len(rules) * len(t.seeds); n > maxTrials {
		return errors.Errorf("got %d trials, want at most %d; give fewer values", n, maxTrials)
	}
	if err := t.Check(); err != nil {
		return errors.WithMessage(err, "--search tpe")
	}
	var err error
	p.points, err = p.next(nil)
	for i := range t.studies { // which begin again when they run
		t.studies[i].pending = nil
	}
	return err
}

// each returns a point for each value.
func (a *sweepAxis) each() []point {
	var out []point
	for _, v := range a.values {
		out = append(out, point{a.name: v})
	}
	return out
}

// next returns the points of the next round: of every rule, what its search proposes,
// with every seed.
func (p *sweepPlan) next(done []sweep.Record[point, trialResult]) ([]point, error) {
	t := p.tpe
	n := 0
	for _, s := range t.studies {
		n += len(s.pending) * len(t.seeds)
	}
	last := done[len(done)-n:]
	var out []point
	for i := range t.studies {
		s := &t.studies[i]
		for _, x := range s.pending {
			s.tried = append(s.tried, sweep.Observation{X: x, Score: meanValidation(last[:len(t.seeds)])})
			last = last[len(t.seeds):]
		}
		s.pending = nil
		if len(s.tried) >= t.trials {
			continue
		}
		points, err := t.Next(s.tried)
		if err != nil {
			return nil, errors.WithMessage(err, "--search tpe")
		}
		s.pending = points[:min(len(points), t.trials-len(s.tried))]
		for _, x := range s.pending {
			for _, seed := range t.seeds {
				out = append(out, t.point(s.rule, seed, x))
			}
		}
	}
	return out, nil
}

// point writes the numbers of a point.
func (t *tpeSearch) point(rule, seed point, x []float64) point {
	at := point{}
	for _, fixed := range []point{rule, seed} {
		for name, text := range fixed {
			at[name] = text
		}
	}
	for i, r := range t.Ranges {
		if at[r.Name] = drawnText(r, x[i]); t.choices[i] != nil {
			at[r.Name] = t.choices[i][int(x[i])]
		}
	}
	return at
}

// meanValidation is the score of a point: NaN, which is worse than all numbers, if a seed
// diverged or was pruned.
func meanValidation(seeds []sweep.Record[point, trialResult]) float64 {
	var scores []float64
	for _, rec := range seeds {
		scores = append(scores, rec.Result.Validation)
	}
	if slices.ContainsFunc(seeds, func(rec sweep.Record[point, trialResult]) bool { return rec.Result.Diverged || rec.Pruned }) {
		return math.NaN()
	}
	return stats.Mean(scores)
}
