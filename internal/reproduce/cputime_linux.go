package reproduce

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime returns the processor time of the calling thread and true.
func threadTime() (time.Duration, bool) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_THREAD, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}
