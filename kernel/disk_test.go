package kernel

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/thread"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// TestDiskWaits: a thread that reads a disk waits for it, another that comes meanwhile waits until
// the disk is free, and others run.
func TestDiskWaits(t *testing.T) {
	m, th := boot(t)
	d := &fakeConsole{set: map[uint64]uint32{}} // with the registers of a disk of 8 sectors
	read := func(register uint64, n int) uint32 {
		if register == 0x100 {
			return 8
		}
		return d.read(register, n)
	}
	disk := &m.Files.Disks[0]
	if !disk.Start(&virtio.Place{Bus: &virtio.Bus{Read: read, Write: d.write}, Line: 6}, &m.Space) {
		t.Fatal("the disk does not start")
	}
	serve := func(n uint16) {
		table, used := uint64(d.set[0x080]), uint64(d.set[0x0a0])
		m.Space.RAM[mem.Load64(m.Space.RAM[table+32:])] = 0
		mem.Store16(m.Space.RAM[used+2:], n)
		m.Interrupt(6)
	}
	m.action(th, abi.SIGTERM, handler)
	path, _ := m.put("/dev/blk0")
	fd := m.call(th, 257, 1<<64+abi.OpenHere, path, abi.OpenReadWrite)
	const buffer = dataAt
	other := m.Threads.Spawn()
	other.Regs.IP, other.Regs.SP = th.Regs.IP, th.Regs.SP
	m.call(th, 17, uint64(fd), buffer, 100, 0)
	m.call(other, 17, uint64(fd), buffer, 200, 0)
	if th.State != thread.Disk || other.State != thread.Retry {
		t.Fatalf("states %d and %d", th.State, other.State)
	}
	m.Threads.Send(th, abi.SIGTERM) // waits too: the disk will write to the memory of this call
	m.Interrupt(6)                  // of nothing
	if th.State != thread.Disk {
		t.Fatal("an interrupt of nothing ended the read")
	}
	serve(1)
	if th.State != thread.Ready || th.Regs.AX != 100 {
		t.Fatalf("state %d, result %d", th.State, int64(th.Regs.AX))
	}
	if m.Next(0) != th || th.Regs.IP != handler {
		t.Fatal("the signal's handler does not run when the disk has answered")
	}
	m.Threads.Block(th, thread.Sleep, 0, thread.Never)
	m.Next(0)
	if other.State != thread.Disk {
		t.Fatalf("the other is in state %d", other.State)
	}
	serve(2)
	if other.State != thread.Ready || other.Regs.AX != 200 {
		t.Errorf("the other: state %d, result %d", other.State, int64(other.Regs.AX))
	}
	if got := m.call(other, 74, uint64(fd)); got != 0 {
		t.Errorf("fsync of a disk without a cache: %d", got)
	}
	if got := m.call(other, 9, 0, 4096, abi.ProtRead, abi.MapShared, uint64(fd)); got != -abi.ENODEV {
		t.Errorf("mmap of a disk: %d", got)
	}
}
