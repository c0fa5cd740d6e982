package graph

import (
	"strconv"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// state is the state of a session beside its activities: the batch's values of buffers,
// and noise. Evaluation has neither.
type state struct {
	net      *Network
	training bool
	values   map[string]*tensor.Dense // by local name: the batch's value of a buffer
	noise    map[string]*tensor.Dense // by local name
	update   uint64                   // the next draw
	scratch  []float64                // of draw
	before   []float64                // of follow: the previous buffers
	fresh    bool                     // the values are from a pass that the buffers have not followed yet
	part     *Part                    // of the batch; nil means all
	sums     []float64                // of average
}

// newState returns the state of a session of a plan.
func newState(p *plan, training bool) *state {
	s := &state{net: p.net, training: training, values: map[string]*tensor.Dense{}, noise: map[string]*tensor.Dense{}}
	dt := p.net.settings.Precision.Dtype()
	for _, u := range p.buffers {
		if training && u.Batch != nil {
			t := tensor.New(tensor.Of(dt), tensor.WithShape(u.Shape...))
			vector(t).CopyFrom(u.buffer.Values())
			s.values[u.local] = t
		}
	}
	for _, u := range p.noise {
		t := tensor.New(tensor.Of(dt), tensor.WithShape(u.Shape...))
		vector(t).Fill(u.Rest)
		s.noise[u.local] = t
	}
	return s
}

// measures reports whether the batch's values of buffers are computed.
func (s *state) measures() bool { return s.training && len(s.values) > 0 }

// inputs lists the buffers and the noise that a plan reads; values is the kind of the
// batch's values.
func (s *state) inputs(p *plan, values InputKind) []Input {
	var in []Input
	for _, u := range p.buffers {
		switch t, ok := s.values[u.local]; {
		case u.node == u.Batch: // not an input
		case ok:
			in = append(in, Input{Node: u.node, Kind: values, Tensor: t})
		default:
			in = append(in, Input{Node: u.node, Kind: ParameterInput, Tensor: u.buffer.Value})
		}
	}
	kind := ConstantInput
	if s.training {
		kind = ClampedInput
	}
	for _, u := range p.noise {
		in = append(in, Input{Node: u.node, Kind: kind, Tensor: s.noise[u.local], Sampled: u.ofSamples(p)})
	}
	return in
}

// stages lists the stages that compute the batch's values for prediction k. A value
// that depends on another comes in a later stage.
func (s *state) stages(p *plan, k int) []Stage {
	var stages []Stage
	var stage Stage
	var reads []bufferUse // computed by the current stage
	for _, u := range p.buffersOf[k] {
		t, ok := s.values[u.local]
		if !ok || u.Batch == nil {
			continue
		}
		reach := reachable(p.g, u.Batch)
		for _, r := range reads {
			if r.node != r.Batch && reach[r.node] {
				stages, stage, reads = append(stages, stage), nil, nil
				break
			}
		}
		stage, reads = append(stage, Output{Node: u.Batch, Tensor: t}), append(reads, u)
	}
	if stage != nil {
		stages = append(stages, stage)
	}
	return stages
}

// draw draws the noise of the next update and reports whether there is any.
func (s *state) draw(p *plan) (bool, error) {
	if !s.training || len(p.noise) == 0 {
		return false, nil
	}
	number := "#" + strconv.FormatUint(s.update, 10)
	for _, u := range p.noise {
		size := Shape(u.Shape).Size()
		if len(s.scratch) < size {
			s.scratch = make([]float64, size)
		}
		values := s.scratch[:size]
		rows, err := s.noiseRows(p, u)
		if err != nil {
			return true, err
		}
		if rows {
			if err := s.drawRows(u, values, number); err != nil {
				return true, errors.WithMessagef(err, "graph: noise %q", u.local)
			}
			vector(s.noise[u.local]).ConvertFrom(relax.Float64(values))
			continue
		}
		rng := splitRand(s.net.settings.Seed, u.local+number)
		if err := u.Draw.Fill(values, ParamSpec{Name: u.Name, Shape: u.Shape}, rng); err != nil {
			return true, errors.WithMessagef(err, "graph: noise %q", u.local)
		}
		vector(s.noise[u.local]).ConvertFrom(relax.Float64(values))
	}
	s.update++
	return true, nil
}

// follow moves the buffers towards the batch's values, once per pass. If one of them
// would not be finite, none moves, and the error names it.
func (s *state) follow(p *plan) error {
	if !s.fresh || len(s.values) == 0 {
		return nil
	}
	if s.part != nil && !s.part.Lead {
		s.fresh = false
		return nil
	}
	s.before = s.before[:0]
	for _, u := range p.buffers {
		if t, ok := s.values[u.local]; ok {
			dst := u.buffer.Values()
			for i := range dst.Len() {
				s.before = append(s.before, dst.At(i))
			}
			dst.Scale(1 - u.Momentum)
			dst.AddScaled(u.Momentum*u.correction(s.part.scale(p.batch)), vector(t))
		}
	}
	s.fresh = false
	s.net.ParamsChanged()
	return s.check(p)
}

// check returns an error if a buffer is not finite, and then restores all of them.
func (s *state) check(p *plan) error {
	var bad error
	for _, u := range p.buffers {
		dst := u.buffer.Values()
		if _, ok := s.values[u.local]; ok && bad == nil {
			if i := dst.FirstNonFinite(); i >= 0 {
				bad = &relax.NonFiniteError{Node: u.buffer.Name, Kind: relax.KindBuffer, Sample: -1, Number: dst.At(i)}
			}
		}
	}
	if bad == nil {
		return nil
	}
	rest := s.before
	for k := range p.buffers {
		u := p.buffers[k]
		if _, ok := s.values[u.local]; ok {
			dst := u.buffer.Values()
			dst.ConvertFrom(relax.Float64(rest[:dst.Len()]))
			rest = rest[dst.Len():]
		}
	}
	return bad
}

// freeze gives every buffer that the plan reads a separate value, for a session that
// runs single samples of another one.
func (s *state) freeze(p *plan) {
	for _, u := range p.buffers {
		s.values[u.local] = u.buffer.Value.Clone().(*tensor.Dense)
	}
}

// copySample copies the state of sample n of another session, of the given batch size,
// into the frozen state.
func (s *state) copySample(p *plan, from *state, n, batch int) {
	for _, u := range p.buffers {
		value := u.buffer.Value
		if t, ok := from.values[u.local]; ok {
			value = t
		}
		vector(s.values[u.local]).CopyFrom(vector(value))
	}
	for name, t := range s.noise {
		dst, src := vector(t), vector(from.noise[name])
		if size := dst.Len(); src.Len() == size*batch {
			src = src.Slice(n*size, (n+1)*size)
		}
		dst.CopyFrom(src)
	}
}
