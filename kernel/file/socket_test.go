package file

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
)

// inet writes an address to the program's memory and returns where it is.
func (f *fixture) inet(a, b, c, d byte, port uint16) (address, length uint64) {
	at := f.base + 2*page
	name := [addressBytes]byte{abi.FamilyIPv4, 0, byte(port >> 8), byte(port), a, b, c, d}
	f.Space.CopyOut(at, name[:])
	return at, addressBytes
}

// socket opens a socket that does not wait.
func (f *fixture) socket(t *testing.T) uint64 {
	t.Helper()
	fd := f.NewSocket(abi.FamilyIPv4, 1|abi.OpenNonblock|abi.OpenCloseExec, 0)
	if fd < 0 {
		t.Fatalf("socket: %d", fd)
	}
	return uint64(fd)
}

// socketsLeft returns how many sockets are in use.
func (f *fixture) socketsLeft() (n int) {
	for i := range f.sockets {
		if f.sockets[i].state != noSocket {
			n++
		}
	}
	return n
}

// server opens a socket that listens at a port.
func (f *fixture) server(t *testing.T, port uint16) uint64 {
	t.Helper()
	fd := f.socket(t)
	at, n := f.inet(127, 0, 0, 1, port)
	want(t, "bind", f.Bind(fd, at, n), 0)
	want(t, "listen", f.Listen(fd, 16), 0)
	return fd
}

// pair returns both ends of a connection.
func (f *fixture) pair(t *testing.T, server uint64, port uint16) (client, accepted uint64) {
	t.Helper()
	client = f.socket(t)
	at, n := f.inet(127, 0, 0, 1, port)
	want(t, "connect", f.Connect(client, at, n), 0)
	fd := f.Accept(server, 0, 0, abi.OpenNonblock)
	if fd < 0 {
		t.Fatalf("accept4: %d", fd)
	}
	return client, uint64(fd)
}

// TestConnection: what one end writes the other reads, until it closes.
func TestConnection(t *testing.T) {
	f := newTable(t)
	used, _ := f.Space.Pages.Used()
	server := f.server(t, 80)
	want(t, "nobody yet", f.Accept(server, 0, 0, 0), -abi.EAGAIN)
	c, s := f.pair(t, server, 80)
	ep := uint64(f.NewEpoll(0))
	want(t, "watch", f.watch(ep, abi.EpollAdd, s, edge), 0)
	if got := f.polled(t, ep); got[s] != abi.EpollOut {
		t.Errorf("told %#x, want room", got)
	}
	want(t, "read of nothing", f.Read(s, f.base, 10), -abi.EAGAIN)
	at, n := f.put("hello")
	want(t, "write", f.Write(c, at, n), 5)
	if got := f.polled(t, ep); got[s] != abi.EpollIn {
		t.Errorf("told %#x, want bytes", got)
	}
	want(t, "read", f.Read(s, f.base+page, 10), 5)
	want(t, "write back", f.Write(s, at, 2), 2)
	want(t, "read back", f.Read(c, f.base, 10), 2)
	want(t, "shutdown", f.Shutdown(c, 1), 0)
	if got := f.polled(t, ep); got[s] != abi.EpollIn|abi.EpollReadHup|abi.EpollOut {
		t.Errorf("told %#x, want the end", got)
	}
	if got := f.polled(t, ep); got[s] != 0 {
		t.Errorf("told %#x of the end again", got)
	}
	want(t, "write after it", f.Write(c, at, n), -abi.EPIPE)
	want(t, "the end", f.Read(s, f.base, 10), 0)
	want(t, "the other way still", f.Write(s, at, n), 5)
	want(t, "read back", f.Read(c, f.base, 10), 5)
	want(t, "shutdown of both", f.Shutdown(s, 2), 0)
	want(t, "read after it", f.Read(s, f.base, 10), 0)
	want(t, "close", f.Close(c), 0)
	if got := f.polled(t, ep); got[s]&abi.EpollHup == 0 {
		t.Errorf("told %#x, want a hangup", got)
	}
	want(t, "close", f.Close(s), 0)
	f.Close(server)
	f.Close(ep)
	if now, _ := f.Space.Pages.Used(); f.pipes != [PipesMax]pipe{} || now > used+3+3 {
		// three tables and three pages of the program's memory came meanwhile
		t.Errorf("pipes or pages are left: %d, %d before", now, used)
	}
}

