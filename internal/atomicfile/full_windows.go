package atomicfile

import (
	"syscall"

	"github.com/pkg/errors"
)

// isFull reports whether err says that the disk is full: ERROR_HANDLE_DISK_FULL
// or ERROR_DISK_FULL.
func isFull(err error) bool {
	return errors.Is(err, syscall.Errno(39)) || errors.Is(err, syscall.Errno(112))
}
