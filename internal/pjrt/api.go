package pjrt

import (
	"fmt"
	"sync"
	"unsafe"

	"github.com/pkg/errors"
)

// Loader is a dynamic loader.
type Loader struct {
	// Open loads a shared library and returns the address of a function in it.
	Open func(path, function string) (uintptr, error)
	// Call calls a function of up to one pointer argument, which may be nil.
	Call func(function uintptr, argument unsafe.Pointer) uintptr
}

var (
	loaderLock sync.Mutex
	loader     Loader
	plugins    = map[string]*Plugin{}
)

// Use sets the loader of the process.
func Use(l Loader) {
	loaderLock.Lock()
	defer loaderLock.Unlock()
	loader = l
}

// ErrNoLoader is the error of [Load] in a program that cannot load libraries.
var ErrNoLoader = errors.New(`this program cannot load plugins: import _ "github.com/seed-be841da4/prospect/xla" in its main package, on Linux, macOS or FreeBSD, and on a machine without a C compiler build it with -tags dynamic`)

// The functions used, by their index in the table. New ones are only ever appended to
// the table within a major version.
const (
	errorDestroy         = 0
	errorMessage         = 1
	errorCode            = 2
	pluginInitialize     = 3
	pluginAttributes     = 4
	eventDestroy         = 5
	eventAwait           = 8
	clientCreate         = 10
	clientDestroy        = 11
	clientPlatformName   = 12
	clientVersion        = 14
	clientDevices        = 16
	clientCompile        = 20
	clientFromHost       = 22
	descriptionID        = 23
	descriptionKind      = 26
	deviceDescription    = 29
	deviceMemoryStats    = 34
	executableDestroy    = 40
	executableNumOutputs = 44
	loadedDestroy        = 50
	loadedExecutable     = 51
	loadedExecute        = 55
	bufferDestroy        = 58
	bufferType           = 59
	bufferDimensions     = 60
	bufferSize           = 64
	bufferToHost         = 70
	executableMemory     = 96

	// required is the number of functions that a plugin must have.
	required = bufferToHost + 1
)

// tableOffset is the distance of the function pointers from the start of the table: its
// size, its extensions, and the version, a struct of 24 bytes.
const tableOffset = 40

// major is the version of the interface that this package speaks.
const major = 0

// Plugin is a loaded library.
type Plugin struct {
	// Path of the library.
	Path string
	// Major and Minor are the version of its interface.
	Major, Minor int

	call  func(function uintptr, argument unsafe.Pointer) uintptr
	table []uintptr // the function pointers that it has

	lock    sync.Mutex
	clients map[string]*Client // by options
}

// Version is the version of the interface: "0.81".
func (p *Plugin) Version() string { return fmt.Sprintf("%d.%d", p.Major, p.Minor) }

// header begins the table.
type header struct {
	size       uintptr
	extensions uintptr
	version    struct {
		size       uintptr
		extensions uintptr
		major      int32
		minor      int32
	}
}

// Load loads a plugin and initializes it. The same path gives the same plugin. It is an
// error if the library is none, or speaks another major version.
func Load(path string) (*Plugin, error) {
	loaderLock.Lock()
	defer loaderLock.Unlock()
	if p, ok := plugins[path]; ok {
		return p, nil
	}
	if loader.Open == nil {
		return nil, errors.WithMessage(ErrNoLoader, "pjrt")
	}
	get, err := loader.Open(path, "GetPjrtApi")
	if err != nil {
		return nil, errors.WithMessagef(err, "pjrt: plugin %q", path)
	}
	p, err := newPlugin(path, loader.Call(get, nil), loader.Call)
	if err != nil {
		return nil, err
	}
	plugins[path] = p
	return p, nil
}

