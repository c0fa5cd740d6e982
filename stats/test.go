package stats

import "fmt"

// Method says how a p-value was found.
type Method string

// The methods.
const (
	// Exact counts all outcomes.
	Exact Method = "exact"
	// Normal takes the statistic to be normal, with the variance that ties leave.
	Normal Method = "normal approximation"
	// Sampled counts outcomes that were drawn at random.
	Sampled Method = "sampled"
)

// Test is the outcome of a two-sided test without a distribution of the values.
type Test struct {
	// Method is how P was found.
	Method Method `json:"method"`
	// Statistic is what the test is named for; see each.
	Statistic float64 `json:"statistic"`
	// P is the probability of a statistic at least as far from what is expected if
	// the two do not differ.
	P float64 `json:"p"`
	// N is how many values or pairs counted.
	N int `json:"n"`
}

// String prints the statistic, p and how it was found.
func (t Test) String() string {
	return fmt.Sprintf("statistic %.4g, p = %.3g (%s, n = %d)", t.Statistic, t.P, t.Method, t.N)
}
