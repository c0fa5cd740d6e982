package relax_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/relax"
)

// lasso is E = ½‖y − D·x‖² for every sample, with codes of several names.
type lasso struct {
	d          *mat.Dense
	y          [][]float64
	activities []relax.Activity
	evaluated  int
}

func newLasso(samples, outputs, codes int) *lasso {
	r := rand.New(rand.NewPCG(3, 9))
	l := &lasso{d: mat.NewDense(outputs, 2*codes, nil)}
	for i := range outputs {
		for j := range 2 * codes {
			l.d.Set(i, j, r.NormFloat64()/3+0.3)
		}
	}
	for range samples {
		y := make([]float64, outputs)
		for i := range y {
			y[i] = 2 * r.NormFloat64()
		}
		l.y = append(l.y, y)
	}
	for _, name := range []string{"a", "b"} {
		x := relax.Float64(make([]float64, samples*codes))
		l.activities = append(l.activities, relax.Activity{Name: name, Samples: samples, X: x, Grad: x.MakeLike()})
	}
	return l
}

func (l *lasso) Activities() []relax.Activity { return l.activities }

func (l *lasso) Terms() []string { return []string{"lasso"} }

func (l *lasso) code(n int) []float64 {
	a, _ := l.activities[0].Sample(n)
	b, _ := l.activities[1].Sample(n)
	return b.AppendTo(a.AppendTo(nil))
}

func (l *lasso) Evaluate(energies []float64) (float64, error) {
	l.evaluated++
	energies[0] = 0
	for n, y := range l.y {
		var e, g mat.VecDense
		e.MulVec(l.d, mat.NewVecDense(l.d.RawMatrix().Cols, l.code(n)))
		e.SubVec(&e, mat.NewVecDense(len(y), y))
		g.MulVec(l.d.T(), &e)
		energies[0] += mat.Dot(&e, &e) / 2
		at := 0
		for _, a := range l.activities {
			_, grad := a.Sample(n)
			for k := range grad.Len() {
				grad.Set(k, g.AtVec(at))
				at++
			}
		}
	}
	return energies[0], nil
}

// curvature is the largest eigenvalue of DᵀD.
func (l *lasso) curvature() float64 {
	var svd mat.SVD
	svd.Factorize(l.d, mat.SVDNone)
	top := svd.Values(nil)[0]
	return top * top
}

// byCoordinates minimises E + Σ_j w_j|x_j| within bounds coordinate by coordinate.
func (l *lasso) byCoordinates(n int, weight func(j int) float64, lower, upper func(j int) float64) []float64 {
	_, cols := l.d.Dims()
	x := make([]float64, cols)
	for range 2000 {
		for j := range cols {
			column := mat.Col(nil, j, l.d)
			var dot, square float64
			for i, c := range column {
				rest := l.y[n][i]
				for k, v := range x {
					if k != j {
						rest -= l.d.At(i, k) * v
					}
				}
				dot, square = dot+c*rest, square+c*c
			}
			v := 0.0
			if w := weight(j); math.Abs(dot) > w {
				v = (dot - math.Copysign(w, dot)) / square
			}
			x[j] = min(max(v, lower(j)), upper(j))
		}
	}
	return x
}

func always(x float64) func(int) float64 { return func(int) float64 { return x } }

// ISTA and FISTA, with bounds and for some nodes, end where coordinate descent does, with
// zeros in the same places.
func TestProximalMinimises(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		solver       relax.Proximal
		weight       func(int) float64
		lower, upper func(int) float64
		zeros        bool
	}{
		"sparse":          {relax.Proximal{L1: 0.8}, always(0.8), always(-inf), always(inf), true},
		"nothing":         {relax.Proximal{}, always(0), always(-inf), always(inf), false},
		"clipped":         {relax.Proximal{Lower: -0.5, Upper: 0.25}, always(0), always(-0.5), always(0.25), false},
		"of 0 to 1":       {relax.Proximal{Upper: 1}, always(0), always(0), always(1), true},
		"sparse, clipped": {relax.Proximal{L1: 0.3, Lower: -1, Upper: 0.5}, always(0.3), always(-1), always(0.5), true},
		"non-negative":    {relax.Proximal{L1: 0.3, NonNegative: true}, always(0.3), always(0), always(inf), true},
		"one node": {relax.Proximal{L1: 0.8, Nodes: []string{"b"}}, func(j int) float64 {
			return map[bool]float64{true: 0.8}[j >= 3]
		}, always(-inf), always(inf), true},
	} {
		for _, accelerate := range []bool{false, true} {
			l := newLasso(3, 8, 3)
			solver := c.solver
			solver.Accelerate = accelerate
			steps := 8000
			if accelerate {
				steps = 2000
			}
			mustRun(t, l, relax.Settings{Steps: steps, Solver: &solver, Control: relax.Constant{Size: 1 / l.curvature()}})
			zeros := 0
			for n := range l.y {
				want := l.byCoordinates(n, c.weight, c.lower, c.upper)
				for j, x := range l.code(n) {
					if math.Abs(x-want[j]) > 1e-7 || (x == 0) != (want[j] == 0) {
						t.Errorf("%s, accelerated %v: sample %d, x[%d]: got %v, want %v", name, accelerate, n, j, x, want[j])
					}
					if x == 0 {
						zeros++
					}
				}
			}
			if (zeros > 0) != c.zeros {
				t.Errorf("%s: %d zeros", name, zeros)
			}
		}
	}
}

