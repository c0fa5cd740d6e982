package train

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/graph"
)

// Chain is an optimizer of several that take their steps one after another, with the
// same learning rate: what clips gradients before the one that steps, and what holds
// weights to a constraint behind it.
//
//	train.Chain{train.ClipNorm{Max: 1}, train.Groups{{Match: "h1/*", Freeze: true}}, &train.Adam{}, train.NonNegative{Match: "h2/*"}}
//
// A [Groups] concerns the optimizer behind it. A checkpoint holds what all of them
// remember. [Learn] takes a batch back as a whole if one of them fails; a Step on its own
// does not.
type Chain []Optimizer

// Step lets every optimizer step. Gradients that one of them clips stay so until the rule
// fills them again.
func (c Chain) Step(params []*graph.Param, lr float64) error {
	if err := c.check(); err != nil {
		return err
	}
	for i := 0; i < len(c); i++ {
		groups, ok := c[i].(Groups)
		if !ok {
			if err := c[i].Step(params, lr); err != nil {
				return err
			}
			continue
		}
		i++
		if err := groups.around(params, func() error { return c[i].Step(params, lr) }); err != nil {
			return err
		}
	}
	return nil
}

// check returns an error for a chain that cannot step.
func (c Chain) check() error {
	steps := false
	for i, o := range c {
		if o == nil {
			return errors.Errorf("train: chain: optimizer %d, got nil, want one", i)
		}
		_, groups := o.(Groups)
		if groups && (i == len(c)-1 || !Descends(c[i+1])) {
			return errors.Errorf("train: chain: Groups at %d concerns the optimizer behind it, and there is none; put Groups before Adam or another", i)
		}
		steps = steps || Descends(o)
	}
	if !steps {
		return errors.New("train: chain: got no optimizer that moves parameters; add one, such as &train.Adam{}")
	}
	return nil
}

// Descends reports whether an optimizer is one that moves parameters along their
// gradients, as all are taken to be but those that clip, group and constrain in a
// [Chain].
func Descends(o Optimizer) bool {
	switch o.(type) {
	case Groups, ClipNorm, ClipValue, NonNegative, Dale, MaxNorm:
		return false
	}
	return true
}

// member is what one optimizer of a chain remembers, in the kind of the chain's state.
type member struct {
	Index int    `json:"index"`
	Kind  string `json:"kind"`
	Steps int64  `json:"steps"`
}

// chainKind begins the kind of a chain's state; its members follow in JSON.
const chainKind = "chain"

// State implements [Stateful]: what the optimizers remember, with their places.
func (c Chain) State() OptimizerState {
	out := OptimizerState{Tensors: map[string]*tensor.Dense{}}
	members := []member{}
	for i, o := range c {
		s, err := statefulOf(o)
		if s == nil || err != nil {
			continue // which has been reported
		}
		state := s.State()
		members = append(members, member{i, state.Kind, state.Steps})
		out.Steps = max(out.Steps, state.Steps)
		for name, t := range state.Tensors {
			out.Tensors[fmt.Sprintf("%d/%s", i, name)] = t
		}
	}
	text, _ := json.Marshal(members) // numbers and strings
	out.Kind = chainKind + string(text)
	return out
}

// SetState implements [Stateful]. It fails unless the state is one of optimizers of the
// same kinds in the same places.
func (c Chain) SetState(params []*graph.Param, s OptimizerState) error {
	var members []member
	text, ok := strings.CutPrefix(s.Kind, chainKind)
	if !ok || json.Unmarshal([]byte(text), &members) != nil {
		return errors.Errorf("train: chain: state, got that of %q, want that of a chain; resume with the optimizer of the checkpoint", s.Kind)
	}
	parts := map[int]OptimizerState{}
	for _, m := range members {
		parts[m.Index] = OptimizerState{Kind: m.Kind, Steps: m.Steps, Tensors: map[string]*tensor.Dense{}}
	}
	for name, t := range s.Tensors {
		var i int
		at, rest, _ := strings.Cut(name, "/")
		if _, err := fmt.Sscanf(at, "%d", &i); err != nil || parts[i].Tensors == nil {
			return errors.Errorf("train: chain: state, got a tensor %q of no optimizer of the chain; the checkpoint is damaged", name)
		}
		parts[i].Tensors[rest] = t
	}
	return c.setStates(params, parts)
}

