package reproduce

import (
	"context"
	"fmt"
	"math"

	"github.com/seed-be841da4/prospect/internal/experiments"
)

// teacherRates is the published grid, ascending.
var teacherRates = []float64{5e-4, 7.5e-4, .001, .0025, .005, .0075, .01, .025, .05}

// teacherSeeds is how many seeds the published numbers rest on.
const teacherSeeds = 6

// teacherPanel is the teacher-student example.
func teacherPanel() *Panel {
	return &Panel{
		Name: "teacher-student", Shows: "a 2-2-1 student learns the sign of a teacher's output",
		Protocol: "2-2-1 ReLU teacher and student, 64 points from N(0, 1)², labels ±1, batch 4 in a fixed order, 128 epochs; relaxation γ 0.1, discount 0.8, T 128; " +
			"9 learning rates; the published numbers rest on 6 seeds. The loss is the sum of squares of a batch, averaged over batches, at the best epoch.",
		Seeds:   Seeds{6, 300},
		Minutes: map[Preset]float64{Quick: 0.02, Full: 0.15},
		Trials: func(_ Options, seeds int) []Trial {
			return grid([]int{0}, func(string, int) []float64 { return teacherRates }, seeds)
		},
		Cost: func(t Trial) float64 { return map[string]float64{PC: 10, BP: 1}[t.Rule] },
		Together: func(ctx context.Context, env *Env, trials []Trial) ([]Outcome, error) {
			return all(ctx, env.Options, trials, func(t Trial, d experiments.Draws) experiments.Teacher {
				s := experiments.PublishedTeacher(t.rule(), t.Rate)
				s.Draws = d
				return s
			},
				experiments.RunTeacher, func(r experiments.TeacherResult) []Series { return []Series{one("least", r.Least)} })
		},
		Report: teacherReport,
		Exact:  &Exact{Seeds: map[string]int{PC: teacherSeeds, BP: teacherSeeds}, Numbers: teacherNumbers},
	}
}

func teacherNumbers(Options) []exactNumber {
	var out []exactNumber
	for _, rule := range rules {
		for i, rate := range teacherRates {
			out = append(out, exactNumber{fmt.Sprintf("%s, rate %v", label(rule), rate), teacher[rule][i], 3, []Trial{{Rule: rule, Rate: rate}}, meanOf(first("least"))})
		}
	}
	return out
}

func teacherReport(records []Record, _ Options) (*Report, error) {
	t := tabulate(records, first("least"))
	r := &Report{}
	f := Figure{Name: "teacher-student", Title: "A student of a small teacher", X: rateAxis, Y: "lowest training loss", LogX: true}
	found := map[string]map[float64]Sample{}
	for _, rule := range rules {
		found[rule] = map[float64]Sample{}
		line, paper := ours(rule), published(rule)
		for i, rate := range teacherRates {
			cell := Trial{Rule: rule, Rate: rate}
			s := Summarize(t[cell])
			found[rule][rate] = s
			line.add(rate, s, cell)
			paper.point(rate, teacher[rule][i])
			r.sampled(fmt.Sprintf("%s, rate %v", label(rule), rate), teacher[rule][i], teacherSeeds, s, spreadOf("teacher-student", cell, "least", statMean))
			r.shared("students")
		}
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{f}
	faster := 0
	slow := teacherRates[:3]
	for _, rate := range slow {
		if found[BP][rate].Mean < found[PC][rate].Mean {
			faster++
		}
	}
	r.claim("at small rates BP is slightly faster", "3 of 3", fmt.Sprintf("%d of %d", faster, len(slow)), "loss of BP < PC at 5e-4, 7.5e-4 and 0.001", faster == len(slow))
	pc, bp := leastMean(found[PC]), leastMean(found[BP])
	bar := func(s Sample) float64 { return s.SEM * math.Sqrt(float64(s.N)/teacherSeeds) } // of as many seeds as published
	r.spread("at their best the two do not differ, with as many seeds as published", ".978 v .963, bars overlap", pc.String()+" v "+bp.String(),
		"the bars of one SEM of 6 seeds overlap", math.Abs(pc.Mean-bp.Mean) <= bar(pc)+bar(bp))
	r.Notes = append(r.Notes, pairedNote(t, .025))
	return r, nil
}

// pairedNote tells how the rules differ on the same students.
func pairedNote(t table, rate float64) string {
	var differences []float64
	pc, bp := t[Trial{Rule: PC, Rate: rate}], t[Trial{Rule: BP, Rate: rate}]
	for i := range min(len(pc), len(bp)) {
		differences = append(differences, pc[i]-bp[i])
	}
	s := Summarize(differences)
	text := "neither rule is clearly better"
	switch {
	case s.Mean > 2*s.SEM:
		text = "PC is worse"
	case s.Mean < -2*s.SEM:
		text = "PC is better"
	}
	return fmt.Sprintf("loss of PC − BP at rate %v, paired over %s: %s: %s.", rate, count(s.N, "seed"), s, text)
}

// leastMean returns the sample with the lowest mean.
func leastMean(samples map[float64]Sample) Sample {
	out := Sample{Mean: math.Inf(1)}
	for _, rate := range teacherRates {
		if s := samples[rate]; s.Mean < out.Mean {
			out = s
		}
	}
	return out
}
