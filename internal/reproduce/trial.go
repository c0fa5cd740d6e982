package reproduce

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/sweep"
)

// Trial is one cell of a panel's grid with one seed. It says everything that
// decides the result, so that the result of a trial depends on neither the other
// trials nor the order in which they run.
type Trial struct {
	// Rule is the learning rule.
	Rule string `json:"rule"`
	// Case names a condition: an environment, a group of animals.
	Case string `json:"case,omitempty"`
	// Size is what the panel counts: layers, the batch size, images of a class.
	Size int `json:"size,omitempty"`
	// Std is the standard deviation of the initial weights, where that varies.
	Std float64 `json:"std,omitempty"`
	// Rate is the learning rate.
	Rate float64 `json:"rate,omitempty"`
	// SecondRate is that of the second layer, where the layers differ.
	SecondRate float64 `json:"second_rate,omitempty"`
	// ThirdRate is one more, where the units of a layer differ.
	ThirdRate float64 `json:"third_rate,omitempty"`
	// Seed counts from 0. Trials that differ only in the rule start from the same
	// weights and see the same batches.
	Seed int `json:"seed"`
}

// The rules.
const (
	PC = "pc" // prospective configuration
	BP = "bp" // backpropagation
)

// cell is the trial without its seed.
func (t Trial) cell() Trial {
	t.Seed = 0
	return t
}

// group names the trials that can run together: those of one rule, case and size.
func (t Trial) group() string { return fmt.Sprint(t.Rule, " ", t.Case, " ", t.Size) }

// String describes the trial in a few words.
func (t Trial) String() string {
	var b bytes.Buffer
	b.WriteString(t.Rule)
	if t.Case != "" {
		b.WriteString(" " + t.Case)
	}
	if t.Size != 0 {
		fmt.Fprintf(&b, " size %d", t.Size)
	}
	if t.Std != 0 {
		fmt.Fprintf(&b, " std %v", t.Std)
	}
	if t.Rate != 0 {
		fmt.Fprintf(&b, " rate %v", t.Rate)
	}
	if t.SecondRate != 0 {
		fmt.Fprintf(&b, ", %v", t.SecondRate)
	}
	if t.ThirdRate != 0 {
		fmt.Fprintf(&b, ", %v", t.ThirdRate)
	}
	fmt.Fprintf(&b, " seed %d", t.Seed)
	return b.String()
}

// Numbers are the values of a series.
type Numbers = sweep.Numbers

// Series is something measured over a trial.
type Series struct {
	Name   string  `json:"name"`
	Values Numbers `json:"values"`
}

// Outcome is what a trial found.
type Outcome struct {
	// Series is what was measured.
	Series []Series `json:"series"`
	// Diverged says that the numbers left the finite ones. That is a result: the
	// test error is 1 from then on.
	Diverged bool `json:"diverged,omitempty"`
}

// Record is the stored result of a trial.
type Record struct {
	Trial Trial `json:"trial"`
	Outcome
	// Seconds is how long the trial took by the clock, and CPUSeconds the processor
	// time of its thread, which other work on the machine does not change; 0 where
	// it is not known.
	Seconds    float64 `json:"seconds"`
	CPUSeconds float64 `json:"cpu_seconds,omitempty"`
}

func newRecord(r sweep.Record[Trial, Outcome]) Record {
	return Record{Trial: r.Params, Outcome: r.Result, Seconds: r.Seconds, CPUSeconds: r.CPUSeconds}
}

// Values returns the series of that name, nil if there is none.
func (r Outcome) Values(name string) []float64 {
	for _, s := range r.Series {
		if s.Name == name {
			return s.Values
		}
	}
	return nil
}

// check returns an error for what no trial leaves.
func (r Record) check() error {
	switch {
	case r.Trial.Rule == "":
		return errors.New("got no rule, want the result of a trial")
	case r.Trial.Seed < 0:
		return errors.Errorf("seed, got %d, want at least 0", r.Trial.Seed)
	case len(r.Series) == 0 && !r.Diverged:
		return errors.New("series, got none, want at least one of a trial that did not diverge")
	}
	for _, s := range r.Series {
		if s.Name == "" || len(s.Values) == 0 {
			return errors.Errorf("series, got %q with %d values, want a name and values", s.Name, len(s.Values))
		}
	}
	return nil
}

// compareTrials orders trials by cell, then seed.
func compareTrials(a, b Trial) int {
	return cmp.Or(
		cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Case, b.Case), cmp.Compare(a.Size, b.Size), cmp.Compare(a.Std, b.Std),
		cmp.Compare(a.Rate, b.Rate), cmp.Compare(a.SecondRate, b.SecondRate),
		cmp.Compare(a.ThirdRate, b.ThirdRate), cmp.Compare(a.Seed, b.Seed),
	)
}

// sortRecords puts records into an order that does not depend on how they came.
func sortRecords(records []Record) {
	slices.SortFunc(records, func(a, b Record) int { return compareTrials(a.Trial, b.Trial) })
}
