package reproduce

import (
	"fmt"
	"slices"
)

// taskError is the series of test errors of a task.
func taskError(task int) string { return fmt.Sprintf("test_error_task_%d", task) }

func continualReport(records []Record, _ Options) (*Report, error) {
	t := tabulate(records, func(r Record) float64 {
		return (mean(r.Values(taskError(0))) + mean(r.Values(taskError(1)))) / 2
	})
	bars := continualBars(records)
	r := &Report{}
	f := Figure{Name: "fig4e", Title: "Two tasks in turn", X: rateAxis, Y: "mean test error of both tasks", LogX: true}
	best := map[string]Trial{}
	found := map[string]Sample{}
	for _, rule := range rules {
		line, paper := ours(rule), published(rule)
		for _, rate := range slices.Backward(continualRates) {
			paper.point(rate, fig4e[rule][rate])
		}
		for _, c := range t.cells(of(rule, 0)) {
			s := Summarize(t[c])
			line.add(c.Rate, Summarize(bars[c]), c)
			r.near(fmt.Sprintf("%s, rate %v", label(rule), c.Rate), fig4e[rule][c.Rate], s, 0.03)
		}
		best[rule], found[rule] = t.best(of(rule, 0))
		f.Lines = append(f.Lines, line, paper)
	}
	r.Figures = []Figure{continualCurves(records, best), f}
	gap := found[BP].Mean - found[PC].Mean
	r.claim("PC's best is below BP's by about 0.05", ".638 v .690", number(found[PC].Mean)+" v "+number(found[BP].Mean), "BP − PC ≥ 0.025", gap >= 0.025)
	continualSwings(records, best, r)
	return r, nil
}

// continualBars holds both tasks of every seed as values of their own, which is
// what the published error bars are over. The tasks of a seed share labels, so
// that one is easy where the other is hard: the mean is surer than these bars say,
// and the criteria use the mean of both tasks of a seed.
func continualBars(records []Record) table {
	out := table{}
	for task := range 2 {
		for c, values := range tabulate(records, func(r Record) float64 { return mean(r.Values(taskError(task))) }) {
			out[c] = append(out[c], values...)
		}
	}
	return out
}

// continualCurves is Fig. 4d.
func continualCurves(records []Record, best map[string]Trial) Figure {
	f := Figure{Name: "fig4d", Title: "Task 0 and task 1, four epochs in turn, at the best learning rates", X: "epoch", Y: "test error"}
	for _, rule := range rules {
		for task := range 2 {
			line := taskCurve(records, best[rule], task)
			line.Faint = task == 1
			line.Name = fmt.Sprintf("%s, task %d, ours", label(rule), task)
			f.Lines = append(f.Lines, line)
		}
		p := fig4d[rule]
		// Epoch 80 ends four epochs of task 1, epochs 76 and 84 four of task 0.
		first := Line{X: []float64{76, 80}, Y: []float64{p.trough0, p.rebound0}}
		second := Line{X: []float64{80, 84}, Y: []float64{p.trough1, p.rebound1}, Second: true}
		for task, line := range []Line{first, second} {
			line.Name = fmt.Sprintf("%s, task %d, published", label(rule), task)
			line.Rule, line.Published, line.Marks = rule, true, true
			f.Lines = append(f.Lines, line)
		}
	}
	return f
}

// taskCurve is the mean over seeds of a task's error by epoch, from 1.
func taskCurve(records []Record, cell Trial, task int) Line {
	var named []Record
	for _, r := range records {
		if r.Trial.cell() == cell {
			r.Series = []Series{{testError, r.Values(taskError(task))}}
			named = append(named, r)
		}
	}
	return meanCurve(named, cell, 1)
}

// continualSwings compare the saw-teeth near the end of the curves: the trough is
// where a task was just trained, the rebound where the other was.
func continualSwings(records []Record, best map[string]Trial, r *Report) {
	troughs, rebounds := map[string][2]Sample{}, map[string][2]Sample{}
	for _, rule := range rules {
		var low, high [2]Sample
		for task := range 2 {
			// Epochs count from 0 here: 75 ends task 0, 79 ends task 1, 83 ends task 0.
			trained, other := 75, 79
			if task == 1 {
				trained, other = 79, 83
			}
			cell := best[rule]
			after := func(e int) Sample {
				return Summarize(tabulate(records, func(r Record) float64 { return at(r.Values(taskError(task)), e) })[cell])
			}
			low[task], high[task] = after(trained), after(other)
		}
		troughs[rule], rebounds[rule] = low, high
		p := fig4d[rule]
		for task, want := range [2][2]float64{{p.trough0, p.rebound0}, {p.trough1, p.rebound1}} {
			r.near(fmt.Sprintf("%s, task %d after it was trained, about epoch 80", label(rule), task), want[0], low[task], 0.04)
			r.near(fmt.Sprintf("%s, task %d after the other was trained, about epoch 80", label(rule), task), want[1], high[task], 0.04)
		}
	}
	for task := range 2 {
		pc, bp := troughs[PC][task].Mean, troughs[BP][task].Mean
		r.claim(fmt.Sprintf("task %d: PC reaches a lower trough", task), "yes", number(pc)+" v "+number(bp), "PC < BP", pc < bp)
		pc, bp = rebounds[PC][task].Mean, rebounds[BP][task].Mean
		r.claim(fmt.Sprintf("task %d: PC forgets less", task), "yes", number(pc)+" v "+number(bp), "error after the other task, PC < BP", pc < bp)
	}
}
