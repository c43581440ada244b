package dhcp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Limits of a lease.
const (
	LeaseMin   = 2 * time.Minute // a shorter lease is taken for one that long
	LeaseMax   = 365 * 24 * time.Hour
	ServersMax = 4 // DNS servers that are kept
)

// Lease is what a server has lent.
type Lease struct {
	Addr    netip.Prefix // the address with its network
	Router  netip.Addr   // invalid: none was named
	Servers []netip.Addr // of DNS, at most ServersMax
	Server  netip.Addr   // who has lent it

	Obtained time.Time     // when it was asked for: its time counts from there (RFC 2131 §4.4.1)
	T1, T2   time.Duration // after which it is renewed, and renewed by anybody
	Length   time.Duration // after which it is over
}

// errAnswer is an acknowledgement that nothing can be done with.
var errAnswer = errors.New("dhcp: read an answer")

// leaseOf reads an acknowledgement of what was asked for at an instant.
func leaseOf(ack *dhcpv4.DHCPv4, asked time.Time) (*Lease, error) {
	addr, ok := address(ack.YourIPAddr)
	if !ok || !addr.IsGlobalUnicast() {
		return nil, fmt.Errorf("%w: it lends %v", errAnswer, ack.YourIPAddr)
	}
	server, ok := address(ack.ServerIdentifier())
	if !ok {
		return nil, fmt.Errorf("%w: no server says that it is from it", errAnswer)
	}
	ones, bits := ack.SubnetMask().Size()
	if bits != 32 || ones == 0 {
		ones, _ = net.IP(addr.AsSlice()).DefaultMask().Size()
	}
	l := &Lease{Addr: netip.PrefixFrom(addr, ones), Server: server, Obtained: asked}
	// RFC 2131 §3.3: the time is in seconds, all ones for ever.
	l.Length = min(max(ack.IPAddressLeaseTime(LeaseMin), LeaseMin), LeaseMax)
	// RFC 2131 §4.4.5: the defaults; a server may say others.
	l.T1 = ack.IPAddressRenewalTime(l.Length / 2)
	l.T2 = ack.IPAddressRebindingTime(l.Length * 7 / 8)
	if l.T1 <= 0 || l.T1 >= l.T2 || l.T2 >= l.Length {
		l.T1, l.T2 = l.Length/2, l.Length*7/8
	}
	for _, r := range ack.Router() {
		if a, ok := address(r); ok && l.Addr.Contains(a) && !l.Router.IsValid() {
			l.Router = a
		}
	}
	for _, s := range ack.DNS() {
		if a, ok := address(s); ok && len(l.Servers) < ServersMax {
			l.Servers = append(l.Servers, a)
		}
	}
	return l, nil
}

// address returns an IPv4 address that somebody can have.
func address(ip net.IP) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(ip.To4())
	return a, ok && !a.IsUnspecified() && !a.IsMulticast() && a != broadcast
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})
