package stats_test

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/seed-be841da4/prospect/stats"
)

// expected is testdata/scipy.json, which testdata/values.py writes.
type expected struct {
	Cases []struct {
		Name        string
		A, B        []float64
		Summary     stats.Summary
		Student     map[string][2]float64
		Quantiles   map[string]float64
		Welch       expectedT
		Paired      *expectedT
		MannWhitney expectedTest
		Wilcoxon    *expectedTest
		Permutation *expectedTest
		D, PairedD  float64
	}
	Holm []struct{ P, Adjusted []float64 }
}

type expectedT struct {
	T, DF, P   float64
	Interval95 [2]float64
}

type expectedTest struct {
	Statistic, P float64
	Exact        bool
}

func readExpected(t *testing.T) expected {
	t.Helper()
	text, err := os.ReadFile("testdata/scipy.json")
	if err != nil {
		t.Fatal(err)
	}
	var e expected
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.Cases) < 10 || len(e.Holm) < 4 {
		t.Fatalf("testdata/scipy.json has %d cases, %d of Holm", len(e.Cases), len(e.Holm))
	}
	return e
}

// close reports a relative difference above 1e-9.
func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-9*max(math.Abs(want), 1e-12)) {
		t.Errorf("%s: got %.15g, want %.15g", what, got, want)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAgainstSciPy(t *testing.T) {
	for _, c := range readExpected(t).Cases {
		t.Run(c.Name, func(t *testing.T) {
			s := must[stats.Summary](t)(stats.Summarize(c.A))
			if s.N != c.Summary.N {
				t.Errorf("n: got %d, want %d", s.N, c.Summary.N)
			}
			near(t, "mean", s.Mean, c.Summary.Mean)
			near(t, "std", s.Std, c.Summary.Std)
			near(t, "sem", s.SEM, c.Summary.SEM)
			near(t, "median", s.Median, c.Summary.Median)
			for text, want := range c.Student {
				level, _ := strconv.ParseFloat(text, 64)
				i := must[stats.Interval](t)(stats.StudentInterval(c.A, level))
				near(t, text+" low", i.Low, want[0])
				near(t, text+" high", i.High, want[1])
			}
			for text, want := range c.Quantiles {
				q, _ := strconv.ParseFloat(text, 64)
				near(t, "quantile "+text, stats.Quantile(c.A, q), want)
			}
			nearT(t, must[stats.TTest](t)(stats.WelchT(c.A, c.B)), c.Welch)
			nearTest(t, "Mann-Whitney", must[stats.Test](t)(stats.MannWhitney(c.A, c.B)), c.MannWhitney)
			near(t, "d", must[float64](t)(stats.CohenD(c.A, c.B)), c.D)
			if c.Paired == nil {
				return
			}
			nearT(t, must[stats.TTest](t)(stats.PairedT(c.A, c.B)), *c.Paired)
			nearTest(t, "Wilcoxon", must[stats.Test](t)(stats.Wilcoxon(c.A, c.B)), *c.Wilcoxon)
			near(t, "paired d", must[float64](t)(stats.PairedCohenD(c.A, c.B)), c.PairedD)
			if c.Permutation != nil {
				c.Permutation.Exact = true
				nearTest(t, "permutation", must[stats.Test](t)(stats.Permutation{}.Test(c.A, c.B)), *c.Permutation)
			}
		})
	}
}

func nearT(t *testing.T, got stats.TTest, want expectedT) {
	t.Helper()
	near(t, "t", got.T, want.T)
	near(t, "df", got.DF, want.DF)
	near(t, "p", got.P, want.P)
	i := must[stats.Interval](t)(got.Interval(0.95))
	near(t, "low", i.Low, want.Interval95[0])
	near(t, "high", i.High, want.Interval95[1])
}

func nearTest(t *testing.T, what string, got stats.Test, want expectedTest) {
	t.Helper()
	near(t, what+": statistic", got.Statistic, want.Statistic)
	near(t, what+": p", got.P, want.P)
	if exact := got.Method == stats.Exact; exact != want.Exact {
		t.Errorf("%s: got method %q, want exact %v", what, got.Method, want.Exact)
	}
}

func TestHolm(t *testing.T) {
	for _, h := range readExpected(t).Holm {
		got := must[[]float64](t)(stats.Holm(h.P))
		for i, want := range h.Adjusted {
			near(t, "adjusted", got[i], want)
		}
	}
}
