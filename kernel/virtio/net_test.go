package virtio

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// card returns a network card that was started.
func card(t testing.TB) (n *Net, m *model, s *mem.Space, address uint64) {
	t.Helper()
	return cardAt(t, false)
}

// cardAt is card in a window, or on PCI.
func cardAt(t testing.TB, pci bool) (n *Net, m *model, s *mem.Space, address uint64) {
	t.Helper()
	m, s, address = machine(t, KindNet)
	m.pci = pci
	if !pci && Probe(m.place(0).Bus, base) != KindNet {
		t.Fatal("no card is found")
	}
	n = new(Net)
	if !n.Start(m.place(9), s) || n.Line() != 9 || !n.Present {
		t.Fatal("the card does not start")
	}
	return n, m, s, address
}

// TestStart: what driver and device agree on.
func TestStart(t *testing.T) {
	for _, pci := range []bool{false, true} {
		testStart(t, pci)
	}
}

func testStart(t *testing.T, pci bool) {
	n, m, _, _ := cardAt(t, pci)
	if n.MAC != [6]byte{2, 0, 0, 0, 0, 7} || m.accepted != featureModern|featureMAC ||
		m.status != statusAcknowledge|statusDriver|statusFeatures|statusRunning {
		t.Errorf("MAC %x, features %#x, status %#x", n.MAC, m.accepted, m.status)
	}
	for i, q := range m.queues {
		if q.ready != 1 || q.size != QueueBuffers || q.parts[2]%4 != 0 {
			t.Errorf("queue %d is %+v", i, q)
		}
	}
	if m.notified[0] != 1 {
		t.Errorf("the device was told %d times of buffers", m.notified[0])
	}
}

// TestStartRefuses: what is no use.
func TestStartRefuses(t *testing.T) {
	for name, spoil := range map[string]func(m *model, s *mem.Space){
		"an old device":    func(m *model, s *mem.Space) { m.features = featureMAC },
		"no agreement":     func(m *model, s *mem.Space) { m.refuse = true },
		"too short queues": func(m *model, s *mem.Space) { m.queueMax = 8 },
		"no memory":        func(m *model, s *mem.Space) { s.Pages.Init(s.RAM, 0, 0) },
		"no reset":         func(m *model, s *mem.Space) { m.stuck, m.status = true, 4 },
		"no messages":      func(m *model, s *mem.Space) { m.pci, m.noVector = true, 0xffff },
		"a bell elsewhere": func(m *model, s *mem.Space) { m.pci, m.bellOffset = true, 2 },
	} {
		m, s, _ := machine(t, KindNet)
		spoil(m, s)
		if n := new(Net); n.Start(m.place(0), s) || n.Present {
			t.Errorf("%s starts as a card", name)
		}
		if e := new(Entropy); e.Start(m.place(0), s) {
			t.Errorf("%s starts as a source", name)
		}
	}
	nothing := &Bus{Read: func(uint64, int) uint32 { return ^uint32(0) }}
	if k := Probe(nothing, base); k != 0 {
		t.Errorf("where nothing is, a device of kind %d is found", k)
	}
}

// frame is a text as long as a frame.
func frame(i int) string { return fmt.Sprintf("frame %08d", i) + strings.Repeat(".", i%1500) }

// TestReceive: frames come in order, as many as there are buffers, again and again.
func TestReceive(t *testing.T) {
	n, m, s, at := card(t)
	if got := n.Receive(s, at, 2048); got != -abi.EAGAIN || n.Readable() {
		t.Errorf("a frame of nothing: %d", got)
	}
	next := 0
	for round := range 10 {
		sent := next
		for m.deliver(frame(sent)) {
			sent++
		}
		if sent-next < QueueBuffers-refillBatch {
			t.Fatalf("round %d: %d frames fit", round, sent-next)
		}
		if in := n.In; !n.Interrupt() || n.In != in+1 || m.interrupted != 0 || n.Interrupt() {
			t.Error("the interrupt must be noticed, once")
		}
		for ; next < sent; next++ {
			b := make([]byte, n.Receive(s, at, 2048))
			if s.CopyIn(b, at); string(b) != frame(next) {
				t.Fatalf("frame %q, want %q", b, frame(next))
			}
		}
	}
	if m.notified[0] < 20 {
		t.Errorf("the device was told %d times of buffers", m.notified[0])
	}
	m.deliver(frame(100))
	if got := n.Receive(s, at, 20); got != 20 {
		t.Errorf("%d bytes of a frame that is cut off", got)
	}
	m.deliver(frame(100))
	if got := n.Receive(s, 8, 100); got != -abi.EFAULT {
		t.Errorf("into bad memory: %d", got)
	}
}

// TestSend: frames go out in order; what the device does not take makes the writer wait, and an
// interrupt says when there is room.
func TestSend(t *testing.T) {
	for _, pci := range []bool{false, true} {
		testSend(t, pci)
	}
}

