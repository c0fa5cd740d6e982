package pjrt

import (
	"encoding/binary"
	"runtime"
	"unsafe"

	"github.com/pkg/errors"
)

// Executable is a program compiled for one or more devices, each of which runs a replica
// of it.
type Executable struct {
	// Devices run the replicas, in this order.
	Devices []*Device
	// Outputs is the number of results of a replica.
	Outputs int

	plugin  *Plugin
	handle  uintptr
	memory  Compiled
	cleanup runtime.Cleanup
}

// Compiled is the memory that a replica of a program needs, in bytes. It is all zeros if
// the plugin does not tell.
type Compiled struct{ Arguments, Outputs, Aliased, Temporary, Code int64 }

// Total is the memory that a run needs at once: an output that takes the memory of an
// argument needs none.
func (c Compiled) Total() int64 {
	return c.Arguments + c.Outputs - c.Aliased + c.Temporary + c.Code
}

func (h handleOf) freeExecutable() {
	h.plugin.destroy(loadedDestroy, h.handle)
	live.executables.Add(-1)
}

// Compile compiles a program, StableHLO as text, with a replica for each device, all of
// one client.
func Compile(code string, devices ...*Device) (*Executable, error) {
	if len(devices) == 0 || len(code) == 0 {
		return nil, errors.Errorf("pjrt: compile: devices and text, got %d and %d bytes, want at least one of each", len(devices), len(code))
	}
	c := devices[0].Client
	p := c.Plugin
	format, options := "mlir", compileOptions(devices)
	program := struct {
		base
		code   unsafe.Pointer
		size   uintptr
		format unsafe.Pointer
		length uintptr
	}{
		code: unsafe.Pointer(unsafe.StringData(code)), size: uintptr(len(code)),
		format: unsafe.Pointer(unsafe.StringData(format)), length: uintptr(len(format)),
	}
	program.base.size = unsafe.Sizeof(program)
	var args struct {
		base
		client           uintptr
		program, options unsafe.Pointer
		length, made     uintptr
		_                room
	}
	args.client, args.program = c.handle, unsafe.Pointer(&program)
	args.options, args.length = unsafe.Pointer(&options[0]), uintptr(len(options))
	err := retried(func() error {
		return p.invoke(clientCompile, "compile", unsafe.Pointer(&args), unsafe.Sizeof(args))
	})
	runtime.KeepAlive(code)
	if err != nil {
		return nil, err
	}
	live.executables.Add(1)
	e := &Executable{Devices: devices, plugin: p, handle: args.made}
	e.cleanup = runtime.AddCleanup(e, handleOf.freeExecutable, handleOf{p, args.made})
	if err := e.describe(); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// compileOptions is an xla.CompileOptionsProto: the number of replicas and of partitions,
// one, and the devices of the replicas.
func compileOptions(devices []*Device) []byte {
	var ids, assignment, build []byte
	for _, d := range devices {
		ids = binary.AppendUvarint(ids, uint64(d.ID))
	}
	n := uint64(len(devices))
	assignment = number(number(assignment, 1, n), 2, 1)
	assignment = message(assignment, 3, message(nil, 1, ids))
	build = message(number(number(build, 4, n), 5, 1), 9, assignment)
	return message(nil, 3, build)
}

// number appends a field that is a number, in the format of protocol buffers.
func number(to []byte, field, x uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(to, field<<3), x)
}

// message appends a field that is a message or a list.
func message(to []byte, field uint64, m []byte) []byte {
	return append(binary.AppendUvarint(binary.AppendUvarint(to, field<<3|2), uint64(len(m))), m...)
}

