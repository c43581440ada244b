package wire

import (
	"errors"
	"net/netip"
	"testing"
)

func TestAddresses(t *testing.T) {
	mac := MAC{0x02, 0xaa, 0x00, 0x12, 0x34, 0x56}
	v6 := netip.MustParseAddr("2001:db8::aa:1234:5678")
	for _, c := range []struct{ what, got, want string }{
		{"MAC", mac.String(), "02:aa:00:12:34:56"},
		{"broadcast", Broadcast.String(), "ff:ff:ff:ff:ff:ff"},
		{"RFC 1112 §6.4, 23 bits", MulticastMAC(netip.MustParseAddr("239.129.2.3")).String(),
			"01:00:5e:01:02:03"},
		{"RFC 2464 §7", MulticastMAC(SolicitedNode(v6)).String(), "33:33:ff:34:56:78"},
		{"RFC 4291 §2.7.1", SolicitedNode(v6).String(), "ff02::1:ff34:5678"},
		{"RFC 4291 appendix A", LinkLocal(mac).String(), "fe80::aa:ff:fe12:3456"},
		{"RFC 4862 §5.5.3", StatelessAddress(netip.MustParseAddr("2001:db8:1:2::"), mac).String(),
			"2001:db8:1:2:aa:ff:fe12:3456"},
		{"all nodes", AllNodes.String(), "ff02::1"},
		{"all routers", AllRouters.String(), "ff02::2"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %s, want %s", c.what, c.got, c.want)
		}
	}
	if mac.IsMulticast() || !Broadcast.IsMulticast() {
		t.Error("the lowest bit of the first byte marks a group")
	}
}

func TestNames(t *testing.T) {
	names := map[Protocol]string{
		ProtoHopByHop: "hop-by-hop", ProtoICMP: "icmp", ProtoTCP: "tcp", ProtoUDP: "udp",
		ProtoRouting: "routing", ProtoFragment: "fragment", ProtoICMPv6: "icmp6",
		ProtoNoNext: "no-next", ProtoDestination: "destination", 99: "protocol 99",
	}
	for p, want := range names {
		if got := p.String(); got != want {
			t.Errorf("protocol %d is %q, want %q", uint8(p), got, want)
		}
	}
	if got := TCPFlags(0xff).String(); got != "FSRP.UEW" {
		t.Errorf("all flags are %q, want packetdrill's letters FSRP.UEW", got)
	}
	if got := (Error{layerCount, codeCount}).Error(); got != "wire: layer ?: code ?" {
		t.Errorf("an error that cannot be is %q", got)
	}
}

// TestErrors: they compare, and errors.Is and errors.As find them.
func TestErrors(t *testing.T) {
	_, _, err := ParseIPv4(nil)
	want := Error{LayerIPv4, Truncated}
	if err != want || !errors.Is(err, want) || err.Error() != "wire: ipv4: truncated" {
		t.Errorf("error %v, want %v", err, want)
	}
	e, ok := errors.AsType[Error](err)
	if !ok || e.Code != Truncated || e.Layer != LayerIPv4 {
		t.Errorf("as an Error it is %+v, %t", e, ok)
	}
}

func TestTypes(t *testing.T) {
	for _, c := range []struct {
		what      string
		got, want bool
	}{
		{"an IPv4 echo is an error", ICMPv4Echo.IsError(), false},
		{"a redirect is an error (RFC 1122 §3.2.2)", ICMPv4Redirect.IsError(), true},
		{"packet too big is an error", ICMPv6PacketTooBig.IsError(), true},
		{"an IPv6 echo is an error", ICMPv6Echo.IsError(), false},
		{"a redirect is NDP", ICMPv6Redirect.IsNDP(), true},
		{"an echo reply is NDP", ICMPv6EchoReply.IsNDP(), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: %t", c.what, c.got)
		}
	}
}