// newPlugin reads the table of a plugin at an address.
func newPlugin(path string, at uintptr, call func(uintptr, unsafe.Pointer) uintptr) (*Plugin, error) {
	if at == 0 {
		return nil, errors.Errorf("pjrt: plugin %q: GetPjrtApi returned no table", path)
	}
	h := (*header)(foreign(at))
	p := &Plugin{Path: path, Major: int(h.version.major), Minor: int(h.version.minor), call: call, clients: map[string]*Client{}}
	if p.Major != major {
		return nil, errors.Errorf("pjrt: plugin %q: version of the interface, got %s, want major version %d; install a release of it for that version", path, p.Version(), major)
	}
	count := 0
	if h.size > tableOffset {
		count = min(int((h.size-tableOffset)/unsafe.Sizeof(uintptr(0))), executableMemory+1)
	}
	if count < required {
		return nil, errors.Errorf("pjrt: plugin %q: functions, got %d, want at least %d; it is older than this program, install a newer one", path, count, required)
	}
	p.table = append(p.table, unsafe.Slice((*uintptr)(foreign(at+tableOffset)), count)...)
	var args base
	return p, p.invoke(pluginInitialize, "initialize", unsafe.Pointer(&args), unsafe.Sizeof(args))
}

// foreign is a pointer to memory that the plugin owns.
func foreign(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// has reports whether the plugin has a function.
func (p *Plugin) has(function int) bool { return function < len(p.table) && p.table[function] != 0 }

// base begins every struct of arguments.
type base struct{ size, extensions uintptr }

// room ends structs of arguments that later versions of the interface extend: a plugin
// that knows more fields reads zeros, which mean that they are not given, and one that
// knows fewer ignores them.
type room [8]uintptr

// Error is an error of a plugin.
type Error struct {
	// Path of the plugin.
	Path string
	// Doing says what failed: "compile".
	Doing string
	// Code is the code of the error, as in gRPC: 3 is an invalid argument, 8 that memory
	// is exhausted, 12 that something is not implemented.
	Code int
	// Message is the plugin's.
	Message string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("pjrt: %s: %s: code %d: %s", e.Path, e.Doing, e.Code, e.Message)
}

// The codes that are handled.
const (
	CodeResourceExhausted = 8
	CodeUnimplemented     = 12
)

// invoke calls a function with its arguments, a struct that begins with a base.
func (p *Plugin) invoke(function int, doing string, args unsafe.Pointer, size uintptr) error {
	if !p.has(function) {
		return &Error{p.Path, doing, CodeUnimplemented, "the plugin does not have the function"}
	}
	(*base)(args).size = size
	return p.failure(doing, p.call(p.table[function], args))
}

// failure turns an error object into an error and destroys it; 0 is none.
func (p *Plugin) failure(doing string, object uintptr) error {
	if object == 0 {
		return nil
	}
	e := &Error{Path: p.Path, Doing: doing}
	var message struct {
		base
		object, text, length uintptr
	}
	message.size, message.object = unsafe.Sizeof(message), object
	p.call(p.table[errorMessage], unsafe.Pointer(&message))
	e.Message = text(message.text, message.length)
	var code struct {
		base
		object uintptr
		code   int32
	}
	code.size, code.object = unsafe.Offsetof(code.code)+4, object
	if p.call(p.table[errorCode], unsafe.Pointer(&code)) == 0 {
		e.Code = int(code.code)
	}
	destroy := object1{object: object}
	destroy.size = unsafe.Sizeof(destroy)
	p.call(p.table[errorDestroy], unsafe.Pointer(&destroy))
	return e
}

// object1 is the arguments of a function of one object.
type object1 struct {
	base
	object uintptr
}

// destroy calls a destructor. Its error has no remedy.
func (p *Plugin) destroy(function int, object uintptr) {
	args := object1{object: object}
	_ = p.invoke(function, "destroy", unsafe.Pointer(&args), unsafe.Sizeof(args))
}

// named calls a function that returns a string of an object.
func (p *Plugin) named(function int, doing string, object uintptr) (string, error) {
	var args struct {
		base
		object, text, length uintptr
	}
	args.object = object
	err := p.invoke(function, doing, unsafe.Pointer(&args), unsafe.Sizeof(args))
	return text(args.text, args.length), err
}

// text copies a string of the plugin.
func text(at, length uintptr) string {
	if at == 0 || length == 0 {
		return ""
	}
	return string(unsafe.Slice((*byte)(foreign(at)), length))
}

// await waits for an event and destroys it; 0 is one that has happened.
func (p *Plugin) await(event uintptr, doing string) error {
	if event == 0 {
		return nil
	}
	live.events.Add(1)
	defer live.events.Add(-1)
	args := object1{object: event}
	err := p.invoke(eventAwait, doing, unsafe.Pointer(&args), unsafe.Sizeof(args))
	p.destroy(eventDestroy, event)
	return err
}
