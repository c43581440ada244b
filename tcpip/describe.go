package tcpip

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/wire"
)

// SocketInfo is one socket, for tables that people read.
type SocketInfo struct {
	Protocol      wire.Protocol
	Local, Remote netip.AddrPort // Remote is zero for a listener and an unconnected socket
	Listening     bool           // a TCP listener
	Backlog       int            // how many connections a listener has ready for Accept
	State         tcp.State      // TCP
	Retransmits   uint64         // TCP: segments sent again
	RTO           time.Duration  // TCP: the retransmission timeout now
	Unsent        int            // TCP: bytes the program wrote that were not yet sent
	Unread        int            // bytes, or datagrams, that the program has not taken
}

// String returns "10.0.0.1:4000→10.0.0.2:80 established, 4 retransmissions, RTO 3.2s".
func (i SocketInfo) String() string {
	s := i.Protocol.String() + " " + i.Local.String()
	if i.Remote.IsValid() {
		s += "→" + i.Remote.String()
	}
	switch {
	case i.Protocol != wire.ProtoTCP:
		if i.Unread > 0 {
			s += fmt.Sprintf(" %d to read", i.Unread)
		}
		return s
	case i.Listening:
		s += " listening"
		if i.Backlog > 0 {
			s += fmt.Sprintf(", %d to accept", i.Backlog)
		}
		return s
	}
	s += " " + lower(i.State)
	if i.Retransmits > 0 {
		s += fmt.Sprintf(", %d retransmissions, RTO %v", i.Retransmits, i.RTO)
	}
	if i.Unsent > 0 {
		s += fmt.Sprintf(", %d bytes unsent", i.Unsent)
	}
	if i.Unread > 0 {
		s += fmt.Sprintf(", %d bytes unread", i.Unread)
	}
	return s
}

// lower writes a state as in a sentence: "fin-wait-1".
func lower(s tcp.State) string {
	b := []byte(s.String())
	for k, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[k] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Sockets lists the sockets by protocol, local and remote address.
func (s *Stack) Sockets() []SocketInfo {
	var list []SocketInfo
	//tidy:map the list is sorted below
	for _, l := range s.listeners {
		list = append(list, SocketInfo{Protocol: wire.ProtoTCP, Local: l.local, Listening: true,
			Backlog: len(l.queue)})
	}
	for _, t := range s.tcp.all(nil) {
		list = append(list, t.describe())
	}
	s.udp.All(func(local, remote netip.AddrPort, u *UDPSocket) {
		list = append(list, SocketInfo{Protocol: wire.ProtoUDP, Local: local, Remote: remote,
			Unread: u.in.Len()})
	})
	slices.SortFunc(list, func(a, b SocketInfo) int {
		return cmp.Or(cmp.Compare(a.Protocol, b.Protocol), a.Local.Compare(b.Local),
			a.Remote.Compare(b.Remote))
	})
	return list
}

// describe returns what a table says about a connection.
func (t *TCPSocket) describe() SocketInfo {
	n := t.Info()
	return SocketInfo{Protocol: wire.ProtoTCP, Local: t.local, Remote: t.remote, State: n.State,
		Retransmits: uint64(n.Retransmits), RTO: n.RTO, Unsent: n.Unsent, Unread: t.Received()}
}

// String returns what a table of sockets says about the connection.
func (t *TCPSocket) String() string { return t.describe().String() }
