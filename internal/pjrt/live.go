package pjrt

import "sync/atomic"

// Counts are numbers of objects that the plugins keep for this process.
type Counts struct{ Buffers, Executables, Events int64 }

var live struct{ buffers, executables, events atomic.Int64 }

// Live returns the numbers of objects that are not freed yet.
func Live() Counts {
	return Counts{live.buffers.Load(), live.executables.Load(), live.events.Load()}
}
