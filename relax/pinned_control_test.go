package relax_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/seed-be841da4/prospect/relax"
)

// Every coefficient of a PID stands at its place in the formula, after two errors
// that differ.
func TestPIDIsTheFormula(t *testing.T) {
	for _, c := range []relax.PID{
		{P: 0.3, I: 0.4}, {I: 0.5}, {D: 0.2}, {P: 0.2, I: 0.3, D: 0.1}, {},
	} {
		c.Initial, c.Absolute = 1, 1
		p, i, d := c.P, c.I, c.D
		if p+i+d == 0 {
			i = 1
		}
		size := c.Start()
		before, last := 1.0, 1.0
		for step, r := range []float64{0.7, 0.5, 0.9, 0.8} {
			const k = 2
			want := size * 0.9 * math.Pow(r, -(i+p+d)/k) * math.Pow(last, (p+2*d)/k) * math.Pow(before, -d/k)
			size = c.Next(relax.Taken{Step: step, Size: size, Error: r, Order: k, Trials: 1})
			near(t, "size", size, want, 1e-14)
			before, last = last, r
		}
		if got := c.Start(); got != 1 {
			t.Errorf("start: got %g, want Initial", got)
		}
		near(t, "size after Start", c.Next(relax.Taken{Size: 1, Error: 0.5, Order: 2, Trials: 1}), 0.9*math.Pow(0.5, -(i+p+d)/2), 1e-14)
	}
}

func TestPIDBounds(t *testing.T) {
	fresh := func() *relax.PID {
		c := &relax.PID{Initial: 1, Absolute: 1}
		c.Start()
		return c
	}
	next := func(c *relax.PID, trials int, err float64) float64 {
		return c.Next(relax.Taken{Size: 1, Error: err, Order: 1, Trials: trials})
	}
	near(t, "growth", next(fresh(), 1, 0), 10, 0)
	near(t, "shrinking", next(fresh(), 1, 1e9), 0.2, 0)
	near(t, "after a rejection", next(fresh(), 2, 0.1), 1, 0)
	bounded := fresh()
	bounded.MaxSize = 1.5
	near(t, "MaxSize", next(bounded, 1, 0.1), 1.5, 0)
	if c := fresh(); !c.AcceptError(1) || c.AcceptError(math.Nextafter(1, 2)) || c.AcceptError(math.NaN()) {
		t.Error("want errors accepted up to 1")
	}
	for _, tc := range []struct{ err, want float64 }{{1.8, 0.5}, {1.0001, 0.9 / 1.0001}, {0.5, 0.9}, {math.Inf(1), 0.2}, {math.NaN(), 0.2}} {
		got, ok := fresh().ShortenError(1, tc.err, 1)
		near(t, "shortened", got, tc.want, 1e-14)
		if !ok {
			t.Errorf("error %g: gave up", tc.err)
		}
	}
	for _, tc := range []struct {
		size, least float64
		ok          bool
	}{{5.1e-8, 0, true}, {4.9e-8, 0, false}, {0.51, 0.1, true}, {0.49, 0.1, false}} {
		c := fresh()
		c.MinSize = tc.least
		if _, ok := c.ShortenError(tc.size, math.Inf(1), 1); ok != tc.ok {
			t.Errorf("%+v: got %v", tc, ok)
		}
	}
}

// The error of Heun's step is γ/2·(k₁ − k₂), relative to the larger of the
// activities before and after, as a root mean square in each sample over all
// activities; the worst sample counts.
func TestHeunEstimateIsTheWorstRootMeanSquare(t *testing.T) {
	const size, relative, absolute = 0.25, 0.1, 0.01
	x := []float64{2, -1, 0.5, 1, 3, -0.2}
	curvature := []float64{0.5, 1.5, 1}
	b := newBowl(relax.Float64(append([]float64(nil), x...)), curvature...)
	if _, err := b.Evaluate(make([]float64, 1)); err != nil {
		t.Fatal(err)
	}
	h := &relax.Heun{}
	if err := h.Init(b); err != nil {
		t.Fatal(err)
	}
	if err := h.Step(b, size); err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for n, c := range curvature {
		sum := 0.0
		for j := 2 * n; j < 2*n+2; j++ {
			k1 := c * x[j]
			k2 := c * (x[j] - size*k1)
			after := x[j] - size/2*(k1+k2)
			e := size / 2 * (k1 - k2) / (absolute + relative*max(math.Abs(x[j]), math.Abs(after)))
			sum += e * e
		}
		worst = max(worst, math.Sqrt(sum/2))
	}
	near(t, "error", h.Estimate(b, relative, absolute), worst, 1e-12)
	if h.EstimateOrder() != 2 {
		t.Errorf("order: got %d, want 2", h.EstimateOrder())
	}
}

