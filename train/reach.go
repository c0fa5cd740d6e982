package train

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/relax"
)

// Propagator is a [Rule] under which the signal of the clamped nodes travels from
// node to node, so that it may run out of steps; see [graph.Network.Reach].
type Propagator interface {
	// Travels returns over how many nodes the signal can come before the weights
	// learn for the last time in a batch, or −1 if it comes to all at once.
	Travels() int
}

// Travels returns the number of steps that the weights see, or −1 in error
// coordinates. [relax.Heun] evaluates twice a step, so that the signal travels two
// nodes.
func (p *Prospective) Travels() int {
	if p.Coordinates == Errors {
		return -1
	}
	steps := p.Relax.Steps
	if p.State == BeforeLast {
		steps--
	}
	return steps * stages(p.Relax.Solver)
}

// Travels returns the number of steps that activities take before the last step
// of the weights.
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

// Travels is that of the rule.
func (r *Repeated) Travels() int {
	if p, ok := r.Rule.(Propagator); ok {
		return p.Travels()
	}
	return -1
}

// stages is the number of evaluations of a solver's step, one after another.
func stages(s relax.Solver) int {
	if _, ok := s.(*relax.Heun); ok {
		return 2
	}
	return 1
}

// Shortfall is what the signal does not reach in a batch. Its zero value is that
// everything is reached.
type Shortfall struct {
	// Steps is how many nodes far the signal travels, Needed how far it would have
	// to. Steps is −1 if it comes to all at once.
	Steps, Needed int
	// Nodes and Params are the free nodes and the parameters beyond Steps; see
	// [graph.Reach.Beyond]. The parameters learn nothing.
	Nodes, Params []string
	// Unreachable are free nodes that no number of steps reaches: nothing that is
	// predicted from them is clamped, so that what predicts them learns nothing.
	Unreachable []string
	// Lost are other parameters whose gradient is exactly 0 because the signal was
	// rounded away, or stopped by a function without a slope: their predictions have
	// no error.
	Lost []string
	// FreeNodes and AllParams count what there is.
	FreeNodes, AllParams int
}

// FindShortfall returns what the signal does not reach when a rule learns a batch,
// by the declaration of the network. With the stats of that batch, and the
// gradients still in the parameters, it tells what rounding has lost as well.
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

// String describes the shortfall with its remedies in one line; empty if there is
// none.
func (s Shortfall) String() string {
	var parts []string
	if len(s.Nodes) > 0 || len(s.Params) > 0 {
		parts = append(parts, fmt.Sprintf("the signal travels %d nodes far, but the way to some is %d: it does not reach %d of %d free nodes (%s), and %d of %d parameters learn nothing",
			s.Steps, s.Needed, len(s.Nodes), s.FreeNodes, few(s.Nodes), len(s.Params), s.AllParams))
	}
	if len(s.Lost) > 0 {
		parts = append(parts, fmt.Sprintf("it is rounded away, or stopped by functions without a slope, before %d more of %d parameters (%s), whose gradients were exactly 0",
			len(s.Lost), s.AllParams, few(s.Lost)))
	}
	if len(parts) > 0 {
		parts = append(parts, "take more relaxation steps, or larger ones, or error coordinates (--coordinates errors, train.Errors), which reach all nodes at once, or skip connections to the output")
	}
	if len(s.Unreachable) > 0 {
		parts = append(parts, fmt.Sprintf("no number of steps brings a signal to %d of %d free nodes (%s), because nothing that is predicted from them is clamped: what predicts them learns nothing; clamp them, or leave them out",
			len(s.Unreachable), s.FreeNodes, few(s.Unreachable)))
	}
	text := strings.Join(parts, "; ")
	if len(s.Nodes)+len(s.Params) == 0 {
		text = strings.Replace(text, "it is rounded", "the signal is rounded", 1)
	}
	return text
}

// few lists some names: the first, and of many the last.
func few(names []string) string {
	if len(names) > 3 {
		return names[0] + " to " + names[len(names)-1]
	}
	return strings.Join(names, ", ")
}

// warnOfReach tells once, after the first batch, what the signal does not reach.
func (t *Trainer) warnOfReach(b *Batch, stats Stats) {
	if t.warned {
		return
	}
	t.warned = true
	s, err := FindShortfall(t.Network, t.Rule, b, stats)
	if text := s.String(); err == nil && text != "" {
		log := t.Log
		if log == nil {
			log = slog.Default()
		}
		log.Warn(text)
	}
}
