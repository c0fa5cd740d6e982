package stats_test

import (
	"math"
	"math/bits"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/seed-be841da4/prospect/stats"
)

// distinct draws values that differ in size, so that no ranks are tied.
func distinct(t *rapid.T, what string, least, most int) []float64 {
	whole := rapid.SliceOfNDistinct(rapid.IntRange(1, 1000), least, most, rapid.ID[int]).Draw(t, what)
	out := make([]float64, len(whole))
	for i, v := range whole {
		out[i] = float64(v)
		if rapid.Bool().Draw(t, "negative") {
			out[i] = -out[i]
		}
	}
	return out
}

// The exact tests agree with a count of all outcomes.
func TestExactTestsCountOutcomes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := distinct(t, "differences", 1, 10)
		zero := make([]float64, len(d))
		w, err := stats.Wilcoxon(d, zero)
		if err != nil {
			t.Fatal(err)
		}
		p, err := stats.Permutation{}.Test(d, zero)
		if err != nil {
			t.Fatal(err)
		}
		wantW, wantP := countSigns(d)
		if math.Abs(w.P-wantW) > 1e-12 || w.Method != stats.Exact {
			t.Errorf("Wilcoxon: got %v, want p = %g", w, wantW)
		}
		if p.P != wantP || p.Method != stats.Exact {
			t.Errorf("permutation: got %v, want p = %g", p, wantP)
		}
	})
}

// countSigns tries all signs: the share whose signed-rank sum and whose sum are as
// far from 0.
func countSigns(d []float64) (ranks, sums float64) {
	sorted := slices.Clone(d)
	slices.SortFunc(sorted, func(a, b float64) int { return int(math.Abs(a) - math.Abs(b)) })
	at := func(sign func(i int, v float64) float64) (rank, sum float64) {
		for i, v := range sorted {
			s := sign(i, v)
			rank += s * float64(i+1)
			sum += s * math.Abs(v)
		}
		return math.Abs(rank), math.Abs(sum)
	}
	rank, sum := at(func(_ int, v float64) float64 { return math.Copysign(1, v) })
	for mask := range 1 << len(d) {
		r, s := at(func(i int, _ float64) float64 { return float64(mask>>i&1)*2 - 1 })
		if r >= rank {
			ranks++
		}
		if s >= sum {
			sums++
		}
	}
	all := float64(int(1) << len(d))
	return ranks / all, sums / all
}

// The exact rank-sum test agrees with a count of all ways to share the values out.
func TestMannWhitneyCountsOutcomes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := distinct(t, "values", 2, 10)
		slices.Sort(values)
		values = slices.Compact(values)
		n := rapid.IntRange(1, len(values)-1).Draw(t, "size of the first")
		mask := rapid.Custom(func(t *rapid.T) uint {
			order := rapid.Permutation(values).Draw(t, "order")
			m := uint(0)
			for _, v := range order[:n] {
				m |= 1 << slices.Index(values, v)
			}
			return m
		}).Draw(t, "which are the first's")
		var a, b []float64
		for i, v := range values {
			if mask>>i&1 == 1 {
				a = append(a, v)
			} else {
				b = append(b, v)
			}
		}
		got, err := stats.MannWhitney(a, b)
		if err != nil {
			t.Fatal(err)
		}
		far := func(mask uint) float64 {
			u := 0.0
			for i := range values {
				for j := range i {
					if mask>>i&1 == 1 && mask>>j&1 == 0 {
						u++
					}
				}
			}
			return math.Abs(u - float64(len(a)*len(b))/2)
		}
		extreme, all := 0.0, 0.0
		for m := range uint(1) << len(values) {
			if bits.OnesCount(m) == n {
				all++
				if far(m) >= far(mask) {
					extreme++
				}
			}
		}
		if math.Abs(got.P-extreme/all) > 1e-12 {
			t.Errorf("%v v %v: got %v, want p = %g", a, b, got, extreme/all)
		}
	})
}

// Exchanging the samples turns the sign and keeps the p-value.
func TestExchange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := distinct(t, "a", 3, 30), distinct(t, "b", 3, 30)
		n := min(len(a), len(b))
		x, err := stats.WelchT(a, b)
		if err != nil {
			t.Fatal(err)
		}
		y, _ := stats.WelchT(b, a)
		if x.T != -y.T || x.P != y.P {
			t.Errorf("Welch: got %v and %v", x, y)
		}
		u, _ := stats.MannWhitney(a, b)
		v, _ := stats.MannWhitney(b, a)
		if u.Statistic+v.Statistic != float64(len(a)*len(b)) || math.Abs(u.P-v.P) > 1e-12 {
			t.Errorf("Mann-Whitney: got %v and %v", u, v)
		}
		for name, test := range map[string]func(a, b []float64) (stats.Test, error){
			"Wilcoxon": stats.Wilcoxon, "permutation": stats.Permutation{Resamples: 50}.Test,
		} {
			p, err := test(a[:n], b[:n])
			q, again := test(b[:n], a[:n])
			if (err == nil) != (again == nil) || math.Abs(p.P-q.P) > 1e-12 {
				t.Errorf("%s: got %v, %v and %v, %v", name, p, err, q, again)
			}
		}
	})
}

// Signs that are drawn give about what all signs give, and the same each time.
func TestSampledPermutation(t *testing.T) {
	a, b := make([]float64, 21), make([]float64, 21)
	for i := range a {
		a[i] = math.Sin(float64(3*i)) + 0.4
	}
	all, err := stats.Permutation{}.Test(a[:20], b[:20])
	if err != nil || all.Method != stats.Exact {
		t.Fatalf("20 pairs: got %v, %v, want exact", all, err)
	}
	a[20] = 0 // changes no sum
	drawn, err := stats.Permutation{Seed: 3}.Test(a, b)
	if err != nil || drawn.Method != stats.Sampled {
		t.Fatalf("21 pairs: got %v, %v, want sampled", drawn, err)
	}
	const resamples = 100_000
	if spread := math.Sqrt(all.P * (1 - all.P) / resamples); math.Abs(drawn.P-all.P) > 5*spread {
		t.Errorf("got p = %g of signs that were drawn, want %g ± %g", drawn.P, all.P, spread)
	}
	k := drawn.P*(resamples+1) - 1
	if math.Abs(k-math.Round(k)) > 1e-6 {
		t.Errorf("got p = %g, want (1+k)/(1+%d)", drawn.P, resamples)
	}
	if again, _ := (stats.Permutation{Seed: 3}).Test(a, b); again != drawn {
		t.Errorf("the same seed: got %v, want %v", again, drawn)
	}
	if other, _ := (stats.Permutation{Seed: 4}).Test(a, b); other == drawn {
		t.Errorf("another seed gives the same %v", other)
	}
	if other, _ := (stats.Permutation{Seed: 3, Resamples: 9}).Test(a, b); math.Abs(other.P*10-math.Round(other.P*10)) > 1e-12 {
		t.Errorf("9 resamples: got p = %g, want tenths", other.P)
	}
}
