package graph

import (
	"strings"

	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/engine"
	"github.com/seed-be841da4/prospect/internal/hlo"
	"github.com/seed-be841da4/prospect/internal/pjrt"
)

// XLA runs networks on an accelerator, or on the processor, by XLA, through a plugin that
// is loaded at run time: no cgo, nothing of it is linked. The program must import package
// xla for its effect, and a plugin must be on the machine; without, [New] says how to get
// one.
//
// The same graphs are compiled as by [Compiled], so that everything that the layers of
// this module build runs there. An operation that has only a Do is an error that names
// it: nothing runs on the host in silence.
//
// A job of a [Session] is one launch. Activities are copied to the device and back for
// each; parameters stay there until they change. Results agree with the other engines up
// to rounding, not bit for bit, and repeat themselves bit for bit on one device and one
// version of the plugin.
type XLA struct {
	// Plugin is the path of the plugin, a shared library. Empty means the one named by
	// the environment variable PROSPECT_PJRT_PLUGIN, or else the first with a device
	// among those of the Python packages on the machine, accelerators first.
	Plugin string `json:"plugin,omitempty"`
	// Device is the number of the device, from 0, in the plugin's list.
	Device int `json:"device,omitempty"`
	// Devices is the number of devices, from Device on, that share every batch of an
	// update equally. Zero means one.
	Devices int `json:"devices,omitempty"`
	// Products is the precision of matrix products and convolutions of float32 numbers.
	// Zero means [HighestProducts].
	Products Products `json:"products,omitempty"`
}

// Products is the precision of products on a device.
type Products int

// The precisions of products. They matter for float32 only.
const (
	// HighestProducts multiply in float32.
	HighestProducts Products = iota
	// DefaultProducts multiply as the device does by itself: in TF32, with 10 bits, on
	// NVIDIA since Ampere, in bfloat16 on a TPU, in float32 on a processor.
	DefaultProducts
	// BrainProducts round the factors to bfloat16, with 8 bits, and add in float32.
	BrainProducts
)

var productNames = []string{"highest", "default", "bf16"}

// String returns "highest", "default" or "bf16".
func (p Products) String() string { return productNames[p] }

// MarshalText returns "highest", "default" or "bf16".
func (p Products) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads "highest", "default" or "bf16".
func (p *Products) UnmarshalText(text []byte) error {
	for i, name := range productNames {
		if strings.EqualFold(name, string(text)) {
			*p = Products(i)
			return nil
		}
	}
	return errors.Errorf("graph: products, got %q, want %s", text, strings.Join(productNames, ", "))
}

// Name returns "xla".
func (XLA) Name() string { return "xla" }

// Steps reports that the engine can run jobs whose outputs descend.
func (XLA) Steps() bool { return true }

// devices opens the devices.
func (x XLA) devices() ([]*pjrt.Device, error) {
	if x.Products < 0 || int(x.Products) >= len(productNames) {
		return nil, errors.Errorf("graph: xla: products, got %d, want %s", int(x.Products), strings.Join(productNames, ", "))
	}
	if x.Device < 0 || x.Devices < 0 {
		return nil, errors.Errorf("graph: xla: device and devices, got %d and %d, want at least 0", x.Device, x.Devices)
	}
	count := max(1, x.Devices)
	c, err := pjrt.Open(x.Plugin, nil)
	if err == nil && c.Platform == "cpu" && x.Device+count > len(c.Devices) {
		c, err = c.Plugin.Client(map[string]int64{"cpu_device_count": int64(x.Device + count)}) // a processor is as many as one asks for
	}
	if err != nil {
		return nil, errors.WithMessage(err, "graph: xla")
	}
	if x.Device+count > len(c.Devices) {
		return nil, errors.Errorf("graph: xla: devices, got %d from number %d on, want at most the %d, numbered from 0, of the plugin %s", count, x.Device, len(c.Devices), c.Plugin.Path)
	}
	return c.Devices[x.Device : x.Device+count], nil
}

// Open opens the devices. Without it [New] does, and returns its error.
func (x XLA) Open() error {
	_, err := x.devices()
	return err
}

// Compile lowers the module. Each job is compiled when it first runs.
func (x XLA) Compile(m Module) (Executable, error) {
	c, err := newCompiledModule(m, x)
	return xlaModule{c}, err
}

// xlaModule is a lowered module on a device. It takes no steps of solvers with memory:
// those that have a form for it are in the loop of a launch.
type xlaModule struct{ lowered *compiledModule }

// Refresh forgets what may have changed.
func (x xlaModule) Refresh(parameters bool) error { return x.lowered.Refresh(parameters) }

// Run runs a job.
func (x xlaModule) Run(job int) error { return x.lowered.Run(job) }

// Step runs a job whose outputs descend.
func (x xlaModule) Step(job int, size float64) error { return x.lowered.Step(job, size) }

// Explain describes the programs.
func (x xlaModule) Explain() string { return x.lowered.Explain() }

// build prepares a source for the device.
func (x XLA) build(m Module, src engine.Source) (unit, error) {
	devices, err := x.devices()
	if err != nil {
		return nil, err
	}
	u := &xlaUnit{module: m, engine: x, device: devices[0], source: src, programs: make([]*xlaProgram, len(src.Programs))}
	for i := range src.Programs {
		if u.programs[i], err = u.write(src.Programs[i]); err != nil {
			return nil, errors.WithMessagef(err, "graph: xla: program %q", src.Programs[i].Name)
		}
	}
	return u, nil
}

// substitute returns the reason: nothing runs elsewhere in silence.
func (XLA) substitute(_ Module, reason error) (unit, error) { return nil, reason }

// element is the type of numbers of a precision.
func element(p Precision) hlo.Element {
	if p == Float64 {
		return hlo.F64
	}
	return hlo.F32
}

// builder returns a builder of programs.
func (x XLA) builder(p Precision) *hlo.Builder {
	return hlo.NewBuilder(element(p), hlo.Precision(x.Products))
}
