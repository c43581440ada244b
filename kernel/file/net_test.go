package file

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// fakeCard answers registers as a network card does; the test does in memory what the card would.
type fakeCard struct {
	set   map[uint64]uint32 // by register, those of queue 1 from 0x1000 on
	queue uint64
}

func (d *fakeCard) read(register uint64, _ int) uint32 {
	switch register {
	case 0x000:
		return 0x74726976
	case 0x004:
		return 2
	case 0x010: // features: a modern device with an address
		return map[uint32]uint32{0: 1 << 5, 1: 1}[d.set[0x014]]
	case 0x034:
		return 64
	case 0x070:
		return d.set[0x070]
	case 0x100, 0x101, 0x102, 0x103, 0x104, 0x105:
		return map[uint64]uint32{0x100: 2}[register] + uint32(register-0x100)*0x11
	}
	return 0
}

func (d *fakeCard) write(register uint64, _ int, value uint32) {
	if register == 0x030 {
		d.queue = uint64(value) << 12
	}
	if register >= 0x080 && register < 0x100 {
		register += d.queue
	}
	d.set[register] = value
}

// used tells the driver that the card used a buffer of a queue, for the n-th time.
func (d *fakeCard) used(ram mem.RAM, queue, n uint64, id, length uint32) {
	at := uint64(d.set[0x0a0+queue<<12])
	mem.Store32(ram[at+4+8*(n-1):], id)
	mem.Store32(ram[at+8+8*(n-1):], length)
	mem.Store16(ram[at+2:], uint16(n))
}

// TestNetworkCard is the file /dev/net0.
func TestNetworkCard(t *testing.T) {
	f := newTable(t)
	none := f.Open(here, []byte("/dev/net0"), abi.OpenReadWrite, 0)
	want(t, "a card that is not there", none, -abi.ENOENT)
	d := &fakeCard{set: map[uint64]uint32{}}
	if !f.Nets[0].Start(&virtio.Place{Bus: &virtio.Bus{Read: d.read, Write: d.write}, Line: 9},
		f.Space) {
		t.Fatal("the card does not start")
	}
	for _, name := range []string{"/dev/net", "/dev/net1", "/dev/net9", "/dev/netx", "/dev/net0x"} {
		want(t, name, f.Open(here, []byte(name), 0, 0), -abi.ENOENT)
	}
	info := f.path(t, "/dev/net0.info", 0)
	const line = "mac 02:11:22:33:44:55 mtu 1500\n"
	want(t, "info", f.Read(info, f.base, 4), 4)
	want(t, "info into bad memory", f.Read(info, 8, 4), -abi.EFAULT)
	want(t, "the rest", f.Read(info, f.base+4, 100), int64(len(line)-4))
	want(t, "its end", f.Read(info, f.base, 100), 0)
	want(t, "info is not written", f.Write(f.path(t, "/dev/net0.info", 2), f.base, 1), -abi.EINVAL)

	fd := f.path(t, "/dev/net0", abi.OpenReadWrite|abi.OpenNonblock)
	ep := uint64(f.NewEpoll(0))
	want(t, "watch", f.watch(ep, abi.EpollAdd, fd, edge), 0)
	if got := f.polled(t, ep); got[fd] != abi.EpollOut {
		t.Errorf("told %#x, want room only", got)
	}
	want(t, "no frame", f.Read(fd, f.base, 2000), -abi.EAGAIN)
	d.used(f.Space.RAM, 0, 1, 7, 12+60)
	changes := f.Changes
	f.Interrupt(8)
	if f.Changes != changes {
		t.Error("the interrupt of another device changed something")
	}
	f.Interrupt(9)
	if got := f.polled(t, ep); f.Changes == changes || got[fd] != abi.EpollIn {
		t.Errorf("told %#x, want a frame", got)
	}
	want(t, "a frame", f.Read(fd, f.base, 2000), 60)
	for range virtio.QueueBuffers {
		want(t, "send", f.Write(fd, f.base, 60), 60)
	}
	want(t, "send one too many", f.Write(fd, f.base, 60), -abi.EAGAIN)
	d.used(f.Space.RAM, 1, 1, 3, 0)
	f.Interrupt(9)
	if got := f.polled(t, ep); got[fd] != abi.EpollOut {
		t.Errorf("told %#x, want room", got)
	}
	frames := f.path(t, "/dev/net0.frames", abi.OpenReadWrite|abi.OpenNonblock)
	want(t, "watch", f.watch(ep, abi.EpollAdd, frames, edge), 0)
	d.used(f.Space.RAM, 0, 2, 8, 12+60)
	f.Interrupt(9)
	if got := f.polled(t, ep); got[frames]&abi.EpollIn == 0 {
		t.Errorf("told %#x, want a frame", got)
	}
	want(t, "a frame behind its length", f.Read(frames, f.base, 4096), 64)
	f.Space.CopyOut(f.base, []byte{0, 0, 0, 60})
	want(t, "a frame behind its length, out", f.Write(frames, f.base, 64), 64)
}
