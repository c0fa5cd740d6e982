package train

import (
	"fmt"
	"math"
	"strings"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/hlo"
)

// deviceClip is what changes gradients before a step and has a form for a device.
type deviceClip interface {
	Optimizer
	// write writes the changed gradients. One that is not finite stays so: the update is
	// then refused.
	write(s *hlo.Scope, gradients []hlo.Ref) []hlo.Ref
}

// unsteppable returns what of a chain has no form for a device, empty if all has: any
// clips, then groups or none, and last an optimizer of this package that steps alone.
func (c Chain) unsteppable() string {
	misplaced := ""
	for i, o := range c {
		last := i == len(c)-1
		_, clips := o.(deviceClip)
		_, groups := o.(Groups)
		switch {
		case !clips && !groups && stepperOf(o) == nil:
			return fmt.Sprintf("%T in a chain", o)
		case last && stepperOf(o) != nil, !last && clips, groups && i == len(c)-2:
		case misplaced == "":
			misplaced = fmt.Sprintf("the place of %T in a chain", o)
		}
	}
	return misplaced
}

// core is the optimizer of a chain that unsteppable knows.
func (c Chain) core() deviceOptimizer { return c[len(c)-1].(deviceOptimizer) }

func (c Chain) remembered() *memory { return c.core().remembered() }

func (c Chain) deviceStep(params []*graph.Param, lr float64) (graph.DeviceStep, error) {
	if err := c.check(); err != nil {
		return graph.DeviceStep{}, err
	}
	var clips []deviceClip
	var kind strings.Builder
	kind.WriteString("chain")
	for _, o := range c {
		if clip, ok := o.(deviceClip); ok {
			if err := clip.Step(nil, lr); err != nil { // its settings
				return graph.DeviceStep{}, err
			}
			clips = append(clips, clip)
			fmt.Fprintf(&kind, " %T%v", clip, clip)
		}
	}
	step, err := c.core().deviceStep(params, lr)
	if err != nil {
		return step, err
	}
	if len(clips) > 0 {
		step.Gradients = func(s *hlo.Scope, gradients []hlo.Ref) []hlo.Ref {
			for _, clip := range clips {
				gradients = clip.write(s, gradients)
			}
			return gradients
		}
	}
	if len(c) > 1 {
		if g, ok := c[len(c)-2].(Groups); ok {
			factors, err := g.factors(params)
			if err != nil {
				return step, err
			}
			fmt.Fprintf(&kind, " groups%v", factors)
			step.Write = grouped(factors, step.Write)
		}
	}
	step.Kind = kind.String() + " " + step.Kind
	return step, nil
}

// deviceWrite is the type of [graph.DeviceStep].Write.
type deviceWrite func(s *hlo.Scope, i int, w, gradient hlo.Ref, slots, factors []hlo.Ref) (hlo.Ref, []hlo.Ref)

// grouped scales what a step changes, in float64 as on the host. A frozen parameter stays
// as it is to the bit, unless its step would not be finite.
func grouped(rates []float64, write deviceWrite) deviceWrite {
	return func(s *hlo.Scope, i int, w, gradient hlo.Ref, slots, factors []hlo.Ref) (hlo.Ref, []hlo.Ref) {
		next, state := write(s, i, w, gradient, slots, factors)
		switch rates[i] {
		case 1:
		case 0:
			next = s.Select(s.Finite(next), w, next)
		default:
			was := s.Convert(w, hlo.F64)
			change := s.Sub(s.Convert(next, hlo.F64), was)
			next = s.Convert(s.Add(was, s.Mul(change, s.Like(was, rates[i]))), w.Type.Element)
		}
		return next, state
	}
}

// largestOf is the largest magnitude of arrays, in float64.
func largestOf(s *hlo.Scope, refs []hlo.Ref) hlo.Ref {
	top := s.Const(hlo.Type{Element: hlo.F64}, 0)
	for _, r := range refs {
		top = s.Binary("maximum", top, s.Max(s.Convert(s.Unary("abs", r), hlo.F64)))
	}
	return top
}

func (c ClipNorm) write(s *hlo.Scope, gradients []hlo.Ref) []hlo.Ref {
	top := largestOf(s, gradients) // divided out, so that squares do not overflow
	top = s.Select(s.Compare("EQ", top, s.Like(top, 0)), s.Like(top, 1), top)
	sum := s.Like(top, 0)
	for _, g := range gradients {
		x := s.Div(s.Convert(g, hlo.F64), top)
		sum = s.Add(sum, s.Sum(s.Mul(x, x)))
	}
	norm := s.Mul(top, s.Unary("sqrt", sum))
	factor := s.Select(s.Compare("GT", norm, s.Like(norm, c.Max)), s.Div(s.Like(norm, c.Max), norm), s.Like(norm, 1))
	out := make([]hlo.Ref, len(gradients))
	for i, g := range gradients {
		out[i] = s.Mul(g, s.Convert(factor, g.Type.Element))
	}
	return out
}

func (c ClipValue) write(s *hlo.Scope, gradients []hlo.Ref) []hlo.Ref {
	finite := s.Finite(gradients...)
	out := make([]hlo.Ref, len(gradients))
	for i, g := range gradients {
		bound := c.Max
		if g.Type.Element == hlo.F32 {
			bound = min(bound, math.MaxFloat32)
		}
		limited := s.Binary("minimum", s.Binary("maximum", g, s.Like(g, -bound)), s.Like(g, bound))
		out[i] = s.Select(finite, limited, g)
	}
	return out
}
