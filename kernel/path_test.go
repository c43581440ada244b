package kernel

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
)

// TestPathCalls goes through the calls about files by name; package file has their rules.
func TestPathCalls(t *testing.T) {
	m, th := boot(t)
	const here = 1<<64 + abi.OpenHere
	const other = dataAt + 1024
	path := func(text string) uint64 {
		at, _ := m.put(text)
		return at
	}
	m.Space.CopyOut(other, []byte("/d/g\x00"))
	m.want(th, "mkdirat", 0, 258, here, path("/d"), 0o755)
	m.want(th, "openat", 3, 257, here, path("/d/f"), abi.OpenReadWrite|abi.OpenCreate, 0o644)
	m.want(th, "write", 5, 1, 3, path("hello"), 5)
	m.want(th, "pwrite64", 1, 18, 3, dataAt+512, 1, 4)
	m.want(th, "pread64", 5, 17, 3, dataAt, 100, 0)
	m.want(th, "lseek", 5, 8, 3, 0, 2)
	m.want(th, "ftruncate", 0, 77, 3, 2)
	m.want(th, "fsync", 0, 74, 3)
	m.want(th, "fstat", 0, 5, 3, dataAt)
	if m.word(dataAt+48) != 2 {
		t.Errorf("%d bytes", m.word(dataAt+48))
	}
	m.want(th, "fchmod", 0, 91, 3, 0o600)
	m.want(th, "renameat", 0, 264, here, path("/d/f"), here, other)
	m.want(th, "renameat2 with flags", -abi.EINVAL, 316, here, path("/d/f"), here, other, 1)
	m.want(th, "renameat2", -abi.ENOENT, 316, here, path("/d/f"), here, other, 0)
	m.want(th, "renameat from bad memory", -abi.EFAULT, 264, here, path("/d/g"), here, 8)
	m.want(th, "newfstatat", 0, 262, here, path("/d/g"), dataAt, 0)
	m.want(th, "faccessat", 0, 269, here, path("/d/g"), 0)
	m.want(th, "fchmodat", 0, 268, here, path("/d/g"), 0)
	m.want(th, "readlinkat", -abi.EINVAL, 267, here, path("/d/g"), dataAt, 10)
	m.want(th, "readlinkat of nothing", -abi.ENOENT, 267, here, path("/d/f"), dataAt, 10)
	m.want(th, "readlinkat of the program", 8, 267, here, path("/proc/self/exe"), dataAt, 10)
	m.want(th, "readlinkat, cut off", 3, 267, here, path("/proc/self/exe"), dataAt, 3)
	m.want(th, "readlinkat into bad memory", -abi.EFAULT, 267, here, path("/proc/self/exe"), 8, 3)
	m.want(th, "chdir", 0, 80, path("/d"))
	m.want(th, "getcwd", 3, 79, dataAt, 100)
	m.want(th, "openat of the folder", 4, 257, here, path("/d"), 0)
	m.want(th, "getdents64", 24, 217, 4, dataAt, 100)
	m.want(th, "fchdir", 0, 81, 4)
	m.want(th, "unlinkat", 0, 263, here, path("g"), 0)
	m.want(th, "unlinkat of bad memory", -abi.EFAULT, 263, here, 8, 0)
}

// TestSocketCalls goes through the calls about sockets; package file has their rules.
func TestSocketCalls(t *testing.T) {
	m, th := boot(t)
	child := m.clone(th)
	const address = dataAt + 2048
	m.Space.CopyOut(address, []byte{2, 0, 0, 80, 127, 0, 0, 1, 15: 0})
	m.want(th, "socket", 3, 41, 2, 1, 0)
	m.want(th, "setsockopt", 0, 54, 3, 1, 2, dataAt, 4)
	m.want(th, "bind", 0, 49, 3, address, 16)
	m.want(th, "listen", 0, 50, 3, 100)
	m.want(th, "accept4 waits", blocked, 288, 3, 0, 0, 0)
	m.want(child, "socket", 4, 41, 2, 1, 0)
	m.want(child, "connect", 0, 42, 4, address, 16)
	if m.turn(th); th.Regs.AX != 5 {
		t.Fatalf("accept4: %d", int64(th.Regs.AX))
	}
	m.Space.Store32(dataAt, 16)
	m.want(th, "getsockname", 0, 51, 5, address, dataAt)
	m.want(th, "getpeername", 0, 52, 5, address, dataAt)
	m.want(th, "getsockopt", 0, 55, 5, 1, 4, dataAt+8, dataAt)
	m.want(th, "shutdown", 0, 48, 5, 1)
	m.want(child, "read", 0, 0, 4, dataAt, 10)
}
