package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// A datagram in a pipe has a header before it: its length of 4 bytes, a port of 2, 2 of nothing,
// and an address of 16. To the program it says who has sent the datagram; in the driver's pipe,
// where it goes to.
const (
	datagramHeader = 24
	DatagramMax    = 65507 // bytes: an IPv4 packet of 65,535 bytes less its headers
)

// Peer is where in the program's memory an address is, and how long it is: for a receive where that
// is told.
type Peer struct{ At, Length uint64 }

// connectDatagram is connect(2) of UDP.
func (t *Table) connectDatagram(s *socket, to address) int64 {
	switch {
	case to.inside() && s.state == fresh:
		local := address{ip: to.ip}
		if e := t.settle(s, local); e != 0 {
			return e
		}
	case to.inside():
	case !t.driven:
		t.notice()
		return -abi.ENETUNREACH
	case s.local.inside() && s.state != fresh:
		return -abi.EINVAL // from a loopback address nothing leaves
	case s.mate == 0 && s.told:
		return -abi.EALREADY
	case s.state == fresh:
		if s.rx = t.newPipe(); s.rx == 0 {
			return -abi.ENFILE
		}
		s.state, s.peer = connecting, to
		return t.ask(s, wantDatagrams)
	}
	s.state, s.peer = connected, to
	return 0
}

// sendDatagram sends n bytes from the program's memory.
func (t *Table) sendDatagram(s *socket, at, n uint64, peer Peer) int64 {
	if s.err != 0 {
		return s.take()
	}
	to := s.peer
	if peer.At != 0 {
		var e int64
		if to, e = t.address(s, peer.At, peer.Length); e != 0 {
			return e
		}
		to.loopback()
	} else if s.state != connected {
		return -abi.EDESTADDRREQ
	}
	if n > DatagramMax {
		return -abi.EMSGSIZE
	}
	if s.state == fresh {
		if s.rx = t.newPipe(); s.rx == 0 {
			return -abi.ENFILE
		}
		s.state, s.local = bound, s.nobody()
		t.choose(s, &s.local)
	}
	if to.inside() {
		return t.sendInside(s, to, at, n)
	}
	switch {
	case !t.driven:
		t.notice()
		return -abi.ENETUNREACH
	case s.local.inside():
		return -abi.EINVAL
	case s.mate == 0:
		if !s.told {
			t.tellDriver(s, wantDatagrams)
		}
		return -abi.EAGAIN
	}
	return t.put(&t.sockets[s.mate-1], &to, at, n)
}

// sendInside gives a datagram to the socket of the machine that it is for. Without one, or if that
// has no room, it is lost, as UDP may.
func (t *Table) sendInside(s *socket, to address, at, n uint64) int64 {
	from := s.local
	if from.any() {
		from.ip = to.ip
	}
	var best *socket
	rank := 0
	for i := range t.socketEnd {
		o := &t.sockets[i]
		ok, alone := o.reaches(&to)
		if !ok || !o.datagram || o.far || o.state != bound && o.state != connected {
			continue
		}
		r := 1
		if alone {
			r = 2
		}
		if o.state == connected {
			if o.peer != from {
				continue
			}
			r += 2
		}
		if r > rank {
			best, rank = o, r
		}
	}
	if best == nil {
		if s.state == connected {
			t.fail(s, abi.ECONNREFUSED)
		}
		return int64(n)
	}
	if e := t.put(best, &from, at, n); e != -abi.EAGAIN {
		return e
	}
	return int64(n)
}

// put puts a datagram into a socket's pipe, or returns -EAGAIN if there is no room.
func (t *Table) put(o *socket, from *address, at, n uint64) int64 {
	p := &t.pipes[o.rx-1]
	if p.room() < datagramHeader+n {
		return -abi.EAGAIN
	}
	var h [datagramHeader]byte
	mem.Store32(h[0:], uint32(n))
	mem.Store16(h[4:], from.port)
	copy(h[8:], from.ip[:])
	begin := p.tail
	for done := uint64(0); done < datagramHeader; {
		got := t.copyIn(p, h[done:])
		if got == 0 {
			p.tail = begin
			return -abi.EAGAIN
		}
		done += got
	}
	if got := t.fillPipe(p, at, n); got < n {
		p.tail = begin
		if t.Space.Pages.Left() == 0 {
			return -abi.EAGAIN
		}
		return -abi.EFAULT
	}
	p.in++
	t.Changes++
	return int64(n)
}

// receiveDatagram takes the next datagram; what does not fit of it is lost, and then the result is
// short.
func (t *Table) receiveDatagram(s *socket, at, n uint64, peer Peer) (got int64, truncated bool) {
	if s.rx == 0 || t.pipes[s.rx-1].head == t.pipes[s.rx-1].tail {
		switch {
		case s.err != 0:
			return s.take(), false
		case s.far && s.mate == 0:
			return 0, false
		}
		return -abi.EAGAIN, false
	}
	p := &t.pipes[s.rx-1]
	var h [datagramHeader]byte
	for done := uint64(0); done < datagramHeader; {
		done += t.copyOut(p, h[done:])
	}
	var from address
	length := uint64(mem.Load32(h[0:]))
	from.port = mem.Load16(h[4:])
	copy(from.ip[:], h[8:])
	skipped, e := uint64(0), int64(0)
	if s.far {
		if n < datagramHeader || !t.Space.CopyOut(at, h[:]) {
			e = -abi.EFAULT
		}
		at, n, skipped = at+datagramHeader, n-min(n, datagramHeader), datagramHeader
	} else {
		e = t.tell(s, from, peer.At, peer.Length)
	}
	taken := min(n, length)
	done := uint64(0)
	if e == 0 {
		if done = t.drain(p, at, taken); done < taken {
			e = -abi.EFAULT
		}
	}
	for done < length {
		step := min(length-done, mem.PageBytes-p.head%mem.PageBytes)
		t.skip(p, step)
		done += step
	}
	p.out++
	s.out++
	if s.far && s.mate != 0 {
		t.sockets[s.mate-1].out++
	}
	t.Changes++
	if e != 0 {
		return e, false
	}
	return int64(skipped + taken), taken < length
}

// deliver is a write of the driver's: a header as above, of which the length counts nothing, and a
// datagram for the program's socket.
func (t *Table) deliver(s *socket, at, n uint64) int64 {
	var h [datagramHeader]byte
	switch {
	case n < datagramHeader || n > datagramHeader+DatagramMax:
		return -abi.EINVAL
	case !t.Space.CopyIn(h[:], at):
		return -abi.EFAULT
	case s.mate == 0:
		return -abi.EPIPE
	}
	var from address
	from.port = mem.Load16(h[4:])
	copy(from.ip[:], h[8:])
	o := &t.sockets[s.mate-1]
	if o.state == connected && o.peer != from {
		return int64(n) // of somebody else
	}
	e := t.put(o, &from, at+datagramHeader, n-datagramHeader)
	if e < 0 && e != -abi.EAGAIN {
		return e
	}
	return int64(n) // or lost, for want of room
}
