package virtio

import "github.com/atoll-os/atoll/kernel/mem"

// CommandBytesMax is the longest line that a Control takes; what is longer is dropped.
const CommandBytesMax = 80

// Control is the host's line to the kernel, a virtio console (virtio 1.2 §5.3) with one port: lines
// of text come, and lines go back.
type Control struct {
	device  Device
	rx, tx  Queue
	Present bool
	line    [CommandBytesMax]byte
	n       int  // bytes of line
	long    bool // the line is too long
	current int  // buffer of rx that is being read, with `at` of its `end` bytes read; -1 is none
	at, end int
}

// Start finds out whether the console can be used, and begins to receive.
func (c *Control) Start(p *Place, s *mem.Space) bool {
	_, ok := c.device.begin(p, 0)
	if !ok || !c.rx.open(&c.device, 0, s, true) || !c.tx.open(&c.device, 1, s, false) {
		return false
	}
	c.tx.interrupts(false)
	for i := range QueueBuffers {
		c.rx.give(i, BufferBytes)
	}
	c.current = -1
	c.device.run()
	c.rx.notify(&c.device, 0)
	c.Present = true
	return true
}

// Line returns the console's interrupt.
func (c *Control) Line() uint32 { return c.device.Line }

// Interrupt takes the console's interrupt; Command then gives what came.
func (c *Control) Interrupt() { c.device.acknowledge() }

// Command returns the next line that came, without its end, or nil. It is overwritten by the next
// call.
func (c *Control) Command() []byte {
	for {
		if c.current < 0 {
			i, length := c.rx.take()
			if i < 0 {
				return nil
			}
			c.current, c.at, c.end = i, 0, length
		}
		b := c.rx.bytes(c.current)
		for c.at < c.end {
			letter := b[c.at]
			c.at++
			if letter != '\n' {
				if c.n < CommandBytesMax {
					c.line[c.n] = letter
					c.n++
				} else {
					c.long = true
				}
				continue
			}
			line, long := c.line[:c.n], c.long
			c.n, c.long = 0, false
			if !long {
				return line
			}
		}
		c.rx.give(c.current, BufferBytes)
		c.rx.notify(&c.device, 0)
		c.current = -1
	}
}

// Say sends a line, with its end. If the host does not read, it is dropped.
func (c *Control) Say(text string) {
	for {
		if i, _ := c.tx.take(); i < 0 {
			break
		}
	}
	for i := range QueueBuffers {
		if !c.tx.given[i] {
			c.tx.give(i, copy(c.tx.bytes(i), text))
			c.tx.notify(&c.device, 1)
			return
		}
	}
}
