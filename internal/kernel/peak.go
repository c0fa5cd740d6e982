package kernel

import (
	"runtime"
	"time"
)

// peakChains is the number of vector FMAs per round of the peak kernel (as in the
// generator).
const peakChains = 12

// PeakFMA measures the peak FMA throughput of one core on the active path, in GFLOP/s:
// the best of several runs of a few hundred microseconds of independent FMAs on
// registers.
func PeakFMA[T Float]() float64 {
	const rounds = 40000
	lanes := geometryOf[T]().lanes
	best := 0.0
	for range 8 {
		start := time.Now()
		if active == Portable {
			runtime.KeepAlive(portablePeak[T](rounds))
		} else {
			runTile[T](tilePeak*16, &tileArgs{k: rounds})
		}
		best = max(best, float64(rounds*peakChains*2*lanes)/float64(time.Since(start).Nanoseconds()))
	}
	return best
}

// portablePeak runs as many multiply-adds as the vector kernel with 4 lanes.
func portablePeak[T Float](rounds int) T {
	var a, b, c, d T = 1, 2, 3, 4
	const x, y = 0.5, 0.25
	for range rounds * peakChains {
		a, b, c, d = a*x+y, b*x+y, c*x+y, d*x+y
	}
	return a + b + c + d
}
