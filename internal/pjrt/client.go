package pjrt

import (
	"runtime"
	"slices"
	"unsafe"

	"github.com/pkg/errors"
)

// Client owns the devices of a plugin.
type Client struct {
	// Plugin that it belongs to.
	Plugin *Plugin
	// Platform names the kind of its devices: "cpu", "cuda", "tpu".
	Platform string
	// Version describes the platform.
	Version string
	// Devices are those that this process may use.
	Devices []*Device

	handle uintptr
}

// Device is a processor with its memory.
type Device struct {
	// Client that it belongs to.
	Client *Client
	// ID identifies it.
	ID int
	// Kind describes it: "NVIDIA H200".
	Kind string

	handle uintptr
}

// Client returns the client of a plugin. It is made once for the same options, such as
// cpu_device_count, and lives as long as the process: a device belongs to one client.
func (p *Plugin) Client(options map[string]int64) (*Client, error) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if c, ok := p.clients[key(options)]; ok {
		return c, nil
	}
	values := intOptions(options)
	var args struct {
		base
		options                                                         unsafe.Pointer
		count                                                           uintptr
		kvGet, kvGetArg, kvPut, kvPutArg, client, kvTryGet, kvTryGetArg uintptr
		_                                                               room
	}
	args.options, args.count = unsafe.Pointer(unsafe.SliceData(values)), uintptr(len(values))
	err := p.invoke(clientCreate, "create a client", unsafe.Pointer(&args), unsafe.Sizeof(args))
	runtime.KeepAlive(options)
	if err != nil {
		return nil, err
	}
	c := &Client{Plugin: p, handle: args.client}
	if err := c.describe(); err != nil {
		p.destroy(clientDestroy, c.handle)
		return nil, err
	}
	p.clients[key(options)] = c
	return c, nil
}

// describe asks for the platform and the devices.
func (c *Client) describe() (err error) {
	p := c.Plugin
	if c.Platform, err = p.named(clientPlatformName, "platform", c.handle); err != nil {
		return err
	}
	if c.Version, err = p.named(clientVersion, "version of the platform", c.handle); err != nil {
		return err
	}
	var args struct {
		base
		client, devices, count uintptr
	}
	args.client = c.handle
	if err := p.invoke(clientDevices, "devices", unsafe.Pointer(&args), unsafe.Sizeof(args)); err != nil {
		return err
	}
	if args.count == 0 {
		return errors.Errorf("pjrt: plugin %q: devices of platform %q, got none, want at least one", p.Path, c.Platform)
	}
	for _, handle := range slices.Clone(unsafe.Slice((*uintptr)(foreign(args.devices)), args.count)) {
		d := &Device{Client: c, handle: handle}
		if err := d.describe(); err != nil {
			return err
		}
		c.Devices = append(c.Devices, d)
	}
	return nil
}

func (d *Device) describe() (err error) {
	p := d.Client.Plugin
	var args struct {
		base
		device, description uintptr
	}
	args.device = d.handle
	if err := p.invoke(deviceDescription, "describe a device", unsafe.Pointer(&args), unsafe.Sizeof(args)); err != nil {
		return err
	}
	var id struct {
		base
		description uintptr
		id          int32
	}
	id.description = args.description
	if err := p.invoke(descriptionID, "number of a device", unsafe.Pointer(&id), unsafe.Offsetof(id.id)+4); err != nil {
		return err
	}
	d.ID = int(id.id)
	d.Kind, err = p.named(descriptionKind, "kind of a device", args.description)
	return err
}

// Memory is the use of a device's memory in bytes. A limit of 0 is not known.
type Memory struct{ Used, Peak, Limit int64 }

// optional is a number of bytes that may be unknown.
type optional struct {
	bytes int64
	set   bool
}

// Memory returns the use of the memory. A device that does not count it, as a CPU, has
// all zeros.
func (d *Device) Memory() (Memory, error) {
	var args struct {
		base
		device                   uintptr
		used                     int64
		peak, count, most, limit optional
		rest                     [6]optional
		_                        room
	}
	args.device = d.handle
	err := d.Client.Plugin.invoke(deviceMemoryStats, "memory of a device", unsafe.Pointer(&args), unsafe.Sizeof(args))
	var e *Error
	if errors.As(err, &e) && e.Code == CodeUnimplemented {
		return Memory{}, nil
	}
	if err != nil {
		return Memory{}, err
	}
	m := Memory{Used: args.used}
	if args.peak.set {
		m.Peak = args.peak.bytes
	}
	if args.limit.set {
		m.Limit = args.limit.bytes
	}
	return m, nil
}
