package energy_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/seed-be841da4/prospect/energy"
	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/layers"
)

// engines are used for every value here.
var engines = []graph.Engine{graph.Tape{}, graph.Compiled{}}

// compared declares node x with a given prediction: z itself.
func compared(width int, e graph.Energy) graph.Declaration {
	return pair(graph.Shape{width}, graph.Shape{width}, layers.Identity{}, e, nil)
}

// evaluate returns the energy of y and prediction x, and its gradient in the
// prediction, in the session's precision.
func evaluate(t *testing.T, d graph.Declaration, s graph.Settings, x, y []float64, data map[string][]float64) (float64, []float64) {
	t.Helper()
	net, err := graph.New(d, s)
	if err != nil {
		t.Fatal(err)
	}
	roles := graph.Roles{Clamped: []string{"y"}}
	for name := range data {
		roles.Clamped = append(roles.Clamped, name)
	}
	session, err := net.Session(len(y)/d.Nodes[1].Shape.Size(), roles)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range data {
		if err := session.ClampFloat64(name, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := session.ClampFloat64("y", y); err != nil {
		t.Fatal(err)
	}
	a := session.Activities()[0]
	for i, v := range x {
		a.X.Set(i, v)
	}
	e, err := session.Evaluate(make([]float64, len(session.Terms())))
	if err != nil {
		t.Fatal(err)
	}
	grad := make([]float64, a.Grad.Len())
	for i := range grad {
		grad[i] = a.Grad.At(i)
	}
	return e, grad
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] && !(math.Abs(got[i]-want[i]) <= tolerance*math.Max(1, math.Abs(want[i]))) {
			t.Errorf("%s: number %d: got %.12g, want %.12g", what, i, got[i], want[i])
		}
	}
}

// Energies and gradients by hand. Rows of two units; x is the prediction, y the
// data.
func TestValues(t *testing.T) {
	ln := math.Log
	sigma := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	root := math.Sqrt
	tests := []struct {
		name   string
		energy graph.Energy
		x, y   []float64
		want   float64
		grad   []float64
	}{
		{"default", nil, []float64{1, 2, 3, 4}, []float64{0, 2, 5, 7}, 7, []float64{1, 0, -2, -3}},
		{"gaussian", energy.Gaussian{}, []float64{1, 2, 3, 4}, []float64{0, 2, 5, 7}, 7, []float64{1, 0, -2, -3}},
		{"precision 1", energy.Gaussian{Precision: 1}, []float64{1, 2}, []float64{0, 4}, 2.5, []float64{1, -2}},
		{"precision 4", energy.Gaussian{Precision: 4}, []float64{1, 2}, []float64{0, 4}, 10, []float64{4, -8}},
		{"per unit", energy.Gaussian{PerUnit: []float64{3, 0}}, []float64{1, 2, 2, 0}, []float64{0, 4, 0, 9}, 7.5, []float64{3, 0, 6, 0}},
		{"learned, at first", energy.Gaussian{Learned: energy.LearnedScalar}, []float64{1, 2}, []float64{0, 4}, 2.5, []float64{1, -2}},
		{"learned per unit, at first", energy.Gaussian{Learned: energy.LearnedUnits}, []float64{1, 2}, []float64{0, 4}, 2.5, []float64{1, -2}},
		{"learned with a floor, at first", energy.Gaussian{Learned: energy.LearnedScalar, Floor: 1}, []float64{1, 2}, []float64{0, 4}, 1.25 + ln(2), []float64{0.5, -1}},
		{"learned per unit with a floor, at first", energy.Gaussian{Learned: energy.LearnedUnits, Floor: 1}, []float64{1, 2}, []float64{0, 4}, 1.25 + ln(2), []float64{0.5, -1}},
		{"laplace", energy.Laplace{Delta: 3}, []float64{4, 0}, []float64{0, 0}, 2, []float64{0.8, 0}},
		{"laplace, default", energy.Laplace{}, []float64{0, 0.1}, []float64{0, 0}, 0.1*root(2) - 0.1, []float64{0, 1 / root(2)}},
		{"huber", energy.Huber{Delta: 2}, []float64{1, 5}, []float64{0, 0}, 0.5 + 8, []float64{1, 2}},
		{"huber, default", energy.Huber{}, []float64{-0.5, -3}, []float64{0, 0}, 0.125 + 2.5, []float64{-0.5, -1}},
		{"cross-entropy", energy.CrossEntropy{}, []float64{0, ln(3)}, []float64{1, 0}, ln(4), []float64{-0.75, 0.75}},
		{"kullback-leibler", energy.KullbackLeibler{}, []float64{0, ln(3)}, []float64{1, 0}, ln(4), []float64{-0.75, 0.75}},
		{"kullback-leibler, soft target", energy.KullbackLeibler{}, []float64{5, 5}, []float64{0.2, 0.8}, ln(2) + 0.2*ln(0.2) + 0.8*ln(0.8), []float64{0.3, -0.3}},
		{"cross-entropy, soft target", energy.CrossEntropy{}, []float64{5, 5}, []float64{0.2, 0.8}, ln(2), []float64{0.3, -0.3}},
		{"bernoulli", energy.Bernoulli{}, []float64{0, 2}, []float64{1, 0}, ln(2) + 2 - ln(sigma(2)), []float64{-0.5, sigma(2)}},
		{"bernoulli, soft target", energy.Bernoulli{}, []float64{1, 0}, []float64{0.25, 0.5}, -0.25*ln(sigma(1)) - 0.75*ln(1-sigma(1)) + ln(2), []float64{sigma(1) - 0.25, 0}},
	}
	for _, engine := range engines {
		for _, tt := range tests {
			t.Run(engine.Name()+"/"+tt.name, func(t *testing.T) {
				settings := graph.Settings{Precision: graph.Float64, Engine: engine}
				e, grad := evaluate(t, compared(2, tt.energy), settings, tt.x, tt.y, nil)
				near(t, "energy", []float64{e}, []float64{tt.want}, 1e-14)
				near(t, "gradient", grad, tt.grad, 1e-14)
			})
		}
	}
}

