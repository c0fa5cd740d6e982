package energy_test

import (
	"math"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// learnable is a network of a learned precision at two samples of two units, whose
// errors are 1, 0, −2, −3, or scale times that.
func learnable(t *testing.T, e energy.Gaussian, precision graph.Precision, scale float64) (*graph.Param, *graph.Session) {
	t.Helper()
	net, err := graph.New(compared(2, e), graph.Settings{Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.Param("y/energy/logprecision")
	if err != nil {
		t.Fatal(err)
	}
	s, err := net.Session(2, graph.Roles{Clamped: []string{"x", "y"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ClampFloat64("x", []float64{scale, 0, -2 * scale, -3 * scale}); err != nil {
		t.Fatal(err)
	}
	if err := s.ClampFloat64("y", []float64{0, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	return p, s
}

// learn sets the log-precisions and returns energy and gradient.
func learn(t *testing.T, p *graph.Param, s *graph.Session, set []float64) (float64, []float64) {
	t.Helper()
	if err := p.SetValues(relax.Float64(set)); err != nil {
		t.Fatal(err)
	}
	e, err := s.Learn(make([]float64, len(s.Terms())))
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float64, p.Grads().Len())
	for i := range grad {
		grad[i] = p.Grads().At(i)
	}
	return e, grad
}

// E = ½ π ‖x−μ‖² − ½ N log π with π = 1/(Floor + e⁻ˢ), and its derivative in s by
// ∂π/∂s = π² e⁻ˢ.
func TestFloor(t *testing.T) {
	const floor = 0.25
	squares := map[energy.Learned][]float64{energy.LearnedScalar: {14}, energy.LearnedUnits: {5, 9}}
	for kind, sums := range squares {
		p, s := learnable(t, energy.Gaussian{Learned: kind, Floor: floor}, graph.Float64, 1)
		n := 4 / float64(len(sums))
		for _, set := range [][]float64{{0, 0}, {math.Log(4), -1}, {-3, 2.5}, {20, 40}} {
			set = set[:len(sums)]
			e, grad := learn(t, p, s, set)
			var want float64
			for i, sum := range sums {
				pi := 1 / (floor + math.Exp(-set[i]))
				want += 0.5*pi*sum - 0.5*n*math.Log(pi)
				near(t, string(kind)+": gradient", grad[i:i+1], []float64{0.5 * (sum - n/pi) * pi * pi * math.Exp(-set[i])}, 1e-12)
			}
			near(t, string(kind)+": energy", []float64{e}, []float64{want}, 1e-12)
		}
	}
}

// Where E is least in s, the variance is the mean of the squared errors, of the node or
// of each unit, with and without a floor.
func TestLearnedVariance(t *testing.T) {
	for kind, want := range map[energy.Learned][]float64{energy.LearnedScalar: {3.5}, energy.LearnedUnits: {2.5, 4.5}} {
		for _, floor := range []float64{0, 1} {
			p, s := learnable(t, energy.Gaussian{Learned: kind, Floor: floor}, graph.Float64, 1)
			set := make([]float64, len(want))
			for range 2000 {
				_, grad := learn(t, p, s, set)
				for i, g := range grad {
					set[i] -= 0.3 * g
				}
			}
			for i, w := range want {
				if v := floor + math.Exp(-set[i]); math.Abs(v-w) > 1e-9 {
					t.Errorf("%s, floor %v: variance %d, got %v, want %v", kind, floor, i, v, w)
				}
			}
		}
	}
}

// Without errors, or with errors whose mean square is below the floor, there is no
// minimum in s: the precision rises towards 1/Floor and the energy stays above
// ½ N log Floor, in either precision.
func TestFloorHolds(t *testing.T) {
	const floor = 0.01
	for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
		for _, scale := range []float64{0, 0.01} {
			for _, kind := range []energy.Learned{energy.LearnedScalar, energy.LearnedUnits} {
				p, s := learnable(t, energy.Gaussian{Learned: kind, Floor: floor}, precision, scale)
				last, lastGrad := math.Inf(1), math.Inf(-1)
				for _, v := range []float64{4, 8, 12} {
					e, grad := learn(t, p, s, []float64{v, v}[:p.Values().Len()])
					if e >= last || grad[0] >= 0 || grad[0] <= lastGrad {
						t.Errorf("%v, %s, errors %v, s = %v: energy %v after %v, gradient %v after %v; want them to fall and to flatten", precision, kind, scale, v, e, last, grad[0], lastGrad)
					}
					last, lastGrad = e, grad[0]
				}
				e, _ := learn(t, p, s, []float64{80, 80}[:p.Values().Len()])
				least := 2 * math.Log(floor) // N = 4
				if want := least + 0.5*14*scale*scale/floor; e < least*(1+1e-6) || math.Abs(e-want) > 1e-5 {
					t.Errorf("%v, %s, errors %v, s = 80: energy %v, want %v, which is not below %v", precision, kind, scale, e, want, least)
				}
			}
		}
	}
}
