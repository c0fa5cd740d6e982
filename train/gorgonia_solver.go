package train

import (
	"math"
	"reflect"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

// GorgoniaSolver adapts a solver of Gorgonia to an [Optimizer].
//
//	opt := &train.GorgoniaSolver{Solver: gorgonia.NewRMSPropSolver(gorgonia.WithRho(0.99))}
//
// The learning rate given to Step replaces the solver's rate, through
// gorgonia.WithLearnRate, for the solvers that support it: Vanilla, Momentum, RMSProp,
// Adam and, for its first step only, Barzilai-Borwein. Any other solver keeps its own
// rate, which FixedRate must repeat.
//
// Differences from the optimizers of this package:
//
//   - a solver's moments cannot be read, so it is not [Stateful], and a checkpoint is an
//     error unless Forget is set or the solver has none (Vanilla);
//   - a solver ignores NoDecay: WithL2Reg decays every parameter;
//   - a solver allocates at every step;
//   - after an error of the solver itself the parameters are restored, but its moments
//     may have changed, so every later step is refused.
//
// Gorgonia's solvers overwrite and zero the gradients; they are given a copy, so Grad
// is unchanged. In Gorgonia 0.9.18 gorgonia.AdamW takes only graph nodes and discards
// its update, so it is an error that points to [AdamW]; the L1 and L2 options of
// gorgonia.Momentum act on the velocity, not on the weights; gorgonia.AdamSolver panics
// on a parameter without axes, which is returned as an error; Barzilai-Borwein takes
// only float64 and divides by zero if two successive gradients are equal.
type GorgoniaSolver struct {
	// Solver is the solver to use. It is required and serves one network.
	Solver gorgonia.Solver `json:"-"`
	// FixedRate is the learning rate that Solver was built with. It is needed only for
	// a solver that gorgonia.WithLearnRate does not support, such as AdaGrad; Step then
	// fails if it is called with another rate.
	FixedRate float64 `json:"fixed_rate"`
	// Forget allows checkpoints without the solver's moments: a resumed run restarts
	// them and ends with other weights. False makes a checkpoint an error.
	Forget bool `json:"forget,omitempty"`

	model        []gorgonia.ValueGrad
	bounds, next []float64 // by parameter: bound of the solver's memory, now and after the current step
	before       saved     // the weights
	spent        error     // why the solver's memory cannot be used any more
}

// Step implements [Optimizer].
func (o *GorgoniaSolver) Step(params []*graph.Param, lr float64) error {
	if o.spent != nil {
		return errors.WithMessage(o.spent, "train: GorgoniaSolver: an earlier step failed and the solver's memory cannot be taken back; start with a new GorgoniaSolver")
	}
	if err := checkStep("GorgoniaSolver", params, lr); err != nil {
		return err
	}
	if err := CheckGradients(params); err != nil {
		return err
	}
	if err := o.setRate(lr); err != nil {
		return err
	}
	if err := o.bind(params); err != nil {
		return err
	}
	if err := o.refuse(params); err != nil {
		return err
	}
	o.before.reset()
	for _, p := range params {
		o.before.add(p.Value)
	}
	err := o.step()
	for _, p := range params {
		p.Changed()
	}
	for i := 0; i < len(params) && err == nil; i++ {
		err = searchValue(params[i])
	}
	if err != nil {
		o.before.restore()
		if _, ok := o.Solver.(*gorgonia.VanillaSolver); !ok {
			o.spent = err
		}
		return err
	}
	o.bounds, o.next = o.next, o.bounds
	return nil
}

// forgets returns an error if a checkpoint would lose the solver's moments.
func (o *GorgoniaSolver) forgets() error {
	if _, ok := o.Solver.(*gorgonia.VanillaSolver); ok || o.Forget {
		return nil
	}
	return errors.Errorf("train: checkpoint: optimizer: the moments of a %T cannot be read; use an optimizer of package train, such as Adam, or set GorgoniaSolver.Forget to start them afresh when the run is resumed", o.Solver)
}

// setRate sets the solver's learning rate for the next step.
func (o *GorgoniaSolver) setRate(lr float64) error {
	switch o.Solver.(type) {
	case nil:
		return errors.New("train: GorgoniaSolver: Solver is nil, want a solver such as gorgonia.NewRMSPropSolver()")
	case *gorgonia.AdamW:
		return errors.New("train: GorgoniaSolver: gorgonia.AdamW does not update weights; use train.AdamW")
	case *gorgonia.VanillaSolver, *gorgonia.Momentum, *gorgonia.RMSPropSolver,
		*gorgonia.AdamSolver, *gorgonia.BarzilaiBorweinSolver:
		gorgonia.WithLearnRate(lr)(o.Solver)
		return nil
	}
	if o.FixedRate != lr {
		return errors.Errorf("train: GorgoniaSolver: learning rate of a %T is fixed: got %v, want FixedRate = %v; "+
			"set FixedRate to the rate it was built with and use a constant schedule", o.Solver, lr, o.FixedRate)
	}
	return nil
}

// bind wraps the parameters at the first step, checks them at later steps, and copies
// the gradients.
func (o *GorgoniaSolver) bind(params []*graph.Param) error {
	if o.model == nil {
		for _, p := range params {
			o.model = append(o.model, &solverParam{name: p.Name, value: p.Value, grad: p.Grad.Clone().(*tensor.Dense)})
		}
		return nil
	}
	if len(params) != len(o.model) {
		return errors.Errorf("train: GorgoniaSolver: number of parameters, got %d, want %d as at the first step",
			len(params), len(o.model))
	}
	for i, p := range params {
		sp := o.model[i].(*solverParam)
		if sp.name != p.Name || !sameLayout(sp.grad, p.Grad) {
			return errors.Errorf("train: GorgoniaSolver: parameter %d, got %s of %v %v, want %s of %v %v as at the first step",
				i, p.Name, p.Grad.Dtype(), p.Grad.Shape(), sp.name, sp.grad.Dtype(), sp.grad.Shape())
		}
	}
	for i, p := range params {
		sp := o.model[i].(*solverParam)
		sp.value = p.Value
		if err := tensor.Copy(sp.grad, p.Grad); err != nil {
			return errors.Wrapf(err, "train: GorgoniaSolver: gradient of %s", p.Name)
		}
	}
	return nil
}

// step runs the solver. Solvers panic on unsupported values.
func (o *GorgoniaSolver) step() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.Errorf("train: GorgoniaSolver: %T panicked: %v", o.Solver, r)
		}
	}()
	return errors.Wrapf(o.Solver.Step(o.model), "train: GorgoniaSolver: %T", o.Solver)
}

