//go:build linux

package sockets

import (
	"encoding/binary"
	"net/netip"
	"syscall"
)

// path is the file of the kernel's; package kernel/file says what the records are.
const (
	path        = "/dev/sockets"
	recordBytes = 64
)

// What the kernel wants.
const (
	wantListen    = 1
	wantConnect   = 2
	wantDatagrams = 3
	wantRoom      = 4
	wantClosed    = 5
)

// What it is answered.
const (
	answerDone  = 1
	answerJoin  = 2
	answerReset = 3
)

// Flags of a request.
const (
	flagIPv6     = 1
	flagIPv6Only = 2
)

// request is what the kernel wants of the driver for one of the program's sockets.
type request struct {
	want   uint32
	flags  uint32
	number uint64
	local  netip.AddrPort
	peer   netip.AddrPort
}

func parseRequest(b []byte) request {
	le := binary.LittleEndian
	return request{le.Uint32(b), le.Uint32(b[4:]), le.Uint64(b[8:]), parseAddr(b[16:]),
		parseAddr(b[40:])}
}

func parseAddr(b []byte) netip.AddrPort {
	ip := netip.AddrFrom16([16]byte(b)).Unmap()
	return netip.AddrPortFrom(ip, binary.LittleEndian.Uint16(b[16:]))
}

// network returns the name of a network for "tcp" or "udp" and the socket's family.
func (r *request) network(proto string) string {
	switch {
	case r.flags&flagIPv6 == 0 || r.local.Addr().Is4():
		return proto + "4"
	case r.flags&flagIPv6Only != 0 || !r.local.Addr().IsUnspecified():
		return proto + "6"
	}
	return proto
}

// answer is what the driver has done about a request.
type answer struct {
	kind   uint32
	fd     int
	number uint64
	errno  syscall.Errno
	local  netip.AddrPort
	peer   netip.AddrPort
}

func (a *answer) record() (b [recordBytes]byte) {
	le := binary.LittleEndian
	le.PutUint32(b[0:], a.kind)
	le.PutUint32(b[4:], uint32(a.fd))
	le.PutUint64(b[8:], a.number)
	putAddr(b[16:], a.local)
	le.PutUint16(b[34:], uint16(a.errno))
	putAddr(b[40:], a.peer)
	return b
}

func putAddr(b []byte, a netip.AddrPort) {
	if !a.IsValid() {
		return
	}
	ip := a.Addr().As16()
	copy(b, ip[:])
	binary.LittleEndian.PutUint16(b[16:], a.Port())
}

// parseDestination reads the header of a datagram.
func parseDestination(b []byte) netip.AddrPort {
	ip := netip.AddrFrom16([16]byte(b[8:])).Unmap()
	return netip.AddrPortFrom(ip, binary.LittleEndian.Uint16(b[4:]))
}
