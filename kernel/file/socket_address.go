package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Sizes of sockaddr_in: family of 2 bytes, port of 2 and address of 4 in network order, 8 bytes of
// nothing; and of sockaddr_in6: family, port, flow of 4 bytes, address of 16, scope of 4.
const (
	addressBytes  = 16
	address6Bytes = 28
)

// address is where a socket is; IPv4 has the form ::ffff:a.b.c.d (RFC 4291 §2.5.5.2).
type address struct {
	ip   [16]byte
	port uint16
}

// prefix4 is what an IPv4 address has before its four bytes.
var prefix4 = [12]byte{10: 0xff, 11: 0xff}

func (a *address) is4() bool { return [12]byte(a.ip[:12]) == prefix4 }

// any tells whether it is the address of no one and everyone: 0.0.0.0 or ::.
func (a *address) any() bool {
	return a.ip == [16]byte{} || a.is4() && [4]byte(a.ip[12:]) == [4]byte{}
}

// inside tells whether it is a loopback address: 127.0.0.0/8 or ::1.
func (a *address) inside() bool {
	return a.ip == [16]byte{15: 1} || a.is4() && a.ip[12] == 127
}

// loopback puts 127.0.0.1 or ::1 in the place of an address of everyone.
func (a *address) loopback() {
	if !a.any() {
		return
	}
	if a.is4() {
		a.ip[12], a.ip[15] = 127, 1
	} else {
		a.ip[15] = 1
	}
}

// nobody is the address of everyone in a socket's family.
func (s *socket) nobody() (a address) {
	if !s.six {
		copy(a.ip[:], prefix4[:])
	}
	return a
}

// address reads an address of the program's for a socket.
func (t *Table) address(s *socket, at, length uint64) (a address, errno int64) {
	var b [address6Bytes]byte
	size, family := uint64(addressBytes), uint16(abi.FamilyIPv4)
	if s.six {
		size, family = address6Bytes, abi.FamilyIPv6
	}
	switch {
	case length < size:
		return a, -abi.EINVAL
	case !t.Space.CopyIn(b[:size], at):
		return a, -abi.EFAULT
	case mem.Load16(b[:]) != family:
		return a, -abi.EAFNOSUPPORT
	}
	a = s.nobody()
	a.port = uint16(b[2])<<8 | uint16(b[3])
	if s.six {
		copy(a.ip[:], b[8:])
	} else {
		copy(a.ip[12:], b[4:8])
	}
	return a, 0
}

// tell writes an address as a socket's family has it, if the program wants it, and its length.
func (t *Table) tell(s *socket, a address, at, lengthAt uint64) int64 {
	if at == 0 {
		return 0
	}
	var b [address6Bytes]byte
	size := uint32(addressBytes)
	b[0], b[2], b[3] = abi.FamilyIPv4, byte(a.port>>8), byte(a.port)
	if s.six {
		size, b[0] = address6Bytes, abi.FamilyIPv6
		copy(b[8:], a.ip[:])
	} else {
		copy(b[4:], a.ip[12:])
	}
	length, ok := t.Space.Load32(lengthAt)
	if !ok || !t.Space.CopyOut(at, b[:min(length, size)]) || !t.Space.Store32(lengthAt, size) {
		return -abi.EFAULT
	}
	return 0
}

// covers tells which families' peers may come to a socket.
func (s *socket) covers() (four, six bool) {
	switch {
	case !s.six || s.local.is4():
		return true, false
	case s.local.any():
		return !s.only, true
	}
	return false, true
}

// reaches tells whether what is sent to an address comes to a socket, and whether the socket is for
// that address alone.
func (s *socket) reaches(to *address) (ok, alone bool) {
	if s.local.port != to.port {
		return false, false
	}
	if s.local.ip == to.ip {
		return true, true
	}
	four, six := s.covers()
	return s.local.any() && (to.is4() && four || !to.is4() && six), false
}

// taken tells whether somebody is at an address, which a socket wants.
func (t *Table) taken(s *socket, a *address) bool {
	wish := socket{six: s.six, only: s.only, local: *a}
	four, six := wish.covers()
	for i := range t.socketEnd {
		o := &t.sockets[i]
		if o == s || o.far || o.local.port != a.port || o.datagram != s.datagram {
			continue
		}
		if !o.datagram && o.state != bound && o.state != listening || o.state < bound || o.state == gone {
			continue
		}
		four2, six2 := o.covers()
		if (o.local.ip == a.ip || o.local.any() || a.any()) && (four && four2 || six && six2) {
			return true
		}
	}
	return false
}

// choose gives an address a port at which nobody is.
func (t *Table) choose(s *socket, a *address) {
	for {
		if t.nextPort < portFirst || t.nextPort >= portLast {
			t.nextPort = portFirst - 1
		}
		t.nextPort++
		a.port = t.nextPort
		if !t.taken(s, a) {
			return
		}
	}
}
