package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a confidence interval.
type Interval struct {
	// Level is the confidence, such as 0.68 or 0.95.
	Level float64 `json:"level"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// String prints the bounds with four digits and the level.
func (i Interval) String() string {
	return fmt.Sprintf("%.4g to %.4g (%.4g %%)", i.Low, i.High, 100*i.Level)
}

// StudentInterval returns the confidence interval of the mean of at least two
// values from a normal distribution.
//
//	x̄ ± t·SEM,  t the (1+level)/2 quantile of Student's t with n−1 degrees of freedom
func StudentInterval(values []float64, level float64) (Interval, error) {
	if err := checkLevel(level); err != nil {
		return Interval{}, err
	}
	if err := check("interval", values, 2); err != nil {
		return Interval{}, err
	}
	return student(Mean(values), SEM(values), float64(len(values)-1), level), nil
}

// student is the interval of a number with a standard error and its degrees of
// freedom.
func student(x, se, df, level float64) Interval {
	t := distuv.StudentsT{Sigma: 1, Nu: df}.Quantile((1 + level) / 2)
	return Interval{Level: level, Low: x - t*se, High: x + t*se}
}

// tails are the fractions below and above which a level leaves the rest, to twelve
// digits, so that 0.68 leaves 0.16 and not its neighbour.
func tails(level float64) (low, high float64) {
	const digits = 1e12
	return math.Round((1-level)/2*digits) / digits, math.Round((1+level)/2*digits) / digits
}
