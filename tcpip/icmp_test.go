package tcpip

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

var (
	own4, peer4 = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.9")
	own6, peer6 = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::9")
)

// newICMPStation returns a station with an address of each family that knows its peers.
func newICMPStation(t *testing.T) *station {
	h := newStation(t, Config{}, Interface{NoDAD: true, MTU: 1500, Addrs: []netip.Prefix{
		netip.PrefixFrom(own4, 24), netip.PrefixFrom(own6, 64)}})
	for _, a := range []netip.Addr{peer4, peer6} {
		h.s.ifaces[0].neighbors.Pin(h.now, a, routerMAC)
	}
	return h
}

// packet4 returns an IPv4 packet from one of the test's addresses.
func (h *station) packet4(src, dst netip.Addr, p wire.Protocol, data []byte) *vnet.Frame {
	f := vnet.NewFrame(wire.EthernetSize + wire.IPv4Size + len(data))
	eth := wire.Ethernet{Dst: h.mac, Src: routerMAC, Type: wire.TypeIPv4}
	ip := wire.IPv4{TTL: 64, Protocol: p, Src: src, Dst: dst}
	f.Data = append(ip.Append(eth.Append(f.Data), len(data)), data...)
	return f
}

// fault sends an ICMP error about a packet that the station sent.
func (h *station) fault(about []byte, type4 wire.ICMPv4Type, type6 wire.ICMPv6Type, code uint8,
	mtu int) {
	about = about[wire.EthernetSize:]
	if about[0]>>4 == 4 {
		m := wire.ICMPv4{Type: type4, Code: code, MTU: uint16(mtu), Payload: about}
		h.s.Input(h.now, 0, h.packet4(peer4, own4, wire.ProtoICMP, m.Append(nil)))
		return
	}
	m := wire.ICMPv6{Type: type6, Code: code, MTU: uint32(mtu), Payload: about}
	h.s.Input(h.now, 0, h.frame(peer6, own6, 64, m.Append(nil)))
}

// ping sends an echo request and returns its socket and its frame.
func (h *station) ping(to netip.Addr, size int) (*EchoSocket, []byte) {
	h.t.Helper()
	e, err := h.s.OpenEcho(h.now, to)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := e.Send(h.now, 1, make([]byte, size)); err != nil {
		h.t.Fatal(err)
	}
	frames, _ := h.s.Poll(h.now, nil)
	if len(frames) == 0 {
		h.t.Fatal("the request was not sent")
	}
	return e, frames[0].Data
}

// TestErrorsReceived has ICMP errors and what a socket hears: RFC 1122 §3.2.2.1, RFC 4443 §3.
func TestErrorsReceived(t *testing.T) {
	const (
		unreachable, exceeded = wire.ICMPv4Unreachable, wire.ICMPv4TimeExceeded
		none                  = wire.ICMPv6Type(0)
	)
	for _, c := range []struct {
		type4 wire.ICMPv4Type
		type6 wire.ICMPv6Type
		code  uint8
		want  error
	}{
		{unreachable, none, wire.UnreachableNet, tcp.ErrNetUnreachable},
		{unreachable, none, 6, tcp.ErrNetUnreachable},
		{unreachable, none, wire.UnreachableHost, tcp.ErrHostUnreachable},
		{unreachable, none, wire.UnreachableProhibited, tcp.ErrHostUnreachable},
		{unreachable, none, wire.UnreachableProtocol, tcp.ErrRefused},
		{unreachable, none, wire.UnreachablePort, tcp.ErrRefused},
		{unreachable, none, 99, nil},
		{exceeded, none, 0, tcp.ErrHostUnreachable},
		{wire.ICMPv4ParameterProblem, none, 0, tcp.ErrHostUnreachable},
		{wire.ICMPv4SourceQuench, none, 0, nil},
		{wire.ICMPv4Redirect, none, 0, nil},
		{0, wire.ICMPv6Unreachable, wire.Unreachable6NoRoute, tcp.ErrNetUnreachable},
		{0, wire.ICMPv6Unreachable, wire.Unreachable6Address, tcp.ErrHostUnreachable},
		{0, wire.ICMPv6Unreachable, wire.Unreachable6Port, tcp.ErrRefused},
		{0, wire.ICMPv6Unreachable, 99, tcp.ErrHostUnreachable},
		{0, wire.ICMPv6TimeExceeded, 0, tcp.ErrHostUnreachable},
		{0, wire.ICMPv6ParameterProblem, 0, tcp.ErrHostUnreachable},
		{0, 99, 0, nil},
	} {
		h := newICMPStation(t)
		to := peer4
		if c.type6 != none {
			to = peer6
		}
		e, sent := h.ping(to, 8)
		h.fault(sent, c.type4, c.type6, c.code, 0)
		if err := e.Err(); !errors.Is(err, c.want) {
			t.Errorf("type %d or %d, code %d: %v, want %v", c.type4, c.type6, c.code, err, c.want)
		}
		if err := e.Err(); err != nil {
			t.Errorf("type %d or %d, code %d: %v a second time", c.type4, c.type6, c.code, err)
		}
	}
}

