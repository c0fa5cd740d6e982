package train

import (
	"math"
	"reflect"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

// refuse returns an error if a step would leave the memory of the solver infinite.
// That memory cannot be read, so it goes by what the solver computes: squares of
// the gradient, sums of them, or a velocity. Where sums are bounded by the largest
// of every step it may refuse a factor before the largest number is reached.
func (o *GorgoniaSolver) refuse(params []*graph.Param) error {
	if o.next == nil {
		o.most, o.next = make([]float64, len(params)), make([]float64, len(params))
	}
	for i, p := range params {
		what, grows := o.grows(p, o.most[i], bound(p.Grad))
		if most := limitsOf(p.Value.Dtype()).max / 4; grows > most { // or nearly
			what, grows = o.grows(p, o.most[i], largest(p.Grad))
			if grows > most {
				return &NonFiniteError{Param: p.Name, What: what, Index: indexOfLargest(p.Grad), Value: math.Inf(1)}
			}
		}
		o.next[i] = grows
	}
	return nil
}

// grows returns what bounds the memory of a parameter after a step, given what
// bounds it before and the largest gradient, and what that memory is.
func (o *GorgoniaSolver) grows(p *graph.Param, before, g float64) (what string, after float64) {
	field := func(name string) float64 { return solverNumber(o.Solver, name) }
	switch o.Solver.(type) {
	case *gorgonia.RMSPropSolver: // which clips afterwards
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

// solverNumber reads a setting of a solver, which has no other way to tell it; 0 if
// there is none of that name.
func solverNumber(s gorgonia.Solver, name string) float64 {
	v := reflect.Indirect(reflect.ValueOf(s))
	if v.Kind() != reflect.Struct {
		return 0
	}
	if f := v.FieldByName(name); f.IsValid() && f.Kind() == reflect.Float64 {
		return f.Float()
	}
	return 0
}

// indexOfLargest is the position of the largest magnitude.
func indexOfLargest(t *tensor.Dense) (index int) {
	most := -1.0
	for i := range t.DataSize() {
		x := 0.0
		if t.Dtype() == tensor.Float32 {
			x = float64(t.Float32s()[i])
		} else {
			x = t.Float64s()[i]
		}
		if x = math.Abs(x); x > most {
			index, most = i, x
		}
	}
	return index
}
