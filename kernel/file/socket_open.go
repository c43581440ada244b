package file

import "github.com/atoll-os/atoll/kernel/abi"

// Bind is bind(2).
func (t *Table) Bind(fd, at, length uint64) int64 {
	s, e := t.socketOf(fd)
	if e != 0 {
		return e
	}
	if s.asking != notAsking {
		return t.answered(s)
	}
	a, e := t.address(s, at, length)
	switch {
	case e != 0:
		return e
	case s.state != fresh:
		return -abi.EINVAL
	case !a.inside() && !a.any() && !t.driven:
		t.notice()
		return -abi.EADDRNOTAVAIL
	case a.port != 0 && t.taken(s, &a):
		return -abi.EADDRINUSE
	}
	return t.settle(s, a)
}

// settle gives a socket its address, and a port if it has none.
func (t *Table) settle(s *socket, a address) int64 {
	if s.datagram {
		if s.rx = t.newPipe(); s.rx == 0 {
			return -abi.ENFILE
		}
	}
	if s.fixed = a.port != 0; !s.fixed {
		t.choose(s, &a)
	}
	s.state, s.local = bound, a
	if s.datagram && !a.inside() {
		return t.ask(s, wantDatagrams)
	}
	return 0
}

// Listen is listen(2).
func (t *Table) Listen(fd, backlog uint64) int64 {
	s, e := t.socketOf(fd)
	if e != 0 {
		return e
	}
	if s.asking != notAsking {
		return t.answered(s)
	}
	switch {
	case s.datagram:
		return -abi.EOPNOTSUPP
	case s.state == fresh:
		s.local = s.nobody()
		t.choose(s, &s.local)
	case s.state != bound && s.state != listening:
		return -abi.EINVAL
	}
	s.backlog = int(max(1, min(backlog, backlogMax)))
	if s.state == listening {
		return 0
	}
	s.state = listening
	if s.local.inside() {
		return 0
	}
	return t.ask(s, wantListen)
}

// Connect is connect(2). Within the machine it succeeds or fails at once.
func (t *Table) Connect(fd, at, length uint64) int64 {
	s, e := t.socketOf(fd)
	if e != 0 {
		return e
	}
	if s.asking != notAsking {
		return t.answered(s)
	}
	to, e := t.address(s, at, length)
	switch {
	case e != 0:
		return e
	case s.six && s.only && to.is4():
		return -abi.ENETUNREACH
	}
	to.loopback()
	if s.datagram {
		return t.connectDatagram(s, to)
	}
	switch s.state {
	case connected:
		return -abi.EISCONN
	case connecting:
		return -abi.EALREADY
	case listening:
		return -abi.EINVAL
	}
	if s.err != 0 {
		return s.take()
	}
	if !to.inside() {
		return t.connectOutside(s, to)
	}
	var l *socket
	for i := range t.socketEnd {
		o := &t.sockets[i]
		if ok, alone := o.reaches(&to); ok && o.state == listening && (l == nil || alone) {
			l = o
		}
	}
	if l == nil || l.n >= l.backlog {
		return -abi.ECONNREFUSED
	}
	return t.connectInside(s, l, to)
}

// connectInside makes a connection from s to a socket that waits for l to be accepted.
func (t *Table) connectInside(s, l *socket, to address) int64 {
	i := t.freeSocket()
	if i < 0 {
		return -abi.ENFILE
	}
	o := &t.sockets[i]
	if e := t.link(s, o); e != 0 {
		return e
	}
	if s.local.port == 0 {
		s.local.ip = to.ip
		t.choose(s, &s.local)
	}
	if s.local.any() {
		s.local.ip = to.ip
	}
	s.peer = to
	o.six, o.local, o.peer = l.six, to, s.local
	t.enqueue(l, i)
	return 0
}

// connectOutside has the driver connect; the socket is connecting until it answers.
func (t *Table) connectOutside(s *socket, to address) int64 {
	switch {
	case !t.driven:
		t.notice()
		return -abi.ENETUNREACH
	case s.state == bound && (s.local.inside() || s.fixed):
		return -abi.EADDRNOTAVAIL // the driver chooses the port
	}
	s.state, s.peer = connecting, to
	t.tellDriver(s, wantConnect)
	return -abi.EINPROGRESS
}

// link makes two sockets the ends of a connection.
func (t *Table) link(s, o *socket) int64 {
	a := t.newPipe()
	if a == 0 {
		return -abi.ENFILE
	}
	b := t.newPipe()
	if b == 0 {
		t.dropPipe(a)
		return -abi.ENFILE
	}
	s.state, s.rx, s.tx, s.mate = connected, a, b, o.index+1
	o.state, o.rx, o.tx, o.mate = connected, b, a, s.index+1
	for _, end := range [2]*socket{s, o} {
		end.in++
		end.out++
	}
	t.Changes++
	return 0
}

// Accept is accept4(2).
func (t *Table) Accept(fd, at, lengthAt, flags uint64) int64 {
	s, e := t.socketOf(fd)
	switch {
	case e != 0:
		return e
	case s.state != listening || flags&^(abi.OpenNonblock|abi.OpenCloseExec) != 0:
		return -abi.EINVAL
	case s.n == 0:
		return -abi.EAGAIN
	}
	o := &t.sockets[s.first-1]
	if e := t.tell(o, o.peer, at, lengthAt); e != 0 {
		return e
	}
	i := t.dequeue(s)
	if s.full {
		s.full = false
		t.tellDriver(s, wantRoom)
	}
	return t.openSocket(i, flags)
}
