package file

import "github.com/atoll-os/atoll/kernel/abi"

// Shutdown is shutdown(2).
func (t *Table) Shutdown(fd, how uint64) int64 {
	const read, write, both = 0, 1, 2
	s, e := t.socketOf(fd)
	switch {
	case e != 0:
		return e
	case how > both:
		return -abi.EINVAL
	case s.state != connected:
		return -abi.ENOTCONN
	case s.datagram:
		return 0
	}
	// The ends are closed for good when the socket is: until then its pipes stay.
	if how != write {
		t.pipes[s.rx-1].readers = false
		t.pipes[s.rx-1].out++
		s.in++ // who waits to read is at the end
	}
	if how != read {
		t.pipes[s.tx-1].writers = false
		t.pipes[s.tx-1].in++
	}
	t.Changes++
	return 0
}

// Name is getsockname(2), or getpeername(2).
func (t *Table) Name(fd, at, lengthAt uint64, peer bool) int64 {
	s, e := t.socketOf(fd)
	switch {
	case e != 0:
		return e
	case at == 0:
		return -abi.EFAULT
	case peer && s.state != connected:
		return -abi.ENOTCONN
	case peer:
		return t.tell(s, s.peer, at, lengthAt)
	case s.local.port == 0:
		return t.tell(s, s.nobody(), at, lengthAt)
	}
	return t.tell(s, s.local, at, lengthAt)
}

// Receive is recvfrom(2), and read(2): it moves up to n bytes to the program's memory. flags are
// MSG_DONTWAIT at most, which is for the caller.
func (t *Table) Receive(fd, at, n uint64, from Peer, flags uint64) int64 {
	got, _ := t.receive(fd, at, n, from, flags)
	return got
}

// receive is Receive that also tells whether a datagram did not fit.
func (t *Table) receive(fd, at, n uint64, from Peer, flags uint64) (got int64, truncated bool) {
	s, e := t.socketOf(fd)
	switch {
	case e != 0:
		return e, false
	case flags&^abi.MessageDontWait != 0:
		return -abi.EOPNOTSUPP, false
	case s.datagram:
		return t.receiveDatagram(s, at, min(n, TransferMax+datagramHeader), from)
	case s.state != connected:
		if s.err != 0 {
			return s.take(), false
		}
		return -abi.ENOTCONN, false
	}
	p := &t.pipes[s.rx-1]
	if s.err != 0 && p.head == p.tail {
		return s.take(), false
	}
	if !p.readers {
		return 0, false
	}
	return t.readPipe(s.rx-1, at, min(n, TransferMax)), false
}

// Send is sendto(2), and write(2): it takes up to n bytes from the program's memory. flags are
// MSG_DONTWAIT and MSG_NOSIGNAL at most, which are for the caller.
func (t *Table) Send(fd, at, n uint64, to Peer, flags uint64) int64 {
	s, e := t.socketOf(fd)
	switch {
	case e != 0:
		return e
	case flags&^(abi.MessageDontWait|abi.MessageNoSignal) != 0:
		return -abi.EOPNOTSUPP
	case s.datagram && s.far:
		return t.deliver(s, at, n)
	case s.datagram:
		return t.sendDatagram(s, at, n, to)
	case s.err != 0:
		return s.take()
	case s.state != connected:
		return -abi.ENOTCONN
	case !t.pipes[s.tx-1].writers:
		return -abi.EPIPE
	}
	return t.writePipe(s.tx-1, at, min(n, TransferMax))
}

// socketReady returns what could be done with a socket now, as epoll's events.
func (t *Table) socketReady(s *socket) (events uint32) {
	switch {
	case s.err != 0:
		events = abi.EpollIn | abi.EpollOut | abi.EpollErr
	case s.datagram:
		events = t.datagramReady(s)
	case s.state == listening && s.n > 0:
		events = abi.EpollIn
	}
	if s.state != connected || s.datagram {
		return events
	}
	rx, tx := &t.pipes[s.rx-1], &t.pipes[s.tx-1]
	if rx.head < rx.tail {
		events |= abi.EpollIn
	}
	if !rx.writers || !rx.readers {
		events |= abi.EpollIn | abi.EpollReadHup
	}
	if tx.room() >= pipeAtomic || !tx.readers || !tx.writers {
		events |= abi.EpollOut
	}
	if !rx.writers && !tx.readers {
		events |= abi.EpollHup
	}
	return events
}

// datagramReady is socketReady of UDP.
func (t *Table) datagramReady(s *socket) (events uint32) {
	if s.rx != 0 && t.pipes[s.rx-1].head != t.pipes[s.rx-1].tail {
		events |= abi.EpollIn
	}
	switch {
	case s.mate != 0:
		if t.pipes[t.sockets[s.mate-1].rx-1].room() >= pipeAtomic {
			events |= abi.EpollOut
		}
	case s.far:
		events |= abi.EpollIn | abi.EpollOut | abi.EpollReadHup | abi.EpollHup
	default:
		events |= abi.EpollOut
	}
	return events
}

// socketCounts are what counts tells of a socket.
func (t *Table) socketCounts(s *socket) (in, out uint64) {
	in, out = s.in, s.out
	if s.rx != 0 {
		in += t.pipes[s.rx-1].in
	}
	if s.tx != 0 {
		out += t.pipes[s.tx-1].out
	}
	return in, out
}
