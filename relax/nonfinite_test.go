package relax_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/relax"
)

// hookedDescender breaks a fused problem at one step.
type hookedDescender struct {
	*fusedChain[float32]
	at     int
	broken func()
	energy func(energies []float64) float64
}

func (h *hookedDescender) Descend(step float64, energies []float64) (float64, error) {
	if h.descents == h.at && h.broken != nil {
		h.broken()
	}
	total, err := h.fusedChain.Descend(step, energies)
	if h.descents-1 == h.at && h.energy != nil {
		total = h.energy(energies)
	}
	return total, err
}

func TestNonFiniteNamesStepAndNode(t *testing.T) {
	const at = 7
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	// Widths 3-4-5-2 with 3 samples: free nodes h1, h2, predictions mu1, mu2, mu3.
	build := func() *chain[float32] { return newChain[float32](1, 3, 3, 4, 5, 2) }
	plain := func(c *chain[float32], before func(), energies ...float64) relax.Problem {
		return &hooked{
			Problem: c,
			before: func(i int) {
				if i == at && before != nil {
					before()
				}
			},
			after: func(i int, terms []float64, total float64) (float64, error) {
				if i == at && energies != nil {
					copy(terms, energies[1:])
					total = energies[0]
				}
				return total, nil
			},
		}
	}
	stop := relax.GradientNorm{Tolerance: 1e-30}
	for _, tc := range []struct {
		name  string
		build func() relax.Problem
		stop  relax.Converger
		want  relax.NonFiniteError
	}{
		{
			"activity", func() relax.Problem {
				c := build()
				return plain(c, func() { c.x[2][2*5+1] = inf })
			}, nil,
			relax.NonFiniteError{Step: at, Node: "h2", Kind: relax.KindActivity, Sample: 2, Number: math.Inf(1)},
		},
		{
			"weight", func() relax.Problem {
				c := build()
				return plain(c, func() { c.weights[1][0] = nan })
			}, nil,
			relax.NonFiniteError{Step: at, Node: "mu2", Kind: relax.KindEnergy, Sample: -1, Number: math.NaN()},
		},
		{
			"term", func() relax.Problem {
				return plain(build(), nil, math.Inf(-1), 1, 2, math.Inf(-1))
			}, nil,
			relax.NonFiniteError{Step: at, Node: "mu3", Kind: relax.KindEnergy, Sample: -1, Number: math.Inf(-1)},
		},
		{
			"sum", func() relax.Problem {
				return plain(build(), nil, math.Inf(1), 1, 2, 3)
			}, nil,
			relax.NonFiniteError{Step: at, Node: "total", Kind: relax.KindEnergy, Sample: -1, Number: math.Inf(1)},
		},
		{
			"gradient, convergence tested", func() relax.Problem {
				c := build()
				p := plain(c, nil).(*hooked)
				p.after = func(i int, _ []float64, total float64) (float64, error) {
					if i == at {
						c.grad[1][4] = nan
					}
					return total, nil
				}
				return p
			}, stop,
			relax.NonFiniteError{Step: at, Node: "h1", Kind: relax.KindGradient, Sample: 1, Number: math.NaN()},
		},
		{
			// Nothing looks at the gradient; a step later it has reached the activity.
			"gradient, fixed steps", func() relax.Problem {
				c := build()
				p := plain(c, nil).(*hooked)
				p.after = func(i int, _ []float64, total float64) (float64, error) {
					if i == at-1 {
						c.grad[1][4] = nan
					}
					return total, nil
				}
				return p
			}, nil,
			relax.NonFiniteError{Step: at, Node: "h1", Kind: relax.KindActivity, Sample: 1, Number: math.NaN()},
		},
		{
			"fused term", func() relax.Problem {
				c := &fusedChain[float32]{chain: build()}
				return &hookedDescender{fusedChain: c, at: at, broken: func() { c.weights[1][0] = nan }}
			}, nil,
			relax.NonFiniteError{Step: at, Node: "mu2", Kind: relax.KindEnergy, Sample: -1, Number: math.NaN()},
		},
		{
			"fused sum", func() relax.Problem {
				c := &fusedChain[float32]{chain: build()}
				return &hookedDescender{fusedChain: c, at: at, energy: func([]float64) float64 { return math.Inf(1) }}
			}, nil,
			relax.NonFiniteError{Step: at, Node: "total", Kind: relax.KindEnergy, Sample: -1, Number: math.Inf(1)},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := relax.Settings{Steps: 20, Control: relax.Constant{Size: 0.01}, Stop: tc.stop}
			r, err := relax.Run(context.Background(), tc.build(), s)
			var got *relax.NonFiniteError
			if !errors.As(err, &got) {
				t.Fatalf("got error %v, want a NonFiniteError", err)
			}
			if diff := cmp.Diff(tc.want, *got, cmpopts.EquateNaNs()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r.Status != relax.Diverged || !errors.Is(err, relax.ErrDiverged) || !errors.Is(err, r.Status.Err()) {
				t.Errorf("got status %v, error %v", r.Status, err)
			}
		})
	}
}

// saturated has an energy that stays finite whatever the activity does.
type saturated struct{ *bowl }

func (s saturated) Evaluate(energies []float64) (float64, error) {
	s.activities[0].Grad.Fill(-1e38)
	energies[0] = 1
	return 1, nil
}

func TestOverflowIsFoundAtTheEndThoughTheEnergyIsFinite(t *testing.T) {
	for _, skip := range []bool{false, true} {
		p := saturated{newBowl(relax.Float32([]float32{0, 0}), 1, 1)}
		r, err := relax.Run(context.Background(), p, relax.Settings{Steps: 5, Control: relax.Constant{Size: 1}, SkipFinal: skip})
		want := relax.NonFiniteError{Step: 5, Node: "x", Kind: relax.KindActivity, Sample: 0, Number: math.Inf(1)}
		var got *relax.NonFiniteError
		if !errors.As(err, &got) || *got != want || r.Status != relax.Diverged {
			t.Errorf("SkipFinal %v: got %v, %+v", skip, r.Status, err)
		}
	}
}

func TestNonFiniteErrorSaysWhatToDo(t *testing.T) {
	err := &relax.NonFiniteError{Step: 3, Node: "h2", Kind: relax.KindGradient, Sample: 4, Number: math.NaN()}
	for _, want := range []string{`"h2"`, "gradient", "NaN", "sample 4", "3 steps", "smaller step size"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not contain %q", err, want)
		}
	}
}

// The value is finite, its square is not.
func TestOverflowingGradientNorm(t *testing.T) {
	b := newBowl(relax.Float64([]float64{0, 1e-50}), 1, 1e210)
	_, err := relax.Run(context.Background(), b, relax.Settings{Steps: 1, Control: relax.Constant{Size: 1e-250}})
	want := relax.NonFiniteError{Step: 1, Node: "x", Kind: relax.KindGradient, Sample: 1, Number: math.Inf(1)}
	var got *relax.NonFiniteError
	if !errors.As(err, &got) || *got != want {
		t.Errorf("got %v", err)
	}
}
