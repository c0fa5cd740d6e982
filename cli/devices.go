package cli

import (
	"fmt"

	"github.com/seed-be841da4/prospect/internal/tables"
	"github.com/seed-be841da4/prospect/xla"
)

// devicesCmd is "prospect devices".
type devicesCmd struct {
	formatFlags
}

// Run lists the plugins and their devices.
func (d *devicesCmd) Run(c *console) error {
	t := tables.Table{Columns: []tables.Column{
		{Name: "platform", Key: "platform"},
		{Name: "device", Key: "device"},
		{Name: "what it is", Key: "kind"},
		{Name: "memory", Key: "memory"},
		{Name: "free", Key: "free"},
		{Name: "interface", Key: "interface"},
		{Name: "plugin", Key: "plugin", Below: true},
		{Name: "problem", Key: "problem", Below: true},
	}}
	usable := false
	plugins := xla.Plugins()
	for _, p := range plugins {
		if p.Err != nil {
			t.Add("", tables.Cell{}, "", tables.Cell{}, tables.Cell{}, p.Interface, p.Path, p.Err.Error())
			continue
		}
		usable = true
		for i, device := range p.Devices {
			t.Add(p.Platform, i, device.Kind, memory(device.MemoryLimit, device.MemoryLimit), memory(device.MemoryLimit-device.MemoryUsed, device.MemoryLimit), p.Interface, p.Path, "")
		}
	}
	out := d.printer(c)
	if len(t.Rows) > 0 || d.Format != tables.Text {
		out.Table(t)
	}
	switch {
	case len(plugins) == 0:
		out.Line("No plugin of XLA was found on this machine: %s.", xla.Remedy)
	case !usable:
		out.Line("No plugin of XLA has a device: %s.", xla.Remedy)
	default:
		out.Line("--engine xla takes the first device of the first plugin; --engine xla:device=N,plugin=PATH another.")
	}
	return out.Err()
}

// memory writes a number of bytes; nothing if the memory is not known.
func memory(n, limit int64) tables.Cell {
	if limit == 0 {
		return tables.Cell{}
	}
	return tables.Cell{Text: fmt.Sprintf("%.1f GiB", float64(n)/(1<<30)), Value: n}
}