func testSend(t *testing.T, pci bool) {
	n, m, s, at := cardAt(t, pci)
	for size, want := range map[uint64]int64{13: -abi.EINVAL, FrameBytesMax + 1: -abi.EINVAL} {
		if got := n.Send(s, at, size); got != want {
			t.Errorf("a frame of %d bytes: %d", size, got)
		}
	}
	if got := n.Send(s, 8, 100); got != -abi.EFAULT || n.free != QueueBuffers {
		t.Errorf("from bad memory: %d", got)
	}
	for i := range 200 {
		s.CopyOut(at, []byte(frame(i)))
		if got := n.Send(s, at, uint64(len(frame(i)))); got != int64(len(frame(i))) {
			t.Fatalf("frame %d: %d", i, got)
		}
		if got := m.sent(true); len(got) != 1 || got[0] != frame(i) {
			t.Fatalf("sent %q, want %q", got, frame(i))
		}
	}
	taken := 0
	for n.Send(s, at, 100) > 0 {
		taken++
	}
	if taken != QueueBuffers || n.Writable() {
		t.Errorf("%d frames were taken", taken)
	}
	if flags := mem.Load16(m.ram[m.queues[1].parts[1]:]); flags != 0 {
		t.Error("the device must interrupt when there is room")
	}
	out := n.Out
	if got := m.sent(true); len(got) != QueueBuffers || !n.Interrupt() || n.Out != out+1 ||
		!n.Writable() {
		t.Errorf("%d frames sent; room %v", len(got), n.Writable())
	}
	mem.Store16(m.ram[m.queues[1].parts[2]:], noNotify)
	before := m.notified[1]
	if n.Send(s, at, 100); m.notified[1] != before {
		t.Error("the device was told though it did not want to be")
	}
}

// TestHostileDevice: whatever it says, no frame is made of it that is not one.
func TestHostileDevice(t *testing.T) {
	n, m, s, at := card(t)
	for _, bad := range [][2]uint32{{QueueBuffers, 100}, {1 << 31, 100}, {3, BufferBytes + 1},
		{3, ^uint32(0)}, {5, 0}, {5, 0}, {6, headerBytes + 3}} {
		m.use(0, bad[0], bad[1])
	}
	if got := n.Receive(s, at, 100); got != -abi.EAGAIN {
		t.Errorf("a frame of nonsense: %d", got)
	}
	if n.rx.Broken == 0 {
		t.Error("nonsense is not counted")
	}
	mem.Store16(m.ram[m.queues[0].parts[2]+2:], 40000)
	for range 3 {
		n.Receive(s, at, 100)
	}
	if n.Readable() {
		t.Error("nonsense does not end")
	}
}

// FuzzDevice gives a driver any used entries between its calls.
func FuzzDevice(f *testing.F) {
	f.Add([]byte{0, 1, 100, 0, 1, 1, 0, 2, 3, 3, 0, 0})
	f.Fuzz(func(t *testing.T, steps []byte) {
		n, m, s, at := cardAt(t, len(steps)%2 == 1)
		for len(steps) >= 3 {
			a, b := uint32(steps[1]), uint32(steps[2])
			switch steps[0] % 8 {
			case 0:
				m.use(int(b&1), a, b*20)
			case 1:
				if got := n.Receive(s, at, 4096); got > FrameBytesMax {
					t.Fatalf("a frame of %d bytes", got)
				}
			case 2:
				n.Send(s, at, uint64(b)*8)
			case 3:
				mem.Store16(m.ram[m.queues[b&1].parts[2]+2:], uint16(a<<8|b))
			case 4:
				n.Interrupt()
			case 5:
				m.sent(b&1 == 0)
			case 6:
				if got := n.ReceiveAll(s, at, uint64(b)<<7); got > int64(b)<<7 {
					t.Fatalf("%d bytes into %d", got, b<<7)
				}
			case 7:
				s.CopyOut(at+uint64(a), join(frame(int(a)), frame(int(b))))
				n.SendAll(s, at, uint64(b)*8)
			}
			if n.free < 0 || n.free > QueueBuffers {
				t.Fatalf("%d buffers are free", n.free)
			}
			steps = steps[3:]
		}
	})
}

// TestEntropy: bytes of the host, or none if it does not answer.
func TestEntropy(t *testing.T) {
	m, s, _ := machine(t, KindEntropy)
	var e Entropy
	if !e.Start(m.place(1), s) {
		t.Fatal("the source does not start")
	}
	m.onNotify = func(uint32) {
		id, buffer, _ := m.next(0)
		copy(buffer, "random")
		m.use(0, uint32(id), 6)
	}
	for range 2 {
		if got := e.Read(); string(got) != "random" {
			t.Errorf("read %q", got)
		}
	}
	m.onNotify = nil
	if got := e.Read(); got != nil || e.Present {
		t.Errorf("read %q of a host that does not answer", got)
	}
}
