package relax_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/relax"
)

// certifiedBowl is a bowl of unit curvature at least, whose samples are one value each.
// offset is the energy at the minimum.
type certifiedBowl struct {
	*bowl
	curvature []float64
	offset    float64
	evaluates bool
	tests     []int // evaluations before each test
	count     int
}

func (b *certifiedBowl) Evaluate(energies []float64) (float64, error) {
	b.count++
	e, err := b.bowl.Evaluate(energies)
	energies[0] += b.offset * float64(len(b.curvature))
	return e + b.offset*float64(len(b.curvature)), err
}

func (b *certifiedBowl) Certificates() (bool, error) { return b.evaluates, nil }

func (b *certifiedBowl) Certify(energies, samples, squares []float64) (float64, error) {
	b.tests = append(b.tests, b.count)
	x := b.Activities()[0].X
	total := 0.0
	for n, c := range b.curvature {
		samples[n] = c*x.At(n)*x.At(n)/2 + b.offset
		squares[n] = c * c * x.At(n) * x.At(n)
		total += samples[n]
	}
	energies[0] = total
	return total, nil
}

func newCertifiedBowl(evaluates bool, offset float64, curvature ...float64) *certifiedBowl {
	x := make([]float64, len(curvature))
	for n := range x {
		x[n] = 1
	}
	return &certifiedBowl{bowl: newBowl(relax.Float64(x), curvature...), curvature: curvature, offset: offset, evaluates: evaluates}
}

// It stops at the first state in which every sample is certified, whose gap is then
// within the tolerance.
func TestRelativeGapStops(t *testing.T) {
	for _, evaluates := range []bool{true, false} {
		b := newCertifiedBowl(evaluates, 2, 1, 3)
		stop := relax.RelativeGap{Tolerance: 1e-3, Every: 1}
		r := mustRun(t, b, relax.Settings{Steps: 100, Control: relax.Constant{Size: 0.1}, Stop: stop})
		met := func(x []float64) bool {
			for n, c := range b.curvature {
				if c*c*x[n]*x[n]/2 > 1e-3*(c*x[n]*x[n]/2+2) {
					return false
				}
			}
			return true
		}
		x := state(b)
		before := []float64{x[0] / 0.9, x[1] / 0.7}
		if r.Status != relax.Converged || !met(x) || met(before) {
			t.Errorf("evaluates %v: got %v after %d steps at %v, want the first state that meets the test", evaluates, r.Status, r.Steps, x)
		}
		for n, c := range b.curvature {
			if gap := c * x[n] * x[n] / 2; gap > 1e-3*(gap+2) {
				t.Errorf("sample %d: the energy is %g above its minimum 2", n, gap)
			}
		}
		if !evaluates && len(b.tests) != r.Steps+1 {
			t.Errorf("got %d tests in %d steps, want one before every step and the last", len(b.tests), r.Steps)
		}
	}
}

// One sample that is not there holds up the others, but not the sum of the batch; a
// lower bound of the curvature scales the test.
func TestRelativeGapConverged(t *testing.T) {
	s := relax.State{Samples: []float64{100, 1}, Squares: []float64{0.01, 0.02}}
	for want, c := range map[bool][]relax.RelativeGap{
		true: {
			{Tolerance: 1e-2}, {Tolerance: 1e-3, Batch: true}, {Tolerance: 5e-3, Convexity: 2},
		},
		false: {
			{Tolerance: 9e-3}, {Tolerance: 1e-4, Batch: true}, {Tolerance: 1e-2, Convexity: 0.5}, {Tolerance: 1e-2, MinSteps: 1},
		},
	} {
		for _, c := range c {
			if got := c.Converged(s); got != want {
				t.Errorf("%+v: got %v, want %v", c, got, want)
			}
		}
	}
	if (relax.RelativeGap{Tolerance: 0.5}).Converged(relax.State{Samples: []float64{-1}, Squares: []float64{0}}) {
		t.Error("a negative energy passed")
	}
}

func TestRelativeGapIsDue(t *testing.T) {
	var got []int
	for step := range 300 {
		if (relax.RelativeGap{Tolerance: 1e-3}).DueCertificate(step, false) {
			got = append(got, step)
		}
	}
	var want []int
	for _, part := range []struct{ from, to, every int }{{0, 64, 4}, {72, 128, 8}, {144, 256, 16}, {288, 299, 32}} {
		for step := part.from; step <= part.to; step += part.every {
			want = append(want, step)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("where a test costs a step: got %v, want %v", got, want)
	}
	for step := range 100 {
		c := relax.RelativeGap{Tolerance: 1e-3, MinSteps: 2}
		if c.Due(step) != (step >= 2) || c.DueCertificate(step, true) != (step >= 2) {
			t.Fatalf("step %d: want every step from MinSteps on where a test costs nothing", step)
		}
		c.Every = 7
		if c.DueCertificate(step, false) != (step >= 2 && step%7 == 0) {
			t.Fatalf("step %d: want every seventh", step)
		}
	}
}

func TestRelativeGapWantsACertifier(t *testing.T) {
	_, err := relax.NewDriver(newTilted(1, 1), relax.Settings{Steps: 1, Control: relax.Constant{Size: 0.1}, Stop: relax.RelativeGap{Tolerance: 0.1}})
	if err == nil || !strings.Contains(err.Error(), "RelativeGap wants a problem that certifies its energy") {
		t.Errorf("got %v", err)
	}
}
