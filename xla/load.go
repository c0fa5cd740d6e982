//go:build (amd64 || arm64) && (darwin || ((linux || freebsd) && (cgo || dynamic)))

package xla

import (
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/pkg/errors"

	"github.com/seed-be841da4/prospect/internal/pjrt"
)

func init() { pjrt.Use(pjrt.Loader{Open: open, Call: call}) }

// open loads a library, which stays loaded, and returns the address of a function.
func open(path, function string) (uintptr, error) {
	library, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return 0, errors.Wrap(err, "xla: load the library")
	}
	address, err := purego.Dlsym(library, function)
	if err != nil {
		return 0, errors.Wrapf(err, "xla: no plugin for PJRT: it has no function %s", function)
	}
	return address, nil
}

// call calls a C function of one pointer.
func call(function uintptr, argument unsafe.Pointer) uintptr {
	result, _, _ := purego.SyscallN(function, uintptr(argument))
	return result
}
