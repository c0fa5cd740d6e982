package train

import (
	"context"
	"math"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/graph"
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/relax"
)

// Ensemble learns with all members of a [graph.Ensemble] at once, each with data,
// learning rates and step sizes of its own, by gradient descent. A member has, bit for
// bit, the parameters that a network alone gets from the same rule and [SGD].
//
// The rule is a [Prospective] that moves activities by Euler steps, with a constant or
// a discounted size and without a stop, or a [Backprop]. Its settings are read once.
//
// A member whose numbers stop being finite keeps the parameters that it had before the
// update, and learns no more; [Ensemble.Err] tells why. The others are not affected.
type Ensemble struct {
	ens     *graph.Ensemble
	session *graph.EnsembleSession
	rule    ensembleRule
	rates   []relax.Vector // by parameter: of every lane
	decay   []relax.Vector // by parameter: of a block's lanes
	errs    []error        // by member
	energy  []float64      // by lane of all blocks
	blocks  []ensembleBlock
	visit   func(*graph.EnsembleBlock) error
}

// ensembleBlock is the state of the relaxation of a block.
type ensembleBlock struct {
	size, previous, sound, steps []float64 // by lane
	dead                         []int     // lanes that learn no more
}

// NewEnsemble prepares learning with batches of a size, which clamp the named nodes.
// Learning rates are 0 at first.
func NewEnsemble(e *graph.Ensemble, rule Rule, optimizer *SGD, batch int, clamped ...string) (*Ensemble, error) {
	out := &Ensemble{ens: e, errs: make([]error, e.Members())}
	roles := graph.Roles{Clamped: clamped, Training: true}
	b := Batch{Size: batch}
	var err error
	switch r := rule.(type) {
	case *Prospective:
		if out.rule, err = r.forEnsemble(e.Network()); err != nil {
			return nil, err
		}
		out.rule.scale = b.GradientScale(r.Average) / orDefault(r.Nudge, 1)
		out.session, err = e.Session(batch, roles)
		if err == nil && r.Nudge != 0 {
			err = out.nudge(r.Nudge, clamped)
		}
	case *Backprop:
		out.rule.scale = b.GradientScale(r.Average)
		out.session, err = e.BackpropSession(batch, roles)
	default:
		err = errors.Errorf("train: ensemble: rule, got %T, want a Prospective or a Backprop", rule)
	}
	if err != nil {
		return nil, err
	}
	if err := checkRange("SGD", "WeightDecay", optimizer.WeightDecay, 0, math.Inf(1)); err != nil {
		return nil, err
	}
	out.allocate(optimizer)
	out.visit = out.learn
	return out, nil
}

func (e *Ensemble) allocate(optimizer *SGD) {
	lanes := e.session.Lanes()
	blocks := (e.ens.Members() + lanes - 1) / lanes
	e.energy = make([]float64, blocks*lanes)
	for _, p := range e.ens.Network().Params() {
		rates, decay := relax.Float32(make([]float32, blocks*lanes)), relax.Float32(make([]float32, lanes))
		if p.Values().Float64() != nil {
			rates, decay = relax.Float64(make([]float64, blocks*lanes)), relax.Float64(make([]float64, lanes))
		}
		decay.Fill(decayOf(p, optimizer.WeightDecay, optimizer.DecayAll))
		e.rates, e.decay = append(e.rates, rates), append(e.decay, decay)
	}
	for range blocks {
		e.blocks = append(e.blocks, ensembleBlock{
			size: make([]float64, lanes), previous: make([]float64, lanes), sound: make([]float64, lanes), steps: make([]float64, lanes),
		})
	}
}

// Clamp copies one batch of data of a member into a clamped node.
func (e *Ensemble) Clamp(member int, node string, data []float32) error {
	return e.session.Clamp(member, node, data)
}

// SetRates sets the learning rates of a member: one for all parameters, or one for each
// in the order of [graph.Network.Params]. A rate of 0 leaves a parameter as it is.
func (e *Ensemble) SetRates(member int, rates ...float64) error {
	if member < 0 || member >= e.ens.Members() {
		return errors.Errorf("train: ensemble: member, got %d, want 0 to %d", member, e.ens.Members()-1)
	}
	if len(rates) != 1 && len(rates) != len(e.rates) {
		return errors.Errorf("train: ensemble: rates, got %d, want 1 or %d", len(rates), len(e.rates))
	}
	top := math.MaxFloat64
	if e.ens.Network().Settings().Precision == graph.Float32 {
		top = math.MaxFloat32
	}
	for _, r := range rates {
		if !(r >= 0 && r <= top) {
			return errors.Errorf("train: ensemble: learning rate, got %v, want a number from 0 that the precision can hold", r)
		}
	}
	for i := range e.rates {
		e.rates[i].Set(member, rates[min(i, len(rates)-1)])
	}
	return nil
}

// Err returns why a member learns no more: a [relax.NonFiniteError] or a
// [NonFiniteError]. It is nil while it learns.
func (e *Ensemble) Err(member int) error { return e.errs[member] }

// Energy returns the energy of a member at the state of its last gradients, or its loss
// for backprop.
func (e *Ensemble) Energy(member int) float64 { return e.energy[member] }

// Learn takes one learning step with every member. Cancellation takes effect before it.
// It allocates nothing.
func (e *Ensemble) Learn(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return errors.Wrap(err, "train: ensemble")
	}
	return e.session.Run(e.visit)
}

