package relax

// compaction keeps the samples that have converged out of the work of a run. A sample
// whose convergence test holds stays where it is, and the others go on, each as if it
// were alone. The samples are exchanged so that those in force are the first rows.
type compaction struct {
	problem Compactor
	test    sampleTest
	on      bool    // in this run
	ended   bool    // the samples are tested together: the run is over
	order   []int   // by row: the sample
	done    []bool  // by sample
	before  []bool  // done, before a test
	active  int     // samples in force
	steps   int     // summed over samples
	mean    float64 // steps of a sample, over all parts of the batch; 0 until they meet
	view    []Activity
}

// sampleTest is a convergence test of single samples.
type sampleTest interface {
	// holds reports whether the sample in row n passes.
	holds(s State, n int) bool
}

func (c GradientNorm) holds(s State, n int) bool {
	return s.Step >= c.MinSteps && s.Norms[n] <= c.Tolerance
}

func (c RelativeGap) holds(s State, n int) bool {
	return s.Step >= c.MinSteps && s.Squares[n] <= c.scale()*s.Samples[n]
}

// newCompaction returns nil unless the settings let every sample relax by itself: a
// stop that tests single samples, a solver that moves elements by their own gradients,
// and a step size that does not depend on the energy of the batch. Types that embed
// these may mean something else.
func newCompaction(p Problem, s Settings, activities []Activity) *compaction {
	c := &compaction{}
	switch stop := s.Stop.(type) {
	case GradientNorm:
		c.test = stop
	case EnergyGap:
		c.test = stop.norm()
	case RelativeGap:
		if stop.Batch {
			return nil
		}
		c.test = stop
	default:
		return nil
	}
	switch s.Solver.(type) {
	case Euler, *Momentum, *Adam:
	default:
		return nil
	}
	switch control := s.Control.(type) {
	case Constant:
	case Discount:
		if control.Factor != 1 || control.Amplify > 1 {
			return nil
		}
	default:
		return nil
	}
	var ok bool
	if c.problem, ok = p.(Compactor); !ok || len(activities) == 0 {
		return nil
	}
	n := activities[0].Samples
	c.order, c.done, c.before = make([]int, n), make([]bool, n), make([]bool, n)
	c.view = make([]Activity, len(activities))
	return c
}

// startCompaction begins a run with all samples in force.
func (d *Driver) startCompaction() error {
	c := d.compaction
	if c == nil {
		return nil
	}
	linked := 1.0
	if c.problem.Separable() {
		linked = 0
	}
	linked, err := d.combineLargest(linked)
	c.on = linked == 0
	c.active, c.steps, c.mean, c.ended = len(c.order), 0, 0, false
	clear(c.done)
	for n := range c.order {
		c.order[n] = n
	}
	return err
}

// endCompaction tells the parts of a batch of one another: each has gone its own way.
func (d *Driver) endCompaction() error {
	c := d.compaction
	c.ended = true
	if d.part == nil {
		return nil
	}
	sums, largest := d.pair[:1], d.pair[1:]
	sums[0], largest[0] = float64(c.steps), float64(d.run.step)
	if err := d.part.Combine(sums, largest); err != nil {
		return err
	}
	_, batch := d.part.Rows()
	c.mean, d.run.step = sums[0]/float64(batch), int(largest[0])
	d.run.fresh = false
	return nil
}

// compacting reports whether converged samples stay where they are.
func (d *Driver) compacting() bool { return d.compaction != nil && d.compaction.on }

// parted reports whether the samples of other parts converge one by one, too.
func (d *Driver) parted() bool { return d.part != nil && d.compacting() }

// held reports whether some samples have converged.
func (d *Driver) held() bool {
	if !d.compacting() {
		return false
	}
	for _, done := range d.compaction.done {
		if done {
			return true
		}
	}
	return false
}

// ends reports whether a test that is due ends the run: of the samples in force, one by
// one, where they are apart.
func (d *Driver) ends(s State) (bool, error) {
	c := d.compaction
	if !d.compacting() || c.ended {
		return d.passes(s)
	}
	all := true
	for row := range c.active {
		if n := c.order[row]; !c.done[n] {
			c.done[n] = c.test.holds(s, row)
			all = all && c.done[n]
		}
	}
	return all, nil
}

// retest lets samples go on that had converged before something changed, and reports
// whether any does.
func (d *Driver) retest() (rest bool, err error) {
	if !d.compacting() {
		return true, nil
	}
	d.compaction.ended = false
	if !d.held() {
		return true, nil
	}
	c := d.compaction
	copy(c.before, c.done)
	clear(c.done)
	if d.certificates != nil {
		_, err = d.certify()
	} else if err = d.measure(true); err == nil {
		_, err = d.ends(d.normed())
	}
	for n, was := range c.before {
		c.done[n] = was && c.done[n]
		rest = rest || !c.done[n]
	}
	d.run.fresh = false
	if rest && d.settings.Recorder == nil {
		d.gather()
	}
	return rest, err
}

// gather moves the samples in force to the front.
func (d *Driver) gather() {
	if !d.compacting() {
		return
	}
	c := d.compaction
	before := c.active
	for row := 0; row < c.active; {
		if !c.done[c.order[row]] {
			row++
			continue
		}
		c.active--
		d.swap(row, c.active)
	}
	if c.active < before {
		d.keep(c.active)
	}
}

// spread puts every sample back into its row, all in force.
func (d *Driver) spread() {
	c := d.compaction
	if !d.compacting() || c.active == len(c.order) {
		return
	}
	for row := range c.order {
		for c.order[row] != row {
			d.swap(row, c.order[row])
		}
	}
	c.active = len(c.order)
	d.keep(c.active)
	d.run.fresh = false // energies and norms are those of some samples
}

// keep limits the problem and the solver to the first n samples.
func (d *Driver) keep(n int) {
	c := d.compaction
	c.problem.Keep(n)
	d.problem.view = nil
	if n < len(c.order) {
		for i, a := range d.activities {
			c.view[i] = a.First(n)
		}
		d.problem.view = c.view
	}
}

// swap exchanges two rows.
func (d *Driver) swap(i, j int) {
	if i == j {
		return
	}
	c := d.compaction
	c.problem.Swap(i, j)
	if d.mobile != nil {
		d.mobile.swap(i, j)
	}
	d.norms[i], d.norms[j] = d.norms[j], d.norms[i]
	c.order[i], c.order[j] = c.order[j], c.order[i]
}

// count counts a step of every sample in force.
func (d *Driver) count() {
	if d.compacting() {
		d.compaction.steps += d.compaction.active
	}
}

// meanSteps returns the mean number of steps of a sample.
func (d *Driver) meanSteps() float64 {
	switch c := d.compaction; {
	case !d.compacting():
		return float64(d.run.step)
	case c.mean > 0:
		return c.mean
	default:
		return float64(c.steps) / float64(len(c.order))
	}
}
