package reproduce

import (
	"math"
	"slices"
)

// table holds a metric of every trial by cell.
type table map[Trial][]float64

// tabulate computes a metric of every record, in the order of the seeds.
func tabulate(records []Record, metric func(Record) float64) table {
	sorted := slices.Clone(records)
	sortRecords(sorted)
	t := table{}
	for _, r := range sorted {
		t[r.Trial.cell()] = append(t[r.Trial.cell()], metric(r))
	}
	return t
}

// cells returns the cells that a filter accepts, in order.
func (t table) cells(accept func(Trial) bool) []Trial {
	var out []Trial
	for c := range t {
		if accept(c) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, compareTrials)
	return out
}

// best returns the cell with the lowest mean among those accepted, which is how
// the paper chooses a learning rate: for each rule and condition by itself.
func (t table) best(accept func(Trial) bool) (Trial, Sample) {
	var at Trial
	low := math.Inf(1)
	for _, c := range t.cells(accept) {
		if m := mean(t[c]); m < low {
			at, low = c, m
		}
	}
	return at, Summarize(t[at])
}

// of accepts the cells of a rule and a size.
func of(rule string, size int) func(Trial) bool {
	return func(t Trial) bool { return t.Rule == rule && t.Size == size }
}

// sizes returns the sizes that occur, ascending.
func (t table) sizes() []int {
	var out []int
	for c := range t {
		if !slices.Contains(out, c.Size) {
			out = append(out, c.Size)
		}
	}
	slices.Sort(out)
	return out
}

// least returns the smallest number, NaN of nothing.
func least(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	return slices.Min(values)
}

// at returns a number of a series, NaN if the series ends before it.
func at(values []float64, i int) float64 {
	if i < 0 || i >= len(values) {
		return math.NaN()
	}
	return values[i]
}
