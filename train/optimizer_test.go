package train

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

// newParam returns a parameter of the given precision, filled from rng.
func newParam(rng *rand.Rand, dt tensor.Dtype, name string, shape ...int) *graph.Param {
	p := &graph.Param{
		Name:  name,
		Value: tensor.New(tensor.WithShape(shape...), tensor.Of(dt)),
		Grad:  tensor.New(tensor.WithShape(shape...), tensor.Of(dt)),
	}
	fill(p.Value, rng.NormFloat64)
	fill(p.Grad, rng.NormFloat64)
	return p
}

// newParams returns a small network's parameters: a matrix, a bias without
// decay, a single row and a scalar.
func newParams(seed uint64, dt tensor.Dtype) []*graph.Param {
	rng := rand.New(rand.NewPCG(seed, 1))
	ps := []*graph.Param{
		newParam(rng, dt, "h1/weight", 5, 3),
		newParam(rng, dt, "h1/bias", 3),
		newParam(rng, dt, "out/weight", 1, 7),
		newParam(rng, dt, "out/log_precision"),
	}
	ps[1].NoDecay = true
	ps[3].NoDecay = true
	return ps
}

func fill(t *tensor.Dense, next func() float64) {
	if t.Dtype() == tensor.Float32 {
		for i := range t.Float32s() {
			t.Float32s()[i] = float32(next())
		}
		return
	}
	for i := range t.Float64s() {
		t.Float64s()[i] = next()
	}
}

func values(t *tensor.Dense) []float64 {
	if t.Dtype() == tensor.Float64 {
		return append([]float64(nil), t.Float64s()...)
	}
	var out []float64
	for _, x := range t.Float32s() {
		out = append(out, float64(x))
	}
	return out
}

// noisyGradients fills the gradients with those of ½Σ(w−1)² plus noise, so that
// a trajectory depends on its own past.
func noisyGradients(ps []*graph.Param, rng *rand.Rand) {
	for _, p := range ps {
		w, i := values(p.Value), 0
		fill(p.Grad, func() float64 { i++; return w[i-1] - 1 + 0.3*rng.NormFloat64() })
	}
}

// scalarRule is an independent statement of an optimizer for one weight: it
// returns the weight after step t, from 1.
type scalarRule func(t int, w, g, lr, decay float64, memory *[2]float64) float64

func adamRule(b1, b2, eps float64, decoupled bool) scalarRule {
	return func(t int, w, g, lr, decay float64, s *[2]float64) float64 {
		if decoupled {
			w -= lr * decay * w
		} else {
			g += decay * w
		}
		s[0] = b1*s[0] + (1-b1)*g
		s[1] = b2*s[1] + (1-b2)*g*g
		mHat := s[0] / (1 - math.Pow(b1, float64(t)))
		vHat := s[1] / (1 - math.Pow(b2, float64(t)))
		return w - lr*mHat/(math.Sqrt(vHat)+eps)
	}
}

func momentumRule(beta, dampening float64, nesterov bool) scalarRule {
	return func(t int, w, g, lr, decay float64, s *[2]float64) float64 {
		g += decay * w
		if t == 1 {
			s[0] = g
		} else {
			s[0] = beta*s[0] + (1-dampening)*g
		}
		if nesterov {
			return w - lr*(g+beta*s[0])
		}
		return w - lr*s[0]
	}
}

// optimizerCase is one optimizer with its reference.
type optimizerCase struct {
	name     string
	make     func() Optimizer
	rule     scalarRule
	decay    float64
	decayAll bool
}

func optimizerCases() []optimizerCase {
	sgd := func(_ int, w, g, lr, decay float64, _ *[2]float64) float64 { return w - lr*(g+decay*w) }
	return []optimizerCase{
		{"sgd", func() Optimizer { return &SGD{} }, sgd, 0, false},
		{"sgd decay", func() Optimizer { return &SGD{WeightDecay: 0.1} }, sgd, 0.1, false},
		{"sgd decay all", func() Optimizer { return &SGD{WeightDecay: 0.1, DecayAll: true} }, sgd, 0.1, true},
		{"momentum", func() Optimizer { return &Momentum{} }, momentumRule(0.9, 0, false), 0, false},
		{
			"momentum dampened", func() Optimizer { return &Momentum{Beta: 0.7, Dampening: 0.4, WeightDecay: 0.05} },
			momentumRule(0.7, 0.4, false), 0.05, false,
		},
		{
			"nesterov", func() Optimizer { return &Momentum{Nesterov: true, WeightDecay: 0.05, DecayAll: true} },
			momentumRule(0.9, 0, true), 0.05, true,
		},
		{"adam", func() Optimizer { return &Adam{} }, adamRule(0.9, 0.999, 1e-8, false), 0, false},
		{
			"adam settings", func() Optimizer { return &Adam{Beta1: 0.8, Beta2: 0.95, Epsilon: 1e-3, WeightDecay: 0.01} },
			adamRule(0.8, 0.95, 1e-3, false), 0.01, false,
		},
		{"adamw", func() Optimizer { return &AdamW{WeightDecay: 0.1} }, adamRule(0.9, 0.999, 1e-8, true), 0.1, false},
		{
			"adamw decay all", func() Optimizer { return &AdamW{WeightDecay: 0.1, DecayAll: true} },
			adamRule(0.9, 0.999, 1e-8, true), 0.1, true,
		},
	}
}

