package graph

// changes counts the changes of the inputs that a program may have derived values from.
type changes struct {
	inputs     uint64 // clamped data, coefficients, noise
	parameters uint64 // parameters and buffers: the version of the network
}

// program is a module compiled by the network's engine. It refreshes the executable if
// and only if something has changed since the last run.
type program struct {
	exec Executable // nil until compiled
	seen changes
}

// compile compiles the module.
func (p *program) compile(n *Network, m Module) error {
	buildLock.Lock()
	defer buildLock.Unlock()
	var err error
	m.network = n
	p.exec, err = n.settings.Engine.Compile(m)
	return err
}

// refresh tells the executable what has changed.
func (p *program) refresh(now changes) error {
	if p.seen == now {
		return nil
	}
	if err := p.exec.Refresh(p.seen.parameters != now.parameters); err != nil {
		return err
	}
	p.seen = now
	return nil
}

// run runs a job on the current inputs.
func (p *program) run(job int, now changes) error {
	if err := p.refresh(now); err != nil {
		return err
	}
	return p.exec.Run(job)
}

// runAnew runs a job of a rarely used program, whose inputs are not tracked: everything
// may have changed.
func (p *program) runAnew(job int) error {
	if err := p.exec.Refresh(true); err != nil {
		return err
	}
	return p.exec.Run(job)
}
