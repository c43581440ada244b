package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// DriverPath is the file by which a driver in the program serves the program's sockets. One can
// have it open. A read gives requests, a write is one answer; both are records of RecordBytes:
//
//	offset  bytes  request                        answer
//	     0      4  what is wanted, Want…          what it is, Answer…
//	     4      4  flags, Flag…                   descriptor of a socket of the driver's
//	     8      8  the socket's number            the same
//	    16     18  its address and port           the same, as it is now
//	    34      2  0                              a positive error
//	    36      4  0
//	    40     18  its peer's address and port    the same
//	    58      6  0
//
// Addresses have 16 bytes, IPv4 as ::ffff:a.b.c.d; numbers are little-endian.
const (
	DriverPath  = "/dev/sockets"
	RecordBytes = 64
)

// What the driver is asked for.
const (
	WantListen    = 1 // connections to the socket's address. Answer: AnswerDone
	WantConnect   = 2 // a connection to the peer. Answer: AnswerJoin, or AnswerDone with an error
	WantDatagrams = 3 // datagrams of the socket's address, or to and from the peer. Answer: likewise
	WantRoom      = 4 // nothing: a listener whose queue was full has room
	WantClosed    = 5 // nothing more: the socket is closed
)

// Flags of a request.
const (
	FlagIPv6     = 1 // the socket is of that family
	FlagIPv6Only = 2
)

// What the driver answers. To a join that a full queue does not let in the result is EAGAIN, to
// what is about a socket that has been closed ENOTCONN.
const (
	AnswerDone  = 1 // the request is served, or has the error
	AnswerJoin  = 2 // the driver's socket is the other end; to a listener, of a new connection
	AnswerReset = 3 // the connection of the driver's socket has ended by the error
)

// Asking is the result of a call that waits for the driver: it is to be made again.
const Asking = -1 << 20

// request is what the driver is to be told of a socket; 0 is nothing.
type request uint8

const (
	wantListen    request = WantListen
	wantConnect   request = WantConnect
	wantDatagrams request = WantDatagrams
	wantRoom      request = WantRoom
	wantClosed    request = WantClosed
)

// asking is how far a call is that waits for the driver's answer.
type asking uint8

const (
	notAsking asking = iota
	waiting
	answered
)

// openDriver is the driver's beginning. It learns of the sockets that were there before.
func (t *Table) openDriver(flags uint32, closeExec bool) int64 {
	if t.driven {
		return -abi.EBUSY
	}
	fd := t.open(Object{Kind: Driver, Flags: flags}, closeExec)
	if fd < 0 {
		return fd
	}
	t.driven = true
	for i := range t.socketEnd {
		s := &t.sockets[i]
		switch {
		case s.local.inside():
		case s.state == listening:
			t.tellDriver(s, wantListen)
		case s.datagram && s.state == bound:
			t.tellDriver(s, wantDatagrams)
		}
	}
	return fd
}

// driverEnds lets nobody wait for a driver that is no more.
func (t *Table) driverEnds() {
	t.driven = false
	for i := range t.socketEnd {
		s := &t.sockets[i]
		// A sender that waits for the driver is to hear that there is none.
		lost := s.datagram && s.mate == 0 && s.asking != waiting &&
			(s.told || s.want == wantDatagrams)
		t.unask(s)
		s.told = false
		if s.state == gone {
			*s = socket{number: s.number + 1, index: i}
			continue
		}
		t.served(s, abi.ENETDOWN)
		if lost {
			t.fail(s, abi.ENETDOWN)
		}
	}
}

// tellDriver notes what the driver is to be told of a socket.
func (t *Table) tellDriver(s *socket, what request) {
	if s.want == 0 {
		t.wants++
	}
	s.want = what
	t.asked++
	t.Changes++
}

// unask takes back what the driver was to be told.
func (t *Table) unask(s *socket) {
	if s.want != 0 {
		s.want = 0
		t.wants--
	}
}

// ask tells the driver, and lets the call wait for the answer. Without a driver there is nothing
// to wait for: the socket is for the inside.
func (t *Table) ask(s *socket, what request) int64 {
	if !t.driven {
		if t.Nets[0].Present {
			t.notice()
		}
		return 0
	}
	t.tellDriver(s, what)
	s.asking = waiting
	return Asking
}

// answered is the result of a call that has asked the driver.
func (t *Table) answered(s *socket) int64 {
	if s.asking == waiting {
		return Asking
	}
	s.asking = notAsking
	e := s.take()
	if e == 0 {
		return 0
	}
	switch {
	case !s.datagram:
		s.state = bound
	default:
		t.dropPipe(s.rx)
		s.state, s.rx, s.local, s.peer = fresh, 0, address{}, address{}
	}
	s.told = false
	return e
}

// served notes that a request is done, or failed.
func (t *Table) served(s *socket, errno int64) {
	switch {
	case s.asking == waiting:
		s.asking, s.err = answered, errno
		t.Changes++
	case errno == 0:
	case s.state == connecting:
		s.state = fresh
		switch {
		case s.datagram: // it gets another pipe when it connects again
			t.dropPipe(s.rx)
			s.rx = 0
		case s.local.port != 0:
			s.state = bound
		}
		s.told = false
		t.fail(s, errno)
	case s.datagram && s.told:
		t.fail(s, errno)
		s.told = s.mate != 0
	}
}

