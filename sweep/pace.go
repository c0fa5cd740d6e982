package sweep

import "time"

// PartTime is about how long the trials take that [Runner.RunTogether] runs as one.
const PartTime = time.Minute

// pace is how long a trial of a group takes.
type pace struct {
	// alone and together are the least seconds of work of a trial by itself, and of a
	// share of many; 0 while it is not known.
	alone, together float64
	// seconds are those by the clock of the last.
	seconds float64
}

// time notes what each of n trials of a group took.
func (c *crew[P, R]) time(group string, n int, seconds, work float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.paces[group]
	if !ok {
		p = &pace{}
		c.paces[group] = p
	}
	if work == 0 {
		work = seconds
	}
	p.seconds = seconds
	least := &p.together
	if n == 1 {
		least = &p.alone
	}
	if *least == 0 || work < *least {
		*least = work
	}
}

// part returns how many of the trials of a group run together next, of as many as wait.
func (c *crew[P, R]) part(group string, waiting func() int) int {
	p := c.paces[group]
	if p == nil || p.together > p.alone && p.alone > 0 {
		return 1
	}
	n := min(c.most, (waiting()+c.workers-1)/c.workers)
	if long := PartTime.Seconds() / p.seconds; float64(n) > long {
		n = int(long)
	}
	return max(1, n)
}

// next takes the first trial of the queue, and those that run with it.
func (c *crew[P, R]) next() []job[P] {
	group := c.queue[0].group
	n := 1
	if c.all != nil {
		n = c.part(group, func() int {
			waiting := 0
			for _, j := range c.queue {
				if j.group == group {
					waiting++
				}
			}
			return waiting
		})
	}
	jobs := c.queue[:1:1]
	c.queue = c.queue[1:]
	if n == 1 {
		return jobs
	}
	rest := make([]job[P], 0, len(c.queue))
	for _, j := range c.queue {
		if len(jobs) < n && j.group == group {
			jobs = append(jobs, j)
		} else {
			rest = append(rest, j)
		}
	}
	c.queue = rest
	return jobs
}