// The learned precision at a log-precision s that is not 0:
//
//	E = ½eˢ‖x−μ‖² − ½Ns,  ∂E/∂s = ½eˢ‖x−μ‖² − ½N
func TestLearnedPrecision(t *testing.T) {
	s := math.Log(4)
	for _, tt := range []struct {
		kind energy.Learned
		set  []float64
		want float64
		grad []float64
	}{
		{energy.LearnedScalar, []float64{s}, 4*7 - 0.5*4*s, []float64{4*7 - 2}},
		{energy.LearnedUnits, []float64{s, 0}, 4*(0.5+2) + 4.5 - 0.5*2*s, []float64{4*2.5 - 1, 4.5 - 1}},
	} {
		d := compared(2, energy.Gaussian{Learned: tt.kind})
		net, err := graph.New(d, graph.Settings{Precision: graph.Float64})
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.Param("y/energy/logprecision")
		if err != nil {
			t.Fatal(err)
		}
		if !p.NoDecay {
			t.Errorf("%s: the log-precision is subject to weight decay", tt.kind)
		}
		v, g := p.Values().Float64(), p.Grads().Float64()
		copy(v, tt.set)
		net.ParamsChanged()
		session, err := net.Session(2, graph.Roles{Clamped: []string{"x", "y"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := session.ClampFloat64("x", []float64{1, 2, 3, 4}); err != nil {
			t.Fatal(err)
		}
		if err := session.ClampFloat64("y", []float64{0, 2, 5, 7}); err != nil {
			t.Fatal(err)
		}
		e, err := session.Learn(make([]float64, 1))
		if err != nil {
			t.Fatal(err)
		}
		near(t, string(tt.kind)+": energy", []float64{e}, []float64{tt.want}, 1e-14)
		near(t, string(tt.kind)+": gradient", g, tt.grad, 1e-14)
	}
}

// A precision given as data leaves out what it is 0 for, sample by sample.
func TestMaskLeavesOutUnits(t *testing.T) {
	d := compared(2, energy.Gaussian{From: "mask"})
	d.Nodes = append(d.Nodes, graph.Node{Name: "mask", Shape: graph.Shape{2}, Data: true})
	e, grad := evaluate(t, d, graph.Settings{Precision: graph.Float64}, []float64{1, 2, 3, 4}, []float64{0, 0, 0, 0},
		map[string][]float64{"mask": {1, 0, 0, 2}})
	near(t, "energy", []float64{e}, []float64{0.5 + 16}, 1e-15)
	near(t, "gradient", grad, []float64{1, 0, 0, 8}, 1e-15)
}

// Two predictions that share parameters keep separate precisions.
func TestSharedParametersDoNotSharePrecisions(t *testing.T) {
	layer := layers.Dense{Out: 1, NoBias: true, Weight: layers.Constant{Value: 1}}
	d := graph.Declaration{
		Nodes: []graph.Node{{Name: "x", Shape: graph.Shape{1}}, {Name: "y", Shape: graph.Shape{1}}},
		Predictions: []graph.Prediction{
			{Of: "y", From: []string{"x"}, Layer: layer, Energy: energy.Gaussian{PerUnit: []float64{1}}},
			{Of: "y", From: []string{"x"}, Layer: layer, Share: "y", Energy: energy.Gaussian{PerUnit: []float64{100}}},
		},
	}
	e, grad := evaluate(t, d, graph.Settings{Precision: graph.Float64}, []float64{2}, []float64{0}, nil)
	near(t, "energy", []float64{e}, []float64{2 + 200}, 1e-15)
	near(t, "gradient", grad, []float64{202}, 1e-15)
}

// Logits of any size give finite energies and gradients, in float32 too.
func TestHugeLogits(t *testing.T) {
	for _, engine := range engines {
		for _, precision := range []graph.Precision{graph.Float32, graph.Float64} {
			for _, size := range []float64{1e4, 1e30} {
				for name, tt := range map[string]struct {
					energy graph.Energy
					want   float64 // of rows that are wrong, right and undecided
					grad   []float64
				}{
					"cross-entropy": {energy.CrossEntropy{}, 2*size + math.Ln2, []float64{1, -1, 0, 0, 0.5, -0.5}},
					"bernoulli":     {energy.Bernoulli{}, 2*size + size, []float64{1, -1, 0, 0, 1, 0}},
				} {
					t.Run(fmt.Sprintf("%s/%s/%v/%g", engine.Name(), name, precision, size), func(t *testing.T) {
						x := []float64{size, -size, -size, size, size, size}
						e, grad := evaluate(t, compared(2, tt.energy), graph.Settings{Precision: precision, Engine: engine},
							x, []float64{0, 1, 0, 1, 0, 1}, nil)
						near(t, "energy", []float64{e}, []float64{tt.want}, 1e-7)
						near(t, "gradient", grad, tt.grad, 1e-7)
					})
				}
			}
		}
	}
}

// A feedforward pass gives a node the expected activity, not the logits.
func TestMeanOfLogits(t *testing.T) {
	for _, engine := range engines {
		for _, tt := range []struct {
			energy graph.Energy
			want   []float64
		}{
			{energy.CrossEntropy{}, []float64{0.25, 0.75, 0.5, 0.5}},
			{energy.Bernoulli{}, []float64{0.5, 0.75, 1, 1}},
			{energy.Gaussian{}, []float64{0, math.Log(3), 1e4, 1e4}},
		} {
			net, err := graph.New(compared(2, tt.energy), graph.Settings{Precision: graph.Float64, Engine: engine})
			if err != nil {
				t.Fatal(err)
			}
			s, err := net.Session(2, graph.Roles{Clamped: []string{"x"}, Outputs: []string{"y"}})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.ClampFloat64("x", []float64{0, math.Log(3), 1e4, 1e4}); err != nil {
				t.Fatal(err)
			}
			if err := s.Initialize(graph.Start{}, nil); err != nil {
				t.Fatal(err)
			}
			y, err := s.Activity("y")
			if err != nil {
				t.Fatal(err)
			}
			near(t, fmt.Sprintf("%s: %T", engine.Name(), tt.energy), y.Float64(), tt.want, 1e-15)
		}
	}
}

func TestPriorValues(t *testing.T) {
	for _, tt := range []struct {
		prior graph.Prior
		want  float64
		grad  []float64
	}{
		{energy.L2{Weight: 3}, 1.5 * (9 + 16), []float64{9, -12}},
		{energy.L1{Weight: 2, Delta: 4}, 2 * (1 + math.Sqrt(32) - 4), []float64{2 * 0.6, -2 / math.Sqrt2}},
		{energy.L1{Weight: 1}, math.Hypot(3, 0.01) + math.Hypot(4, 0.01) - 0.02, []float64{3 / math.Hypot(3, 0.01), -4 / math.Hypot(4, 0.01)}},
	} {
		d := compared(2, nil)
		d.Nodes[0].Prior = tt.prior
		x := []float64{3, -4}
		e, grad := evaluate(t, d, graph.Settings{Precision: graph.Float64}, x, x, nil)
		near(t, "energy", []float64{e}, []float64{tt.want}, 1e-14)
		near(t, "gradient", grad, tt.grad, 1e-14)
	}
}

func TestArgumentErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	mask := compared(2, energy.Gaussian{From: "mask"})
	mask.Nodes = append(mask.Nodes, graph.Node{Name: "mask", Shape: graph.Shape{3}, Data: true})
	prior := func(p graph.Prior) graph.Declaration {
		d := compared(2, nil)
		d.Nodes[0].Prior = p
		return d
	}
	for _, tt := range []struct {
		name string
		d    graph.Declaration
		want string
	}{
		{"two precisions", compared(2, energy.Gaussian{Precision: 2, Learned: energy.LearnedScalar}), "at most one of Precision, PerUnit, Learned and From"},
		{"negative precision", compared(2, energy.Gaussian{Precision: -1}), "Precision, got -1, want a finite number"},
		{"NaN precision", compared(2, energy.Gaussian{Precision: nan}), "Precision, got NaN"},
		{"infinite precision", compared(2, energy.Gaussian{Precision: inf}), "Precision, got +Inf"},
		{"too few precisions", compared(2, energy.Gaussian{PerUnit: []float64{1}}), "got 1 precisions, want 2"},
		{"negative precision of a unit", compared(2, energy.Gaussian{PerUnit: []float64{1, -2}}), "PerUnit[1], got -2"},
		{"NaN precision of a unit", compared(2, energy.Gaussian{PerUnit: []float64{nan, 1}}), "PerUnit[0], got NaN"},
		{"negative floor", compared(2, energy.Gaussian{Learned: energy.LearnedScalar, Floor: -1}), "Floor, got -1, want a finite variance of at least 0 (0 means none)"},
		{"NaN floor", compared(2, energy.Gaussian{Learned: energy.LearnedScalar, Floor: nan}), "Floor, got NaN"},
		{"infinite floor", compared(2, energy.Gaussian{Learned: energy.LearnedUnits, Floor: inf}), "Floor, got +Inf"},
		{"floor of what is not learned", compared(2, energy.Gaussian{Precision: 2, Floor: 0.1}), "Floor, got 0.1 without Learned; the floor is that of a learned precision: set Learned, or leave Floor out"},
		{"unknown kind", compared(2, energy.Gaussian{Learned: "row"}), `got "row", want "scalar", "per-unit" or nothing`},
		{"unknown mask", compared(2, energy.Gaussian{From: "mask"}), `"mask", which is not declared`},
		{"mask of another shape", mask, `precision node "mask": shape, got [3], want [2]`},
		{"negative laplace", compared(2, energy.Laplace{Delta: -1}), "laplace: Delta, got -1, want a positive finite number (0 means 0.1)"},
		{"NaN huber", compared(2, energy.Huber{Delta: nan}), "huber: Delta, got NaN"},
		{"L2 without weight", prior(energy.L2{}), "L2 prior: Weight is 0; there is no default"},
		{"L1 without weight", prior(energy.L1{}), "L1 prior: Weight is 0; there is no default"},
		{"negative L2", prior(energy.L2{Weight: -1}), "L2 prior: Weight, got -1"},
		{"infinite L1", prior(energy.L1{Weight: inf}), "L1 prior: Weight, got +Inf"},
		{"negative width of L1", prior(energy.L1{Weight: 1, Delta: -1}), "L1 prior: Delta, got -1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := graph.New(tt.d, graph.Settings{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want an error with %q", err, tt.want)
			}
			if !strings.Contains(err.Error(), `"y"`) && !strings.Contains(err.Error(), `"x"`) {
				t.Errorf("%v does not name the prediction or the node", err)
			}
			if strings.Contains(err.Error(), "0 means 0)") {
				t.Errorf("%v offers a default where there is none", err)
			}
		})
	}
}
