package train

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/relax"
)

// everything is what a step may change, bit for bit.
func everything(ps []*graph.Param, o Optimizer) (bits []uint64) {
	add := func(t *tensor.Dense) {
		for _, x := range values(t) {
			bits = append(bits, math.Float64bits(x))
		}
	}
	for _, p := range ps {
		add(p.Value)
	}
	if s, ok := o.(Stateful); ok {
		state := s.State()
		bits = append(bits, uint64(state.Steps), uint64(len(state.Tensors)))
		for _, p := range ps {
			for _, slot := range []string{"first_moment", "second_moment", "velocity"} {
				if t, ok := state.Tensors[p.Name+"/"+slot]; ok {
					add(t)
				}
			}
		}
	}
	return bits
}

// overflows are steps that leave something infinite although every gradient is
// finite. The values are powers of the largest one.
func overflows() map[string]struct {
	make           func() Optimizer
	what           string
	gradient, rate float64
	before         int // plain steps first
} {
	type c = struct {
		make           func() Optimizer
		what           string
		gradient, rate float64
		before         int
	}
	solver := func(s func() gorgonia.Solver) func() Optimizer {
		return func() Optimizer { return &GorgoniaSolver{Solver: s(), FixedRate: 0.1} }
	}
	return map[string]c{
		"adam":                 {func() Optimizer { return &Adam{} }, "second moment", 0.6, 0.1, 0},
		"adam later":           {func() Optimizer { return &Adam{} }, "second moment", 0.6, 0.1, 3},
		"adam with decay":      {func() Optimizer { return &Adam{WeightDecay: 0.1, DecayAll: true} }, "second moment", 0.6, 0.1, 1},
		"adamw":                {func() Optimizer { return &AdamW{WeightDecay: 0.1} }, "second moment", 0.6, 0.1, 2},
		"momentum":             {func() Optimizer { return &Momentum{WeightDecay: 10, DecayAll: true} }, "velocity", 1, 1e-9, 1},
		"momentum's weight":    {func() Optimizer { return &Momentum{} }, "value", 0.9, 1e9, 2},
		"nesterov":             {func() Optimizer { return &Momentum{Nesterov: true} }, "value", 0.9, 1e9, 0},
		"sgd":                  {func() Optimizer { return &SGD{} }, "value", 0.9, 1e9, 0},
		"sgd with decay":       {func() Optimizer { return &SGD{WeightDecay: 1e-4} }, "value", 0.9, 1e9, 0},
		"gorgonia vanilla":     {solver(func() gorgonia.Solver { return gorgonia.NewVanillaSolver() }), "value", 0.9, 1e9, 0},
		"gorgonia adam":        {solver(func() gorgonia.Solver { return gorgonia.NewAdamSolver() }), "second moment", 0.6, 0.1, 1},
		"gorgonia rmsprop":     {solver(func() gorgonia.Solver { return gorgonia.NewRMSPropSolver() }), "second moment", 0.6, 0.1, 1},
		"gorgonia adagrad":     {solver(func() gorgonia.Solver { return gorgonia.NewAdaGradSolver(gorgonia.WithLearnRate(0.1)) }), "sum of squares", 0.6, 0.1, 1},
		"gorgonia momentum":    {solver(func() gorgonia.Solver { return gorgonia.NewMomentum() }), "velocity", 0.95, 1e9, 1},
		"gorgonia adam batch":  {solver(func() gorgonia.Solver { return gorgonia.NewAdamSolver(gorgonia.WithBatchSize(2)) }), "second moment", 0.6, 0.1, 0},
		"gorgonia adam L2 reg": {solver(func() gorgonia.Solver { return gorgonia.NewAdamSolver(gorgonia.WithL2Reg(0.1)) }), "second moment", 0.6, 0.1, 0},
	}
}

