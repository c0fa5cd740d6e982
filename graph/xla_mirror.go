package graph

import (
	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/pjrt"
)

// mirrors are copies of a network's parameters and buffers on a device, shared by all
// its modules.
type mirrors map[*tensor.Dense]*mirror

// mirror is a copy of a tensor on a device.
type mirror struct {
	buffer  *pjrt.Buffer
	version uint64 // of the network when it was copied
}

// mirror returns the current copy of a parameter's or a buffer's values.
func (n *Network) mirror(t *tensor.Dense, d *pjrt.Device) (*pjrt.Buffer, error) {
	m, ok := n.mirrors[t]
	if ok && m.version == *n.version && m.buffer.Device == d {
		return m.buffer, nil
	}
	b, err := d.Upload(t.Data(), t.Shape())
	if err != nil {
		return nil, err
	}
	if n.mirrors == nil {
		n.mirrors = mirrors{}
	}
	if ok {
		m.buffer.Close()
	}
	n.mirrors[t] = &mirror{b, *n.version}
	return b, nil
}
