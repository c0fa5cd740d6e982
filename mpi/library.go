//go:build darwin || (linux && (amd64 || arm64) && (cgo || dynamic))

package mpi

import (
	"os"
	"runtime"
	"strings"
	"unsafe"

	"github.com/ebitengine/purego"
	"github.com/pkg/errors"
)

// The functions of the library, and its handles, which are addresses of symbols in Open
// MPI and numbers in MPICH.
var library struct {
	init, finalize, abort, rank, size, send, receive, test, count, version uintptr
	yield                                                                  uintptr // sched_yield

	world, byte uintptr

	results // package variables do not move
}

// results is what functions of the library write to. One goroutine calls them.
type results struct {
	number   int32
	requests [2]uintptr // one of a library is at most as large
	text     [maxVersion]byte
	status   [statusBytes / 8]uint64
}

// The handles of MPICH and its derivatives.
const (
	mpichWorld = 0x44000000
	mpichByte  = 0x4c00010d
)

// funneled is MPI_THREAD_FUNNELED: the thread that initialises makes all calls.
const funneled = 1

// initialise loads the library and initialises it.
func initialise(l Launch) (name string, rank, size int, err error) {
	handle, err := open(l)
	if err != nil {
		return "", 0, 1, err
	}
	f := &library
	for symbol, address := range map[string]*uintptr{
		"MPI_Init_thread": &f.init, "MPI_Finalize": &f.finalize, "MPI_Abort": &f.abort,
		"MPI_Comm_rank": &f.rank, "MPI_Comm_size": &f.size, "MPI_Isend": &f.send,
		"MPI_Irecv": &f.receive, "MPI_Test": &f.test, "MPI_Get_count": &f.count, "MPI_Get_library_version": &f.version,
	} {
		if *address, err = purego.Dlsym(handle, symbol); err != nil {
			return "", 0, 1, errors.Wrapf(err, "mpi: library: %s; name another one in %s", symbol, LibraryVariable)
		}
	}
	if f.yield, err = purego.Dlsym(purego.RTLD_DEFAULT, "sched_yield"); err != nil {
		return "", 0, 1, errors.Wrap(err, "mpi: sched_yield")
	}
	name = versionText()
	if err := handles(handle, name); err != nil {
		return "", 0, 1, err
	}
	if err := check("MPI_Init_thread", f.init, 0, 0, funneled, address(&f.number)); err != nil {
		return "", 0, 1, err
	}
	if err := check("MPI_Comm_rank", f.rank, f.world, address(&f.number)); err != nil {
		return "", 0, 1, err
	}
	rank = int(f.number)
	err = check("MPI_Comm_size", f.size, f.world, address(&f.number))
	return name, rank, int(f.number), err
}

// open loads the first library that there is.
func open(l Launch) (uintptr, error) {
	names := libraries(l.Launcher, os.Getenv)
	var first error
	for _, name := range names {
		handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err == nil {
			return handle, nil
		}
		if first == nil {
			first = err
		}
	}
	return 0, errors.Errorf("mpi: %s has started %d processes, but no MPI library can be loaded (tried %s; %v); install it (on Debian libopenmpi3 or libmpich12), load its module, or name its path in %s",
		l.Launcher, l.Size, strings.Join(names, ", "), first, LibraryVariable)
}

// handles finds the handles of the library.
func handles(handle uintptr, name string) error {
	f := &library
	var err error
	if f.world, err = purego.Dlsym(handle, "ompi_mpi_comm_world"); err == nil {
		f.byte, err = purego.Dlsym(handle, "ompi_mpi_byte")
		return errors.Wrap(err, "mpi: library: ompi_mpi_byte")
	}
	for _, known := range []string{"MPICH", "Intel", "MVAPICH", "CRAY", "ParaStation"} {
		if strings.Contains(strings.ToUpper(name), strings.ToUpper(known)) {
			f.world, f.byte = mpichWorld, mpichByte
			return nil
		}
	}
	return errors.Errorf("mpi: library %q: is neither Open MPI nor MPICH or derived from it; name one of these in %s", name, LibraryVariable)
}

// maxVersion is MPI_MAX_LIBRARY_VERSION_STRING, the larger of the two.
const maxVersion = 8192

// versionText returns the first line of the library's version.
func versionText() string {
	f := &library
	if check("", f.version, address(&f.text), address(&f.number)) != nil {
		return "unknown MPI"
	}
	line, _, _ := strings.Cut(string(f.text[:min(max(f.number, 0), maxVersion)]), "\n")
	return strings.TrimRight(strings.Join(strings.Fields(line), " "), "\x00")
}

// tag is that of all messages.
const tag = 7

// statusBytes is more than the size of MPI_Status in any library.
const statusBytes = 128

// eager is how often an exchange looks for its end before it gives way to other threads,
// among which may be the process that it waits for.
const eager = 20

// exchange sends and receives.
func (c *Communicator) exchange(rank int, send, receive []byte) (int, error) {
	f, peer := &library, uintptr(rank)
	waits := [2]bool{len(receive) > 0, len(send) > 0}
	if waits[0] {
		if err := check("MPI_Irecv", f.receive, uintptr(unsafe.Pointer(&receive[0])), uintptr(len(receive)), f.byte, peer, tag, f.world, address(&f.requests[0])); err != nil {
			return 0, err
		}
	}
	if waits[1] {
		if err := check("MPI_Isend", f.send, uintptr(unsafe.Pointer(&send[0])), uintptr(len(send)), f.byte, peer, tag, f.world, address(&f.requests[1])); err != nil {
			return 0, err
		}
	}
	n := 0
	for tries := 0; waits[0] || waits[1]; tries++ {
		for i := range waits {
			if !waits[i] {
				continue
			}
			if err := check("MPI_Test", f.test, address(&f.requests[i]), address(&f.number), address(&f.status)); err != nil {
				return 0, err
			}
			if waits[i] = f.number == 0; waits[i] || i == 1 {
				continue
			}
			if err := check("MPI_Get_count", f.count, address(&f.status), f.byte, address(&f.number)); err != nil {
				return 0, err
			}
			n = int(f.number)
		}
		if tries > eager {
			_, _, _ = purego.SyscallN(f.yield)
		}
	}
	runtime.KeepAlive(send)
	runtime.KeepAlive(receive)
	return n, nil
}

func finalize() { _, _, _ = purego.SyscallN(library.finalize) }

func abort(code int) { _, _, _ = purego.SyscallN(library.abort, library.world, uintptr(code)) }

// check calls a function and returns an error unless it returns MPI_SUCCESS.
//
//go:uintptrescapes
func check(name string, f uintptr, args ...uintptr) error {
	if code, _, _ := purego.SyscallN(f, args...); int32(code) != 0 {
		return errors.Errorf("mpi: %s: error %d", name, int32(code))
	}
	return nil
}

// address is where a field of library is.
func address[T any](x *T) uintptr { return uintptr(unsafe.Pointer(x)) }