// A step that would leave a moment, a velocity or a weight infinite is refused, the
// error names it, nothing changes, and training goes on as if it had not been
// tried.
func TestStateThatOverflows(t *testing.T) {
	for name, c := range overflows() {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			// The offending parameter is the last one, so that others would have
			// moved before it.
			ps, twin := newParams(8, dt)[:3], newParams(8, dt)[:3]
			opt, other := c.make(), overflows()[name].make()
			step := func(ps []*graph.Param, o Optimizer, seed uint64) {
				noisyGradients(ps, rand.New(rand.NewPCG(seed, 2)))
				if err := o.Step(ps, 0.1); err != nil {
					t.Fatalf("%s %v: %v", name, dt, err)
				}
			}
			for i := range c.before {
				step(ps, opt, uint64(i))
				step(twin, other, uint64(i))
			}
			noisyGradients(ps, rand.New(rand.NewPCG(99, 2)))
			huge := math.Pow(limitsOf(dt).max, c.gradient)
			if c.gradient == 1 {
				fill(ps[2].Value, func() float64 { return limitsOf(dt).max * 0.9 })
			}
			if dt == tensor.Float32 {
				ps[2].Grad.Float32s()[4] = float32(huge)
			} else {
				ps[2].Grad.Float64s()[4] = huge
			}
			before := everything(ps, opt)
			rate := c.rate
			if rate > 1 {
				rate = math.Pow(limitsOf(dt).max, 0.24)
			}
			err := opt.Step(ps, rate)
			var bad *NonFiniteError
			if !errors.As(err, &bad) || !errors.Is(err, relax.ErrDiverged) {
				t.Fatalf("%s %v: got %v, want a NonFiniteError", name, dt, err)
			}
			if bad.Param != "out/weight" || bad.What != c.what || c.gradient != 1 && bad.Index != 4 || bad.Value-bad.Value == 0 {
				t.Errorf("%s %v: got %+v, want element 4 of the %s of out/weight", name, dt, *bad, c.what)
			}
			if !reflect.DeepEqual(everything(ps, opt), before) {
				t.Errorf("%s %v: a refused step changed something", name, dt)
			}
			if c.gradient == 1 {
				continue
			}
			step(ps, opt, 50)
			step(twin, other, 50)
			if !reflect.DeepEqual(everything(ps, opt), everything(twin, other)) {
				t.Errorf("%s %v: the step after a refused one differs", name, dt)
			}
		}
	}
}

// A step is refused exactly where the plain step, taken without a check, leaves
// something that is not finite; everywhere else it is that step, bit for bit.
func TestStepsAreRefusedExactly(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	refused, taken := 0, 0
	for range 4000 {
		dt := []tensor.Dtype{tensor.Float32, tensor.Float64}[rng.IntN(2)]
		wide := func(spread float64) float64 {
			x := math.Pow(limitsOf(dt).max, spread*(2*rng.Float64()-1))
			return math.Copysign(min(x, limitsOf(dt).max), rng.Float64()-0.5)
		}
		ps := []*graph.Param{newParam(rng, dt, "a", 40), newParam(rng, dt, "b", 3, 2)}
		spread := rng.Float64() * 1.05
		o := randomOptimizer(rng)
		for range 3 {
			for _, p := range ps {
				fill(p.Grad, func() float64 { return wide(spread) })
				if rng.IntN(4) == 0 {
					fill(p.Value, func() float64 { return wide(spread) })
				}
			}
			lr := math.Abs(wide(min(spread, 0.9)))
			if w, ok := o.(*AdamW); ok {
				lr = min(lr, 0.9/w.WeightDecay)
			}
			want := plain(ps, o, lr)
			before := everything(ps, o)
			err := o.Step(ps, lr)
			var bad *NonFiniteError
			switch {
			case want == nil && errors.As(err, &bad):
				refused++
				if !reflect.DeepEqual(everything(ps, o), before) {
					t.Fatalf("%+v: a refused step changed something", o)
				}
			case err == nil && reflect.DeepEqual(everything(ps, o), want):
				taken++
			default:
				t.Fatalf("%T%+v %v at %v: got %v, want overflow %t", o, o, dt, lr, err, want == nil)
			}
		}
	}
	if min(refused, taken) < 1000 {
		t.Errorf("%d steps refused and %d taken, want many of both", refused, taken)
	}
}

func randomOptimizer(rng *rand.Rand) Optimizer {
	decay := []float64{0, 1e-4, 0.3, 5}[rng.IntN(4)]
	switch rng.IntN(5) {
	case 0:
		return &SGD{WeightDecay: decay}
	case 1:
		return &Momentum{WeightDecay: decay, Dampening: 0.3}
	case 2:
		return &Momentum{WeightDecay: decay, Nesterov: true}
	case 3:
		return &Adam{WeightDecay: decay, Epsilon: []float64{0, 1e-30, 1e-300}[rng.IntN(3)], Beta2: []float64{0, 0.5, 0.99999999}[rng.IntN(3)]}
	}
	return &AdamW{WeightDecay: decay + 1e-9}
}

