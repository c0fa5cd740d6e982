//go:build !linux

package cputime

import "time"

// Thread returns false: the processor time of one thread is not known here.
func Thread() (time.Duration, bool) { return 0, false }
