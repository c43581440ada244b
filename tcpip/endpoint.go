package tcpip

import (
	"cmp"
	"slices"

	"github.com/atoll-os/atoll/clock"
)

// Socket is what a program holds: a *TCPSocket, *TCPListener, *UDPSocket or *EchoSocket.
type Socket interface {
	// ID orders the sockets of a stack. It is a keyed hash of protocol and addresses, so that it
	// does not depend on which socket was opened first.
	ID() uint64
	// UserData returns the field User, which belongs to who opened the socket.
	UserData() any
}

// endpoint is the part that all sockets have: their place in the stack's touched and changed sets.
type endpoint struct {
	owner            pollable
	id               uint64
	touched, changed bool
}

// pollable is a socket as the stack sees it.
type pollable interface {
	Socket
	// poll sends what the socket has to send.
	poll(s *Stack, now clock.Instant)
}

// ID returns the socket's place in the order of a stack's sockets.
func (e *endpoint) ID() uint64 { return e.id }

// touch has e polled by the next Poll.
func (s *Stack) touch(e *endpoint) {
	if !e.touched {
		e.touched = true
		s.touched = append(s.touched, e)
	}
}

// change has e handed over by the next Changed.
func (s *Stack) change(e *endpoint) {
	if !e.changed {
		e.changed = true
		s.changed = append(s.changed, e)
	}
}

func byID(a, b *endpoint) int { return cmp.Compare(a.id, b.id) }

// pollTouched polls the touched sockets in the order of their ids. Those that are touched by it
// wait for the next Poll.
func (s *Stack) pollTouched(now clock.Instant) {
	batch := s.touched
	s.touched = s.spare[:0]
	if len(batch) > 1 {
		slices.SortFunc(batch, byID)
	}
	for i, e := range batch {
		e.touched = false
		e.owner.poll(s, now)
		batch[i] = nil
	}
	s.spare = batch[:0]
}

// Changed hands over, in the order of their ids, each socket whose readiness or state has changed
// since the last call: readable, writable, accepted, connected, ended, failed. fn may read from
// sockets, write to them, close them and touch them; it must not open one.
func (s *Stack) Changed(fn func(Socket)) {
	batch := s.changed
	if len(batch) == 0 {
		return
	}
	s.changed = nil
	if len(batch) > 1 {
		slices.SortFunc(batch, byID)
	}
	for i, e := range batch {
		e.changed = false
		fn(e.owner)
		batch[i] = nil
	}
	if s.changed == nil {
		s.changed = batch[:0]
	}
}
