package bench

import (
	"context"
	"net"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/pipe"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
)

// gvisorPair is two netstacks on one in-memory pipe: segments are delivered in the sender's
// goroutine, as a virtual link of Atoll without delay does.
type gvisorPair struct {
	client *stack.Stack
	server net.Listener
	addr   tcpip.FullAddress
}

// superPipe passes TCP super-segments of 64 KiB whole and leaves checksums out: the counterpart of
// an Atoll link with an unlimited MTU.
type superPipe struct{ *pipe.Endpoint }

func (superPipe) Capabilities() stack.LinkEndpointCapabilities {
	return stack.CapabilityRXChecksumOffload | stack.CapabilityTXChecksumOffload
}
func (superPipe) GSOMaxSize() uint32               { return 65536 - 128 }
func (superPipe) SupportedGSO() stack.SupportedGSO { return stack.HostGSOSupported }

func newGvisor(b *testing.B, super bool) pair {
	mtu := uint32(1500)
	left, right := pipe.New("\x02\x00\x00\x00\x00\x01", "\x02\x00\x00\x00\x00\x02", mtu)
	var ends [2]stack.LinkEndpoint = [2]stack.LinkEndpoint{left, right}
	if super {
		ends = [2]stack.LinkEndpoint{superPipe{left}, superPipe{right}}
	}
	var stacks [2]*stack.Stack
	for i, end := range ends {
		s := stack.New(stack.Options{
			NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
			TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol},
		})
		cubic := tcpip.CongestionControlOption("cubic")
		check(b, s.SetTransportProtocolOption(tcp.ProtocolNumber, &cubic))
		sack := tcpip.TCPSACKEnabled(true)
		check(b, s.SetTransportProtocolOption(tcp.ProtocolNumber, &sack))
		check(b, s.CreateNIC(1, end))
		check(b, s.AddProtocolAddress(1, tcpip.ProtocolAddress{
			Protocol:          ipv4.ProtocolNumber,
			AddressWithPrefix: tcpip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}).WithPrefix(),
		}, stack.AddressProperties{}))
		s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
		b.Cleanup(s.Close)
		stacks[i] = s
	}
	addr := tcpip.FullAddress{Addr: tcpip.AddrFrom4([4]byte{10, 0, 0, 2}), Port: 80}
	l, err := gonet.ListenTCP(stacks[1], addr, ipv4.ProtocolNumber)
	if err != nil {
		b.Fatal(err)
	}
	return &gvisorPair{stacks[0], l, addr}
}

func check(b *testing.B, err tcpip.Error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (g *gvisorPair) listener() net.Listener { return g.server }

func (g *gvisorPair) dial() (net.Conn, error) {
	return gonet.DialContextTCP(context.Background(), g.client, g.addr, ipv4.ProtocolNumber)
}