func TestAgainstScalarReference(t *testing.T) {
	for _, c := range optimizerCases() {
		t.Run(c.name, func(t *testing.T) {
			ps := newParams(3, tensor.Float64)
			rng := rand.New(rand.NewPCG(4, 4))
			opt := c.make()
			want := make([][]float64, len(ps))
			memory := make([][][2]float64, len(ps))
			for k, p := range ps {
				want[k] = values(p.Value)
				memory[k] = make([][2]float64, len(want[k]))
			}
			for step := 1; step <= 300; step++ {
				lr := 0.01 + 0.01/float64(step)
				noisyGradients(ps, rng)
				for k, p := range ps {
					decay := c.decay
					if p.NoDecay && !c.decayAll {
						decay = 0
					}
					for i, g := range values(p.Grad) {
						want[k][i] = c.rule(step, want[k][i], g, lr, decay, &memory[k][i])
					}
				}
				if err := opt.Step(ps, lr); err != nil {
					t.Fatal(err)
				}
				for k, p := range ps {
					for i, got := range values(p.Value) {
						if diff := math.Abs(got - want[k][i]); !(diff <= 1e-12) {
							t.Fatalf("step %d: %s[%d] = %v, want %v", step, p.Name, i, got, want[k][i])
						}
					}
				}
			}
		})
	}
}

func TestFloat32FollowsFloat64(t *testing.T) {
	for _, c := range optimizerCases() {
		t.Run(c.name, func(t *testing.T) {
			ps64, ps32 := newParams(3, tensor.Float64), newParams(3, tensor.Float32)
			opt64, opt32 := c.make(), c.make()
			rng64, rng32 := rand.New(rand.NewPCG(4, 4)), rand.New(rand.NewPCG(4, 4))
			for range 100 {
				noisyGradients(ps64, rng64)
				noisyGradients(ps32, rng32)
				if err := errors.Join(opt64.Step(ps64, 0.01), opt32.Step(ps32, 0.01)); err != nil {
					t.Fatal(err)
				}
			}
			for k := range ps64 {
				w32 := values(ps32[k].Value)
				for i, w := range values(ps64[k].Value) {
					if diff := math.Abs(w - w32[i]); !(diff < 2e-5) {
						t.Errorf("%s[%d]: float32 %v, float64 %v", ps64[k].Name, i, w32[i], w)
					}
				}
			}
		})
	}
}

func TestQuadraticBowl(t *testing.T) {
	for name, opt := range optimizersOf(0) {
		t.Run(name, func(t *testing.T) {
			ps := newParams(5, tensor.Float64)
			const steps = 4000
			for step := range steps {
				for _, p := range ps {
					w, i := values(p.Value), 0
					fill(p.Grad, func() float64 { i++; return float64(i) * (w[i-1] - 2) })
				}
				if err := opt.Step(ps, 0.02*Cosine{}.Factor(step, steps)); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range ps {
				for i, w := range values(p.Value) {
					if math.Abs(w-2) > 1e-6 {
						t.Errorf("%s[%d] = %v, want 2", p.Name, i, w)
					}
				}
			}
		})
	}
}

// TestResume checks that n steps, a checkpoint and n steps are 2n steps.
func TestResume(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, c := range optimizerCases() {
			t.Run(fmt.Sprint(c.name, dt), func(t *testing.T) {
				run := func(interrupt bool) []*graph.Param {
					ps, opt := newParams(6, dt), c.make()
					rng := rand.New(rand.NewPCG(7, 7))
					for step := range 20 {
						if s, ok := opt.(Stateful); ok && interrupt && step%10 == 0 {
							fresh := c.make()
							if err := fresh.(Stateful).SetState(ps, s.State()); err != nil {
								t.Fatal(err)
							}
							opt = fresh
						}
						noisyGradients(ps, rng)
						if err := opt.Step(ps, 0.05); err != nil {
							t.Fatal(err)
						}
					}
					return ps
				}
				whole, parts := run(false), run(true)
				for k := range whole {
					a, b := values(whole[k].Value), values(parts[k].Value)
					for i := range a {
						if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
							t.Fatalf("%s[%d] = %v when resumed, want %v", whole[k].Name, i, b[i], a[i])
						}
					}
				}
			})
		}
	}
}

