package relax

import (
	"math"

	"github.com/pkg/errors"
)

// Part is a [Problem] whose samples are a part of a batch. The other parts are relaxed at
// the same time by other drivers with equal settings, perhaps in other processes. Its
// energies are those of its own samples; the driver has them added up where the step
// control needs the batch's, so that every part takes the same steps. Without other
// parts, Parted is false and nothing else is asked.
type Part interface {
	Problem
	// Parted reports whether there are other parts.
	Parted() bool
	// Combine replaces each of sums by its sum over all parts, and each of largest by the
	// largest of all parts, NaN if there is one. All parts call it in the same order with
	// as many numbers, and all get the same bits.
	Combine(sums, largest []float64) error
	// Rows returns the index in the batch of the part's first sample, and the number of
	// samples of the batch.
	Rows() (first, batch int)
}

// Divisible is a [Solver] or a [Converger] for batches that are relaxed in parts, see
// [Part]: a solver that moves every sample by its own values alone, and a test that holds
// for a batch if it holds for all parts. The solvers and tests of this package are.
type Divisible interface {
	// Divisible reports whether it is so with these settings.
	Divisible() bool
}

// Divisible reports true.
func (Euler) Divisible() bool { return true }

// Divisible reports true.
func (*Momentum) Divisible() bool { return true }

// Divisible reports true.
func (*Adam) Divisible() bool { return true }

// Divisible reports true: every sample has pairs of its own.
func (*LBFGS) Divisible() bool { return true }

// Divisible reports true.
func (*Heun) Divisible() bool { return true }

// Divisible reports true.
func (*RK4) Divisible() bool { return true }

// Divisible reports true: the noise of a sample depends on its place in the batch.
func (*Langevin) Divisible() bool { return true }

// Divisible reports true: it asks for every sample.
func (GradientNorm) Divisible() bool { return true }

// Divisible reports true: every sample has a past of its own.
func (*Anderson) Divisible() bool { return true }

// Divisible reports true: every sample has a direction of its own.
func (*ConjugateGradient) Divisible() bool { return true }

// Divisible reports true: it asks for every sample.
func (EnergyGap) Divisible() bool { return true }

// Divisible reports whether it asks for every sample.
func (c RelativeGap) Divisible() bool { return !c.Batch }

// partOf returns the problem as a part of a batch, or nil if it is a whole one.
func partOf(p Problem) Part {
	if c, ok := p.(*counted); ok {
		p = c.Problem
	}
	if part, ok := p.(Part); ok && part.Parted() {
		return part
	}
	return nil
}

// rowsOf returns the index in the batch of the problem's first sample, and the number of
// samples of the batch, given those of the problem.
func rowsOf(p Problem, samples int) (first, batch int) {
	if part := partOf(p); part != nil {
		return part.Rows()
	}
	return 0, samples
}

// Larger returns the larger of two numbers, or NaN if one is.
func Larger(a, b float64) float64 {
	if b > a || math.IsNaN(b) {
		return b
	}
	return a
}

// combineEnergies replaces the energies of a part by those of the batch and returns their
// total.
func (d *Driver) combineEnergies(energies []float64, total float64) (float64, error) {
	if d.part == nil || d.isBlind() {
		return total, nil
	}
	if err := d.part.Combine(energies, nil); err != nil {
		return total, err
	}
	total = 0
	for _, e := range energies {
		total += e
	}
	return total, nil
}

// combineNorms replaces the gradient norms of a part by those of the batch.
func (d *Driver) combineNorms() error {
	if d.part == nil || d.compacting() && !d.compaction.ended {
		return nil
	}
	r := &d.run
	sums, largest := d.pair[:1], d.pair[1:]
	sums[0], largest[0] = r.gradSquared, r.gradNorm
	if err := d.part.Combine(sums, largest); err != nil {
		return err
	}
	first, _ := d.part.Rows()
	if r.worst += first; largest[0] != r.gradNorm {
		r.worst = -1
	}
	r.gradSquared, r.gradNorm = sums[0], largest[0]
	return nil
}

// combineLargest returns the largest of a number over the parts of the batch.
func (d *Driver) combineLargest(x float64) (float64, error) {
	if d.part == nil {
		return x, nil
	}
	d.pair[0] = x
	err := d.part.Combine(nil, d.pair[:1])
	return d.pair[0], err
}

// combineSum returns the sum of a number over the parts of the batch.
func (d *Driver) combineSum(x float64) (float64, error) {
	if d.part == nil {
		return x, nil
	}
	d.pair[0] = x
	err := d.part.Combine(d.pair[:1], nil)
	return d.pair[0], err
}

// isBlind reports whether no step depends on the energy of the batch.
func (d *Driver) isBlind() bool { return d.blind || d.compacting() }

// combineBlind makes the energies of the batch of those that no step needed.
func (d *Driver) combineBlind() error {
	r := &d.run
	r.batchStart, r.batchEnergy = r.start, r.energy
	if d.part == nil || !d.isBlind() {
		return nil
	}
	d.pair[0], d.pair[1] = r.start, r.energy
	if err := d.part.Combine(d.energies, nil); err != nil {
		return err
	}
	err := d.part.Combine(d.pair[:], nil)
	r.batchStart, r.batchEnergy = d.pair[0], d.pair[1]
	return err
}

// checkPart returns an error if the settings cannot relax a part of a batch.
func (d *Driver) checkPart() error {
	if d.part == nil {
		return nil
	}
	for name, x := range map[string]any{"Solver": d.settings.Solver, "Stop": d.settings.Stop} {
		if v, ok := x.(Divisible); x != nil && !(ok && v.Divisible()) {
			return errors.Errorf("relax: settings: %s, got %T, want a Divisible one where a batch is relaxed in parts; use one of this package or relax whole batches", name, x)
		}
	}
	if _, ok := d.settings.Control.(Surveyor); ok {
		return errors.Errorf("relax: settings: Control, got %T, which looks at a whole batch, want another where it is relaxed in parts, such as Constant", d.settings.Control)
	}
	if d.settings.Recorder != nil {
		return errors.Errorf("relax: settings: Recorder, got %T, want none where a batch is relaxed in parts; record whole batches", d.settings.Recorder)
	}
	return nil
}