// learn learns with the members of a block.
func (e *Ensemble) learn(b *graph.EnsembleBlock) error {
	s := &e.blocks[b.First()/b.Lanes()]
	for _, lane := range s.dead {
		b.Clear(lane)
	}
	if err := b.Initialize(); err != nil {
		return err
	}
	if err := e.relax(b, s); err != nil {
		return err
	}
	energy, err := b.Learn()
	if err != nil {
		return err
	}
	copy(e.energy[b.First():], energy)
	e.checkEnergies(b, s, energy)
	for k := range e.rates {
		e.descend(b, k)
	}
	e.checkParams(b, s)
	for _, lane := range s.dead {
		b.Restore(lane)
	}
	return nil
}

// relax takes the steps of the relaxation.
func (e *Ensemble) relax(b *graph.EnsembleBlock, s *ensembleBlock) error {
	r := &e.rule
	if !r.relaxes || b.Activities() == 0 {
		return nil
	}
	for i := range s.size {
		s.size[i] = r.size
	}
	clear(s.sound)
	clear(s.steps)
	for t := range r.steps {
		energy, err := b.Descend(s.size)
		if err != nil {
			return err
		}
		factor, amplify := r.factor, r.amplify
		if t == 0 {
			factor, amplify = 1, 1
		}
		kernel.Discount(s.size, energy, s.previous, s.sound, s.steps, factor, amplify)
	}
	for lane := range b.Members() {
		if x := s.sound[lane]; x != 0 {
			e.fail(b, s, lane, &relax.NonFiniteError{Step: int(s.steps[lane]), Node: "total", Kind: relax.KindEnergy, Sample: -1, Number: x})
		}
	}
	for i := range b.Activities() {
		x, name := b.Activity(i)
		e.eachNonFinite(b, x, func(lane, element int, value float64) {
			sample := element / (x.Len() / b.Lanes() / e.session.Batch())
			e.fail(b, s, lane, &relax.NonFiniteError{Step: r.steps, Node: name, Kind: relax.KindActivity, Sample: sample, Number: value})
		})
	}
	return nil
}

// checkEnergies ends the learning of members whose energy is not finite.
func (e *Ensemble) checkEnergies(b *graph.EnsembleBlock, s *ensembleBlock, energy []float64) {
	for lane, x := range energy[:b.Members()] {
		if x-x != 0 {
			e.fail(b, s, lane, &relax.NonFiniteError{Step: e.rule.steps, Node: "total", Kind: relax.KindEnergy, Sample: -1, Number: x})
		}
	}
}

// descend takes the step of a parameter.
func (e *Ensemble) descend(b *graph.EnsembleBlock, param int) {
	g := b.Grads(param)
	if g.Len() == 0 {
		return
	}
	if e.rule.scale != 1 {
		g.Scale(e.rule.scale)
	}
	w, rates, decay := b.Values(param), e.rates[param].Slice(b.First(), b.First()+b.Lanes()), e.decay[param]
	if w.Float32() != nil {
		kernel.LaneSGD(w.Float32(), g.Float32(), rates.Float32(), decay.Float32())
		return
	}
	kernel.LaneSGD(w.Float64(), g.Float64(), rates.Float64(), decay.Float64())
}

// checkParams ends the learning of members of which a parameter is not finite, or would
// mean infinity.
func (e *Ensemble) checkParams(b *graph.EnsembleBlock, s *ensembleBlock) {
	for k, p := range e.ens.Network().Params() {
		if b.Grads(k).Len() == 0 {
			continue
		}
		e.eachNonFinite(b, b.Values(k), func(lane, element int, value float64) {
			if e.rates[k].At(b.First()+lane) == 0 { // 0 times infinity
				b.RestoreParam(lane, k)
				return
			}
			err := &NonFiniteError{Param: p.Name, What: "value", Index: element, Value: value}
			if g := b.Grads(k).At(element*b.Lanes() + lane); g-g != 0 {
				err = &NonFiniteError{Param: p.Name, Index: element, Value: g}
			}
			e.fail(b, s, lane, err)
		})
		if !p.Log {
			continue
		}
		limit := math.Log(limitsOf(p.Value.Dtype()).max)
		for i, v := 0, b.Values(k); i < v.Len(); i++ {
			if lane := i % b.Lanes(); lane < b.Members() && v.At(i) >= limit {
				e.fail(b, s, lane, &NonFiniteError{Param: p.Name, What: "exponential", Index: i / b.Lanes(), Value: math.Inf(1)})
			}
		}
	}
}

// eachNonFinite calls f for the first number of every member in v that is not finite.
func (e *Ensemble) eachNonFinite(b *graph.EnsembleBlock, v relax.Vector, f func(lane, element int, value float64)) {
	if x := v.Float32(); x != nil && kernel.Finite(x) || x == nil && kernel.Finite(v.Float64()) {
		return
	}
	for lane := range b.Members() {
		for i := lane; i < v.Len(); i += b.Lanes() {
			if x := v.At(i); x-x != 0 {
				f(lane, i/b.Lanes(), x)
				break
			}
		}
	}
}

// fail ends the learning of a member.
func (e *Ensemble) fail(b *graph.EnsembleBlock, s *ensembleBlock, lane int, err error) {
	if m := b.First() + lane; e.errs[m] == nil {
		e.errs[m] = err
		s.dead = append(s.dead, lane)
	}
}
