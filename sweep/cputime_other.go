//go:build !linux

package sweep

import "time"

// threadTime returns false: the processor time of one thread is not known here.
func threadTime() (time.Duration, bool) { return 0, false }
