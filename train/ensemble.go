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
// learning rates, weight decay and relaxation of its own. A member has, bit for bit, the
// parameters that a network alone gets from the same rule and optimizer.
//
// The rule is a [Prospective] that moves activities by Euler steps, with a constant or
// a discounted size and without a stop, or a [Backprop]. The optimizer is an [SGD], a
// [Momentum], an [Adam] or an [AdamW]; its own state is neither read nor written. The
// settings of both are read once.
//
// A member whose numbers stop being finite keeps the parameters that it had before the
// update, and learns no more; [Ensemble.Err] tells why. The others are not affected.
type Ensemble struct {
	*pupils
	session *graph.EnsembleSession
	clamped []string
	scale   float64 // of the gradients
	visit   func(*graph.EnsembleBlock) error
}

// pupils is what does not depend on the size of the batch.
type pupils struct {
	ens    *graph.Ensemble
	rule   Rule
	setup  ensembleRule
	step   laneOptimizer
	ones   []float64   // by lane
	rates  [][]float64 // by parameter: of every lane
	decay  [][]float64
	errs   []error   // by member
	energy []float64 // by lane of all blocks
	blocks []ensembleBlock
}

// ensembleBlock is the state of a block.
type ensembleBlock struct {
	relax                        []laneRelaxation // by lane
	first, factor, amplify       []float64        // of the relaxations, by lane
	size, previous, sound, steps []float64        // by lane
	dead                         []int            // lanes that learn no more
	optimizer                    laneState
}

// NewEnsemble prepares learning with batches of a size, which clamp the named nodes.
// Learning rates are 0 at first, and the rest as the rule and the optimizer say.
func NewEnsemble(e *graph.Ensemble, rule Rule, optimizer Optimizer, batch int, clamped ...string) (*Ensemble, error) {
	p := &pupils{ens: e, rule: rule, errs: make([]error, e.Members())}
	var err error
	if p.setup, err = ruleForEnsemble(rule); err != nil {
		return nil, err
	}
	if p.step, err = newLaneOptimizer(optimizer); err != nil {
		return nil, err
	}
	out := &Ensemble{pupils: p, clamped: clamped}
	if err := out.open(batch); err != nil {
		return nil, err
	}
	p.allocate(out.session.Lanes())
	return out, nil
}

// Sized returns the same learning with batches of another size, such as the last of an
// epoch: the members have the parameters, the settings and the state of e, and both may
// be used in turn.
func (e *Ensemble) Sized(batch int) (*Ensemble, error) {
	out := &Ensemble{pupils: e.pupils, clamped: e.clamped}
	return out, out.open(batch)
}

// open prepares the session.
func (e *Ensemble) open(batch int) error {
	b := Batch{Size: batch}
	roles := graph.Roles{Clamped: e.clamped, Training: true}
	var err error
	switch r := e.rule.(type) {
	case *Prospective:
		if err := CheckNudge(r.Nudge, e.ens.Network().Settings().Precision); err != nil {
			return errors.WithMessage(err, "train: ensemble")
		}
		e.scale = b.GradientScale(r.Average) / orDefault(r.Nudge, 1)
		e.session, err = e.ens.Session(batch, roles)
		if err == nil && r.Nudge != 0 {
			err = e.nudge(r.Nudge)
		}
	case *Backprop:
		e.scale = b.GradientScale(r.Average)
		e.session, err = e.ens.BackpropSession(batch, roles)
	}
	e.visit = e.learn
	return err
}

func (p *pupils) allocate(lanes int) {
	blocks := (p.ens.Members() + lanes - 1) / lanes
	p.energy = make([]float64, blocks*lanes)
	for range lanes {
		p.ones = append(p.ones, 1)
	}
	for _, w := range p.ens.Network().Params() {
		decay := make([]float64, blocks*lanes)
		for i := range decay {
			decay[i] = p.step.decayOf(w, p.step.weightDecay)
		}
		p.rates, p.decay = append(p.rates, make([]float64, blocks*lanes)), append(p.decay, decay)
	}
	for range blocks {
		b := ensembleBlock{optimizer: newLaneState(&p.step, p.ens.Network(), lanes)}
		for _, v := range []*[]float64{&b.first, &b.factor, &b.amplify, &b.size, &b.previous, &b.sound, &b.steps} {
			*v = make([]float64, lanes)
		}
		for lane := range lanes {
			b.relax = append(b.relax, p.setup.laneRelaxation)
			b.setRelaxation(lane, p.setup.laneRelaxation)
		}
		p.blocks = append(p.blocks, b)
	}
}

// Clamp copies one batch of data of a member into a clamped node.
func (e *Ensemble) Clamp(member int, node string, data []float32) error {
	return e.session.Clamp(member, node, data)
}

// SetRates sets the learning rates of a member: one for all parameters, or one for each
// in the order of [graph.Network.Params]. A rate of 0 leaves a parameter as it is; its
// moments follow its gradients all the same, as in PyTorch.
func (e *Ensemble) SetRates(member int, rates ...float64) error {
	if err := e.check(member); err != nil {
		return err
	}
	if len(rates) != 1 && len(rates) != len(e.rates) {
		return errors.Errorf("train: ensemble: rates, got %d, want 1 or %d", len(rates), len(e.rates))
	}
	top := math.MaxFloat64
	if e.ens.Network().Settings().Precision == graph.Float32 {
		top = math.MaxFloat32
	}
	for i, r := range rates {
		if !(r >= 0 && r <= top) {
			return errors.Errorf("train: ensemble: learning rate, got %v, want a number from 0 that the precision can hold", r)
		}
		if err := e.step.checkShrink(r, e.decay[i][member]); err != nil {
			return err
		}
	}
	for i := range e.rates {
		e.rates[i][member] = rates[min(i, len(rates)-1)]
	}
	return nil
}