// A step of 1/λ never raises the sum; acceleration comes nearer in as many steps, and
// takes two evaluations for all but the first.
func TestProximalAccelerates(t *testing.T) {
	sum := func(l *lasso) (total float64) {
		e := make([]float64, 1)
		total, _ = l.Evaluate(e)
		for _, a := range l.activities {
			for _, x := range a.X.Float64() {
				total += 0.1 * math.Abs(x)
			}
		}
		return total
	}
	run := func(steps int, accelerate bool) (float64, relax.Result) {
		l := newLasso(2, 5, 6) // more codes than outputs: slow
		r := mustRun(t, l, relax.Settings{Steps: steps, Solver: &relax.Proximal{L1: 0.1, Accelerate: accelerate}, Control: relax.Constant{Size: 1 / l.curvature()}, SkipFinal: true})
		return sum(l), r
	}
	least, _ := run(20000, true)
	last := math.Inf(1)
	for steps := 1; steps <= 60; steps++ {
		s, _ := run(steps, false)
		if s > last+1e-12 {
			t.Errorf("step %d raises the sum from %v to %v", steps, last, s)
		}
		last = s
	}
	plain, r := run(60, false)
	fast, two := run(60, true)
	if fast-least > (plain-least)/3 {
		t.Errorf("60 steps: %v above the minimum, accelerated %v", plain-least, fast-least)
	}
	if r.Evaluations != 60 || two.Evaluations != 60+59 {
		t.Errorf("got %d and %d evaluations", r.Evaluations, two.Evaluations)
	}
}

// A run starts anew, whichever came before, and float32 follows float64.
func TestProximalStartsAnew(t *testing.T) {
	solver := &relax.Proximal{L1: 0.1, Accelerate: true}
	settings := relax.Settings{Steps: 9, Solver: solver, Control: relax.Constant{Size: 0.1}}
	first, second := newLasso(2, 4, 2), newLasso(2, 4, 2)
	mustRun(t, first, settings)
	mustRun(t, second, settings)
	if !slices.Equal(state(first), state(second)) {
		t.Error("the second run differs")
	}
	small := newBowl(relax.Float32([]float32{3, -0.2, float32(math.Inf(1))}), 1, 1, 1)
	if _, err := relax.Run(t.Context(), small, relax.Settings{Steps: 1, Solver: &relax.Proximal{L1: 1, Upper: 9, Lower: -9}, Control: relax.Constant{Size: 0.5}}); err == nil {
		t.Error("an infinite activity: got no error")
	}
	small = newBowl(relax.Float32([]float32{3, -0.2}), 1, 1)
	mustRun(t, small, relax.Settings{Steps: 1, Solver: &relax.Proximal{L1: 1}, Control: relax.Constant{Size: 0.5}})
	if got := state(small); got[0] != 1 || got[1] != 0 {
		t.Errorf("got %v, want 1 and 0", got)
	}
}

func TestProximalValidates(t *testing.T) {
	for want, p := range map[string]relax.Proximal{
		"L1: want":              {L1: -1},
		"Lower and Upper: want": {Lower: 1, Upper: 1},
		"got 0 and -1":          {Upper: -1},
		"NonNegative: got true": {NonNegative: true, Upper: 1},
		"Nodes: got an empty":   {Nodes: []string{}},
		`Nodes, got "c", want`:  {Nodes: []string{"c"}},
	} {
		_, err := relax.Run(t.Context(), newLasso(1, 2, 1), relax.Settings{Steps: 1, Solver: &p, Control: relax.Constant{Size: 0.1}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}
