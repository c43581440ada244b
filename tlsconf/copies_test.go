package tlsconf

import "sync"

// copies is a Clones for tests, which finds itself in a copy when told so.
type copies struct {
	mu         sync.Mutex
	generation uint64
	told       map[int]func(uint64)
	last       int
}

func (c *copies) Generation() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.generation
}

func (c *copies) OnClone(f func(uint64)) (cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told == nil {
		c.told = map[int]func(uint64){}
	}
	c.last++
	n := c.last
	c.told[n] = f
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.told, n)
	}
}

// listeners returns how many listen.
func (c *copies) listeners() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.told)
}

// silentClone is the instant at which a copy is found and nobody has been told yet.
func (c *copies) silentClone() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
}

// clone finds a copy and tells all.
func (c *copies) clone() {
	c.silentClone()
	c.mu.Lock()
	var all []func(uint64)
	for _, f := range c.told {
		all = append(all, f)
	}
	generation := c.generation
	c.mu.Unlock()
	for _, f := range all {
		f(generation)
	}
}