func TestArmijoIsItsRule(t *testing.T) {
	c := relax.Armijo{Initial: 0.8}
	full := relax.Armijo{Initial: 0.8, Shrink: 0.5, Sufficient: 1e-4, Grow: 2, MaxSize: 0.8, MinSize: 0.8e-8}
	near(t, "start", c.Start(), 0.8, 0)
	for _, a := range []relax.Armijo{c, full} {
		for _, tc := range []struct {
			size   float64
			trials int
			want   float64
		}{{0.1, 1, 0.2}, {0.1, 2, 0.1}, {0.1, 9, 0.1}, {0.5, 1, 0.8}, {0.8, 1, 0.8}} {
			near(t, "next size", a.Next(relax.Taken{Size: tc.size, Trials: tc.trials}), tc.want, 0)
		}
		smaller, ok := a.Shorten(0.4)
		if smaller != 0.2 || !ok {
			t.Errorf("shorten 0.4: got %g, %v", smaller, ok)
		}
		if _, ok := a.Shorten(1.7e-8); !ok {
			t.Error("gave up above MinSize")
		}
		if _, ok := a.Shorten(1.5e-8); ok {
			t.Error("did not give up below MinSize")
		}
		// The least decrease is 1e-4·0.5·8 = 4e-4.
		if !a.Accept(0.5, 1, 8, 1-4.01e-4) || a.Accept(0.5, 1, 8, 1-3.99e-4) {
			t.Error("want a decrease of 1e-4·γ·‖g‖²")
		}
	}
	if full.Accept(1, 1, 0, math.NaN()) || full.Accept(1, 1, 0, math.Inf(1)) || full.Accept(1, 1, 0, math.Inf(-1)) {
		t.Error("accepted an energy that is not finite")
	}
	wide := relax.Armijo{Initial: 0.1, Grow: 3, MaxSize: 0.5}
	near(t, "grown", wide.Next(relax.Taken{Size: 0.1, Trials: 1}), 0.3, 1e-15)
	near(t, "grown to MaxSize", wide.Next(relax.Taken{Size: 0.3, Trials: 1}), 0.5, 0)
}

// Zero of an optional field is the value that its comment names.
func TestZeroMeansTheDocumentedDefault(t *testing.T) {
	run := func(s relax.Settings) []float64 {
		c := newChain[float64](3, 3, 2, 4, 3, 2)
		s.Steps = 25
		mustRun(t, c, s)
		return state(c)
	}
	size := relax.Constant{Size: 0.05}
	for _, tc := range []struct {
		name       string
		zero, full relax.Solver
	}{
		{"momentum", &relax.Momentum{}, &relax.Momentum{Beta: 0.9}},
		{"Nesterov", &relax.Momentum{Nesterov: true}, &relax.Momentum{Nesterov: true, Beta: 0.9}},
		{"Adam", &relax.Adam{}, &relax.Adam{Beta1: 0.9, Beta2: 0.999, Epsilon: 1e-8}},
		{"LBFGS", &relax.LBFGS{}, &relax.LBFGS{Memory: 5}},
		{"none", nil, relax.Euler{}},
	} {
		got, want := run(relax.Settings{Solver: tc.zero, Control: size}), run(relax.Settings{Solver: tc.full, Control: size})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", tc.name, diff)
		}
	}
	norms := func(n float64) relax.State { return relax.State{Norms: []float64{n}} }
	// Convexity 1: ‖g‖² ≤ 2·Tolerance.
	if c := (relax.EnergyGap{Tolerance: 2}); !c.Converged(norms(2)) || c.Converged(norms(2.0001)) {
		t.Error("energy gap: want a convexity of 1")
	}
	if c := (relax.EnergyGap{Tolerance: 2, Convexity: 4}); !c.Converged(norms(4)) || c.Converged(norms(4.0001)) {
		t.Error("energy gap: want ‖g‖² ≤ 2·Convexity·Tolerance")
	}
	for _, stop := range []relax.Converger{relax.GradientNorm{Tolerance: 1}, relax.EnergyGap{Tolerance: 1}} {
		if !stop.Due(0) || !stop.Due(1) || !stop.Due(7) {
			t.Errorf("%T: not due at every step", stop)
		}
	}
	for _, stop := range []relax.Converger{
		relax.GradientNorm{Tolerance: 1, MinSteps: 4, Every: 3}, relax.EnergyGap{Tolerance: 1, MinSteps: 4, Every: 3},
	} {
		var due []int
		for step := range 13 {
			if stop.Due(step) {
				due = append(due, step)
			}
		}
		if diff := cmp.Diff([]int{6, 9, 12}, due); diff != "" {
			t.Errorf("%T: due (-want +got):\n%s", stop, diff)
		}
		if stop.Converged(relax.State{Step: 3, Norms: []float64{0}}) || !stop.Converged(relax.State{Step: 4, Norms: []float64{0}}) {
			t.Errorf("%T: want the final state tested from MinSteps on", stop)
		}
	}
}

// The step size stands outside the velocity, and Nesterov looks ahead.
func TestMomentumIsTheFormula(t *testing.T) {
	for _, nesterov := range []bool{false, true} {
		const beta, factor, steps = 0.7, 0.5, 6
		b := newTilted(3, -2)
		x, v, size := []float64{3, -2}, []float64{0, 0}, 0.9
		last := math.Inf(1)
		for range steps {
			e, g := 0.0, make([]float64, 2)
			for i := range x {
				ax := b.a[i][0]*x[0] + b.a[i][1]*x[1]
				g[i] = ax - b.b[i]
				e += x[i] * (ax/2 - b.b[i])
			}
			for i := range x {
				v[i] = beta*v[i] + g[i]
				d := v[i]
				if nesterov {
					d = g[i] + beta*v[i]
				}
				x[i] -= size * d
			}
			if e >= last {
				size *= factor
			}
			last = e
		}
		mustRun(t, b, relax.Settings{Steps: steps, Solver: &relax.Momentum{Beta: beta, Nesterov: nesterov}, Control: relax.Discount{Size: 0.9, Factor: factor}})
		if diff := cmp.Diff(x, state(b), cmpopts.EquateApprox(1e-12, 1e-12)); diff != "" {
			t.Errorf("Nesterov %v: (-want +got):\n%s", nesterov, diff)
		}
	}
}
