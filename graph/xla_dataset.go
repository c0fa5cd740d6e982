package graph

import (
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/pjrt"
	"github.com/seed-be841da4/prospect/relax"
)

// DataSet is the data of some nodes for every sample of a data set, on the devices of the
// engine [XLA], where the batches of [Session.Updates] are gathered.
type DataSet struct {
	network *Network
	samples int
	tables  map[string][]*pjrt.Buffer // by node: on every device
}

// dataSetLimit is the most bytes of a data set on a device that does not tell how much
// memory it has.
const dataSetLimit = 2 << 30

// NewDataSet copies data to every device. read fills the data of each of the nodes
// named, (samples, size), row-major; it is called once, and not at all if the data
// would not fit: they may take half of a device's free memory, or 2 GiB where the
// device does not tell. They have to be what [Session.Clamp] takes. Close it when it is
// not needed.
func (n *Network) NewDataSet(samples int, nodes []string, read func(data map[string][]float32) error) (*DataSet, error) {
	x, ok := n.settings.Engine.(XLA)
	if !ok {
		return nil, errors.Errorf("graph: data set: engine, got %s, want xla", n.settings.Engine.Name())
	}
	devices, err := x.devices()
	if err != nil {
		return nil, err
	}
	data, need := map[string][]float32{}, int64(0)
	sizes := map[string]int{}
	for _, name := range nodes {
		i, err := n.nodeIndex(name)
		if err != nil {
			return nil, err
		}
		sizes[name] = n.decl.Nodes[i].Shape.Size()
		need += int64(samples) * int64(sizes[name]) * int64(n.settings.Precision.Dtype().Size())
	}
	for _, d := range devices {
		m, err := d.Memory()
		if err != nil {
			return nil, err
		}
		room := int64(dataSetLimit)
		if m.Limit > 0 {
			room = (m.Limit - m.Used) / 2
		}
		if need > room {
			return nil, errors.Errorf("graph: data set: memory of device %d, %s: got %s for data, want %s for %d samples", d.ID, d.Kind, bytes(room), bytes(need), samples)
		}
	}
	for name, size := range sizes {
		data[name] = make([]float32, samples*size)
	}
	if err := read(data); err != nil {
		return nil, err
	}
	out := &DataSet{network: n, samples: samples, tables: map[string][]*pjrt.Buffer{}}
	for _, name := range nodes {
		if err := out.load(name, data[name], devices, sizes[name]); err != nil {
			out.Close()
			return nil, err
		}
	}
	return out, nil
}

// load copies the data of a node.
func (d *DataSet) load(name string, data []float32, devices []*pjrt.Device, size int) error {
	i := d.network.index[name]
	if err := d.network.checkData(i, d.samples, relax.Float32(data)); err != nil {
		return err
	}
	var numbers any = data
	if d.network.settings.Precision == Float64 {
		wide := make([]float64, len(data))
		relax.Float64(wide).ConvertFrom(relax.Float32(data))
		numbers = wide
	}
	for _, device := range devices {
		b, err := device.Upload(numbers, []int{d.samples, size})
		if err != nil {
			return err
		}
		d.tables[name] = append(d.tables[name], b)
	}
	return nil
}

// Close frees the memory on the devices. Closing twice, or nil, does nothing.
func (d *DataSet) Close() {
	if d == nil {
		return
	}
	for _, list := range d.tables {
		closeAll(list)
	}
	d.tables = nil
}
