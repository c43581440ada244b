package virtio

import "github.com/atoll-os/atoll/kernel/mem"

// Entropy is the host's source of random bytes.
type Entropy struct {
	device  Device
	queue   Queue
	Present bool
}

// entropyTries bounds how long Read waits for the host.
const entropyTries = 1 << 20

// Start finds out whether the source can be used.
func (e *Entropy) Start(p *Place, s *mem.Space) bool {
	if _, ok := e.device.begin(p, 0); !ok || !e.queue.open(&e.device, 0, s, true) {
		return false
	}
	e.queue.interrupts(false)
	e.device.run()
	e.Present = true
	return true
}

// Read asks for bytes and waits for them; it returns nothing if the host does not answer. What it
// returns is overwritten by the next call.
func (e *Entropy) Read() []byte {
	e.queue.give(0, BufferBytes)
	e.queue.notify(&e.device, 0)
	for range entropyTries {
		if i, n := e.queue.take(); i == 0 {
			return e.queue.bytes(0)[:n]
		}
		// A register that says nothing new: reading it lets the hypervisor run.
		e.device.get(regStatus)
	}
	e.Present = false
	return nil
}
