package graph

import (
	"strconv"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/relax"
)

// Part is a part of every batch that a network runs; the other parts run on other views
// of it, perhaps in other processes. See [Network.Part].
type Part struct {
	// First is the index in the batch of the part's first sample, Batch the number of
	// samples of the whole batch. Both are set before every batch.
	First, Batch int
	// Lead is set for one part of a process: it moves the buffers that all share.
	Lead bool
	// Combine is [relax.Part]'s: it adds up numbers over the parts, or finds the largest.
	Combine func(sums, largest []float64) error
}

// Part returns a view of the network for one part of every batch: it shares parameters
// and buffers, and has gradients of its own. Its sessions run the part's samples alone,
// with what depends on the whole batch:
//
//   - relaxations take the steps that the batch would, see [relax.Part];
//   - statistics of the batch, as of [BufferSpec.Mean], are those of all parts;
//   - noise depends on a sample's place in the batch, and so do random starts.
//
// Energies and gradients are the part's own. The sum of the gradients over the parts is
// that of the batch, but for rounding. With the same parts the bits of everything are the
// same wherever the parts run. What cannot be divided is an error of the session: see
// [Network.BackpropSession].
//
// The caller sets First and Batch before a batch, and Combine blocks until all parts have
// called it. A view of a view is one of the network.
func (n *Network) Part(p *Part) *Network {
	whole := n
	if n.whole != nil {
		whole = n.whole
	}
	view := *whole
	view.whole, view.part = whole, p
	view.plans.Clear()
	view.passes.Clear()
	view.params = make([]*Param, len(whole.params))
	for i, w := range whole.params {
		own := *w
		own.Grad = w.Grad.Clone().(*tensor.Dense)
		view.params[i] = &own
	}
	return &view
}

// scale is the size of the whole batch by that of a part; 1 where there are no parts.
func (p *Part) scale(size int) float64 {
	if p == nil {
		return 1
	}
	return float64(p.Batch) / float64(size)
}

// drawRows fills the rows of a part, of the given size, with draws, as they are where the
// whole batch is filled.
func (p *Part) drawRows(v relax.Vector, size int, draw func() float64) {
	width, before, behind := v.Len()/size, 0, 0
	if p != nil {
		before, behind = p.First, p.Batch-p.First-size
	}
	for range before * width {
		draw()
	}
	for j := range v.Len() {
		v.Set(j, draw())
	}
	for range behind * width {
		draw()
	}
}

var (
	_ relax.Part = (*Session)(nil)
	_ relax.Part = (*ErrorCoordinates)(nil)
)

// Parted reports whether the session runs a part of its batch; see [Network.Part].
func (s *Session) Parted() bool { return s.net.part != nil }

// Combine adds up numbers over the parts of the batch, or finds the largest.
func (s *Session) Combine(sums, largest []float64) error { return s.net.part.Combine(sums, largest) }

// Rows returns the index in the batch of the session's first sample, and the number of
// samples of the batch.
func (s *Session) Rows() (first, batch int) { return s.net.part.First, s.net.part.Batch }

// Parted is [Session.Parted].
func (e *ErrorCoordinates) Parted() bool { return e.session.Parted() }

// Combine is [Session.Combine].
func (e *ErrorCoordinates) Combine(sums, largest []float64) error {
	return e.session.Combine(sums, largest)
}

// Rows is [Session.Rows].
func (e *ErrorCoordinates) Rows() (first, batch int) { return e.session.Rows() }

// checkPart returns an error if a part does not have the batch's values.
func (s *state) checkPart(p *plan) error {
	if s.part == nil || !s.training {
		return nil
	}
	follows := false
	for _, u := range p.buffers {
		if u.Batch != nil && u.Mean == 0 {
			return errors.Errorf("graph: buffer %q: follows a value of the batch that is no mean over its samples, which the values of parts do not tell; set BufferSpec.Mean if it is one, or use whole batches", u.buffer.Name)
		}
		follows = follows || u.Batch != nil
	}
	if p.batch > 1 || follows {
		return nil
	}
	two, err := p.net.plan(2)
	if err != nil {
		return err
	}
	for _, u := range two.buffers {
		if u.Batch != nil {
			return errors.Errorf("graph: buffer %q: follows the batch, but not one of a single sample, and the parts are that; use fewer parts or larger batches", u.buffer.Name)
		}
	}
	return nil
}

// divide cuts a pass into jobs, each of which ends with the batch's values that it
// measures, because in parts those behind it need the values of the whole batch.
func (s *state) divide(pass Job) ([]Job, [][]*tensor.Dense) {
	if s.part == nil {
		return []Job{pass}, make([][]*tensor.Dense, 1)
	}
	isValue := map[*tensor.Dense]bool{}
	for _, t := range s.values {
		isValue[t] = true
	}
	jobs, measured := []Job{{Name: pass.Name}}, make([][]*tensor.Dense, 1)
	for _, stage := range pass.Stages {
		last := len(jobs) - 1
		if measured[last] != nil {
			jobs, measured, last = append(jobs, Job{Name: pass.Name}), append(measured, nil), last+1
		}
		jobs[last].Stages = append(jobs[last].Stages, stage)
		for _, o := range stage {
			if isValue[o.Tensor] {
				measured[last] = append(measured[last], o.Tensor)
			}
		}
	}
	return jobs, measured
}

// average replaces means over a part, of the given size, by those over the batch.
func (s *state) average(means []*tensor.Dense, size int) error {
	if s.part == nil || len(means) == 0 {
		return nil
	}
	s.sums = s.sums[:0]
	for _, t := range means {
		from := len(s.sums)
		s.sums = vector(t).AppendTo(s.sums)
		for i := from; i < len(s.sums); i++ {
			s.sums[i] *= float64(size)
		}
	}
	if err := s.part.Combine(s.sums, nil); err != nil {
		return err
	}
	rest := s.sums
	for _, t := range means {
		v := vector(t)
		for i := range v.Len() {
			v.Set(i, rest[i]/float64(s.part.Batch))
		}
		rest = rest[v.Len():]
	}
	return nil
}

// noiseRows reports whether noise of a part is drawn sample by sample: where it has the
// batch's axis.
func (s *state) noiseRows(p *plan, u noiseUse) (bool, error) {
	if s.part == nil {
		return false, nil
	}
	size, other := Shape(u.Shape).Size(), p.net.noiseSizes[u.local]
	batch := 2
	if p.batch == batch {
		three, err := p.net.plan(3)
		if err != nil {
			return false, err
		}
		batch = 3
		for _, v := range three.noise {
			if v.local == u.local {
				other = Shape(v.Shape).Size()
			}
		}
	}
	switch {
	case size == other:
		return false, nil
	case size*batch != other*p.batch || u.Shape[0] != p.batch:
		return false, errors.Errorf("graph: noise %q: shape, got %v for %d samples, want the samples as the first axis, or no axis of them, where a batch is run in parts", u.local, u.Shape, p.batch)
	}
	return true, nil
}

// drawRows draws the noise of every sample from a random source of its own.
func (s *state) drawRows(u noiseUse, values []float64, number string) error {
	shape := append([]int{1}, u.Shape[1:]...)
	width := len(values) / u.Shape[0]
	for n := range u.Shape[0] {
		rng := splitRand(s.net.settings.Seed, u.local+number+"@"+strconv.Itoa(s.part.First+n))
		if err := u.Draw.Fill(values[n*width:(n+1)*width], ParamSpec{Name: u.Name, Shape: shape}, rng); err != nil {
			return err
		}
	}
	return nil
}