// solverParam presents a parameter to Gorgonia's solvers.
type solverParam struct {
	name  string
	value *tensor.Dense
	grad  *tensor.Dense
}

// Name implements gorgonia.Namer.
func (p *solverParam) Name() string { return p.name }

// Value implements gorgonia.Valuer.
func (p *solverParam) Value() gorgonia.Value { return p.value }

// Grad implements gorgonia.ValueGrad.
func (p *solverParam) Grad() (gorgonia.Value, error) { return p.grad, nil }

// refuse returns an error if a step would make the memory of the solver infinite. That
// memory cannot be read, so it is bounded by the solver's formula: squares of the
// gradient, sums of them, or a velocity. Where sums are bounded by the largest element
// of every step it may refuse somewhat below the largest finite value.
func (o *GorgoniaSolver) refuse(params []*graph.Param) error {
	if o.next == nil {
		o.bounds, o.next = make([]float64, len(params)), make([]float64, len(params))
	}
	for i, p := range params {
		_, grows := o.grows(p, o.bounds[i], bound(p.Grad))
		if limit := limitsOf(p.Value.Dtype()).max / 4; grows > limit { // or nearly
			var what string
			if what, grows = o.grows(p, o.bounds[i], largest(p.Grad)); grows > limit {
				return &NonFiniteError{Param: p.Name, What: what, Index: indexOfLargest(p.Grad), Value: math.Inf(1)}
			}
		}
		o.next[i] = grows
	}
	return nil
}

// grows returns the bound of a parameter's memory after a step, given the bound before
// and the largest gradient, and the name of that memory.
func (o *GorgoniaSolver) grows(p *graph.Param, before, g float64) (what string, after float64) {
	field := func(name string) float64 { return solverField(o.Solver, name) }
	switch o.Solver.(type) {
	case *gorgonia.RMSPropSolver: // it clips afterwards
		return "second moment", g * g
	case *gorgonia.AdaGradSolver:
		return "sum of squares", before + g*g
	case *gorgonia.AdamSolver:
		if l2 := field("l2reg"); l2 != 0 {
			g += math.Abs(l2) * largest(p.Value)
		}
		g = (g + math.Abs(field("l1reg"))) / max(1, field("batch"))
		if clip := field("clip"); clip > 0 {
			g = min(g, clip)
		}
		return "second moment", g * g
	case *gorgonia.Momentum:
		g = (g + math.Abs(field("l1reg")) + math.Abs(field("l2reg"))*before) / max(1, field("batch"))
		if clip := field("clip"); clip > 0 {
			g = min(g, clip)
		}
		return "velocity", math.Abs(field("momentum"))*before + math.Abs(field("eta"))*g
	}
	return "", 0
}

// solverField reads an unexported setting of a solver; 0 if there is none of that name.
func solverField(s gorgonia.Solver, name string) float64 {
	v := reflect.Indirect(reflect.ValueOf(s))
	if v.Kind() != reflect.Struct {
		return 0
	}
	if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.Float64 {
		return f.Float()
	}
	return 0
}

// indexOfLargest is the index of the largest magnitude.
func indexOfLargest(t *tensor.Dense) (index int) {
	top := -1.0
	for i := range t.DataSize() {
		x := 0.0
		if t.Dtype() == tensor.Float32 {
			x = float64(t.Float32s()[i])
		} else {
			x = t.Float64s()[i]
		}
		if x = math.Abs(x); x > top {
			index, top = i, x
		}
	}
	return index
}