// describe asks for the number of outputs and the memory.
func (e *Executable) describe() error {
	p := e.plugin
	var get struct {
		base
		loaded, executable uintptr
	}
	get.loaded = e.handle
	if err := p.invoke(loadedExecutable, "describe a program", unsafe.Pointer(&get), unsafe.Sizeof(get)); err != nil {
		return err
	}
	defer p.destroy(executableDestroy, get.executable)
	var outputs struct {
		base
		executable, count uintptr
	}
	outputs.executable = get.executable
	if err := p.invoke(executableNumOutputs, "outputs of a program", unsafe.Pointer(&outputs), unsafe.Sizeof(outputs)); err != nil {
		return err
	}
	e.Outputs = int(outputs.count)
	var memory struct {
		base
		executable                                   uintptr
		code, arguments, results, aliased, temporary int64
		host                                         [6]int64
		_                                            room
	}
	memory.executable = get.executable
	if p.invoke(executableMemory, "memory of a program", unsafe.Pointer(&memory), unsafe.Sizeof(memory)) == nil {
		e.memory = Compiled{memory.arguments, memory.results, memory.aliased, memory.temporary, memory.code}
	}
	return nil
}

// Memory returns the memory that a replica needs.
func (e *Executable) Memory() Compiled { return e.memory }

// Close frees the program. Closing twice, or nil, does nothing.
func (e *Executable) Close() {
	if e == nil || e.handle == 0 {
		return
	}
	e.cleanup.Stop()
	handleOf{e.plugin, e.handle}.freeExecutable()
	e.handle = 0
}

// Run runs the program on its device and returns the outputs, which may still be
// computed: [Buffer.Download] waits. The memory of an argument that the program donates
// is gone after the call, even after an error; close it.
func (e *Executable) Run(args []*Buffer) ([]*Buffer, error) {
	out, err := e.RunReplicas([][]*Buffer{args})
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// RunReplicas runs every replica with its own arguments, on its device, and returns the
// outputs of each.
func (e *Executable) RunReplicas(args [][]*Buffer) ([][]*Buffer, error) {
	n := len(e.Devices)
	if len(args) != n {
		return nil, errors.Errorf("pjrt: run: replicas, got arguments for %d, want %d", len(args), n)
	}
	if e.handle == 0 {
		return nil, errors.New("pjrt: run: the program is closed")
	}
	in, out := make([][]uintptr, n), make([][]uintptr, n)
	inLists, outLists := make([]unsafe.Pointer, n), make([]unsafe.Pointer, n)
	events := make([]uintptr, n)
	for r, list := range args {
		if len(list) != len(args[0]) {
			return nil, errors.Errorf("pjrt: run: replica %d: arguments, got %d, want %d as for the first", r, len(list), len(args[0]))
		}
		in[r], out[r] = make([]uintptr, len(list)+1), make([]uintptr, e.Outputs+1)
		for i, b := range list {
			if b == nil || b.handle == 0 {
				return nil, errors.Errorf("pjrt: run: argument %d is closed, or its memory was given to a program", i)
			}
			in[r][i] = b.handle
		}
		inLists[r], outLists[r] = unsafe.Pointer(&in[r][0]), unsafe.Pointer(&out[r][0])
	}
	var options struct {
		base
		callbacks [4]uintptr
		launch    int32
		_         int32
		rest      [6]uintptr
		_         room
	}
	options.size = unsafe.Sizeof(options)
	var call struct {
		base
		executable      uintptr
		options, inputs unsafe.Pointer
		devices, count  uintptr
		outputs, events unsafe.Pointer
		device          uintptr
		_               room
	}
	call.executable, call.options = e.handle, unsafe.Pointer(&options)
	call.inputs, call.outputs, call.events = unsafe.Pointer(&inLists[0]), unsafe.Pointer(&outLists[0]), unsafe.Pointer(&events[0])
	call.devices, call.count = uintptr(n), uintptr(len(args[0]))
	err := e.plugin.invoke(loadedExecute, "run", unsafe.Pointer(&call), unsafe.Sizeof(call))
	runtime.KeepAlive(args)
	if err != nil {
		return nil, err
	}
	results := make([][]*Buffer, n)
	for r, d := range e.Devices {
		for _, handle := range out[r][:e.Outputs] {
			results[r] = append(results[r], newBuffer(e.plugin, d, handle))
		}
	}
	for _, event := range events {
		if waited := e.plugin.await(event, "run"); err == nil {
			err = waited
		}
	}
	runtime.KeepAlive(e)
	if err == nil {
		return results, nil
	}
	for _, list := range results {
		for _, b := range list {
			b.Close()
		}
	}
	return nil, err
}
