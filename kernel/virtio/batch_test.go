package virtio

import (
	"encoding/binary"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
)

// split takes frames apart that come behind their lengths.
func split(t *testing.T, b []byte) (frames []string) {
	t.Helper()
	for len(b) > 0 {
		if len(b) < LengthBytes || len(b)-LengthBytes < int(binary.BigEndian.Uint32(b)) {
			t.Fatalf("%d bytes are not whole frames", len(b))
		}
		n := LengthBytes + int(binary.BigEndian.Uint32(b))
		frames, b = append(frames, string(b[LengthBytes:n])), b[n:]
	}
	return frames
}

// join puts frames one after another, each behind its length.
func join(frames ...string) (b []byte) {
	for _, f := range frames {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(f))), f...)
	}
	return b
}

// TestReceiveAll: one call gives all frames that are there, or as many as surely fit.
func TestReceiveAll(t *testing.T) {
	n, m, s, at := card(t)
	if got := n.ReceiveAll(s, at, 8192); got != -abi.EAGAIN {
		t.Errorf("frames of nothing: %d", got)
	}
	if got := n.ReceiveAll(s, at, LengthBytes+FrameBytesMax-1); got != -abi.EINVAL {
		t.Errorf("into less than a frame may need: %d", got)
	}
	for i := range 5 {
		m.deliver(frame(i))
	}
	n.Interrupt()
	b := make([]byte, n.ReceiveAll(s, at, 8192))
	s.CopyIn(b, at)
	for i, f := range split(t, b) {
		if f != frame(i) {
			t.Errorf("frame %d is %q", i, f)
		}
	}
	if got := n.ReceiveAll(s, at, 8192); got != -abi.EAGAIN {
		t.Errorf("after all frames: %d", got)
	}
	m.deliver(frame(1400))
	m.deliver(frame(1401))
	one := int64(LengthBytes + len(frame(1400)))
	if got := n.ReceiveAll(s, at, LengthBytes+FrameBytesMax); got != one {
		t.Errorf("%d bytes where one frame surely fits", got)
	}
	if got := n.ReceiveAll(s, 8, 8192); got != -abi.EFAULT {
		t.Errorf("into bad memory: %d", got)
	}
}

// TestSendAll: the device is told once of all frames of a call; a frame in part is left, and what
// does not fit is not taken.
func TestSendAll(t *testing.T) {
	n, m, s, at := card(t)
	send := func(b []byte) int64 {
		s.CopyOut(at, b)
		return n.SendAll(s, at, uint64(len(b)))
	}
	all := join(frame(20), frame(21), frame(22))
	told := m.notified[1]
	if got := send(all); got != int64(len(all)) || m.notified[1] != told+1 {
		t.Errorf("%d bytes of %d taken, the device told %d times", got, len(all), m.notified[1]-told)
	}
	if got := m.sent(true); len(got) != 3 || got[2] != frame(22) {
		t.Errorf("sent %q", got)
	}
	cut := append(join(frame(1)), join(frame(2))[:15]...)
	if got := send(cut); got != int64(len(join(frame(1)))) || len(m.sent(true)) != 1 {
		t.Errorf("a whole frame and a part: %d", got)
	}
	for name, b := range map[string][]byte{"nothing": nil, "a part of a length": {0, 0},
		"a length without a frame": {0, 0, 0, 60}, "too short": join("short"),
		"too long": join(string(make([]byte, FrameBytesMax+1)))} {
		if got := send(b); got != -abi.EINVAL {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := n.SendAll(s, 8, 100); got != -abi.EFAULT {
		t.Errorf("from bad memory: %d", got)
	}
	one := join(frame(0))
	for range QueueBuffers {
		send(one)
	}
	if got := send(one); got != -abi.EAGAIN {
		t.Errorf("without room: %d", got)
	}
}
