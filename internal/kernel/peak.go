package kernel

import (
	"runtime"
	"sync"
	"time"
)

// peakChains is the number of vector FMAs per round of the peak kernel (as in the
// generator).
const peakChains = 12

// PeakFMA measures the peak FMA throughput of threads together on the active path, in
// GFLOP/s: the best of several runs of a few hundred microseconds of independent FMAs on
// registers, which begin and end at once. Where the system gives the threads one core, it
// is the peak of that core.
func PeakFMA[T Float](threads int) float64 {
	rounds := 40_000
	if threads > 1 {
		rounds *= 10 // until all run
	}
	return peak(threads, rounds, peakRun[T])
}

// peak returns the best rate of several runs on threads.
func peak(threads, rounds int, run func(rounds int) (flops float64)) float64 {
	best := 0.0
	for range 8 {
		var all sync.WaitGroup
		total := make([]float64, threads)
		start := time.Now()
		for i := 1; i < threads; i++ {
			all.Go(func() { total[i] = run(rounds) })
		}
		total[0] = run(rounds)
		all.Wait()
		sum := 0.0
		for _, flops := range total {
			sum += flops
		}
		best = max(best, sum/float64(time.Since(start).Nanoseconds()))
	}
	return best
}

// peakRun runs the peak kernel and returns the operations it took.
func peakRun[T Float](rounds int) float64 {
	if active == Portable {
		runtime.KeepAlive(portablePeak[T](rounds))
	} else {
		runTile[T](tilePeak*16, &tileArgs{k: rounds})
	}
	return float64(rounds * peakChains * 2 * geometryOf[T]().lanes)
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
