package kernel

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/thread"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// fakeConsole answers registers as a virtio console does; what it writes into memory the test
// writes.
type fakeConsole struct {
	set   map[uint64]uint32 // by register, those of queue 1 from 0x1000 on
	queue uint64
}

func (d *fakeConsole) read(register uint64, _ int) uint32 {
	switch register {
	case 0x010:
		return d.set[0x014] // only a modern device has the bit of the second half
	case 0x034:
		return virtio.QueueBuffers
	case 0x070:
		return d.set[0x070]
	}
	return 0
}

func (d *fakeConsole) write(register uint64, _ int, value uint32) {
	if register == 0x030 {
		d.queue = uint64(value) << 12
	}
	if register >= 0x080 && register < 0x100 {
		register += d.queue
	}
	d.set[register] = value
}

// say lets the n-th line come, in buffer n-1.
func (d *fakeConsole) say(ram mem.RAM, n int, text string) {
	table, used := uint64(d.set[0x080]), uint64(d.set[0x0a0])
	copy(ram[mem.Load64(ram[table+16*uint64(n-1):]):], text)
	entry := ram[used+4+8*uint64(n-1):]
	mem.Store32(entry, uint32(n-1))
	mem.Store32(entry[4:], uint32(len(text)))
	mem.Store16(ram[used+2:], uint16(n))
}

// TestControl: the host's lines are obeyed when the interrupt comes.
func TestControl(t *testing.T) {
	m, th := boot(t)
	d := &fakeConsole{set: map[uint64]uint32{}}
	if !m.Control.Start(&virtio.Place{Bus: &virtio.Bus{Read: d.read, Write: d.write}, Line: 5},
		&m.Space) {
		t.Fatal("the console does not start")
	}
	m.action(th, abi.SIGTERM, handler)
	m.call(th, 35, m.timespec(100, 0))
	d.say(m.Space.RAM, 1, "ping\nnonsense\n")
	m.Interrupt(4)
	if th.State != thread.Sleep {
		t.Error("another line's interrupt did something")
	}
	m.Interrupt(5)
	if sent := mem.Load16(m.Space.RAM[d.set[0x1090]+2:]); sent != 1 {
		t.Errorf("%d answers, want pong", sent)
	}
	d.say(m.Space.RAM, 2, "stop\n")
	m.Interrupt(5)
	if m.Next(m.clock) != th || th.Regs.IP != handler || th.Regs.DI != abi.SIGTERM {
		t.Errorf("the program is at %#x; want its handler of SIGTERM", th.Regs.IP)
	}
}

// TestReady: the program says by a file that it can be used, and the host hears it; where there is
// no line to the host it is nobody's business.
func TestReady(t *testing.T) {
	m, th := boot(t)
	at, _ := m.put("/dev/ready")
	m.want(th, "openat", 3, 257, 1<<64+abi.OpenHere, at, abi.OpenWriteOnly, 0)
	m.want(th, "write to nobody", 6, 1, 3, at, 6)
	d := &fakeConsole{set: map[uint64]uint32{}}
	if !m.Control.Start(&virtio.Place{Bus: &virtio.Bus{Read: d.read, Write: d.write}, Line: 5},
		&m.Space) {
		t.Fatal("the console does not start")
	}
	m.want(th, "write", 6, 1, 3, at, 6)
	m.want(th, "write to another file", 1, 1, 1, at, 1)
	ram := m.Space.RAM
	if sent := mem.Load16(ram[d.set[0x1090]+2:]); sent != 1 {
		t.Errorf("%d lines", sent)
	}
	buffer := mem.Load64(ram[d.set[0x1080]:])
	if line := string(ram[buffer : buffer+6]); line != "ready\n" {
		t.Errorf("the line is %q", line)
	}
	m.want(th, "read", -abi.EBADF, 0, 3, at, 6)
}
