package file

import "github.com/atoll-os/atoll/kernel/abi"

// Sockets are TCP and UDP. Within the machine, between loopback addresses, what one end writes goes
// through a pipe to the other. What is outside is the business of a driver in the program, which
// has the protocols: it opens /dev/sockets, reads there what the program's sockets want, and joins
// sockets of its own to them. So each connection is two sockets and two pipes, whoever has the
// other end.
//
//	fresh ──bind──> bound ──listen──> listening ──accept─────────────┐
//	  │               └──────────┐                                   │
//	  ├──connect, inside─────────┴───────────────────────────────────┴──> connected
//	  └──connect, outside──> connecting ──the driver joins──────────────────^
//
// A socket that is closed while the driver knows of it is gone until the driver has read that.
const (
	SocketsMax = 1024
	backlogMax = 128   // of connections that nobody has accepted
	portFirst  = 32768 // of those that nobody asked for
	portLast   = 49151 // those above it are chosen by the program's own stack (RFC 6335 §6)
)

// socketState is where a socket stands; the picture is above.
type socketState uint8

const (
	noSocket socketState = iota
	fresh
	bound
	listening
	connecting
	connected
	gone
)

// socket is one end of a connection, or who waits for one. Indices are plus one; 0 is none.
type socket struct {
	state    socketState
	datagram bool // UDP
	six      bool // of the family AF_INET6
	only     bool // IPV6_V6ONLY
	abort    bool // SO_LINGER of 0 seconds: to close is to reset
	far      bool // it is the driver's
	fixed    bool // the program has chosen the port
	index    int  // its own
	local    address
	peer     address
	rx, tx   int   // pipes, once connected; of UDP only rx, once bound
	mate     int   // the other end, while it is there
	err      int64 // a positive error that is told once
	in, out  uint64

	first, last, n, backlog int  // of a listener: its queue
	next                    int  // in that queue
	full                    bool // the driver has met a full queue

	want   request // what the driver is to be told
	told   bool    // the driver knows the socket
	asking asking  // a call waits for the driver's answer
	number uint32  // how often this place in the table was used
}

// NewSocket is socket(2).
func (t *Table) NewSocket(family, kind, protocol uint64) int64 {
	const kindMask = 0xf
	const flags = abi.OpenNonblock | abi.OpenCloseExec
	want := uint64(abi.ProtocolTCP)
	if kind&kindMask == abi.SocketDatagram {
		want = abi.ProtocolUDP
	}
	switch {
	case family != abi.FamilyIPv4 && family != abi.FamilyIPv6:
		return -abi.EAFNOSUPPORT
	case kind&kindMask != abi.SocketStream && kind&kindMask != abi.SocketDatagram ||
		kind&^(kindMask|flags) != 0 || protocol != 0 && protocol != want:
		return -abi.EPROTONOSUPPORT
	}
	i := t.freeSocket()
	if i < 0 {
		return -abi.ENFILE
	}
	s := &t.sockets[i]
	s.state, s.six, s.datagram = fresh, family == abi.FamilyIPv6, want == abi.ProtocolUDP
	return t.openSocket(i, kind&flags)
}

func (t *Table) freeSocket() int {
	for i := range t.sockets {
		if t.sockets[i].state == noSocket {
			t.sockets[i].index = i
			t.socketEnd = max(t.socketEnd, i+1)
			return i
		}
	}
	return -1
}

// openSocket gives a socket a descriptor, or forgets it.
func (t *Table) openSocket(i int, flags uint64) int64 {
	mode := uint32(flags)&abi.OpenNonblock | abi.OpenReadWrite
	fd := t.open(Object{Kind: Socket, Flags: mode, index: i}, flags&abi.OpenCloseExec != 0)
	if fd < 0 {
		t.closeSocket(i)
	}
	return fd
}

// socketOf returns the socket of a descriptor, or a negative error.
func (t *Table) socketOf(fd uint64) (s *socket, errno int64) {
	o := t.Object(fd)
	if o == nil {
		return nil, -abi.EBADF
	}
	if o.Kind != Socket {
		return nil, -abi.ENOTSOCK
	}
	return &t.sockets[o.index], 0
}

// newPipe returns a pipe for sockets, plus one, or 0 if there is none.
func (t *Table) newPipe() int {
	i := t.freePipe()
	if i >= 0 {
		t.pipes[i] = pipe{used: true, readers: true, writers: true}
	}
	return i + 1
}

// dropPipe ends a pipe whose both ends are one socket's.
func (t *Table) dropPipe(i int) {
	if i != 0 {
		t.closeEnd(i-1, true)
		t.closeEnd(i-1, false)
	}
}

// fail notes an error that a socket tells at its next call, and wakes who waits for it.
func (t *Table) fail(s *socket, errno int64) {
	s.err = errno
	s.in++
	s.out++
	t.Changes++
}

// take returns a socket's error as a result and forgets it.
func (s *socket) take() int64 {
	e := s.err
	s.err = 0
	return -e
}

// closeSocket forgets a socket; who is connected to it sees the end, or a reset if something was
// not read (RFC 1122 §4.2.2.13).
func (t *Table) closeSocket(i int) {
	s := &t.sockets[i]
	if s.mate != 0 {
		m := &t.sockets[s.mate-1]
		m.mate = 0
		m.in++
		m.out++
		m.told = m.told && !s.far
		unread := !s.datagram && t.pipes[s.rx-1].head != t.pipes[s.rx-1].tail
		if m.err == 0 && (unread || s.abort && !s.datagram) {
			m.err = abi.ECONNRESET
		}
	}
	switch {
	case s.datagram:
		t.dropPipe(s.rx)
	case s.state == connected:
		t.closeEnd(s.rx-1, true)
		t.closeEnd(s.tx-1, false)
	case s.state == listening:
		for s.n > 0 {
			w := t.dequeue(s)
			t.sockets[w].abort = t.sockets[w].mate != 0 && t.sockets[t.sockets[w].mate-1].far
			t.closeSocket(w)
		}
	}
	// Of a connection the driver learns by its own end.
	known := s.told && s.mate == 0 && !s.far && (s.datagram || s.state != connected)
	t.unask(s)
	*s = socket{number: s.number + 1, index: i}
	if known && t.driven {
		s.number--
		s.state = gone
		t.tellDriver(s, wantClosed)
	}
	t.Changes++
}

// dequeue takes the first of a listener's queue.
func (t *Table) dequeue(l *socket) int {
	i := l.first - 1
	l.first = t.sockets[i].next
	t.sockets[i].next = 0
	l.n--
	return i
}

// enqueue puts a connection at the end of a listener's queue.
func (t *Table) enqueue(l *socket, i int) {
	if l.n == 0 {
		l.first = i + 1
	} else {
		t.sockets[l.last-1].next = i + 1
	}
	l.last = i + 1
	l.n++
	l.in++
	t.Changes++
}