// TestForgedErrors: an error about a packet that we did not send is nobody's (RFC 5927 §4).
func TestForgedErrors(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(about []byte) []byte
	}{
		{"from an address that is not ours", func(b []byte) []byte { b[14+15]++; return b }},
		{"to somebody else", func(b []byte) []byte { b[14+19]++; return b }},
		{"with another identifier", func(b []byte) []byte { b[14+25]++; return b }},
		{"a reply of ours", func(b []byte) []byte { b[14+20] = 0; return b }},
		{"a fragment behind the first", func(b []byte) []byte { b[14+7] = 9; return b }},
		{"cut off", func(b []byte) []byte { return b[:14+27] }},
	} {
		h := newICMPStation(t)
		e, sent := h.ping(peer4, 8)
		h.fault(c.change(sent), wire.ICMPv4Unreachable, 0, wire.UnreachableHost, 0)
		if err := e.Err(); err != nil {
			t.Errorf("an error about a packet %s: %v, want nothing", c.what, err)
		}
		h.fault(sent, wire.ICMPv4Unreachable, 0, wire.UnreachableFragmentNeeded, 600)
		if mtu, _ := h.s.pathMTU(h.now, h.s.ifaces[0], peer4); mtu != 1500 {
			t.Errorf("too big, about a packet %s: MTU %d, want it unchanged", c.what, mtu)
		}
	}
}

// TestTooBig: RFC 1191 §4, RFC 8201 §4.
func TestTooBig(t *testing.T) {
	for _, c := range []struct {
		to             netip.Addr
		mtu, size, new int
	}{
		{peer4, 1000, 1400, 1000},
		{peer4, 0, 1400, 1006}, // RFC 1191 §7.1: the plateau below 1428
		{peer4, 1428, 1400, 0}, // the packet was no larger
		{peer6, 1300, 1400, 1300},
		{peer6, 1200, 1400, 0},
		{peer6, 1 << 30, 1400, 0},
	} {
		h := newICMPStation(t)
		_, sent := h.ping(c.to, c.size)
		h.fault(sent, wire.ICMPv4Unreachable, wire.ICMPv6PacketTooBig, wire.UnreachableFragmentNeeded,
			c.mtu)
		want := c.new
		if want == 0 {
			want = 1500
		}
		if mtu, _ := h.s.pathMTU(h.now, h.s.ifaces[0], c.to); mtu != want {
			t.Errorf("MTU %d about %d bytes to %v: now %d, want %d", c.mtu, c.size, c.to, mtu, want)
		}
	}
}

func TestMalformedICMP(t *testing.T) {
	h := newICMPStation(t)
	m := wire.ICMPv4{Type: wire.ICMPv4Echo}
	b := m.Append(nil)
	b[3]++
	h.s.Input(h.now, 0, h.packet4(peer4, own4, wire.ProtoICMP, b))
	h.s.Input(h.now, 0, h.frame(peer6, own6, 64, []byte{128, 0, 0, 0}))
	if got := h.s.Stats().Dropped[DropMalformed]; got != 2 || h.poll() != "" {
		t.Errorf("%d dropped as malformed, want a bad checksum and a short message", got)
	}
	// An echo that asks nobody to answer.
	echo := wire.ICMPv6{Type: wire.ICMPv6Echo}
	h.s.Input(h.now, 0, h.frame(netip.IPv6Unspecified(), own6, 64, echo.Append(nil)))
	if got := h.s.Stats().Dropped[DropMartian]; got != 1 || h.poll() != "" {
		t.Errorf("%d dropped as martian, want an echo from nobody", got)
	}
}

// TestErrorsAreRateLimited: RFC 4443 §2.4 f.
func TestErrorsAreRateLimited(t *testing.T) {
	h := newICMPStation(t)
	udp := wire.UDP{SrcPort: 7, DstPort: 9}
	send := func(n int) int {
		for range n {
			h.s.Input(h.now, 0, h.packet4(peer4, own4, wire.ProtoUDP, append(udp.Append(nil, 1), 0)))
		}
		return strings.Count(h.poll(), "unreachable port")
	}
	if n := send(1000); n != ICMPErrorsBurst {
		t.Errorf("%d errors about 1000 datagrams at once, want %d", n, ICMPErrorsBurst)
	}
	h.now = h.now.Add(10 * time.Millisecond)
	if n := send(1000); n != ICMPErrorsPerSecondMax/100 {
		t.Errorf("%d errors 10 ms later, want %d", n, ICMPErrorsPerSecondMax/100)
	}
	stats := h.s.Stats()
	if stats.ICMPErrorsSent != 60 || stats.Dropped[DropRateLimited] != 1940 {
		t.Errorf("counted %d sent, %d not; want 60, 1940", stats.ICMPErrorsSent,
			stats.Dropped[DropRateLimited])
	}
}

