package stats_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/stats"
)

func TestErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	two, three := []float64{1, 3}, []float64{1, 2, 4}
	test := func(_ any, err error) error { return err }
	for _, tt := range []struct {
		name string
		err  error
		want []string
	}{
		{"no values", test(stats.Summarize(nil)), []string{"stats: summary", "got 0", "at least 1", "more seeds"}},
		{"NaN", test(stats.Summarize([]float64{1, nan})), []string{"value 1", "NaN", "leave it out"}},
		{"infinity", test(stats.StudentInterval([]float64{1, 2, inf}, 0.95)), []string{"value 2", "+Inf"}},
		{"one value", test(stats.StudentInterval([]float64{1}, 0.95)), []string{"got 1", "at least 2"}},
		{"level 0", test(stats.StudentInterval(two, 0)), []string{"level, got 0", "0.95"}},
		{"level 1", test(stats.StudentInterval(two, 1)), []string{"level, got 1"}},
		{"level NaN", test(stats.StudentInterval(two, nan)), []string{"level, got NaN"}},
		{"bootstrap of one", test(stats.Bootstrap{}.Mean(two[:1])), []string{"stats: bootstrap", "got 1"}},
		{"bootstrap level", test(stats.Bootstrap{Level: 95}.Mean(two)), []string{"level, got 95"}},
		{"resamples", test(stats.Bootstrap{Resamples: -1}.Mean(two)), []string{"resamples, got -1", "2000"}},
		{"bootstrap of nothing", test(stats.Bootstrap{}.Statistics(0, 1, nil)), []string{"1 numbers of 0", "measure first"}},
		{"unequal", test(stats.PairedT(two, three)), []string{"got 2 and 3", "pair them by seed", "WelchT"}},
		{"unequal ranks", test(stats.Wilcoxon(two, three)), []string{"stats: Wilcoxon", "got 2 and 3"}},
		{"unequal signs", test(stats.Permutation{}.Test(two, three)), []string{"stats: permutation", "got 2 and 3"}},
		{"unequal d", test(stats.PairedCohenD(two, three)), []string{"got 2 and 3"}},
		{"one pair", test(stats.PairedT(two[:1], two[1:])), []string{"got 1", "at least 2"}},
		{"no pairs", test(stats.Permutation{}.Test(nil, nil)), []string{"got 0", "at least 1"}},
		{"same differences", test(stats.PairedT([]float64{1, 2}, []float64{3, 4})), []string{"spread, got 0", "Wilcoxon"}},
		{"overflow", test(stats.PairedT([]float64{1e308, 1}, []float64{-1e308, 1})), []string{"differences", "+Inf"}},
		{"same samples", test(stats.Wilcoxon(three, three)), []string{"got none of 3", "the same"}},
		{"second NaN", test(stats.WelchT(two, []float64{nan, 1})), []string{"sample 2", "value 0"}},
		{"no spread", test(stats.WelchT([]float64{1, 1}, []float64{2, 2})), []string{"spread, got 0", "MannWhitney"}},
		{"no values in b", test(stats.MannWhitney(two, nil)), []string{"sample 2", "got 0"}},
		{"all the same", test(stats.MannWhitney([]float64{1, 1}, []float64{1})), []string{"all the same"}},
		{"no spread for d", test(stats.CohenD([]float64{1, 1}, []float64{2, 2})), []string{"spread, got 0", "difference itself"}},
		{"few for d", test(stats.CohenD([]float64{1, 1}, []float64{2})), []string{"sample 2", "got 1"}},
		{"permutations", test(stats.Permutation{Resamples: -2}.Test(two, two)), []string{"resamples, got -2", "100000"}},
		{"p-value", test(stats.Holm([]float64{0.5, 1.5})), []string{"p-value 1, got 1.5"}},
		{"p-value NaN", test(stats.Holm([]float64{nan})), []string{"p-value 0, got NaN"}},
	} {
		if tt.err == nil {
			t.Errorf("%s: want an error", tt.name)
			continue
		}
		for _, want := range tt.want {
			if !strings.Contains(tt.err.Error(), want) {
				t.Errorf("%s: got %q, want %q in it", tt.name, tt.err, want)
			}
		}
		if strings.Contains(tt.err.Error(), "\n") {
			t.Errorf("%s: got %q, want one line", tt.name, tt.err)
		}
	}
}

func TestSingleValue(t *testing.T) {
	if s, err := stats.Summarize([]float64{5}); err != nil || s != (stats.Summary{N: 1, Mean: 5, Median: 5}) {
		t.Errorf("got %+v, %v", s, err)
	}
	for name, got := range map[string]float64{
		"mean of nothing": stats.Mean(nil), "std of one": stats.Std([]float64{5}), "sem of one": stats.SEM([]float64{5}),
		"quantile of nothing": stats.Quantile(nil, 0.5), "quantile NaN": stats.Quantile([]float64{1, 2}, math.NaN()),
	} {
		if !math.IsNaN(got) {
			t.Errorf("%s: got %v, want NaN", name, got)
		}
	}
	values := []float64{3, 1, 2}
	if low, high := stats.Quantile(values, -1), stats.Quantile(values, 2); low != 1 || high != 3 || values[0] != 3 {
		t.Errorf("quantiles outside: got %v, %v of %v, want the ends, and the values as they were", low, high, values)
	}
}