// plain takes the step on copies and looks at everything afterwards. It returns
// what the step leaves, or nil if that is not finite.
func plain(ps []*graph.Param, o Optimizer, lr float64) []uint64 {
	var copies []*graph.Param
	for _, p := range ps {
		copies = append(copies, &graph.Param{Name: p.Name, Value: p.Value.Clone().(*tensor.Dense), Grad: p.Grad})
	}
	var after Optimizer
	switch o := o.(type) {
	case *SGD:
		for _, p := range copies {
			if p.Value.Dtype() == tensor.Float32 {
				sgdStep(p.Value.Float32s(), p.Grad.Float32s(), float32(lr), float32(o.WeightDecay))
			} else {
				sgdStep(p.Value.Float64s(), p.Grad.Float64s(), lr, o.WeightDecay)
			}
		}
		after = o
	case *Momentum:
		c := *o
		c.memory = copyOf(o.memory, copies, momentumSlots)
		keep := 1 - o.Dampening
		if c.memory.steps == 0 {
			keep = 1
		}
		for i, p := range copies {
			v := c.memory.entries[i].slots[0]
			if p.Value.Dtype() == tensor.Float32 {
				momentumStep(p.Value.Float32s(), p.Grad.Float32s(), v.Float32s(), &kernel.MomentumScalars[float32]{Rate: float32(lr), Momentum: 0.9, Keep: float32(keep), Decay: float32(o.WeightDecay)}, o.Nesterov)
			} else {
				momentumStep(p.Value.Float64s(), p.Grad.Float64s(), v.Float64s(), &kernel.MomentumScalars[float64]{Rate: lr, Momentum: 0.9, Keep: keep, Decay: o.WeightDecay}, o.Nesterov)
			}
		}
		c.memory.steps++
		after = &c
	case *Adam:
		c := *o
		c.memory = copyOf(o.memory, copies, adamSlots)
		c.job = adamJob{adamFactors: adamAt(c.memory.steps+1, lr, o.Beta1, o.Beta2, o.Epsilon)}
		c.job.l2 = o.WeightDecay
		for i, p := range copies {
			c.job.update(p, c.memory.entries[i].slots)
		}
		c.memory.steps++
		after = &c
	case *AdamW:
		c := *o
		c.memory = copyOf(o.memory, copies, adamSlots)
		c.job = adamJob{adamFactors: adamAt(c.memory.steps+1, lr, o.Beta1, o.Beta2, o.Epsilon)}
		c.job.shrink = 1 - float64(lr*o.WeightDecay)
		for i, p := range copies {
			c.job.update(p, c.memory.entries[i].slots)
		}
		c.memory.steps++
		after = &c
	}
	bits := everything(copies, after)
	for _, b := range bits {
		if x := math.Float64frombits(b); x-x != 0 {
			return nil
		}
	}
	return bits
}

func copyOf(m memory, ps []*graph.Param, slots []string) memory {
	c := memory{steps: m.steps, entries: newEntries(ps, slots)}
	for i, e := range m.entries {
		for k, t := range e.slots {
			c.entries[i].slots[k] = t.Clone().(*tensor.Dense)
		}
	}
	return c
}

// A log-precision goes no further than its exponential stays finite.
func TestLogPrecisionThatOverflows(t *testing.T) {
	for dt, most := range map[tensor.Dtype]float64{tensor.Float32: 88.7, tensor.Float64: 709.7} {
		for name, o := range map[string]Optimizer{"sgd": &SGD{}, "adam": &Adam{}, "gorgonia": &GorgoniaSolver{Solver: gorgonia.NewVanillaSolver()}} {
			p, other := newParam(rand.New(rand.NewPCG(1, 1)), dt, "y/energy/logprecision", 2), newParam(rand.New(rand.NewPCG(1, 2)), dt, "w", 3)
			p.Log = true
			ps := []*graph.Param{other, p}
			fill(p.Value, func() float64 { return most - 1 })
			fill(p.Grad, func() float64 { return -1 })
			if err := o.Step(ps, 0.5); err != nil {
				t.Fatalf("%s %v: %v", name, dt, err)
			}
			before := everything(ps, o)
			var bad *NonFiniteError
			if err := o.Step(ps, 1); !errors.As(err, &bad) || bad.Param != p.Name || bad.What != "exponential" {
				t.Errorf("%s %v: got %v, want a NonFiniteError of the exponential", name, dt, err)
			}
			if !reflect.DeepEqual(everything(ps, o), before) {
				t.Errorf("%s %v: a refused step changed something", name, dt)
			}
		}
	}
}

// A state that is not finite is not accepted either.
func TestSetStateRefusesInfinity(t *testing.T) {
	for _, c := range optimizerCases() {
		o := c.make()
		s, ok := o.(Stateful)
		if !ok {
			continue
		}
		ps := newParams(3, tensor.Float32)
		if err := o.Step(ps, 0.1); err != nil {
			t.Fatal(err)
		}
		state := s.State()
		for _, x := range state.Tensors {
			x.Float32s()[0] = float32(math.Inf(1))
			break
		}
		if err := s.SetState(ps, state); err == nil {
			t.Errorf("%s: an infinite state was accepted", c.name)
		}
	}
}

func BenchmarkStepSizes(b *testing.B) {
	for _, size := range []int{1 << 10, 1 << 16, 1 << 22} {
		for _, o := range []Optimizer{&SGD{}, &Momentum{}, &Adam{}, &AdamW{WeightDecay: 1e-4}, &Momentum{WeightDecay: 1e-4}} {
			b.Run(fmt.Sprintf("%T/%d", o, size), func(b *testing.B) {
				ps := []*graph.Param{newParam(rand.New(rand.NewPCG(1, 1)), tensor.Float32, "w", size)}
				for b.Loop() {
					if err := o.Step(ps, 1e-3); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
