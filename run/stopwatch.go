package run

import "time"

// stopwatch adds up time.
type stopwatch struct {
	total time.Duration
	since time.Time // zero while stopped
}

func (s *stopwatch) start() { s.since = time.Now() }

func (s *stopwatch) stop() {
	if !s.since.IsZero() {
		s.total += time.Since(s.since)
		s.since = time.Time{}
	}
}

// seconds returns the time until now.
func (s *stopwatch) seconds() float64 {
	total := s.total
	if !s.since.IsZero() {
		total += time.Since(s.since)
	}
	return total.Seconds()
}