// TestQuotation: an error is no larger than what surely gets through (RFC 1812 §4.3.2.3, RFC 4443
// §2.4 c).
func TestQuotation(t *testing.T) {
	h := newICMPStation(t)
	size := func() int {
		frames, _ := h.s.Poll(h.now, nil)
		if len(frames) != 1 {
			t.Fatalf("%d frames, want one error", len(frames))
		}
		return len(frames[0].Data) - wire.EthernetSize
	}
	h.s.Input(h.now, 0, h.packet4(peer4, own4, 253, make([]byte, 1400)))
	if n := size(); n != 576 {
		t.Errorf("an ICMP error of %d bytes, want 576", n)
	}
	udp := wire.UDP{SrcPort: 7, DstPort: 9}
	segment := append(udp.Append(nil, 1400), make([]byte, 1400)...)
	wire.SetChecksum(wire.ProtoUDP, peer6, own6, segment)
	f := h.frame(peer6, own6, 64, segment)
	f.Data[wire.EthernetSize+6] = byte(wire.ProtoUDP)
	wire.FinishChecksum(f.Data)
	h.s.Input(h.now, 0, f)
	if n := size(); n != 1280 {
		t.Errorf("an ICMPv6 error of %d bytes, want 1280", n)
	}
}

func TestEchoSocket(t *testing.T) {
	h := newICMPStation(t)
	e, sent := h.ping(peer4, 8)
	if e.RemoteAddr() != peer4 || e.UserData() != nil {
		t.Errorf("the socket pings %v", e.RemoteAddr())
	}
	id := uint16(sent[14+24])<<8 | uint16(sent[14+25])
	reply := func(src netip.Addr, id uint16) {
		m := wire.ICMPv4{Type: wire.ICMPv4EchoReply, ID: id, Seq: 5, Payload: make([]byte, 8)}
		h.s.Input(h.now, 0, h.packet4(src, own4, wire.ProtoICMP, m.Append(nil)))
	}
	reply(peer4, id+1)
	reply(netip.MustParseAddr("10.0.0.8"), id)
	if r, ok := e.Receive(); ok {
		t.Errorf("a reply to somebody else was received: %+v", r)
	}
	for range EchoRepliesMax + 1 {
		reply(peer4, id)
	}
	changed := 0
	h.s.Changed(func(s Socket) {
		if changed++; s != e {
			t.Errorf("%v changed", s)
		}
	})
	want := EchoReply{At: h.now, From: peer4, Seq: 5, HopLimit: 64, Size: 8}
	if r, ok := e.Receive(); r != want || !ok || changed != 1 {
		t.Errorf("received %+v, %v, changed %d times; want %+v, once", r, ok, changed, want)
	}
	if d := h.s.Stats().Dropped; d[DropNoSocket] != 2 || d[DropReceiveQueueFull] != 1 {
		t.Errorf("%d dropped for no socket, %d for a full queue; want 2, 1", d[DropNoSocket],
			d[DropReceiveQueueFull])
	}
	if err := e.Send(h.now, 2, make([]byte, 65508)); !errors.Is(err, ErrMessageTooLong) {
		t.Errorf("a request of 65508 bytes: %v, want %v", err, ErrMessageTooLong)
	}
	var err error
	for n := 0; err == nil && n < 10_000; n++ {
		err = e.Send(h.now, 3, make([]byte, 1000))
	}
	if !errors.Is(err, ErrQueueFull) {
		t.Errorf("after many requests: %v, want %v", err, ErrQueueFull)
	}
	e.Close(h.now)
	e.Close(h.now)
	reply(peer4, id)
	if _, ok := e.Receive(); ok {
		t.Error("a closed socket receives")
	}
	if err := e.Send(h.now, 4, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("a request of a closed socket: %v, want %v", err, ErrClosed)
	}
}

// TestEchoSockets: a ping's identifier depends on whom it is for, not on who pinged before.
func TestEchoSockets(t *testing.T) {
	h, again := newICMPStation(t), newICMPStation(t)
	a, _ := h.ping(peer4, 0)
	h.ping(peer6, 0)
	b, _ := h.ping(peer4, 0)
	again.ping(peer6, 0)
	c, _ := again.ping(peer4, 0)
	if a.ID() != c.ID() || a.ID() == b.ID() {
		t.Errorf("sockets %x, %x, and %x on another stack; want the first and last alike", a.ID(), b.ID(),
			c.ID())
	}
	if _, err := h.s.OpenEcho(h.now, netip.MustParseAddr("192.0.2.1")); !errors.Is(err, ErrNoRoute) {
		t.Errorf("a ping to nowhere: %v, want %v", err, ErrNoRoute)
	}
	for len(h.s.icmp.echoes) < EchoSocketsMax {
		if _, err := h.s.OpenEcho(h.now, peer4); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.s.OpenEcho(h.now, peer4); !errors.Is(err, ErrNoPorts) {
		t.Errorf("a ping more than %d: %v, want %v", EchoSocketsMax, err, ErrNoPorts)
	}
}
