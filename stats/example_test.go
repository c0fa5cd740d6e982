package stats_test

import (
	"fmt"

	"github.com/seed-be841da4/prospect/stats"
)

// Two learning rules with the same six seeds.
func Example() {
	pc := []float64{0.181, 0.186, 0.179, 0.183, 0.185, 0.180}
	bp := []float64{0.190, 0.197, 0.183, 0.186, 0.193, 0.186}

	s, err := stats.Summarize(pc)
	if err != nil {
		fmt.Println(err)
		return
	}
	interval, _ := stats.StudentInterval(pc, 0.95)
	fmt.Printf("pc: %.4f ± %.4f, %v\n", s.Mean, s.SEM, interval)

	t, _ := stats.PairedT(pc, bp)
	w, _ := stats.Wilcoxon(pc, bp)
	d, _ := stats.PairedCohenD(pc, bp)
	fmt.Println(t)
	fmt.Println(w)
	fmt.Printf("d = %.2f\n", d)

	adjusted, _ := stats.Holm([]float64{t.P, w.P})
	fmt.Printf("corrected: %.3f\n", adjusted)
	// Output:
	// pc: 0.1823 ± 0.0011, 0.1794 to 0.1853 (95 %)
	// t(5) = -5.469, p = 0.00278
	// statistic 0, p = 0.0312 (exact, n = 6)
	// d = -2.23
	// corrected: [0.006 0.031]
}

// The interval of any number of the seeds: here of the ratio of two means.
func ExampleBootstrap_Statistics() {
	pc := []float64{0.181, 0.186, 0.179, 0.183, 0.185, 0.180}
	bp := []float64{0.190, 0.197, 0.183, 0.186, 0.193, 0.186}
	found, err := stats.Bootstrap{Level: 0.95, Seed: 1}.Statistics(len(pc), 1, func(sample []int, out []float64) {
		a, b := 0.0, 0.0
		for _, i := range sample {
			a, b = a+pc[i], b+bp[i]
		}
		out[0] = a / b
	})
	fmt.Println(found[0], err)
	// Output:
	// 0.9532 to 0.9743 (95 %) <nil>
}
