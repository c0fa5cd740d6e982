package pjrt

import (
	"runtime"
	"slices"
	"unsafe"

	"github.com/pkg/errors"
)

// Type is the type of the numbers of a buffer.
type Type int32

// The types that are moved between host and devices.
const (
	Int32   Type = 4
	Float32 Type = 11
	Float64 Type = 12
)

// Size is the number of bytes of an element.
func (t Type) Size() int {
	if t == Float64 {
		return 8
	}
	return 4
}

// Buffer is an array on a device, row-major for the host.
type Buffer struct {
	// Device that holds it; nil for the result of a program of several devices.
	Device *Device

	plugin  *Plugin
	handle  uintptr
	cleanup runtime.Cleanup
}

// handleOf is what a cleanup needs to free an object.
type handleOf struct {
	plugin *Plugin
	handle uintptr
}

func (h handleOf) freeBuffer() {
	h.plugin.destroy(bufferDestroy, h.handle)
	live.buffers.Add(-1)
}

// newBuffer owns a buffer of the plugin.
func newBuffer(p *Plugin, d *Device, handle uintptr) *Buffer {
	live.buffers.Add(1)
	b := &Buffer{Device: d, plugin: p, handle: handle}
	b.cleanup = runtime.AddCleanup(b, handleOf.freeBuffer, handleOf{p, handle})
	return b
}

// Close frees the buffer, at once or after the programs that read it. Closing twice, or
// nil, does nothing.
func (b *Buffer) Close() {
	if b == nil || b.handle == 0 {
		return
	}
	b.cleanup.Stop()
	handleOf{b.plugin, b.handle}.freeBuffer()
	b.handle = 0
}

// numbers returns the type of a slice of float32, float64 or int32, its first element
// and its length.
func numbers(data any) (t Type, first unsafe.Pointer, n int, err error) {
	switch x := data.(type) {
	case []float32:
		return Float32, unsafe.Pointer(unsafe.SliceData(x)), len(x), nil
	case []float64:
		return Float64, unsafe.Pointer(unsafe.SliceData(x)), len(x), nil
	case []int32:
		return Int32, unsafe.Pointer(unsafe.SliceData(x)), len(x), nil
	}
	return 0, nil, 0, errors.Errorf("pjrt: data, got %T, want a slice of float32, float64 or int32", data)
}

// Upload copies data, a slice of float32, float64 or int32, to the device. It returns
// when data may change again.
func (d *Device) Upload(data any, shape []int) (*Buffer, error) {
	kind, first, n, err := numbers(data)
	if err != nil {
		return nil, err
	}
	dims, want := make([]int64, max(1, len(shape))), 1
	for i, s := range shape {
		dims[i], want = int64(s), want*s
	}
	if n != want || n == 0 {
		return nil, errors.Errorf("pjrt: upload: data, got %d numbers, want %d = shape %v", n, want, shape)
	}
	var args struct {
		base
		client                              uintptr
		data                                unsafe.Pointer
		kind                                int32
		_                                   int32
		dims                                unsafe.Pointer
		rank, strides, numStrides           uintptr
		semantics                           int32 // 0: data may change after the call
		_                                   int32
		device, memory, layout, event, made uintptr
		_                                   room
	}
	args.client, args.device = d.Client.handle, d.handle
	args.data, args.kind, args.dims, args.rank = first, int32(kind), unsafe.Pointer(&dims[0]), uintptr(len(shape))
	p := d.Client.Plugin
	err = retried(func() error {
		return p.invoke(clientFromHost, "upload", unsafe.Pointer(&args), unsafe.Sizeof(args))
	})
	runtime.KeepAlive(data)
	if err != nil {
		return nil, err
	}
	b := newBuffer(p, d, args.made)
	if err := p.await(args.event, "upload"); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// retried calls f, and once more after a collection of garbage, which may own buffers,
// if memory was exhausted.
func retried(f func() error) error {
	err := f()
	var e *Error
	if errors.As(err, &e) && e.Code == CodeResourceExhausted {
		runtime.GC()
		return f()
	}
	return err
}

// Download waits for the buffer and copies it into dst, a slice of the same type and
// number of elements.
func (b *Buffer) Download(dst any) error {
	kind, first, n, err := numbers(dst)
	if err != nil {
		return err
	}
	if b.handle == 0 {
		return errors.New("pjrt: download: the buffer is closed, or its memory was given to a program")
	}
	got, shape, err := b.layout()
	if err != nil {
		return err
	}
	want := 1
	for _, s := range shape {
		want *= s
	}
	if n != want || kind != got {
		return errors.Errorf("pjrt: download: destination, got %d numbers in %T, want %d of type %d", n, dst, want, got)
	}
	var args struct {
		base
		source      uintptr
		layout, dst unsafe.Pointer
		size, event uintptr
		_           room
	}
	order := rowMajor(len(shape))
	layout := &hostLayout{rank: uintptr(len(shape)), order: unsafe.Pointer(unsafe.SliceData(order))}
	layout.size, layout.tiled.size = unsafe.Sizeof(*layout), unsafe.Sizeof(layout.tiled)+unsafe.Sizeof(layout.order)+4*unsafe.Sizeof(layout.rank)
	args.source, args.dst, args.size = b.handle, first, uintptr(n*kind.Size())
	args.layout = unsafe.Pointer(layout)
	err = b.plugin.invoke(bufferToHost, "download", unsafe.Pointer(&args), unsafe.Sizeof(args))
	if err == nil {
		err = b.plugin.await(args.event, "download")
	}
	runtime.KeepAlive(dst)
	runtime.KeepAlive(b)
	return err
}

// hostLayout is a layout of memory given by the order of its axes.
type hostLayout struct {
	base
	tiled                      base
	order                      unsafe.Pointer // axes, the fastest first
	rank                       uintptr
	tiles, tileSizes, numTiles uintptr
	kind                       int32 // 0: by the order of the axes
	_                          int32
}

// rowMajor is the order of the axes of a row-major array.
func rowMajor(rank int) []int64 {
	order := make([]int64, rank)
	for i := range order {
		order[i] = int64(rank - 1 - i)
	}
	return order
}

// layout returns the type and the shape.
func (b *Buffer) layout() (Type, []int, error) {
	var kind struct {
		base
		buffer uintptr
		kind   int32
	}
	kind.buffer = b.handle
	if err := b.plugin.invoke(bufferType, "type of a buffer", unsafe.Pointer(&kind), unsafe.Sizeof(kind)); err != nil {
		return 0, nil, err
	}
	var dims struct {
		base
		buffer, dims, rank uintptr
	}
	dims.buffer = b.handle
	if err := b.plugin.invoke(bufferDimensions, "shape of a buffer", unsafe.Pointer(&dims), unsafe.Sizeof(dims)); err != nil {
		return 0, nil, err
	}
	shape := []int{}
	if dims.rank > 0 {
		for _, d := range slices.Clone(unsafe.Slice((*int64)(foreign(dims.dims)), dims.rank)) {
			shape = append(shape, int(d))
		}
	}
	return Type(kind.kind), shape, nil
}

// Shape returns the lengths of the axes.
func (b *Buffer) Shape() ([]int, error) {
	if b.handle == 0 {
		return nil, errors.New("pjrt: shape: the buffer is closed, or its memory was given to a program")
	}
	_, shape, err := b.layout()
	return shape, err
}
