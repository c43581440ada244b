package virtio

import (
	"math/bits"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// LengthBytes precede each frame of several: its length, big-endian.
const LengthBytes = 4

// ReceiveAll writes as many frames as there are, and as surely fit in size bytes, to the program's
// memory, each behind its length. It returns how many bytes they are, or -EAGAIN if there is none.
func (n *Net) ReceiveAll(s *mem.Space, address, size uint64) int64 {
	const most = LengthBytes + FrameBytesMax
	if size < most {
		return -abi.EINVAL
	}
	done := uint64(0)
	for size-done >= most {
		length := n.Receive(s, address+done+LengthBytes, FrameBytesMax)
		if length == -abi.EAGAIN && done > 0 {
			break
		}
		if length < 0 {
			return length
		}
		var head [LengthBytes]byte
		mem.Store32(head[:], bits.ReverseBytes32(uint32(length)))
		if !s.CopyOut(address+done, head[:]) {
			return -abi.EFAULT
		}
		done += LengthBytes + uint64(length)
	}
	return int64(done)
}

// SendAll takes frames from the program's memory, each behind its length, until there is no more
// room, and tells the device once. It returns how many bytes whole frames are that it took.
func (n *Net) SendAll(s *mem.Space, address, size uint64) int64 {
	done, queued := uint64(0), n.tx.avail
	result := int64(0)
	for size-done >= LengthBytes {
		var head [LengthBytes]byte
		if !s.CopyIn(head[:], address+done) {
			result = -abi.EFAULT
			break
		}
		length := uint64(bits.ReverseBytes32(mem.Load32(head[:])))
		if length > size-done-LengthBytes {
			break // the rest comes by the next call
		}
		if result = n.put(s, address+done+LengthBytes, length); result < 0 {
			break
		}
		done += LengthBytes + length
	}
	if n.tx.avail != queued {
		n.tx.notify(&n.device, 1)
	}
	switch {
	case done > 0:
		return int64(done)
	case result < 0:
		return result
	}
	return -abi.EINVAL // not even one frame
}
