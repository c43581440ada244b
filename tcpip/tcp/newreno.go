package tcp

// newreno is congestion avoidance by RFC 5681 §3.1 with the byte counting of RFC 3465 §2.1.
type newreno struct {
	counted int // bytes acknowledged and not yet paid for in window
}

// avoid takes bytes acknowledged in congestion avoidance and returns the new window.
func (c *newreno) avoid(window, acked, mss int) int {
	c.counted += acked
	if c.counted >= window {
		c.counted -= window
		window += mss
	}
	return window
}
