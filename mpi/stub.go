//go:build !darwin && !(linux && (amd64 || arm64) && (cgo || dynamic))

package mpi

import (
	"runtime"

	"github.com/pkg/errors"
)

func initialise(l Launch) (name string, rank, size int, err error) {
	return "", 0, 1, errors.Errorf("mpi: %s has started %d processes, but this program (%s/%s) cannot load an MPI library; build it for Linux (amd64, arm64) or macOS with -tags dynamic, or start one process", l.Launcher, l.Size, runtime.GOOS, runtime.GOARCH)
}

func (c *Communicator) exchange(int, []byte, []byte) (int, error) { return 0, c.err }

func finalize() {}

func abort(int) {}
