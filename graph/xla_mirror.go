package graph

import (
	"sync"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/pjrt"
)

// mirrors are copies of a network's parameters, buffers and optimizer state on its
// devices, shared by all its modules.
type mirrors struct {
	lock    sync.Mutex // parts of a batch run at the same time
	entries map[*tensor.Dense]*mirror
	// ahead means that some copies are newer than the host's.
	ahead bool
	// failed is the first error of a synchronisation that could not return it.
	failed error
}

// mirror is a copy of a tensor on every device.
type mirror struct {
	buffers []*pjrt.Buffer // by device
	version uint64         // of the owner of the tensor when they were copied
	ahead   bool           // newer than the host's
}

// get returns the current copies of a tensor whose owner is at a version.
func (m *mirrors) get(t *tensor.Dense, version uint64, devices []*pjrt.Device) (*mirror, error) {
	m.lock.Lock()
	defer m.lock.Unlock()
	c, ok := m.entries[t]
	if ok && c.version == version && c.on(devices) {
		return c, nil
	}
	fresh := &mirror{version: version}
	for _, d := range devices {
		b, err := d.Upload(t.Data(), t.Shape())
		if err != nil {
			closeAll(fresh.buffers)
			return nil, err
		}
		fresh.buffers = append(fresh.buffers, b)
	}
	m.put(t, fresh)
	return fresh, nil
}

// put replaces the copies of a tensor.
func (m *mirrors) put(t *tensor.Dense, c *mirror) {
	if m.entries == nil {
		m.entries = map[*tensor.Dense]*mirror{}
	}
	if old, ok := m.entries[t]; ok {
		closeAll(old.buffers)
	}
	m.entries[t] = c
}

// on reports whether the copies begin with those on the devices.
func (c *mirror) on(devices []*pjrt.Device) bool {
	if len(c.buffers) < len(devices) {
		return false
	}
	for i, d := range devices {
		if c.buffers[i].Device != d {
			return false
		}
	}
	return true
}

// forget drops the copies of tensors whose values the host has: a program that failed may
// have taken their memory.
func (m *mirrors) forget(tensors []*tensor.Dense) {
	for _, t := range tensors {
		if c := m.entries[t]; c != nil && !c.ahead {
			closeAll(c.buffers)
			delete(m.entries, t)
		}
	}
}

// Sync copies parameters, buffers and the state of the optimizer from the device to the
// host where those on the device are newer: the engine [XLA] leaves them there after an
// update. [Param.Values] does it by itself, and a trainer before it calls a hook and at
// the end; who reads Param.Value in other places calls Sync first. On other engines it
// does nothing.
func (n *Network) Sync() error {
	m := n.mirrors
	if m.failed != nil {
		return m.failed
	}
	if !m.ahead {
		return nil
	}
	for t, c := range m.entries {
		if !c.ahead {
			continue
		}
		if err := c.buffers[0].Download(t.Data()); err != nil {
			m.failed = errors.WithMessage(err, "graph: xla: the parameters on the device are lost; go on from a checkpoint")
			return m.failed
		}
		c.ahead = false
	}
	m.ahead = false
	return nil
}
