package virtio

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Sizes of frames, in bytes. Each is preceded by a header that says nothing here (virtio 1.2
// §5.1.6).
const (
	headerBytes   = 12
	FrameBytesMin = 14 // an Ethernet header
	FrameBytesMax = BufferBytes - headerBytes
	refillBatch   = 16 // buffers that are given back before the device is told
)

const featureMAC = 1 << 5

// Net is a network card: whole Ethernet frames in and out.
type Net struct {
	device   Device
	rx, tx   Queue
	Present  bool
	MAC      [6]byte
	In, Out  uint64 // how often frames came, and how often there came to be room
	refilled int
	free     int // buffers of tx that the device does not have
	seen     uint16
}

// Start finds out whether the card can be used, and begins to receive.
func (n *Net) Start(p *Place, s *mem.Space) bool {
	features, ok := n.device.begin(p, featureMAC)
	if !ok || !n.rx.open(&n.device, 0, s, true) || !n.tx.open(&n.device, 1, s, false) {
		return false
	}
	if features&featureMAC != 0 {
		for i := range n.MAC {
			n.MAC[i] = byte(n.device.config(uint64(i), 1))
		}
	}
	n.tx.interrupts(false)
	for i := range QueueBuffers {
		n.rx.give(i, BufferBytes)
	}
	n.free = QueueBuffers
	n.device.run()
	n.rx.notify(&n.device, 0)
	n.Present = true
	return true
}

// Line returns the card's interrupt.
func (n *Net) Line() uint32 { return n.device.Line }

// Interrupt looks at what the card did. It reports whether anything changed for who waits.
func (n *Net) Interrupt() (changed bool) {
	n.device.acknowledge()
	if used := n.rx.used + uint16(n.rx.pending()); used != n.seen {
		n.seen = used
		n.In++
		changed = true
		n.rx.interrupts(false) // until Receive finds nothing
	}
	return n.collect() || changed
}

// collect takes back the buffers that were sent. It reports whether there were none free before.
func (n *Net) collect() (room bool) {
	none := n.free == 0
	for {
		i, _ := n.tx.take()
		if i < 0 {
			break
		}
		n.free++
	}
	if n.free == 0 || !none {
		return false
	}
	n.tx.interrupts(false)
	n.Out++
	return true
}

// Readable tells whether a frame is there. If none is, the card interrupts when one comes.
func (n *Net) Readable() bool {
	if n.rx.pending() == 0 {
		n.rx.interrupts(true)
	}
	return n.rx.pending() > 0
}

// Writable tells whether a frame would be taken. If none would, the card interrupts when there is
// room.
func (n *Net) Writable() bool {
	if n.free == 0 {
		n.tx.interrupts(true)
		n.collect()
	}
	return n.free > 0
}

// Receive writes the next frame to the program's memory and returns its length; what does not fit
// in size bytes is cut off. It returns -EAGAIN if there is none; only then the card interrupts when
// there is one.
func (n *Net) Receive(s *mem.Space, address, size uint64) int64 {
	for {
		i, length := n.rx.take()
		if i < 0 {
			n.rx.interrupts(true)
			if i, length = n.rx.take(); i < 0 { // it came before the card knew
				return -abi.EAGAIN
			}
		}
		result := int64(0)
		if length >= headerBytes+FrameBytesMin {
			frame := n.rx.bytes(i)[headerBytes:length]
			frame = frame[:min(uint64(len(frame)), size)]
			result = int64(len(frame))
			if !s.CopyOut(address, frame) {
				result = -abi.EFAULT
			}
		}
		n.rx.give(i, BufferBytes)
		if n.refilled++; n.refilled >= refillBatch {
			n.refilled = 0
			n.rx.notify(&n.device, 0)
		}
		if result != 0 {
			return result
		}
	}
}

// Send takes a frame from the program's memory. It returns -EAGAIN if there is no room.
func (n *Net) Send(s *mem.Space, address, size uint64) int64 {
	result := n.put(s, address, size)
	if result > 0 {
		n.tx.notify(&n.device, 1)
	}
	return result
}

// put makes a frame available, of which the device is still to be told.
func (n *Net) put(s *mem.Space, address, size uint64) int64 {
	if size < FrameBytesMin || size > FrameBytesMax {
		return -abi.EINVAL
	}
	if n.free < QueueBuffers/2 {
		n.collect()
	}
	if n.free == 0 {
		// Now it matters when there is room: ask for an interrupt, and look again.
		n.tx.interrupts(true)
		if n.collect(); n.free == 0 {
			return -abi.EAGAIN
		}
	}
	for i := range QueueBuffers {
		if n.tx.given[i] {
			continue
		}
		b := n.tx.bytes(i)
		clear(b[:headerBytes])
		if !s.CopyIn(b[headerBytes:headerBytes+size], address) {
			return -abi.EFAULT
		}
		n.tx.give(i, headerBytes+int(size))
		n.free--
		break
	}
	return int64(size)
}