func TestStateIsACopy(t *testing.T) {
	ps, opt := newParams(1, tensor.Float64), &Adam{}
	if err := opt.Step(ps, 0.1); err != nil {
		t.Fatal(err)
	}
	s := opt.State()
	if s.Kind != "adam" || s.Steps != 1 || len(s.Tensors) != 8 {
		t.Fatalf("state is %s after %d steps with %d tensors, want adam, 1, 8", s.Kind, s.Steps, len(s.Tensors))
	}
	before := values(s.Tensors["h1/weight/first_moment"])
	if err := opt.Step(ps, 0.1); err != nil {
		t.Fatal(err)
	}
	for i, x := range values(s.Tensors["h1/weight/first_moment"]) {
		if x != before[i] {
			t.Fatal("a later step changed a saved state")
		}
	}
}

func TestSetStateRefuses(t *testing.T) {
	ps := newParams(1, tensor.Float64)
	good := func() OptimizerState {
		opt := &Adam{}
		if err := opt.Step(newParams(1, tensor.Float64), 0.1); err != nil {
			t.Fatal(err)
		}
		return opt.State()
	}
	for name, change := range map[string]func(*OptimizerState){
		"another optimizer": func(s *OptimizerState) { s.Kind = "momentum" },
		"steps":             func(s *OptimizerState) { s.Steps = -1 },
		"number of tensors": func(s *OptimizerState) { delete(s.Tensors, "h1/bias/first_moment") },
		"is missing": func(s *OptimizerState) {
			s.Tensors["other"] = s.Tensors["h1/bias/first_moment"]
			delete(s.Tensors, "h1/bias/first_moment")
		},
		"want float64 (3)": func(s *OptimizerState) {
			s.Tensors["h1/bias/first_moment"] = tensor.New(tensor.WithShape(3), tensor.Of(tensor.Float32))
		},
		"tensor h1/weight/second_moment": func(s *OptimizerState) {
			s.Tensors["h1/weight/second_moment"] = tensor.New(tensor.WithShape(3, 5), tensor.Of(tensor.Float64))
		},
	} {
		opt, s := &Adam{}, good()
		change(&s)
		if err := opt.SetState(ps, s); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got error %v", name, err)
		}
		if st := opt.State(); st.Steps != 0 || len(st.Tensors) != 0 {
			t.Errorf("%s: a refused state was kept", name)
		}
	}
	if err := (&Adam{}).SetState(ps, good()); err != nil {
		t.Error(err)
	}
	if err := (&Adam{}).SetState(ps, (&Adam{}).State()); err != nil {
		t.Errorf("the state before the first step: %v", err)
	}
}

// TestNonFinite checks that a bad gradient in the last parameter is found, named
// and leaves every parameter and the state alone.
func TestNonFinite(t *testing.T) {
	opts := map[string]Optimizer{"gorgonia": newSolver(t)}
	for _, c := range optimizerCases() {
		opts[c.name] = c.make()
	}
	for name, opt := range opts {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
				for index := range 7 {
					ps := newParams(1, dt)
					i := -1
					fill(ps[2].Grad, func() float64 {
						if i++; i == index {
							return bad
						}
						return float64(i)
					})
					before := values(ps[0].Value)
					err := opt.Step(ps, 0.1)
					var nf *NonFiniteError
					if !errors.As(err, &nf) || nf.Param != "out/weight" || nf.Index != index ||
						math.Float64bits(nf.Value) != math.Float64bits(bad) && !math.IsNaN(bad) {
						t.Fatalf("%s: got error %v, want one that names out/weight, %d", name, err, index)
					}
					for i, w := range values(ps[0].Value) {
						if w != before[i] {
							t.Fatalf("%s: a refused step changed a weight", name)
						}
					}
				}
			}
		}
		if s, ok := opt.(Stateful); ok && s.State().Steps != 0 {
			t.Errorf("%s: a refused step was counted", name)
		}
	}
}

