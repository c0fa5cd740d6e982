//go:build !race

package datasets

// raceEnabled tells slow tests, which start no goroutine that others do not, that the
// race detector is watching.
const raceEnabled = false