// SetWeightDecay sets the weight decay of a member.
func (e *Ensemble) SetWeightDecay(member int, decay float64) error {
	if err := e.check(member); err != nil {
		return err
	}
	if err := checkRange("ensemble", "WeightDecay", decay, 0, math.Inf(1)); err != nil {
		return err
	}
	for i := range e.decay {
		if err := e.step.checkShrink(e.rates[i][member], decay); err != nil {
			return err
		}
	}
	for i, p := range e.ens.Network().Params() {
		e.decay[i][member] = e.step.decayOf(p, decay)
	}
	return nil
}

// SetRelax sets how the activities of a member relax: the number of steps, their size and
// its discount. All else is refused as in the rule. A block of members computes as many
// steps as the member with the most.
func (e *Ensemble) SetRelax(member int, s relax.Settings) error {
	if err := e.check(member); err != nil {
		return err
	}
	p, ok := e.rule.(*Prospective)
	if !ok {
		return errors.Errorf("train: ensemble: relaxation: rule, got %T, which has none, want a Prospective", e.rule)
	}
	like := Prospective{Relax: s, State: p.State}
	r, err := like.forEnsemble()
	if err != nil {
		return err
	}
	lanes := e.session.Lanes()
	e.blocks[member/lanes].setRelaxation(member%lanes, r.laneRelaxation)
	return nil
}

// setRelaxation sets the relaxation of a lane.
func (b *ensembleBlock) setRelaxation(lane int, r laneRelaxation) {
	b.relax[lane] = r
	b.first[lane], b.factor[lane], b.amplify[lane] = r.size, r.factor, r.amplify
}

func (e *Ensemble) check(member int) error {
	if member < 0 || member >= e.ens.Members() {
		return errors.Errorf("train: ensemble: member, got %d, want 0 to %d", member, e.ens.Members()-1)
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
	e.step.begin()
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
		e.descend(b, s, k)
	}
	e.checkParams(b, s)
	for _, lane := range s.dead {
		b.Restore(lane)
	}
	return nil
}

// relax takes the steps of the relaxation.
func (e *Ensemble) relax(b *graph.EnsembleBlock, s *ensembleBlock) error {
	if !e.setup.relaxes || b.Activities() == 0 {
		return nil
	}
	least, most := s.relax[0].count, 0
	for _, r := range s.relax[:b.Members()] {
		least, most = min(least, r.count), max(most, r.count)
	}
	copy(s.size, s.first)
	clear(s.sound)
	clear(s.steps)
	for t := range most {
		if t >= least {
			s.rest(t)
		}
		energy, err := b.Descend(s.size)
		if err != nil {
			return err
		}
		factor, amplify := s.factor, s.amplify
		if t == 0 { // there is no energy before
			factor, amplify = e.ones, e.ones
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
			e.fail(b, s, lane, &relax.NonFiniteError{Step: s.relax[lane].count, Node: name, Kind: relax.KindActivity, Sample: sample, Number: value})
		})
	}
	return nil
}

// rest gives lanes that have taken all their steps the size 0.
func (b *ensembleBlock) rest(step int) {
	for lane := range b.relax {
		if step >= b.relax[lane].count {
			b.size[lane] = 0
		}
	}
}

// checkEnergies ends the learning of members whose energy is not finite.
func (e *Ensemble) checkEnergies(b *graph.EnsembleBlock, s *ensembleBlock, energy []float64) {
	for lane, x := range energy[:b.Members()] {
		if x-x != 0 {
			e.fail(b, s, lane, &relax.NonFiniteError{Step: s.relax[lane].count, Node: "total", Kind: relax.KindEnergy, Sample: -1, Number: x})
		}
	}
}

// descend takes the step of a parameter.
func (e *Ensemble) descend(b *graph.EnsembleBlock, s *ensembleBlock, param int) {
	g := b.Grads(param)
	if g.Len() == 0 {
		return
	}
	if e.scale != 1 {
		g.Scale(e.scale)
	}
	from, to := b.First(), b.First()+b.Lanes()
	s.optimizer.take(b, param, e.rates[param][from:to], e.decay[param][from:to])
}

// checkParams ends the learning of members of which a parameter is not finite, or would
// mean infinity.
func (e *Ensemble) checkParams(b *graph.EnsembleBlock, s *ensembleBlock) {
	for k, p := range e.ens.Network().Params() {
		if b.Grads(k).Len() == 0 {
			continue
		}
		e.eachNonFinite(b, b.Values(k), func(lane, element int, value float64) {
			if e.rates[k][b.First()+lane] == 0 { // 0 times infinity
				b.RestoreParam(lane, k)
				return
			}
			err := &NonFiniteError{Param: p.Name, What: "value", Index: element, Value: value}
			if g := b.Grads(k).At(element*b.Lanes() + lane); g-g != 0 {
				err = &NonFiniteError{Param: p.Name, Index: element, Value: g}
			}
			e.fail(b, s, lane, err)
		})
		for i, v := range s.optimizer.memory(k) {
			e.eachNonFinite(b, v, func(lane, element int, value float64) {
				e.fail(b, s, lane, &NonFiniteError{Param: p.Name, What: words(e.step.slots[i]), Index: element, Value: value})
			})
		}
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
