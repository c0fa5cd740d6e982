//go:build !windows

package atomicfile

import (
	"syscall"

	"github.com/pkg/errors"
)

// isFull reports whether err says that the disk, a quota or a size limit is
// exhausted.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