// TestSocketNames: who is at which port.
func TestSocketNames(t *testing.T) {
	f := newTable(t)
	server := f.server(t, 0)
	length := f.base + 100
	name := func(fd uint64, peer bool) uint16 {
		t.Helper()
		f.Space.Store32(length, addressBytes)
		want(t, "name", f.Name(fd, f.base, length, peer), 0)
		var b [8]byte
		if f.Space.CopyIn(b[:], f.base); b[4] != 127 {
			t.Errorf("address % d", b)
		}
		return uint16(b[2])<<8 | uint16(b[3])
	}
	port := name(server, false)
	if port < portFirst {
		t.Errorf("port %d was chosen", port)
	}
	at, n := f.inet(127, 0, 0, 1, port)
	c := f.socket(t)
	want(t, "connect", f.Connect(c, at, n), 0)
	f.Space.Store32(length, addressBytes)
	s := uint64(f.Accept(server, f.base, length, 0))
	if name(c, true) != port || name(s, false) != port || name(s, true) != name(c, false) {
		t.Error("both ends must agree on their ports")
	}
	want(t, "the server's peer", f.Name(server, f.base, length, true), -abi.ENOTCONN)
	want(t, "a name for nobody", f.Name(c, 0, length, true), -abi.EFAULT)
	want(t, "a name into bad memory", f.Name(c, 8, length, true), -abi.EFAULT)
	want(t, "of the console", f.Name(1, f.base, length, true), -abi.ENOTSOCK)
	want(t, "accept into bad memory", f.Connect(f.socket(t), at, n), 0)
	want(t, "accept into bad memory", f.Accept(server, 8, 8, 0), -abi.EFAULT)
	f.nextPort = portLast
	if f.server(t, 0); f.nextPort != portFirst+1 { // the first is taken
		t.Errorf("after the last port comes %d", f.nextPort)
	}
}

// TestSocketRules are the errors.
func TestSocketRules(t *testing.T) {
	f := newTable(t)
	want(t, "netlink", f.NewSocket(16, 1, 0), -abi.EAFNOSUPPORT)
	want(t, "raw", f.NewSocket(2, 3, 0), -abi.EPROTONOSUPPORT)
	want(t, "UDP over TCP", f.NewSocket(2, 2, 6), -abi.EPROTONOSUPPORT)
	want(t, "MPTCP", f.NewSocket(2, 1, 262), -abi.EPROTONOSUPPORT)
	server, fd := f.server(t, 80), f.socket(t)
	at, n := f.inet(127, 0, 0, 1, 80)
	want(t, "a port twice", f.Bind(fd, at, n), -abi.EADDRINUSE)
	want(t, "bind again", f.Bind(server, at, n), -abi.EINVAL)
	want(t, "a short address", f.Bind(fd, at, 8), -abi.EINVAL)
	want(t, "bad memory", f.Bind(fd, 8, n), -abi.EFAULT)
	want(t, "connect of who listens", f.Connect(server, at, n), -abi.EINVAL)
	at, n = f.inet(192, 0, 2, 1, 80)
	want(t, "bind outside", f.Bind(fd, at, n), -abi.EADDRNOTAVAIL)
	want(t, "connect outside", f.Connect(fd, at, n), -abi.ENETUNREACH)
	at, n = f.inet(0, 0, 0, 0, 9)
	want(t, "nobody there", f.Connect(fd, at, n), -abi.ECONNREFUSED)
	f.Space.Store64(at, 10)
	want(t, "another family", f.Connect(fd, at, n), -abi.EAFNOSUPPORT)
	want(t, "read of who is not connected", f.Read(fd, f.base, 1), -abi.ENOTCONN)
	want(t, "write of who is not connected", f.Write(fd, f.base, 1), -abi.ENOTCONN)
	want(t, "shutdown of who is not connected", f.Shutdown(fd, 0), -abi.ENOTCONN)
	want(t, "accept of who does not listen", f.Accept(fd, 0, 0, 0), -abi.EINVAL)
	c, _ := f.pair(t, server, 80)
	at, n = f.inet(127, 0, 0, 1, 80)
	want(t, "connect again", f.Connect(c, at, n), -abi.EISCONN)
	want(t, "listen of who is connected", f.Listen(c, 1), -abi.EINVAL)
	want(t, "shutdown of nothing", f.Shutdown(c, 3), -abi.EINVAL)
	want(t, "shutdown for reading", f.Shutdown(c, 0), 0)
	want(t, "setsockopt", f.Option(c, 6, 1, f.base, 4), 0)
	want(t, "getsockopt", f.OptionOf(c, 6, 1, f.base, f.base+8), 0)
	want(t, "getsockopt into bad memory", f.OptionOf(c, 6, 1, 8, 8), -abi.EFAULT)
	want(t, "listen without a port", f.Listen(fd, 1), 0)
	for _, e := range []int64{f.Bind(1, at, n), f.Listen(1, 1), f.Connect(1, at, n), f.Shutdown(1, 0),
		f.Accept(1, 0, 0, 0), f.Option(1, 6, 1, f.base, 4), f.OptionOf(1, 6, 1, f.base, f.base)} {
		want(t, "the console", e, -abi.ENOTSOCK)
	}
	want(t, "nothing", f.Listen(99, 1), -abi.EBADF)
	stat := f.Stat(c, f.base)
	if mode, _ := f.Space.Load32(f.base + statMode); stat != 0 || mode != modeSocket|0o600 {
		t.Errorf("mode %#o, %d", mode, stat)
	}
}

