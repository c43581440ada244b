package file

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// fakeDisk is the registers of a disk of 4 sectors: only what a driver needs of them.
type fakeDisk struct {
	set      map[uint64]uint32
	readOnly uint32
	done     uint16
}

func (d *fakeDisk) read(register uint64, _ int) uint32 {
	switch register {
	case 0x010: // features: a modern device, perhaps read only, with a cache
		return map[uint32]uint32{0: 1<<9 | d.readOnly<<5, 1: 1}[d.set[0x014]]
	case 0x034:
		return 64
	case 0x070:
		return d.set[0x070]
	case 0x100:
		return 4
	}
	return 0
}

func (d *fakeDisk) write(register uint64, _ int, value uint32) { d.set[register] = value }

// serve answers the request: what is read is 'd', what is written goes nowhere.
func (d *fakeDisk) serve(ram mem.RAM) {
	table, used := uint64(d.set[0x080]), uint64(d.set[0x0a0])
	data, status := ram[table+16:], mem.Load64(ram[table+32:])
	at, n := mem.Load64(data), uint64(mem.Load32(data[8:]))
	if mem.Load32(ram[mem.Load64(ram[table:]):]) == 0 {
		for i := range ram[at : at+n] {
			ram[at+uint64(i)] = 'd'
		}
	}
	ram[status] = 0
	mem.Store32(ram[used+4+8*uint64(d.done%64):], 0)
	d.done++
	mem.Store16(ram[used+2:], d.done)
}

// withDisk gives a table its disk.
func withDisk(t *testing.T, readOnly uint32) (*fixture, *fakeDisk) {
	t.Helper()
	f, d := newTable(t), &fakeDisk{set: map[uint64]uint32{}, readOnly: readOnly}
	want(t, "a disk that is not there", f.Open(here, []byte("/dev/blk0"), 0, 0), -abi.ENOENT)
	if !f.Disks[0].Start(&virtio.Place{Bus: &virtio.Bus{Read: d.read, Write: d.write}}, f.Space) {
		t.Fatal("the disk does not start")
	}
	return f, d
}

// TestDisk is the file /dev/blk0.
func TestDisk(t *testing.T) {
	f, d := withDisk(t, 0)
	ended := func(what string, result int64) {
		t.Helper()
		d.serve(f.Space.RAM)
		got, done := f.Disks[0].Interrupt()
		if !done {
			t.Errorf("%s does not end", what)
		}
		want(t, what, got, result)
	}
	for _, name := range []string{"/dev/blk", "/dev/blk1", "/dev/blk9", "/dev/blkx", "/dev/blk00"} {
		want(t, name, f.Open(here, []byte(name), 0, 0), -abi.ENOENT)
	}
	fd := f.path(t, "/dev/blk0", abi.OpenReadWrite)
	want(t, "read", f.Read(fd, f.base, 700), Begun)
	want(t, "a second read", f.Read(fd, f.base, 700), -abi.EAGAIN)
	want(t, "a sync", f.Sync(fd), -abi.EAGAIN)
	ended("read", 700)
	var b [1]byte
	if f.Space.CopyIn(b[:], f.base+699); b[0] != 'd' {
		t.Errorf("read %q", b)
	}
	want(t, "position", f.Seek(fd, 0, 1), 700)
	want(t, "write", f.Write(fd, f.base, 5000), Begun)
	d.serve(f.Space.RAM) // sectors are read before a part of them is written
	if _, done := f.Disks[0].Interrupt(); done {
		t.Error("a write of parts ended with the read")
	}
	ended("write", 2048-700)
	want(t, "at the end", f.Read(fd, f.base, 1), 0)
	want(t, "write at the end", f.Write(fd, f.base, 1), -abi.ENOSPC)
	want(t, "end", f.Seek(fd, 0, 2), 2048)
	want(t, "pread", f.ReadAt(fd, f.base, 10, 2040), Begun)
	ended("pread", 8)
	want(t, "pwrite", f.WriteAt(fd, f.base, 512, 0), Begun)
	ended("pwrite", 512)
	want(t, "pread into bad memory", f.ReadAt(fd, 8, 10, 0), -abi.EFAULT)
	want(t, "sync", f.Sync(fd), Begun)
	ended("sync", 0)
	want(t, "sync of the console", f.Sync(1), 0)
	want(t, "sync of nothing", f.Sync(99), -abi.EBADF)
	want(t, "truncate", f.Truncate(fd, 0), -abi.EINVAL)
	want(t, "watch", f.watch(uint64(f.NewEpoll(0)), abi.EpollAdd, fd, edge), -abi.EPERM)
	if f.DiskOf(fd) != 0 {
		t.Error("it is another disk")
	}
	want(t, "access", f.Access(here, []byte("/dev/blk0")), 0)
	want(t, "stat", f.StatOf(here, []byte("/dev/blk0"), f.base, 0), 0)
	want(t, "fstat", f.Stat(fd, f.base+256), 0)
	for _, at := range []uint64{f.base, f.base + 256} {
		var b [statBytes]byte
		f.Space.CopyIn(b[:], at)
		if mem.Load64(b[statSize:]) != 2048 || mem.Load32(b[statMode:]) != modeDisk|0o600 {
			t.Errorf("size %d, mode %#x", mem.Load64(b[statSize:]), mem.Load32(b[statMode:]))
		}
	}

	f, _ = withDisk(t, 1)
	want(t, "to be written", f.Open(here, []byte("/dev/blk0"), abi.OpenReadWrite, 0), -abi.EROFS)
	fd = f.path(t, "/dev/blk0", 0)
	want(t, "written", f.Write(fd, f.base, 1), -abi.EBADF)
}

// TestSyncWithoutCache: a disk that keeps nothing back has nothing to flush.
func TestSyncWithoutCache(t *testing.T) {
	f, d := withDisk(t, 1)
	d.readOnly = 1
	f.Disks[0] = virtio.Block{}
	none := &virtio.Bus{Write: d.write, Read: func(register uint64, n int) uint32 {
		if register == 0x010 {
			return d.set[0x014]
		}
		return d.read(register, n)
	}}
	if !f.Disks[0].Start(&virtio.Place{Bus: none}, f.Space) {
		t.Fatal("the disk does not start")
	}
	want(t, "sync", f.Sync(f.path(t, "/dev/blk0", 0)), 0)
}
