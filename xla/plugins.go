package xla

import "github.com/seed-be841da4/prospect/internal/pjrt"

// Plugin is a plugin on this machine.
type Plugin struct {
	// Path of its library.
	Path string `json:"path"`
	// Interface is the version of its interface, "0.81".
	Interface string `json:"interface,omitempty"`
	// Platform is the kind of its devices, "cuda", and Version describes it.
	Platform string `json:"platform,omitempty"`
	Version  string `json:"version,omitempty"`
	// Devices are those that this process may use.
	Devices []Device `json:"devices,omitempty"`
	// Err is why it cannot be used; nil if it can.
	Err error `json:"-"`
}

// Device is a device of a plugin. The place in the list is the number by which
// graph.XLA names it.
type Device struct {
	// Kind describes it: "NVIDIA H200".
	Kind string `json:"kind"`
	// MemoryUsed and MemoryLimit are in bytes. A limit of 0 is not known.
	MemoryUsed  int64 `json:"memory_used"`
	MemoryLimit int64 `json:"memory_limit"`
}

// Remedy says how to get a plugin.
const Remedy = pjrt.Remedy

// Plugins loads the plugins on this machine and asks for their devices: the one that the
// environment variable PROSPECT_PJRT_PLUGIN names, or those of the packages of every
// Python in use here, accelerators first. Without a plugin of graph.XLA's own the first
// that has a device is used.
func Plugins() []Plugin {
	var out []Plugin
	for _, path := range pjrt.Find() {
		p := Plugin{Path: path}
		p.Err = p.open()
		out = append(out, p)
	}
	return out
}

func (p *Plugin) open() error {
	loaded, err := pjrt.Load(p.Path)
	if err != nil {
		return err
	}
	p.Interface = loaded.Version()
	c, err := loaded.Client(nil)
	if err != nil {
		return err
	}
	p.Platform, p.Version = c.Platform, c.Version
	for _, d := range c.Devices {
		m, err := d.Memory()
		if err != nil {
			return err
		}
		p.Devices = append(p.Devices, Device{Kind: d.Kind, MemoryUsed: m.Used, MemoryLimit: m.Limit})
	}
	return nil
}