// The bits of the bootstrap, by which stored reports can be compared.
func TestBootstrapBits(t *testing.T) {
	for _, tt := range []struct {
		values    []float64
		low, high float64
	}{
		{[]float64{1, 2, 3, 6}, 2, 4},
		{[]float64{0.181, 0.186, 0.179}, 0x1.71529a485cd7bp-03, 0x1.7983c131d5acbp-03},
		{[]float64{-194.06, -190, -201.5, -188.25, -190.125}, -0x1.861fbe76c8b43p+07, -0x1.7d0624dd2f1aap+07},
	} {
		i, err := stats.Bootstrap{Seed: uint64(len(tt.values))}.Mean(tt.values)
		if err != nil || i != (stats.Interval{Level: 0.68, Low: tt.low, High: tt.high}) {
			t.Errorf("%v: got %+v, %v, want %v to %v", tt.values, i, err, tt.low, tt.high)
		}
		explicit, _ := stats.Bootstrap{Level: stats.DefaultLevel, Resamples: stats.DefaultResamples, Seed: uint64(len(tt.values))}.Mean(tt.values)
		if explicit != i {
			t.Errorf("%v: the defaults said out loud give %v, want %v", tt.values, explicit, i)
		}
	}
}

// Of a large normal sample the interval is the mean ± the standard error, and at
// 0.95 about twice as wide.
func TestBootstrapOfNormalSample(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	x := make([]float64, 400)
	for i := range x {
		x[i] = 7 + 3*rng.NormFloat64()
	}
	for level, want := range map[float64]float64{0.68: 0.9945, 0.95: 1.96} {
		i, err := stats.Bootstrap{Level: level}.Mean(x)
		if err != nil {
			t.Fatal(err)
		}
		below, above := (stats.Mean(x)-i.Low)/stats.SEM(x), (i.High-stats.Mean(x))/stats.SEM(x)
		if math.Abs(below/want-1) > 0.08 || math.Abs(above/want-1) > 0.08 {
			t.Errorf("level %g: got an interval of -%.3f and +%.3f standard errors, want %g", level, below, above, want)
		}
		if other, _ := (stats.Bootstrap{Level: level, Seed: 1}).Mean(x); other == i {
			t.Errorf("level %g: another seed gives the same %v", level, other)
		}
	}
}

// Several numbers of one resample belong together.
func TestBootstrapStatistics(t *testing.T) {
	x := []float64{1, 4, 2, 8}
	got, err := stats.Bootstrap{Seed: 4}.Statistics(len(x), 3, func(sample []int, out []float64) {
		sum, most := 0.0, math.Inf(-1)
		for _, i := range sample {
			sum, most = sum+x[i], max(most, x[i])
		}
		out[0], out[1], out[2] = sum/4, most, math.NaN()
	})
	if err != nil {
		t.Fatal(err)
	}
	mean, _ := stats.Bootstrap{Seed: 4}.Mean(x)
	if got[0] != mean || got[1].High != 8 || got[1].Low >= 8 || !math.IsNaN(got[2].Low) {
		t.Errorf("got %v, want %v, up to 8, and NaN", got, mean)
	}
}

// The bounds are at the percentiles that the level says, to the bit.
func TestBootstrapPercentiles(t *testing.T) {
	for level, want := range map[float64][2]float64{0.68: {0.16, 0.84}, 0.95: {0.025, 0.975}} {
		k := -1.0
		got, err := stats.Bootstrap{Level: level}.Statistics(1, 1, func(_ []int, out []float64) {
			k++
			out[0] = k
		})
		const last = stats.DefaultResamples - 1
		if err != nil || got[0] != (stats.Interval{Level: level, Low: want[0] * last, High: want[1] * last}) {
			t.Errorf("level %g: got %v, %v, want from %v to %v of %d", level, got, err, want[0], want[1], last)
		}
	}
}

func TestStrings(t *testing.T) {
	for want, got := range map[string]interface{ String() string }{
		"0.1 to 0.2 (95 %)":                      stats.Interval{Level: 0.95, Low: 0.1, High: 0.2},
		"t(5) = -2.5, p = 0.0545":                stats.TTest{T: -2.5, DF: 5, P: 0.054490},
		"statistic 3, p = 0.0312 (exact, n = 6)": stats.Test{Method: stats.Exact, Statistic: 3, P: 0.03125, N: 6},
	} {
		if got.String() != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
