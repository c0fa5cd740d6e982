package layers_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// draw fills a parameter of the shape, whose fans are its axes.
func draw(t *testing.T, i graph.Initializer, seed uint64, shape ...int) []float64 {
	t.Helper()
	dst := make([]float64, graph.Shape(shape).Size())
	spec := graph.ParamSpec{Name: "w", Shape: shape, FanIn: shape[0], FanOut: shape[len(shape)-1]}
	if err := i.Fill(dst, spec, rand.New(rand.NewPCG(seed, 1))); err != nil {
		t.Fatal(err)
	}
	return dst
}

// Every random initialiser has mean 0 and the documented spread, to five
// standard errors, and uniform ones keep within their bounds and nearly reach
// them.
func TestDistributions(t *testing.T) {
	const in, out = 60, 90
	const n = in * out
	tests := []struct {
		name  string
		init  graph.Initializer
		bound float64 // of a uniform distribution; 0 for a normal one
		std   float64 // of a normal one
	}{
		{"xavier uniform", layers.XavierUniform{}, math.Sqrt(6.0 / (in + out)), 0},
		{"xavier uniform, gain", layers.XavierUniform{Gain: 5.0 / 3}, 5.0 / 3 * math.Sqrt(6.0/(in+out)), 0},
		{"xavier normal", layers.XavierNormal{}, 0, math.Sqrt(2.0 / (in + out))},
		{"xavier normal, gain", layers.XavierNormal{Gain: 0.9999}, 0, 0.9999 * math.Sqrt(2.0/(in+out))},
		{"kaiming uniform", layers.KaimingUniform{}, math.Sqrt(3.0 / in), 0},
		{"kaiming uniform, gain", layers.KaimingUniform{Gain: 2}, 2 * math.Sqrt(3.0/in), 0},
		{"kaiming normal", layers.KaimingNormal{}, 0, 1 / math.Sqrt(in)},
		{"kaiming normal, gain", layers.KaimingNormal{Gain: math.Sqrt2}, 0, math.Sqrt2 / math.Sqrt(in)},
		{"fan in", layers.FanIn{}, 1 / math.Sqrt(in), 0},
		{"normal", layers.Normal{Std: 0.3}, 0, 0.3},
		{"uniform", layers.Uniform{Bound: 0.7}, 0.7, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := draw(t, tt.init, 1, in, out)
			sum, squares, top := 0.0, 0.0, 0.0
			for _, v := range x {
				sum += v
				squares += v * v
				top = math.Max(top, math.Abs(v))
			}
			std, kurtosis := tt.std, 3.0
			if tt.bound > 0 {
				std, kurtosis = tt.bound/math.Sqrt(3), 1.8
				if top > tt.bound || top < 0.99*tt.bound {
					t.Errorf("largest: got %g, want just below %g", top, tt.bound)
				}
			} else if top < 3*std {
				t.Errorf("largest of %d normal numbers: got %g, want above %g", n, top, 3*std)
			}
			if mean := sum / n; math.Abs(mean) > 5*std/math.Sqrt(n) {
				t.Errorf("mean: got %g, want 0", mean)
			}
			variance := squares / n
			if math.Abs(variance-std*std) > 5*std*std*math.Sqrt((kurtosis-1)/n) {
				t.Errorf("standard deviation: got %g, want %g", math.Sqrt(variance), std)
			}
			if !slices.Equal(draw(t, tt.init, 1, in, out), x) || slices.Equal(draw(t, tt.init, 2, in, out), x) {
				t.Error("the draw is not a function of the random source alone")
			}
		})
	}
}

func TestConstants(t *testing.T) {
	if got := draw(t, layers.Constant{Value: 2.5}, 1, 2, 2); !slices.Equal(got, []float64{2.5, 2.5, 2.5, 2.5}) {
		t.Errorf("constant: got %v", got)
	}
	if got := draw(t, layers.Normal{}, 1, 3); !slices.Equal(got, []float64{0, 0, 0}) {
		t.Errorf("normal without Std: got %v", got)
	}
	if got := draw(t, layers.Values{1, 2, 3, 4}, 1, 2, 2); !slices.Equal(got, []float64{1, 2, 3, 4}) {
		t.Errorf("values: got %v", got)
	}
	err := layers.Values{1, 2}.Fill(make([]float64, 4), graph.ParamSpec{Shape: graph.Shape{2, 2}}, nil)
	if err == nil || !strings.Contains(err.Error(), "got 2 numbers, want 4 for shape [2 2]") {
		t.Errorf("too few values: got %v", err)
	}
}

// Rows or columns, whichever are fewer, are orthonormal times the gain, and
// their signs are free.
func TestOrthogonal(t *testing.T) {
	for _, shape := range [][]int{{1, 1}, {5, 5}, {7, 3}, {3, 7}, {1, 6}, {6, 1}, {4, 3, 5}} {
		for _, gain := range []float64{0, 1.5} {
			x := draw(t, layers.Orthogonal{Gain: gain}, 4, shape...)
			rows, cols := shape[0], len(x)/shape[0]
			w := mat.NewDense(rows, cols, x)
			var product mat.Dense
			if rows < cols {
				product.Mul(w, w.T())
			} else {
				product.Mul(w.T(), w)
			}
			want := 1.0
			if gain != 0 {
				want = gain * gain
			}
			for i := range min(rows, cols) {
				for j := range min(rows, cols) {
					expect := 0.0
					if i == j {
						expect = want
					}
					if math.Abs(product.At(i, j)-expect) > 1e-12 {
						t.Errorf("%v, gain %g: product at (%d, %d): got %g, want %g", shape, gain, i, j, product.At(i, j), expect)
					}
				}
			}
		}
	}
	signs := map[bool]int{}
	for seed := range uint64(40) {
		signs[draw(t, layers.Orthogonal{}, seed, 1, 1)[0] > 0]++
	}
	if signs[true] < 8 || signs[false] < 8 { // p = 2e-4 for each
		t.Errorf("signs of 40 draws of one number: got %v, want about as many of each", signs)
	}
}

// The gain multiplies what is drawn.
func TestGain(t *testing.T) {
	for _, c := range []struct{ one, two graph.Initializer }{
		{layers.XavierUniform{Gain: 1}, layers.XavierUniform{Gain: 2}},
		{layers.XavierNormal{Gain: 1}, layers.XavierNormal{Gain: 2}},
		{layers.KaimingUniform{Gain: 1}, layers.KaimingUniform{Gain: 2}},
		{layers.KaimingNormal{Gain: 1}, layers.KaimingNormal{Gain: 2}},
		{layers.Orthogonal{Gain: 1}, layers.Orthogonal{Gain: 2}},
	} {
		a, b := draw(t, c.two, 1, 4, 4), draw(t, c.one, 1, 4, 4)
		if ratio := a[0] / b[0]; math.Abs(ratio-2) > 1e-12 {
			t.Errorf("%T with gain 2 over gain 1: got %g, want 2", c.one, ratio)
		}
	}
}
