package udp

import (
	"errors"
	"net/netip"
	"slices"
)

// What Bind may say.
var (
	// ErrInUse: another socket has the address.
	ErrInUse = errors.New("udp: address in use")
	// ErrTableFull: there are SocketsMax sockets.
	ErrTableFull = errors.New("udp: too many sockets")
)

// SocketsMax is how many sockets one table holds.
const SocketsMax = 1 << 16

// Table finds the socket of a datagram by its addresses. S is what the owner of the table keeps for
// a socket. The zero value is empty.
//
// A local address may be a wildcard: 0.0.0.0 takes datagrams to all IPv4 addresses of the machine,
// :: those to all its addresses, as package net's dual-stack sockets do. A remote address makes a
// connected socket, which gets the datagrams of that peer only; its local address is no wildcard.
// Link-local addresses have their zone.
type Table[S any] struct {
	ports     map[uint16]*port[S]
	connected map[pair]S
	count     int
}

// pair is the two ends of a connected socket.
type pair struct{ local, remote netip.AddrPort }

// port is what is bound to one local port.
type port[S any] struct {
	open  []bound[S]   // not connected, in the order of binding
	local []netip.Addr // of each connected socket; in a map are the sockets themselves
}

type bound[S any] struct {
	addr   netip.Addr
	socket S
}

// Len returns how many sockets there are.
func (t *Table[S]) Len() int { return t.count }

// Bind adds a socket; remote is zero for one that is not connected. Two sockets may share a local
// port if neither address covers the other, or if both are connected, to different peers: so which
// port a program gets for a destination never depends on what others have just dialled. The errors
// are ErrInUse and ErrTableFull.
func (t *Table[S]) Bind(local, remote netip.AddrPort, s S) error {
	p := t.ports[local.Port()]
	if p != nil && t.conflict(p, local, remote) {
		return ErrInUse
	}
	if t.count >= SocketsMax {
		return ErrTableFull
	}
	if t.ports == nil {
		t.ports, t.connected = make(map[uint16]*port[S]), make(map[pair]S)
	}
	if p == nil {
		p = &port[S]{}
		t.ports[local.Port()] = p
	}
	t.count++
	if remote.IsValid() {
		t.connected[pair{local, remote}] = s
		p.local = append(p.local, local.Addr())
		return nil
	}
	p.open = append(p.open, bound[S]{local.Addr(), s})
	return nil
}

func (t *Table[S]) conflict(p *port[S], local, remote netip.AddrPort) bool {
	for i := range p.open {
		if overlap(p.open[i].addr, local.Addr()) {
			return true
		}
	}
	if remote.IsValid() {
		_, taken := t.connected[pair{local, remote}]
		return taken
	}
	for _, a := range p.local {
		if overlap(a, local.Addr()) {
			return true
		}
	}
	return false
}

// overlap reports whether some datagram is for both of two local addresses.
func overlap(a, b netip.Addr) bool { return covers(a, b) || covers(b, a) }

// covers reports whether a socket at a receives what is sent to b.
func covers(a, b netip.Addr) bool {
	return a == b || a.IsUnspecified() && (a.Is6() || b.Is4())
}

// Remove takes a socket out; there must be one.
func (t *Table[S]) Remove(local, remote netip.AddrPort) {
	p := t.ports[local.Port()]
	before := t.count
	if p != nil && remote.IsValid() {
		if i := slices.Index(p.local, local.Addr()); i >= 0 {
			p.local = slices.Delete(p.local, i, i+1)
			delete(t.connected, pair{local, remote})
			t.count--
		}
	} else if p != nil {
		for i := range p.open {
			if p.open[i].addr == local.Addr() {
				p.open = slices.Delete(p.open, i, i+1)
				t.count--
				break
			}
		}
	}
	if t.count == before {
		panic("udp: BUG: Remove of a socket that is not bound")
	}
	if len(p.open)+len(p.local) == 0 {
		delete(t.ports, local.Port())
	}
}

// Find returns the socket for a datagram that came from remote to local: the one connected to that
// peer, else the one with that address, else the one with a wildcard.
func (t *Table[S]) Find(local, remote netip.AddrPort) (s S, ok bool) {
	p := t.ports[local.Port()]
	if p == nil {
		return s, false
	}
	if len(p.local) > 0 {
		if s, ok = t.connected[pair{local, remote}]; ok {
			return s, true
		}
	}
	// What is bound together never overlaps, so at most one covers the address.
	for i := range p.open {
		if covers(p.open[i].addr, local.Addr()) {
			return p.open[i].socket, true
		}
	}
	return s, false
}

// All calls yield with the addresses of every socket, in no order that means anything.
func (t *Table[S]) All(yield func(local, remote netip.AddrPort, s S)) {
	//tidy:map whoever asks sorts
	for at, s := range t.connected {
		yield(at.local, at.remote, s)
	}
	//tidy:map whoever asks sorts
	for number, p := range t.ports {
		for _, b := range p.open {
			yield(netip.AddrPortFrom(b.addr, number), netip.AddrPort{}, b.socket)
		}
	}
}