// setStates gives every optimizer its state, or none if one does not fit.
func (c Chain) setStates(params []*graph.Param, parts map[int]OptimizerState) error {
	for i := range parts {
		if i < 0 || i >= len(c) {
			return errors.Errorf("train: chain: state, got that of a chain of more optimizers than %d; resume with the optimizer of the checkpoint", len(c))
		}
	}
	var done []func() error
	undo := func() {
		for _, back := range done {
			_ = back() // to what it was
		}
	}
	for i, o := range c {
		s, err := statefulOf(o)
		if err != nil {
			undo()
			return err
		}
		part, ok := parts[i]
		if ok != (s != nil) {
			undo()
			return errors.Errorf("train: chain: state: optimizer %d, %T, has %s in the checkpoint; resume with the optimizer of the checkpoint", i, o, map[bool]string{true: "a state", false: "no state"}[ok])
		}
		if s == nil {
			continue
		}
		before := s.State()
		if err := s.SetState(params, part); err != nil {
			undo()
			return errors.WithMessagef(err, "train: chain: optimizer %d", i)
		}
		done = append(done, func() error { return s.SetState(params, before) })
	}
	return nil
}

// Groups changes the learning rate of some parameters for the optimizer behind it in a
// [Chain]. The first group that matches a parameter's name counts.
//
//	w ← w + Rate·Δw        Δw: the step of the optimizer
//
// For the optimizers of this package, whose steps are proportional to the learning rate,
// that is another learning rate. What they remember is as without groups.
type Groups []Group

// Group is a set of parameters with a learning rate of their own.
type Group struct {
	// Match is a pattern of names, in which * stands for any text, or the beginning of
	// their path: "h1", "h1/*" and "*/weight" match "h1/weight".
	Match string `json:"match"`
	// Rate multiplies the learning rate. Zero means 1; see Freeze.
	Rate float64 `json:"rate,omitempty"`
	// Freeze leaves the parameters as they are, to the bit.
	Freeze bool `json:"freeze,omitempty"`
}

// Step is an error: there is nothing behind it. A [Chain] does not call it.
func (Groups) Step([]*graph.Param, float64) error {
	return errors.New("train: groups: stands alone, want it in a Chain before the optimizer that it concerns")
}

// around lets an optimizer step and scales what it changed.
func (g Groups) around(params []*graph.Param, step func() error) error {
	factors, err := g.factors(params)
	if err != nil {
		return err
	}
	before := make([][]float64, len(params))
	for i, p := range params {
		if factors[i] != 1 {
			before[i] = p.Values().AppendTo(nil)
		}
	}
	if err := step(); err != nil {
		return err
	}
	for i, p := range params {
		if before[i] == nil {
			continue
		}
		v := p.Values()
		for k, was := range before[i] {
			if factors[i] == 0 {
				v.Set(k, was)
			} else {
				v.Set(k, was+factors[i]*(v.At(k)-was))
			}
		}
		p.Changed()
	}
	return nil
}

// factors returns the factor of every parameter's change; 0 for a frozen one.
func (g Groups) factors(params []*graph.Param) ([]float64, error) {
	out := make([]float64, len(params))
	used := make([]bool, len(g))
	for i, p := range params {
		out[i] = 1
		for k, group := range g {
			if !matchesParam(group.Match, p.Name) {
				continue
			}
			used[k] = true
			if out[i] = orDefault(group.Rate, 1); group.Freeze {
				out[i] = 0
			}
			break
		}
	}
	for k, group := range g {
		if !(group.Rate >= 0) || math.IsInf(group.Rate, 0) {
			return nil, errors.Errorf("train: groups: %q: Rate, got %v, want a finite number of at least 0 (0 means 1)", group.Match, group.Rate)
		}
		if !used[k] && len(params) > 0 {
			return nil, errors.Errorf("train: groups: %q matches no parameter, or none that an earlier group does not; the parameters are %s", group.Match, names(params))
		}
	}
	return out, nil
}

// matchesParam reports whether a pattern, in which * stands for any text, is of a
// parameter's name or of the beginning of its path.
func matchesParam(pattern, name string) bool {
	for ; name != ""; name = name[:max(0, strings.LastIndexByte(name, '/'))] {
		if matches(pattern, name) {
			return true
		}
	}
	return false
}

// names lists parameters for a message.
func names(params []*graph.Param) string {
	var all []string
	for _, p := range params {
		all = append(all, p.Name)
	}
	if len(all) > 12 {
		all = append(all[:12], "...")
	}
	return strings.Join(all, ", ")
}
