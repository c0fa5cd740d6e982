package graph

import (
	"slices"

	"gorgonia.org/tensor"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/lower"
	"github.com/seed-be841da4/prospect/internal/pjrt"
)

// launchArg is an argument of a program: exactly one field is set.
type launchArg struct {
	input   *engine.Value // copied for every run
	tensor  *tensor.Dense // a parameter or a buffer
	slot    *tensor.Dense // state of the optimizer
	numbers func() []float64
	name    string // of numbers
	table   string // the node whose data of all samples it is
	fresh   func(device int) (data any, shape []int)
}

// pinned is an argument on the devices and the numbers that it has.
type pinned struct {
	values  []float64
	buffers []*pjrt.Buffer
}

// owned returns the parameter or the buffer that holds values, or nil.
func (l *launcher) owned(data any) *tensor.Dense {
	for _, p := range l.session.net.params {
		if lower.SameMemory(p.Value.Data(), data) {
			return p.Value
		}
	}
	for _, b := range l.session.net.buffers {
		if lower.SameMemory(b.Value.Data(), data) {
			return b.Value
		}
	}
	return nil
}

// argument returns an argument on every device, and whether it is only for this run.
func (l *launcher) argument(p *launched, a launchArg, slotVersion uint64) (list []*pjrt.Buffer, own bool, err error) {
	switch net := l.whole.net; {
	case a.tensor != nil:
		return mirrored(net.mirrors.get(a.tensor, *net.version, l.devices))
	case a.slot != nil:
		return mirrored(net.mirrors.get(a.slot, slotVersion, l.devices))
	case a.numbers != nil:
		list, err := l.pin(a.name, a.numbers())
		return list, false, err
	case a.table != "":
		return p.data.tables[a.table], false, nil
	case a.fresh != nil:
		for r, d := range l.devices {
			b, err := d.Upload(a.fresh(r))
			if err != nil {
				return list, true, err
			}
			list = append(list, b)
		}
		return list, true, nil
	case a.input.Op == engine.OpCoefficient:
		list, err = l.numbers([]float64{*a.input.Source()}, nil, l.whole.net.settings.Precision)
		return list, true, err
	}
	for r, d := range l.devices {
		b, err := d.Upload(l.share(l.source.Memory[a.input.Input], r), a.input.Shape)
		if err != nil {
			return list, true, err
		}
		list = append(list, b)
	}
	return list, true, nil
}

func mirrored(m *mirror, err error) ([]*pjrt.Buffer, bool, error) {
	if err != nil {
		return nil, false, err
	}
	return m.buffers, false, nil
}

// pin returns numbers in float64 on every device.
func (l *launcher) pin(name string, values []float64) ([]*pjrt.Buffer, error) {
	if p, ok := l.pinned[name]; ok {
		if slices.Equal(p.values, values) {
			return p.buffers, nil
		}
		closeAll(p.buffers)
		delete(l.pinned, name)
	}
	list, err := l.numbers(values, []int{len(values)}, Float64)
	if err != nil {
		return nil, err
	}
	l.pinned[name] = &pinned{slices.Clone(values), list}
	return list, nil
}

// numbers copies numbers to every device.
func (l *launcher) numbers(values []float64, shape []int, p Precision) (list []*pjrt.Buffer, err error) {
	var data any = values
	if p == Float32 {
		narrow := make([]float32, len(values))
		for i, v := range values {
			narrow[i] = float32(v)
		}
		data = narrow
	}
	for _, d := range l.devices {
		b, err := d.Upload(data, shape)
		if err != nil {
			return list, err
		}
		list = append(list, b)
	}
	return list, nil
}

// share returns the part of the data of the whole batch that a device has. memory is that
// of the session with a share of the batch.
func (l *launcher) share(memory any, device int) any {
	if len(l.devices) == 1 {
		return memory
	}
	for i, t := range l.session.acts {
		if t != nil && lower.SameMemory(t.Data(), memory) {
			return l.rows(l.whole.acts[i], device)
		}
	}
	for name, t := range l.session.state.noise {
		if lower.SameMemory(t.Data(), memory) {
			return l.rows(l.whole.state.noise[name], device)
		}
	}
	return memory
}

// rows returns a device's rows of a tensor of the whole batch; all of one without a row
// for each sample.
func (l *launcher) rows(whole *tensor.Dense, device int) any {
	if shape := whole.Shape(); len(l.devices) == 1 || len(shape) == 0 || shape[0] != l.whole.plan.batch {
		return whole.Data()
	}
	n := whole.Shape().TotalSize() / len(l.devices)
	if x, ok := whole.Data().([]float64); ok {
		return x[device*n : (device+1)*n]
	}
	return whole.Data().([]float32)[device*n : (device+1)*n]
}
