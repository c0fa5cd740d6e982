package graph

import (
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// firstPrediction is a prediction that relaxation leaves as it is, because it is made
// from clamped nodes alone. The session computes it for its own programs, so error
// coordinates take it from there: it is often the largest product of the network.
type firstPrediction struct {
	prediction int
	value      *tensor.Dense
}

// shareFirst makes the session deliver its first predictions, and returns them; none on
// an engine that computes every prediction in every run.
func (s *Session) shareFirst(p *plan) []firstPrediction {
	if d, ok := s.net.settings.Engine.(interface{ Steps() bool }); !ok || !d.Steps() {
		return nil
	}
	var out []firstPrediction
	for _, st := range p.order {
		mean := p.means[st.prediction]
		if mean == nil || mean.Op() == nil || s.plan.means[st.prediction] == nil || p.errs[st.node] == nil || p.varies(mean) {
			continue
		}
		out = append(out, s.first(st.prediction, mean))
	}
	return out
}

// first returns the shared value of a prediction.
func (s *Session) first(prediction int, mean *gorgonia.Node) firstPrediction {
	for _, f := range s.firsts {
		if f.prediction == prediction {
			return f
		}
	}
	f := firstPrediction{prediction, tensor.New(tensor.Of(s.net.settings.Precision.Dtype()), tensor.WithShape(mean.Shape().Clone()...))}
	s.firsts = append(s.firsts, f)
	s.program = program{} // compiled again with the job that delivers it
	return f
}

// varies reports whether a node of the error graph depends on what relaxation moves.
func (p *plan) varies(n *gorgonia.Node) bool {
	reach := reachable(p.g, n)
	for i := range p.acts {
		if x := p.coordinate(i); x != nil && reach[x] {
			return true
		}
	}
	return false
}

// firstStage delivers the first predictions.
func (s *Session) firstStage() Stage {
	var stage Stage
	for _, f := range s.firsts {
		stage = append(stage, Output{Node: s.plan.means[f.prediction], Tensor: f.value})
	}
	return stage
}

// takeFirst brings the first predictions up to date.
func (e *ErrorCoordinates) takeFirst() error {
	s := e.session
	if len(e.firsts) == 0 || e.taken == s.now() {
		return nil
	}
	if err := s.prepare(); err != nil {
		return err
	}
	if err := s.program.run(s.jobFirst, s.now()); err != nil {
		return err
	}
	e.taken = s.now()
	return nil
}
