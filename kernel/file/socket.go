package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Sockets are TCP over IPv4 within the machine: what one end writes goes through a pipe to the
// other. There is nothing outside to connect to: a network card gives frames, and the program
// brings its own protocols for these.
//
//	fresh ──bind──> bound ──listen──> listening ──accept──┐
//	  └────────connect, also from bound───────────────────┴──> connected
const (
	SocketsMax = 256
	backlogMax = 16
	portFirst  = 32768 // of those that nobody asked for
	portLast   = 60999
)

// socketState is where a socket stands; the picture is above.
type socketState uint8

const (
	noSocket socketState = iota
	fresh
	bound
	listening
	connected
)

// socket is one end of a connection, or who waits for one.
type socket struct {
	state   socketState
	port    uint16
	peer    uint16
	rx, tx  int // pipes, once connected
	waiting [backlogMax]int
	n       int    // of waiting: sockets whose connection nobody has accepted yet
	in      uint64 // how often one came
}

// NewSocket is socket(2).
func (t *Table) NewSocket(family, kind, protocol uint64) int64 {
	const stream, kindMask = 1, 0xf
	const flags = abi.OpenNonblock | abi.OpenCloseExec
	switch {
	case family != abi.FamilyIPv4:
		return -abi.EAFNOSUPPORT
	case kind&kindMask != stream || kind&^(kindMask|flags) != 0 ||
		protocol != 0 && protocol != abi.ProtocolTCP:
		return -abi.EPROTONOSUPPORT
	}
	i := t.freeSocket()
	if i < 0 {
		return -abi.ENFILE
	}
	t.sockets[i].state = fresh
	return t.openSocket(i, kind&flags)
}

func (t *Table) freeSocket() int {
	for i := range t.sockets {
		if t.sockets[i].state == noSocket {
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

// addressBytes is the size of sockaddr_in: family of 2 bytes, port of 2 and address of 4 in network
// order, 8 bytes of nothing.
const addressBytes = 16

// address reads an address of the program's: the port, and whether it is within the machine.
func (t *Table) address(at, length uint64) (port uint16, inside bool, errno int64) {
	var b [addressBytes]byte
	switch {
	case length < addressBytes:
		return 0, false, -abi.EINVAL
	case !t.Space.CopyIn(b[:], at):
		return 0, false, -abi.EFAULT
	case mem.Load16(b[:]) != abi.FamilyIPv4:
		return 0, false, -abi.EAFNOSUPPORT
	}
	any := b[4]|b[5]|b[6]|b[7] == 0
	return uint16(b[2])<<8 | uint16(b[3]), b[4] == 127 || any, 0
}

// tell writes the address 127.0.0.1 with a port, if the program wants it, and its length.
func (t *Table) tell(port uint16, at, lengthAt uint64) int64 {
	if at == 0 {
		return 0
	}
	b := [addressBytes]byte{abi.FamilyIPv4, 0, byte(port >> 8), byte(port), 127, 0, 0, 1}
	length, ok := t.Space.Load32(lengthAt)
	if !ok || !t.Space.CopyOut(at, b[:min(length, addressBytes)]) ||
		!t.Space.Store32(lengthAt, addressBytes) {
		return -abi.EFAULT
	}
	return 0
}

// taken tells whether somebody waits at a port.
func (t *Table) taken(port uint16) bool {
	for i := range t.sockets {
		if s := &t.sockets[i]; s.port == port && (s.state == bound || s.state == listening) {
			return true
		}
	}
	return false
}

// choose returns a port that nobody waits at.
func (t *Table) choose() uint16 {
	for {
		if t.nextPort < portFirst || t.nextPort >= portLast {
			t.nextPort = portFirst - 1
		}
		t.nextPort++
		if !t.taken(t.nextPort) {
			return t.nextPort
		}
	}
}

// Bind is bind(2).
func (t *Table) Bind(fd, address, length uint64) int64 {
	s, e := t.socketOf(fd)
	if e != 0 {
		return e
	}
	port, inside, e := t.address(address, length)
	switch {
	case e != 0:
		return e
	case !inside:
		return -abi.EADDRNOTAVAIL
	case s.state != fresh:
		return -abi.EINVAL
	case port == 0:
		port = t.choose()
	case t.taken(port):
		return -abi.EADDRINUSE
	}
	s.state, s.port = bound, port
	return 0
}

// Listen is listen(2).
func (t *Table) Listen(fd uint64) int64 {
	s, e := t.socketOf(fd)
	if e != 0 {
		return e
	}
	switch s.state {
	case fresh:
		s.port = t.choose()
	case bound, listening:
	default:
		return -abi.EINVAL
	}
	s.state = listening
	return 0
}

// Connect is connect(2); it succeeds or fails at once.
func (t *Table) Connect(fd, address, length uint64) int64 {
	s, e := t.socketOf(fd)
	if e != 0 {
		return e
	}
	port, inside, e := t.address(address, length)
	switch {
	case e != 0:
		return e
	case s.state == connected:
		return -abi.EISCONN
	case s.state == listening:
		return -abi.EINVAL
	case !inside:
		return -abi.ENETUNREACH
	}
	for i := range t.sockets {
		if l := &t.sockets[i]; l.state == listening && l.port == port && l.n < backlogMax {
			return t.join(s, l)
		}
	}
	return -abi.ECONNREFUSED
}

// join makes a connection from s to a socket that waits for l to be accepted.
func (t *Table) join(s, l *socket) int64 {
	i, a := t.freeSocket(), t.freePipe()
	if i < 0 || a < 0 {
		return -abi.ENFILE
	}
	t.pipes[a] = pipe{used: true, readers: true, writers: true}
	b := t.freePipe()
	if b < 0 {
		t.pipes[a] = pipe{}
		return -abi.ENFILE
	}
	t.pipes[b] = t.pipes[a]
	if s.state == fresh {
		s.port = t.choose()
	}
	s.state, s.peer, s.rx, s.tx = connected, l.port, a, b
	t.sockets[i] = socket{state: connected, port: l.port, peer: s.port, rx: b, tx: a}
	l.waiting[l.n] = i
	l.n++
	l.in++
	t.Changes++
	return 0
}

// Accept is accept4(2).
func (t *Table) Accept(fd, address, lengthAt, flags uint64) int64 {
	s, e := t.socketOf(fd)
	switch {
	case e != 0:
		return e
	case s.state != listening || flags&^(abi.OpenNonblock|abi.OpenCloseExec) != 0:
		return -abi.EINVAL
	case s.n == 0:
		return -abi.EAGAIN
	}
	i := s.waiting[0]
	if e := t.tell(t.sockets[i].peer, address, lengthAt); e != 0 {
		return e
	}
	s.n--
	copy(s.waiting[:], s.waiting[1:])
	return t.openSocket(i, flags)
}

// closeSocket forgets a socket; who is connected to it sees the end.
func (t *Table) closeSocket(i int) {
	s := &t.sockets[i]
	switch s.state {
	case connected:
		t.closeEnd(s.rx, true)
		t.closeEnd(s.tx, false)
	case listening:
		for _, w := range s.waiting[:s.n] {
			t.closeSocket(w)
		}
	}
	*s = socket{}
}
