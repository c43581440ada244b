package file

import (
	"strings"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Places in the program's memory for the driver's records.
const (
	recordAt = 20 * page
	answerAt = 21 * page
	peerAt   = 22 * page
)

// outside is an address that is not the machine's.
func outside(port uint16) address {
	a := address{port: port}
	copy(a.ip[:], prefix4[:])
	copy(a.ip[12:], []byte{192, 0, 2, 1})
	return a
}

// six writes an IPv6 address to the program's memory and returns where it is.
func (f *fixture) six(a address) (at, length uint64) {
	at = f.base + peerAt
	b := [address6Bytes]byte{abi.FamilyIPv6, 0, byte(a.port >> 8), byte(a.port)}
	copy(b[8:], a.ip[:])
	f.Space.CopyOut(at, b[:])
	return at, address6Bytes
}

// driver opens /dev/sockets.
func (f *fixture) driver(t *testing.T) uint64 {
	t.Helper()
	return f.path(t, DriverPath, abi.OpenReadWrite|abi.OpenNonblock)
}

// asked is a request as the driver reads it.
type asked struct {
	what, flags uint32
	number      uint64
	local, peer address
}

// request reads the next request.
func (f *fixture) request(t *testing.T, driver uint64, what uint32) (r asked) {
	t.Helper()
	want(t, "read of a request", f.Read(driver, f.base+recordAt, RecordBytes), RecordBytes)
	var b [RecordBytes]byte
	f.Space.CopyIn(b[:], f.base+recordAt)
	r.what, r.flags, r.number = mem.Load32(b[0:]), mem.Load32(b[4:]), mem.Load64(b[8:])
	r.local.load(b[16:])
	r.peer.load(b[40:])
	if r.what != what {
		t.Errorf("the request is %d, want %d", r.what, what)
	}
	return r
}

// answer writes an answer.
func (f *fixture) answer(driver uint64, kind uint32, fd, number uint64, errno uint16,
	local, peer address) int64 {
	var b [RecordBytes]byte
	mem.Store32(b[0:], kind)
	mem.Store32(b[4:], uint32(fd))
	mem.Store64(b[8:], number)
	local.store(b[16:])
	mem.Store16(b[34:], errno)
	peer.store(b[40:])
	f.Space.CopyOut(f.base+answerAt, b[:])
	return f.Write(driver, f.base+answerAt, RecordBytes)
}

func (f *fixture) done(driver, number uint64, errno uint16) int64 {
	return f.answer(driver, AnswerDone, 0, number, errno, address{}, address{})
}

// peerOf returns the address that getpeername tells, or getsockname.
func (f *fixture) name(t *testing.T, fd uint64, peer bool) (a address) {
	t.Helper()
	length := f.base + peerAt - 8
	f.Space.Store32(length, address6Bytes)
	want(t, "name", f.Name(fd, f.base+peerAt, length, peer), 0)
	a, e := f.address(&f.sockets[f.Object(fd).index], f.base+peerAt, address6Bytes)
	want(t, "name", e, 0)
	return a
}

// TestListenOutside: the driver listens, and joins what comes; both ends see the true addresses.
func TestListenOutside(t *testing.T) {
	f := newTable(t)
	d := f.driver(t)
	ep := uint64(f.NewEpoll(0))
	want(t, "watch", f.watch(ep, abi.EpollAdd, d, edge), 0)
	if got := f.polled(t, ep); got[d] != abi.EpollOut {
		t.Errorf("told %#x, want no requests", got)
	}
	want(t, "no request", f.Read(d, f.base, RecordBytes), -abi.EAGAIN)
	l := uint64(f.NewSocket(abi.FamilyIPv6, 1|abi.OpenNonblock, 6))
	at, n := f.six(address{port: 80})
	want(t, "bind", f.Bind(l, at, n), 0)
	want(t, "listen", f.Listen(l, 2), Asking)
	want(t, "listen, still", f.Listen(l, 2), Asking)
	if got := f.polled(t, ep); got[d]&abi.EpollIn == 0 {
		t.Errorf("told %#x, want a request", got)
	}
	r := f.request(t, d, WantListen)
	if r.flags != FlagIPv6 || r.local != (address{port: 80}) {
		t.Errorf("request %+v", r)
	}
	want(t, "answer", f.done(d, r.number, 0), RecordBytes)
	want(t, "listen", f.Listen(l, 2), 0)
	local := address{port: 80}
	local.ip = outside(0).ip
	local.ip[15] = 7
	var far [3]uint64
	for i := range far {
		far[i] = f.socket(t)
		want(t, "join", f.answer(d, AnswerJoin, far[i], r.number, 0, local, outside(4000)),
			[]int64{RecordBytes, RecordBytes, -abi.EAGAIN}[i])
	}
	s := uint64(f.Accept(l, 0, 0, abi.OpenNonblock))
	f.request(t, d, WantRoom)
	want(t, "join", f.answer(d, AnswerJoin, far[2], r.number, 0, local, outside(4001)), RecordBytes)
	if f.name(t, s, true) != outside(4000) || f.name(t, s, false) != local {
		t.Errorf("peer %v, local %v", f.name(t, s, true), f.name(t, s, false))
	}
	text, _ := f.put("hello")
	want(t, "write", f.Write(far[0], text, 5), 5)
	want(t, "read", f.Read(s, f.base+page, 10), 5)
	want(t, "join again", f.answer(d, AnswerJoin, far[0], r.number, 0, local, local), -abi.EINVAL)
	f.Close(l)
	f.request(t, d, WantClosed)
	want(t, "of a closed one", f.done(d, r.number, 0), -abi.ENOTCONN)
	want(t, "who was not accepted", f.Read(far[1], f.base, 1), -abi.ECONNRESET)
	want(t, "then the end", f.Read(far[1], f.base, 1), 0)
	want(t, "what the driver will not read", f.Write(s, f.base, 1), 1)
	want(t, "reset", f.answer(d, AnswerReset, far[0], 0, abi.ETIMEDOUT, local, local), RecordBytes)
	f.Close(far[0])
	want(t, "read", f.Read(s, f.base, 1), -abi.ETIMEDOUT)
	want(t, "read", f.Read(s, f.base, 1), 0)
	want(t, "write", f.Write(s, f.base, 1), -abi.EPIPE)
	f.closeAll(t)
}

// closeAll closes everything, and nothing may be left.
func (f *fixture) closeAll(t *testing.T) {
	t.Helper()
	for fd := range uint64(DescriptorsMax) {
		f.Close(fd)
	}
	if n := f.socketsLeft(); n != 0 || f.pipes != [PipesMax]pipe{} || f.wants != 0 {
		t.Errorf("%d sockets, or pipes, or %d requests are left", n, f.wants)
	}
}

// TestConnectOutside: a connection comes, fails, or is not wanted any more.
func TestConnectOutside(t *testing.T) {
	f := newTable(t)
	fd := f.socket(t)
	at, n := f.inet(192, 0, 2, 1, 80)
	want(t, "without a driver", f.Connect(fd, at, n), -abi.ENETUNREACH)
	want(t, "again", f.Connect(fd, at, n), -abi.ENETUNREACH)
	if got := string(f.console); strings.Count(got, "\n") != 1 ||
		!strings.Contains(got, "Build it from its source with atoll build") {
		t.Errorf("console %q", got)
	}
	d := f.driver(t)
	want(t, "two drivers", f.Open(here, []byte(DriverPath), 2, 0), -abi.EBUSY)
	ep := uint64(f.NewEpoll(0))
	want(t, "connect", f.Connect(fd, at, n), -abi.EINPROGRESS)
	want(t, "watch", f.watch(ep, abi.EpollAdd, fd, edge), 0)
	at, n = f.inet(192, 0, 2, 1, 80)
	want(t, "connect", f.Connect(fd, at, n), -abi.EALREADY)
	if got := f.polled(t, ep); got != nil {
		t.Errorf("told %#x while it connects", got)
	}
	r := f.request(t, d, WantConnect)
	if r.peer != outside(80) {
		t.Errorf("request %+v", r)
	}
	want(t, "refused", f.done(d, r.number, abi.ECONNREFUSED), RecordBytes)
	if got := f.polled(t, ep); got[fd]&(abi.EpollOut|abi.EpollErr) != abi.EpollOut|abi.EpollErr {
		t.Errorf("told %#x, want an error", got)
	}
	f.OptionOf(fd, abi.LevelSocket, abi.OptionError, f.base, f.base+8)
	if e, _ := f.Space.Load32(f.base); e != abi.ECONNREFUSED {
		t.Errorf("SO_ERROR is %d", e)
	}
	at, n = f.inet(192, 0, 2, 1, 80)
	want(t, "connect", f.Connect(fd, at, n), -abi.EINPROGRESS)
	r = f.request(t, d, WantConnect)
	far, local := f.socket(t), outside(50000)
	want(t, "join", f.answer(d, AnswerJoin, far, r.number, 0, local, r.peer), RecordBytes)
	if got := f.polled(t, ep); got[fd] != abi.EpollOut {
		t.Errorf("told %#x, want a connection", got)
	}
	if f.name(t, fd, false).port != 50000 || f.name(t, fd, true).port != 80 {
		t.Errorf("local %v, peer %v", f.name(t, fd, false), f.name(t, fd, true))
	}
	text, _ := f.put("unread")
	f.Write(far, text, 6)
	f.Close(fd)
	want(t, "the driver's end", f.Read(far, f.base, 1), -abi.ECONNRESET)
	fd = f.socket(t)
	at, n = f.inet(192, 0, 2, 1, 80)
	f.Connect(fd, at, n)
	f.Close(fd)
	want(t, "closed before the driver knows", f.Read(d, f.base, RecordBytes), -abi.EAGAIN)
	fd = f.socket(t)
	at, n = f.inet(192, 0, 2, 1, 80)
	f.Connect(fd, at, n)
	r = f.request(t, d, WantConnect)
	f.Close(fd)
	want(t, "join", f.answer(d, AnswerJoin, f.socket(t), r.number, 0, local, r.peer), -abi.ENOTCONN)
	if again := f.request(t, d, WantClosed); again.number != r.number {
		t.Errorf("closed is %x, want %x", again.number, r.number)
	}
	f.closeAll(t)
}

// TestNotice: a program without a driver that could be reached by a card is told so.
func TestNotice(t *testing.T) {
	f := newTable(t)
	f.Listen(f.socket(t), 1)
	if len(f.console) != 0 {
		t.Errorf("without a card: %s", f.console)
	}
	f.Nets[0].Present = true
	f.server(t, 80)
	if len(f.console) != 0 {
		t.Errorf("of a loopback address: %s", f.console)
	}
	f.Listen(f.socket(t), 1)
	if !strings.HasPrefix(string(f.console), "atoll: this program reaches nothing outside") {
		t.Errorf("console %q", f.console)
	}
}

// TestDriverEnds: nobody waits for a driver that is no more, and a new one learns what there is.
func TestDriverEnds(t *testing.T) {
	f := newTable(t)
	d := f.driver(t)
	connecting, l, closed := f.socket(t), f.socket(t), f.socket(t)
	at, n := f.inet(192, 0, 2, 1, 80)
	f.Connect(connecting, at, n)
	f.Connect(closed, at, n)
	want(t, "listen", f.Listen(l, 1), Asking)
	for range 3 {
		want(t, "read", f.Read(d, f.base+recordAt, RecordBytes), RecordBytes)
	}
	f.Close(closed)
	f.Close(d)
	want(t, "listen", f.Listen(l, 1), -abi.ENETDOWN)
	want(t, "connect", f.Connect(connecting, at, n), -abi.ENETDOWN)
	want(t, "listen within the machine", f.Listen(l, 1), 0)
	u := uint64(f.NewSocket(abi.FamilyIPv4, 2, 0))
	at, n = f.inet(0, 0, 0, 0, 53)
	want(t, "bind within the machine", f.Bind(u, at, n), 0)
	d = f.driver(t)
	want(t, "what there was", f.Read(d, f.base+recordAt, 3*RecordBytes), 2*RecordBytes)
	f.Close(d)
	f.closeAll(t)
}

// TestAnswerRules are the errors.
func TestAnswerRules(t *testing.T) {
	f := newTable(t)
	d, fd := f.driver(t), f.socket(t)
	none := address{}
	want(t, "a short read", f.Read(d, f.base, 10), -abi.EINVAL)
	want(t, "a short answer", f.Write(d, f.base, 10), -abi.EINVAL)
	want(t, "bad memory", f.Write(d, 8, RecordBytes), -abi.EFAULT)
	want(t, "nobody", f.done(d, 1<<40|77, 0), -abi.ENOTCONN)
	want(t, "reset of nothing", f.answer(d, AnswerReset, 99, 0, 1, none, none), -abi.EBADF)
	want(t, "reset of the program's", f.answer(d, AnswerReset, fd, 0, 1, none, none), -abi.EINVAL)
	f.Listen(fd, 1)
	want(t, "bad memory", f.Read(d, 8, RecordBytes), -abi.EFAULT)
	r := f.request(t, d, WantListen)
	want(t, "nonsense", f.answer(d, 9, 0, r.number, 0, none, none), -abi.EINVAL)
	want(t, "join of nothing", f.answer(d, AnswerJoin, 99, r.number, 0, none, none), -abi.EBADF)
	want(t, "join to itself", f.answer(d, AnswerJoin, fd, r.number, 0, none, none), -abi.EINVAL)
	want(t, "failed", f.done(d, r.number, abi.EADDRINUSE), RecordBytes)
	want(t, "listen", f.Listen(fd, 1), -abi.EADDRINUSE)
	other := f.socket(t)
	local, m := f.inet(0, 0, 0, 0, 77)
	f.Bind(other, local, m)
	at, n := f.inet(192, 0, 2, 1, 80)
	want(t, "connect from a port", f.Connect(other, at, n), -abi.EADDRNOTAVAIL)
	for { // no pipes for a connection
		if i := f.newPipe(); i == 0 {
			break
		}
	}
	other = f.socket(t)
	want(t, "connect", f.Connect(other, at, n), -abi.EINPROGRESS)
	r = f.request(t, d, WantConnect)
	far := f.socket(t)
	want(t, "join", f.answer(d, AnswerJoin, far, r.number, 0, none, none), -abi.ENFILE)
	f.dropPipe(1)
	want(t, "join", f.answer(d, AnswerJoin, far, r.number, 0, none, none), -abi.ENFILE)
	f.dropPipe(2)
	f.dropPipe(1)
	want(t, "join", f.answer(d, AnswerJoin, far, r.number, 0, none, none), RecordBytes)
	for i := 3; i <= PipesMax; i++ {
		f.dropPipe(i)
	}
	f.closeAll(t)
}

// TestSenderWithoutDriver: a sender that waits for the driver is woken when that ends.
func TestSenderWithoutDriver(t *testing.T) {
	f := newTable(t)
	driver := f.openDriver(abi.OpenReadWrite, true)
	s := uint64(f.NewSocket(abi.FamilyIPv4, 2|abi.OpenNonblock, 0))
	ep := uint64(f.NewEpoll(0))
	f.watch(ep, abi.EpollAdd, s, edge)
	f.polled(t, ep)
	at, n := f.inet(10, 0, 0, 9, 53)
	want(t, "send", f.Send(s, f.base, 4, Peer{at, n}, 0), -abi.EAGAIN)
	f.polled(t, ep)
	f.Close(uint64(driver))
	if got := f.polled(t, ep); got[s]&abi.EpollOut == 0 {
		t.Errorf("told %#x after the driver's end, want room or an error", got)
	}
}