func TestLargeGradientsAreFinite(t *testing.T) {
	p := &graph.Param{Name: "w"}
	p.Value = tensor.New(tensor.WithShape(9), tensor.Of(tensor.Float32))
	p.Grad = p.Value.Clone().(*tensor.Dense)
	fill(p.Grad, func() float64 { return math.MaxFloat32 })
	if err := CheckGradients([]*graph.Param{p}); err != nil {
		t.Error(err)
	}
}

func TestStepRefuses(t *testing.T) {
	ps := newParams(1, tensor.Float64)
	bound := func(o Optimizer) Optimizer {
		if err := o.Step(newParams(1, tensor.Float64), 0.1); err != nil {
			t.Fatal(err)
		}
		return o
	}
	renamed := newParams(1, tensor.Float64)
	renamed[1].Name = "h2/bias"
	mixed := newParams(1, tensor.Float64)
	mixed[0].Grad = tensor.New(tensor.WithShape(5, 3), tensor.Of(tensor.Float32))
	ints := newParams(1, tensor.Float64)
	ints[0].Value = tensor.New(tensor.WithShape(2), tensor.Of(tensor.Int))
	ints[0].Grad = tensor.New(tensor.WithShape(2), tensor.Of(tensor.Int))
	for want, step := range map[string]func() error{
		"SGD: learning rate, got 0":      func() error { return (&SGD{}).Step(ps, 0) },
		"Adam: learning rate, got NaN":   func() error { return (&Adam{}).Step(ps, math.NaN()) },
		"AdamW: learning rate, got +Inf": func() error { return (&AdamW{}).Step(ps, math.Inf(1)) },
		"Momentum: learning rate, got -": func() error { return (&Momentum{}).Step(ps, -1) },
		"SGD: WeightDecay, got -1":       func() error { return (&SGD{WeightDecay: -1}).Step(ps, 1) },
		"Momentum: Beta, got 1":          func() error { return (&Momentum{Beta: 1}).Step(ps, 1) },
		"Momentum: Dampening, got -1":    func() error { return (&Momentum{Dampening: -1}).Step(ps, 1) },
		"want 0 with Nesterov":           func() error { return (&Momentum{Nesterov: true, Dampening: 0.1}).Step(ps, 1) },
		"Momentum: WeightDecay":          func() error { return (&Momentum{WeightDecay: math.NaN()}).Step(ps, 1) },
		"Adam: Beta1, got 1.5":           func() error { return (&Adam{Beta1: 1.5}).Step(ps, 1) },
		"Adam: Beta2, got -0.1":          func() error { return (&Adam{Beta2: -0.1}).Step(ps, 1) },
		"AdamW: Epsilon, got -1":         func() error { return (&AdamW{Epsilon: -1}).Step(ps, 1) },
		"AdamW: learning rate times":     func() error { return (&AdamW{WeightDecay: 2}).Step(ps, 1) },
		"parameters, got 3, want 4":      func() error { return bound(&Adam{}).Step(ps[:3], 1) },
		"got h2/bias of float64 (3)":     func() error { return bound(&Momentum{}).Step(renamed, 1) },
		"gradient float32 of (5, 3)":     func() error { return (&SGD{}).Step(mixed, 1) },
		"want float32 or float64":        func() error { return (&SGD{}).Step(ints, 1) },
		"is nil":                         func() error { return (&SGD{}).Step([]*graph.Param{{Name: "w"}}, 1) },
	} {
		if err := step(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got error %v, want one with %q", err, want)
		}
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
		for _, c := range optimizerCases() {
			ps, opt := newParams(1, dt), c.make()
			if n := testing.AllocsPerRun(10, func() {
				if err := opt.Step(ps, 0.01); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%s %v: %v allocations a step, want 0", c.name, dt, n)
			}
		}
	}
}

func BenchmarkStep(b *testing.B) {
	const size = 1 << 20
	for name := range optimizersOf(0) {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			b.Run(fmt.Sprintf("%s/%v", name, dt), func(b *testing.B) {
				opt := optimizersOf(1e-4)[name]
				ps := []*graph.Param{newParam(rand.New(rand.NewPCG(1, 1)), dt, "w", 1024, size/1024)}
				b.ReportAllocs()
				for b.Loop() {
					if err := opt.Step(ps, 1e-3); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/size, "ns/param")
			})
		}
	}
}

func BenchmarkCheckGradients(b *testing.B) {
	ps := []*graph.Param{newParam(rand.New(rand.NewPCG(1, 1)), tensor.Float32, "w", 1024, 1024)}
	b.ReportAllocs()
	for b.Loop() {
		if err := CheckGradients(ps); err != nil {
			b.Fatal(err)
		}
	}
}