// TestSocketsAreBounded: a queue that is full refuses, and who waits in one that goes away sees the
// end; sockets and pipes run out without a trace.
func TestSocketsAreBounded(t *testing.T) {
	f := newTable(t)
	server := f.server(t, 80)
	at, n := f.inet(127, 0, 0, 1, 80)
	ep := uint64(f.NewEpoll(0))
	want(t, "watch", f.watch(ep, abi.EpollAdd, server, abi.EpollIn), 0)
	var last uint64
	for range 16 {
		last = f.socket(t)
		want(t, "connect", f.Connect(last, at, n), 0)
	}
	if got := f.polled(t, ep); got[server] != abi.EpollIn {
		t.Errorf("told %#x, want connections", got)
	}
	want(t, "one too many", f.Connect(f.socket(t), at, n), -abi.ECONNREFUSED)
	f.Close(server)
	want(t, "the end", f.Read(last, f.base, 1), 0)
	want(t, "nobody reads", f.Write(last, f.base, 1), -abi.EPIPE)
	server = f.server(t, 81)
	at, n = f.inet(127, 0, 0, 1, 81)
	for e := int64(0); e == 0; {
		fd := f.NewSocket(abi.FamilyIPv4, 1, 0)
		if fd < 0 {
			want(t, "a socket too many", fd, -abi.ENFILE)
			break
		}
		if e = f.Connect(uint64(fd), at, n); e == 0 {
			f.Accept(server, 0, 0, 0)
		} else {
			want(t, "a connection too many", e, -abi.ENFILE)
		}
	}
	for fd := range uint64(DescriptorsMax) {
		f.Close(fd)
	}
	if f.socketsLeft() != 0 || f.pipes != [PipesMax]pipe{} {
		t.Error("something is left after all was closed")
	}
}

// TestOwnEnd: who waits to read learns that this end reads no more.
func TestOwnEnd(t *testing.T) {
	f := newTable(t)
	server := f.server(t, 80)
	_, s := f.pair(t, server, 80)
	ep := uint64(f.NewEpoll(0))
	want(t, "watch", f.watch(ep, abi.EpollAdd, s, edge), 0)
	f.polled(t, ep)
	want(t, "read of nothing", f.Read(s, f.base, 4), -abi.EAGAIN)
	want(t, "shutdown", f.Shutdown(s, 0), 0)
	if got := f.polled(t, ep); got[s]&abi.EpollIn == 0 {
		t.Errorf("told %#x, want the end", got)
	}
	want(t, "read of the end", f.Read(s, f.base, 4), 0)
}