// readRequests gives as many requests as there are and fit.
func (t *Table) readRequests(at, n uint64) int64 {
	if n < RecordBytes {
		return -abi.EINVAL
	}
	done := uint64(0)
	for i := range t.socketEnd {
		s := &t.sockets[i]
		if s.want == 0 || n-done < RecordBytes {
			continue
		}
		var b [RecordBytes]byte
		mem.Store32(b[0:], uint32(s.want))
		flags := uint32(0)
		if s.six {
			flags |= FlagIPv6
		}
		if s.only {
			flags |= FlagIPv6Only
		}
		mem.Store32(b[4:], flags)
		mem.Store64(b[8:], uint64(s.number)<<32|uint64(i))
		s.local.store(b[16:])
		s.peer.store(b[40:])
		if !t.Space.CopyOut(at+done, b[:]) {
			return moved(done)
		}
		done += RecordBytes
		t.unask(s)
		s.told = true
		if s.state == gone {
			*s = socket{number: s.number + 1, index: i}
		}
	}
	if done == 0 {
		return -abi.EAGAIN
	}
	return int64(done)
}

func (a *address) store(b []byte) {
	copy(b, a.ip[:])
	mem.Store16(b[16:], a.port)
}

func (a *address) load(b []byte) {
	copy(a.ip[:], b)
	a.port = mem.Load16(b[16:])
}

// writeAnswer takes one answer.
func (t *Table) writeAnswer(at, n uint64) int64 {
	var b [RecordBytes]byte
	if n != RecordBytes {
		return -abi.EINVAL
	}
	if !t.Space.CopyIn(b[:], at) {
		return -abi.EFAULT
	}
	kind, fd, number := mem.Load32(b[0:]), uint64(mem.Load32(b[4:])), mem.Load64(b[8:])
	errno := int64(mem.Load16(b[34:]))
	if kind == AnswerReset {
		f, e := t.socketOf(fd)
		switch {
		case e != 0:
			return e
		case !f.far || errno == 0:
			return -abi.EINVAL
		case f.mate != 0:
			t.fail(&t.sockets[f.mate-1], errno)
		}
		return int64(n)
	}
	i := number & 0xffffffff
	if i >= uint64(t.socketEnd) || t.sockets[i].number != uint32(number>>32) || !t.sockets[i].told ||
		t.sockets[i].state == gone {
		return -abi.ENOTCONN
	}
	s := &t.sockets[i]
	e := int64(-abi.EINVAL)
	switch kind {
	case AnswerDone:
		t.served(s, errno)
		e = 0
	case AnswerJoin:
		var local, peer address
		local.load(b[16:])
		peer.load(b[40:])
		e = t.join(s, fd, local, peer)
	}
	if e != 0 {
		return e
	}
	return int64(n)
}

// join makes a socket of the driver's the other end of one of the program's.
func (t *Table) join(s *socket, fd uint64, local, peer address) int64 {
	f, e := t.socketOf(fd)
	switch {
	case e != 0:
		return e
	case f.state != fresh || f.datagram != s.datagram || f == s:
		return -abi.EINVAL
	case s.datagram:
		return t.joinDatagrams(s, f, local)
	case s.state == listening:
		return t.joinListener(s, f, local, peer)
	case s.state != connecting:
		return -abi.EINVAL
	}
	if e := t.link(s, f); e != 0 {
		return e
	}
	f.far, s.local = true, local
	return 0
}

func (t *Table) joinListener(l, f *socket, local, peer address) int64 {
	if l.n >= l.backlog {
		l.full = true
		return -abi.EAGAIN
	}
	i := t.freeSocket()
	if i < 0 {
		return -abi.ENFILE
	}
	s := &t.sockets[i]
	if e := t.link(s, f); e != 0 {
		return e
	}
	s.six, s.local, s.peer, f.far = l.six, local, peer, true
	t.enqueue(l, i)
	return 0
}

func (t *Table) joinDatagrams(s, f *socket, local address) int64 {
	if s.mate != 0 || s.rx == 0 {
		return -abi.EINVAL
	}
	if f.rx = t.newPipe(); f.rx == 0 {
		return -abi.ENFILE
	}
	f.state, f.far, f.mate, s.mate = connected, true, s.index+1, f.index+1
	if s.state == connecting {
		s.state, s.local = connected, local
	}
	if s.asking == waiting {
		s.asking = answered
	}
	s.out++
	t.Changes++
	return 0
}

// notice says once what to do about a program that has no driver.
func (t *Table) notice() {
	if t.noticed {
		return
	}
	t.noticed = true
	n := copy(t.scratch[:], "atoll: this program reaches nothing outside of its machine: "+
		"it has no network driver. Build it from its source with atoll build, which adds one.\n")
	t.Devices.Write(t.scratch[:n])
}