// TestQuoted: an error leads back to the socket whose packet it quotes.
func TestQuoted(t *testing.T) {
	h := TCP{SrcPort: 4000, DstPort: 80, Seq: 0x01020304}
	frame := superSegment(benchSrc, benchDst, h, make([]byte, 1000))
	q, err := ParseQuoted(frame[EthernetSize : EthernetSize+28]) // RFC 792: eight bytes are enough
	if err != nil || q.Src != benchSrc || q.Dst != benchDst || q.Protocol != ProtoTCP {
		t.Fatalf("quotation %v, %v", &q, err)
	}
	src, dst, ok := q.Ports()
	if !ok || src != 4000 || dst != 80 {
		t.Errorf("ports %d, %d, %t, want 4000, 80", src, dst, ok)
	}
	if seq, ok := q.Seq(); !ok || seq != h.Seq {
		t.Errorf("sequence number %#x, %t, want %#x", seq, ok, h.Seq)
	}
	if _, _, ok := q.Echo(); ok {
		t.Error("a TCP segment is no echo")
	}
	echo := ICMPv4{Type: ICMPv4Echo, ID: 7, Seq: 9}
	ip := IPv4{Src: benchSrc, Dst: benchDst, Protocol: ProtoICMP}
	q, err = ParseQuoted(echo.Append(ip.Append(nil, ICMPSize)))
	if err != nil {
		t.Fatal(err)
	}
	if id, seq, ok := q.Echo(); !ok || id != 7 || seq != 9 {
		t.Errorf("echo %d, %d, %t, want 7, 9", id, seq, ok)
	}
	if _, ok := q.Seq(); ok {
		t.Error("an echo has no TCP sequence number")
	}
	if _, _, ok := q.Ports(); ok {
		t.Error("an echo has no ports")
	}
}

// TestIPv4OptionsPadded: RFC 791 §3.1 has a header end on a word, padded with zeros.
func TestIPv4OptionsPadded(t *testing.T) {
	h := IPv4{Src: benchSrc, Dst: benchDst, Options: []byte{1, 1, 1, 1, 1}}
	b := append(h.Append(nil, 1), 'x')
	got, payload, err := ParseIPv4(b)
	if err != nil || string(got.Options) != "\x01\x01\x01\x01\x01\x00\x00\x00" {
		t.Errorf("options %x, %v, want five NOPs and three zeros", got.Options, err)
	}
	if string(payload) != "x" || got.Size() != h.Size() {
		t.Errorf("payload %q behind %d bytes, want x behind %d", payload, got.Size(), h.Size())
	}
}

// TestNDPCode: a code other than 0 is not valid in any message (RFC 4861 §6.1.1 and its likes).
func TestNDPCode(t *testing.T) {
	m := RouterSolicitation{SourceMAC: MAC{2}}
	b := m.Append(nil)
	b[1] = 1
	if _, err := ParseRouterSolicitation(b); err != (Error{LayerNDP, BadType}) {
		t.Errorf("error %v, want a bad type", err)
	}
}

// TestAllocations: neither a good frame nor a bad one costs memory.
func TestAllocations(t *testing.T) {
	frame := dataFrame()
	buf := make([]byte, 0, 2000)
	var tcp TCP
	s, err := Split(frame, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(){
		"parse": func() {
			_, packet, _ := ParseEthernet(frame)
			_, segment, _ := ParseIPv4(packet)
			if _, err := ParseTCP(segment, &tcp); err != nil {
				t.Error(err)
			}
		},
		"bad": func() {
			if _, _, err := ParseIPv4(frame); err == nil {
				t.Error("an Ethernet header was taken for IPv4")
			}
			if _, err := ParseTCP(frame[:19], &tcp); err == nil {
				t.Error("19 bytes were taken for TCP")
			}
		},
		"append": func() {
			h := IPv4{Src: benchSrc, Dst: benchDst, Protocol: ProtoTCP}
			tcp.Append(h.Append(buf, tcp.Size()))
		},
		"finish": func() { FinishChecksum(frame) },
		"verify": func() { VerifyFrame(frame) },
		"split": func() {
			for again := s; again.More(); {
				again.Append(buf)
			}
		},
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}
