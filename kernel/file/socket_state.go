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
	}
	// The ends are closed for good when the socket is: until then its pipes stay.
	if how != write {
		t.pipes[s.rx].readers = false
		t.pipes[s.rx].out++
	}
	if how != read {
		t.pipes[s.tx].writers = false
		t.pipes[s.tx].in++
	}
	t.Changes++
	return 0
}

// Name is getsockname(2), or getpeername(2).
func (t *Table) Name(fd, address, lengthAt uint64, peer bool) int64 {
	s, e := t.socketOf(fd)
	switch {
	case e != 0:
		return e
	case address == 0:
		return -abi.EFAULT
	case !peer:
		return t.tell(s.port, address, lengthAt)
	case s.state != connected:
		return -abi.ENOTCONN
	}
	return t.tell(s.peer, address, lengthAt)
}

// Option is setsockopt(2): every option may be set and changes nothing, since nothing is ever lost,
// late or small within the machine.
func (t *Table) Option(fd uint64) int64 {
	_, e := t.socketOf(fd)
	return e
}

// OptionOf is getsockopt(2): every option is 0; of SO_ERROR that means success.
func (t *Table) OptionOf(fd, value, lengthAt uint64) int64 {
	if _, e := t.socketOf(fd); e != 0 {
		return e
	}
	if !t.Space.Store32(value, 0) || !t.Space.Store32(lengthAt, 4) {
		return -abi.EFAULT
	}
	return 0
}

// readSocket reads what the other end wrote.
func (t *Table) readSocket(o *Object, address, n uint64) int64 {
	s := &t.sockets[o.index]
	if s.state != connected {
		return -abi.ENOTCONN
	}
	if !t.pipes[s.rx].readers {
		return 0
	}
	return t.readPipe(s.rx, address, n)
}

// writeSocket writes to the other end.
func (t *Table) writeSocket(o *Object, address, n uint64) int64 {
	s := &t.sockets[o.index]
	if s.state != connected {
		return -abi.ENOTCONN
	}
	if !t.pipes[s.tx].writers {
		return -abi.EPIPE
	}
	return t.writePipe(s.tx, address, n)
}

// socketReady returns what could be done with a socket now, as epoll's events.
func (t *Table) socketReady(s *socket) (events uint32) {
	switch s.state {
	case listening:
		if s.n > 0 {
			events = abi.EpollIn
		}
	case connected:
		rx, tx := &t.pipes[s.rx], &t.pipes[s.tx]
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
	}
	return events
}

// socketCounts are what counts tells of a socket.
func (t *Table) socketCounts(s *socket) (in, out uint64) {
	if s.state == connected {
		return t.pipes[s.rx].in, t.pipes[s.tx].out
	}
	return s.in, 0
}
