package train

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Propagator is a [Rule] under which the signal of the clamped nodes travels from node
// to node, so that the steps may not suffice; see [graph.Network.Reach].
type Propagator interface {
	// Travels returns how many nodes the signal can travel before the last weight step
	// of a batch, or −1 if it reaches all nodes at once.
	Travels() int
}

// Travels returns the number of steps before the weight gradients, of all stages, or −1
// if one is in error coordinates. In a step of [relax.Heun] the signal travels two nodes,
// of [relax.RK4] four, and of [relax.Newton] at most as many as it has iterations.
func (p *Prospective) Travels() int {
	all := append([]Stage{{p.Relax, p.Coordinates}}, p.Stages...)
	if p.State == BeforeLast {
		all[len(all)-1].Relax.Steps--
	}
	travels := 0
	for _, stage := range all {
		if stage.Coordinates == Errors && stage.Relax.Steps > 0 {
			return -1
		}
		travels += stage.Relax.Steps * stages(stage.Relax.Solver)
	}
	return travels
}

// Travels returns the number of activity steps before the last weight step.
func (r *Interleaved) Travels() int {
	steps, now := 0, 0
	for t := range r.Relax.Steps {
		if r.Weights.has(t) {
			steps = now
		}
		if r.Activities.has(t) {
			now++
		}
	}
	return steps * stages(r.Relax.Solver)
}

// Travels returns the Travels of the rule.
func (r *Repeated) Travels() int {
	if p, ok := r.Rule.(Propagator); ok {
		return p.Travels()
	}
	return -1
}

// stages is the number of evaluations in a solver's step of which each moves from where
// the ones before lead, at most.
func stages(s relax.Solver) int {
	switch s := s.(type) {
	case *relax.Heun:
		return 2
	case *relax.RK4:
		return 4
	case *relax.Newton:
		if s.Iterations == 0 {
			return 20
		}
		return s.Iterations
	}
	return 1
}

// Shortfall is what the signal does not reach in a batch. The zero value means that
// everything is reached.
type Shortfall struct {
	// Steps is the number of nodes that the signal travels, Needed the number it would
	// have to. Steps is −1 if it reaches all nodes at once.
	Steps, Needed int
	// Nodes and Params are the free nodes and the parameters beyond Steps; see
	// [graph.Reach.Beyond]. These parameters do not learn.
	Nodes, Params []string
	// Unreachable are free nodes that the signal never reaches: no clamped node is
	// predicted from them, so that the predictions of them learn nothing.
	Unreachable []string
	// Lost are other parameters whose gradient is exactly 0 because the signal was
	// rounded to 0, or blocked by a function with zero derivative: their predictions
	// have no error.
	Lost []string
	// FreeNodes and AllParams are the total numbers.
	FreeNodes, AllParams int
}

// FindShortfall returns what the signal does not reach when a rule learns a batch, from
// the declaration of the network. With the stats of that batch, and its gradients still
// in the parameters, it also finds what was lost to rounding.
func FindShortfall(net *graph.Network, rule Rule, b *Batch, s Stats) (Shortfall, error) {
	p, ok := rule.(Propagator)
	if !ok {
		return Shortfall{}, nil
	}
	r, err := net.Reach(graph.Roles{Clamped: b.clamped(), Training: true})
	if err != nil {
		return Shortfall{}, err
	}
	out := Shortfall{Steps: p.Travels(), Needed: r.Steps(), FreeNodes: len(r.Nodes), AllParams: len(r.Params)}
	out.Unreachable, _ = r.Never()
	if out.Steps < 0 {
		return out, nil
	}
	out.Nodes, out.Params = r.Beyond(out.Steps)
	zero := map[string]bool{} // the terms without an error
	for i, name := range s.Terms {
		zero[name] = s.Energies[i] == 0
	}
	for _, q := range r.Params {
		if q.Steps < 1 || q.Steps > out.Steps {
			continue
		}
		if param, err := net.Param(q.Name); err == nil && zero[param.Owner] && param.Grads().MaxAbs() == 0 {
			out.Lost = append(out.Lost, q.Name)
		}
	}
	return out, nil
}

// String describes the shortfall with its remedies in one line; empty if there is none.
func (s Shortfall) String() string {
	var parts []string
	if len(s.Nodes) > 0 || len(s.Params) > 0 {
		parts = append(parts, fmt.Sprintf("the signal travels %d nodes far, but the way to some is %d: it does not reach %d of %d free nodes (%s), and %d of %d parameters learn nothing",
			s.Steps, s.Needed, len(s.Nodes), s.FreeNodes, abbreviated(s.Nodes), len(s.Params), s.AllParams))
	}
	if len(s.Lost) > 0 {
		parts = append(parts, fmt.Sprintf("it is rounded away, or stopped by functions without a slope, before %d more of %d parameters (%s), whose gradients were exactly 0",
			len(s.Lost), s.AllParams, abbreviated(s.Lost)))
	}
	if len(parts) > 0 {
		parts = append(parts, "take more relaxation steps, or larger ones, or error coordinates (--coordinates errors, train.Errors), which reach all nodes at once, or skip connections to the output")
	}
	if len(s.Unreachable) > 0 {
		parts = append(parts, fmt.Sprintf("no number of steps brings a signal to %d of %d free nodes (%s), because nothing that is predicted from them is clamped: what predicts them learns nothing; clamp them, or leave them out",
			len(s.Unreachable), s.FreeNodes, abbreviated(s.Unreachable)))
	}
	text := strings.Join(parts, "; ")
	if len(s.Nodes)+len(s.Params) == 0 {
		text = strings.Replace(text, "it is rounded", "the signal is rounded", 1)
	}
	return text
}

// abbreviated lists some names: the first ones, and of many also the last.
func abbreviated(names []string) string {
	if len(names) > 3 {
		return names[0] + " to " + names[len(names)-1]
	}
	return strings.Join(names, ", ")
}

// warnOfReach logs once, after the first batch, what the signal does not reach.
func (t *Trainer) warnOfReach(b *Batch, stats Stats) {
	if t.warned {
		return
	}
	t.warned = true
	log := t.Log
	if log == nil {
		log = slog.Default()
	}
	s, err := FindShortfall(t.Network, t.Rule, b, stats)
	if text := s.String(); err == nil && text != "" {
		log.Warn(text)
	}
	reason, err := StepByStep(t.Network, t.Rule, t.Optimizer, b)
	if _, device := t.Network.Settings().Engine.(graph.XLA); device && reason == "" && t.division != nil && t.division.divides(b) {
		reason = "a batch in blocks"
	}
	switch {
	case err != nil:
	case reason != "":
		log.Info("updates are not one launch each on the device, for lack of a form for " + reason)
	case t.alone != "":
		log.Info("updates are a launch each on the device, and not many one launch, because of " + t.alone)
	}
}
