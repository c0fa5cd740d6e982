package graph

import (
	"github.com/seed-be841da4/prospect/internal/kernel"
	"github.com/seed-be841da4/prospect/relax"
)

// EnsembleBlock is a block of members of an ensemble in the memory of a thread, where
// their program runs. Element i of lane l of every vector is number i·Lanes() + l; lane l
// is member First() + l. Lanes beyond Members() hold numbers without meaning.
//
// It is valid during the call of [EnsembleSession.Run] that passes it.
type EnsembleBlock struct {
	session *EnsembleSession
	unit    laneUnit
	index   int

	values, grads []relax.Vector // by parameter
	acts          []relax.Vector // by node
	raw           [][]float64    // by active term
	energy        []float64
	scratch       []float64
	room          relax.Vector // of Scratch
}

// bind finds the memory of the block.
func (b *EnsembleBlock) bind() {
	for _, p := range b.session.ens.net.params {
		b.values, b.grads = append(b.values, b.unit.memory(p.Value)), append(b.grads, b.unit.memory(p.Grad))
	}
	for _, a := range b.session.acts {
		v := relax.Vector{}
		if a != nil {
			v = b.unit.memory(a)
		}
		b.acts = append(b.acts, v)
	}
	for _, k := range b.session.terms.active {
		b.raw = append(b.raw, b.unit.Scalar(&b.session.terms.raw[k]))
	}
}

// Lanes returns the number of lanes.
func (b *EnsembleBlock) Lanes() int { return b.session.ens.lanes }

// First returns the member of lane 0.
func (b *EnsembleBlock) First() int { return b.index * b.session.ens.lanes }

// Members returns the number of lanes that are members.
func (b *EnsembleBlock) Members() int { return min(b.Lanes(), b.session.ens.members-b.First()) }

// Values returns a parameter, given by its index in [Network.Params]. It has no elements
// where the session does not use the parameter. Changes are kept.
func (b *EnsembleBlock) Values(param int) relax.Vector { return b.values[param] }

// Grads returns the gradient of a parameter that Learn computed, summed over the batch.
// It has no elements where the energy does not depend on the parameter.
func (b *EnsembleBlock) Grads(param int) relax.Vector { return b.grads[param] }

// Scratch returns memory as large as a parameter, with any content, which the next call
// takes again.
func (b *EnsembleBlock) Scratch(param int) relax.Vector {
	n := b.values[param].Len()
	if b.room.Len() < n {
		b.room = newVector(b.session.ens.net.settings.Precision, n)
	}
	return b.room.Slice(0, n)
}

// Activities returns the number of free nodes.
func (b *EnsembleBlock) Activities() int { return len(b.session.free) }

// Activity returns the activity of free node i, in the order of [Session.Activities],
// and its name.
func (b *EnsembleBlock) Activity(i int) (relax.Vector, string) {
	return b.acts[b.session.freeAt[i]], b.session.free[i].Name
}

// visit loads block i, runs f on it and stores it.
func (b *EnsembleBlock) visit(i int, f func(*EnsembleBlock) error) error {
	b.index = i
	ens := b.session.ens
	for k, v := range b.values {
		if v.Len() > 0 {
			v.CopyFrom(ens.params[k].block(i))
		}
	}
	for node, clamped := range b.session.clamped {
		if clamped && b.acts[node].Len() > 0 {
			b.acts[node].CopyFrom(b.session.data[node].block(i))
		}
	}
	if err := f(b); err != nil {
		return err
	}
	for k, v := range b.values {
		if v.Len() > 0 {
			ens.params[k].block(i).CopyFrom(v)
		}
	}
	for _, node := range b.session.asked {
		b.session.data[node].block(i).CopyFrom(b.acts[node])
	}
	return nil
}

// Restore gives a lane the parameters that it had when the block was loaded.
func (b *EnsembleBlock) Restore(lane int) {
	for k := range b.values {
		b.RestoreParam(lane, k)
	}
}

// RestoreParam is [EnsembleBlock.Restore] for one parameter.
func (b *EnsembleBlock) RestoreParam(lane, param int) {
	before, v := b.session.ens.params[param].block(b.index), b.values[param]
	for i := lane; i < v.Len(); i += b.Lanes() {
		v.Set(i, before.At(i))
	}
}

// Clear sets the parameters and the data of a lane to 0, so that a member that has
// diverged computes with finite numbers. [EnsembleBlock.Restore] undoes it.
func (b *EnsembleBlock) Clear(lane int) {
	for _, v := range b.values {
		for i := lane; i < v.Len(); i += b.Lanes() {
			v.Set(i, 0)
		}
	}
	for node, clamped := range b.session.clamped {
		for i := lane; clamped && i < b.acts[node].Len(); i += b.Lanes() {
			b.acts[node].Set(i, 0)
		}
	}
}

// Initialize takes note of the parameters and the data, and sets the nodes that are not
// clamped to their predictions, as [Session.Initialize] does; nodes that a feedforward
// pass cannot compute start at 0. It comes first in every session.
func (b *EnsembleBlock) Initialize() error {
	if b.session.jobs.forward < 0 {
		return b.unit.Refresh(true)
	}
	for _, i := range b.session.held {
		b.acts[i].Fill(0)
	}
	return b.feedforward()
}

func (b *EnsembleBlock) feedforward() error {
	if err := b.unit.Refresh(true); err != nil {
		return err
	}
	return b.unit.RunProgram(b.session.jobs.forward)
}

// Descend moves every free activity by −step times its gradient, with a step for each
// lane, and returns the energies before the step, as [Session.Descend] does. The next
// call overwrites them.
func (b *EnsembleBlock) Descend(steps []float64) ([]float64, error) {
	if err := b.unit.StepProgram(b.session.jobs.descend, steps); err != nil {
		return nil, err
	}
	return b.total(), nil
}

// Learn computes the gradients of the parameters and returns the energies, as
// [Session.Learn] does. The next call overwrites them. In a session of backpropagation
// it is the whole pass.
func (b *EnsembleBlock) Learn() ([]float64, error) {
	if err := b.unit.RunProgram(b.session.jobs.learn); err != nil {
		return nil, err
	}
	return b.total(), nil
}

// total adds up the energies of the terms, each times its coefficient.
func (b *EnsembleBlock) total() []float64 {
	for j, k := range b.session.terms.active {
		gate, raw := b.session.terms.gates[k], b.raw[j]
		if gate != 1 {
			if !kernel.Vector1(kernel.MulScalar, b.scratch, raw, gate) {
				for i, x := range raw {
					b.scratch[i] = gate * x
				}
			}
			raw = b.scratch
		}
		switch {
		case j == 0:
			copy(b.energy, raw)
		case !kernel.Vector2(kernel.Add, b.energy, b.energy, raw):
			for i, x := range raw {
				b.energy[i] += x
			}
		}
	}
	return b.energy
}
