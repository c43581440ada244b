package tcpip

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// fuzzStack is a stack with a bit of everything: two interfaces, listeners, a connection, UDP and
// echo sockets, forwarding.
func fuzzStack() *victim {
	v := newVictim(Config{Forwarding: true})
	v.AddInterface(0, Interface{Name: "eth1", MAC: wire.MAC{2, 0, 0, 0, 1, 1}, MTU: 576,
		AcceptRA: true, Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.0.1/24")}})
	v.AddRoute(Route{Dst: netip.MustParsePrefix("0.0.0.0/0"),
		Via: netip.MustParseAddr("192.168.0.254"), Port: 1})
	peer := netip.MustParseAddr("10.0.0.2")
	v.learn(0, v.ifaces[0], peer, wire.MAC{2, 0, 0, 0, 0, 2}, 7)
	v.ListenTCP(netip.MustParseAddrPort("[::]:80"), 2)
	v.OpenUDP(0, netip.MustParseAddrPort("[::]:53"), netip.AddrPort{})
	v.OpenUDP(0, netip.MustParseAddrPort("10.0.0.1:54"), netip.AddrPortFrom(peer, 54))
	v.OpenEcho(0, peer)
	v.DialTCP(0, netip.MustParseAddrPort("10.0.0.1:4000"), netip.AddrPortFrom(peer, 80), tcp.Options{})
	v.poll()
	return v
}

// FuzzInput feeds a stack with frames, each with its length before it, on either port and with time
// passing. It must not panic, every frame that it sends must be well-formed, and memory is bounded.
func FuzzInput(f *testing.F) {
	for _, frame := range fuzzFrames() {
		f.Add(appendFrame(nil, 0, frame))
	}
	var all []byte
	for i, frame := range fuzzFrames() {
		all = appendFrame(all, byte(i*17), frame)
	}
	f.Add(all)
	f.Fuzz(func(t *testing.T, script []byte) {
		v := fuzzStack()
		v.answer = func(f *vnet.Frame) { checkFrame(t, f) }
		for n := 0; len(script) >= 3 && n < 64; n++ {
			how, size := script[0], int(binary.BigEndian.Uint16(script[1:]))
			script = script[3:]
			b := script[:min(size, len(script))]
			script = script[len(b):]
			frame := vnet.NewFrame(len(b))
			frame.Data = append(frame.Data, b...)
			frame.Unsummed = how&1 == 0
			if how&2 != 0 {
				frame.SegmentSize = 1 + int(how)*10
			}
			v.Input(v.now, int(how>>2&3), frame)
			v.now = v.now.Add(time.Duration(how>>4) * 100 * time.Millisecond)
			v.poll()
		}
		for range 3 {
			v.now = v.now.Add(time.Minute)
			v.poll()
		}
		if v.tcp.count > 200 {
			t.Errorf("64 frames left %d sockets", v.tcp.count)
		}
	})
}

// checkFrame verifies what a stack sends.
func checkFrame(t *testing.T, f *vnet.Frame) {
	if f.Port < 0 || f.Port > 1 {
		t.Fatalf("a frame for port %d of a stack with two", f.Port)
	}
	eth, b, err := wire.ParseEthernet(f.Data)
	if err != nil {
		t.Fatalf("sent %x: %v", f.Data, err)
	}
	switch eth.Type {
	case wire.TypeARP:
		_, err = wire.ParseARP(b)
	case wire.TypeIPv4:
		_, _, err = wire.ParseIPv4(b)
	case wire.TypeIPv6:
		_, _, err = wire.ParseIPv6(b)
	}
	if err != nil {
		t.Fatalf("sent %x: %v", f.Data, err)
	}
	if eth.Dst == (wire.MAC{}) {
		t.Fatalf("sent to nobody: %s", wire.Describe(f.Data))
	}
}

func appendFrame(b []byte, how byte, frame []byte) []byte {
	b = append(b, how, byte(len(frame)>>8), byte(len(frame)))
	return append(b, frame...)
}

// fuzzFrames are frames of every kind that a stack understands.
func fuzzFrames() [][]byte {
	const peer = 0x0a000002
	eth6 := wire.Ethernet{Dst: wire.MAC{2, 0, 0, 0, 0, 1}, Src: wire.MAC{2, 0, 0, 0, 0, 2},
		Type: wire.TypeIPv6}
	six := func(next wire.Protocol, payload []byte) []byte {
		h := wire.IPv6{Next: next, HopLimit: 255, Src: netip.MustParseAddr("2001:db8::2"),
			Dst: netip.MustParseAddr("2001:db8::1")}
		wire.SetChecksum(next, h.Src, h.Dst, payload)
		return append(h.Append(eth6.Append(nil), len(payload)), payload...)
	}
	segment := func(h wire.TCP, payload string) []byte {
		return append(h.Append(nil), payload...)
	}
	syn := wire.TCP{SrcPort: 5000, DstPort: 80, Seq: 1, Flags: wire.SYN, Window: 9, MSS: 1460,
		HasTimestamps: true, SACKPermitted: true, HasWindowScale: true}
	synAck := wire.TCP{SrcPort: 80, DstPort: 4000, Seq: 1, Ack: 1, Flags: wire.SYN | wire.ACK}
	dgram := wire.UDP{SrcPort: 54, DstPort: 54}
	echo := wire.ICMPv4{Type: wire.ICMPv4Echo, ID: 1, Seq: 1, Payload: []byte("ping")}
	quoted := packet4(peer, wire.IPv4{Protocol: wire.ProtoUDP}, dgram.Append(nil, 0))[ethernetHeader:]
	copy(quoted[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	tooBig := wire.ICMPv4{Type: wire.ICMPv4Unreachable, Code: wire.UnreachableFragmentNeeded,
		MTU: 600, Payload: quoted}
	echo6 := wire.ICMPv6{Type: wire.ICMPv6Echo, ID: 1, Payload: []byte("ping")}
	ns := wire.NeighborSolicitation{Target: netip.MustParseAddr("2001:db8::1")}
	na := wire.NeighborAdvertisement{Target: netip.MustParseAddr("2001:db8::2")}
	ra := wire.RouterAdvertisement{HopLimit: 64, Lifetime: 1800}
	fragment := wire.IPv6Fragment{Next: wire.ProtoUDP, More: true, ID: 1}
	hop := wire.IPv6Extension{Next: wire.ProtoUDP, Body: []byte{0xc2, 4, 0, 0, 0, 0}}
	ethARP := wire.Ethernet{Dst: wire.Broadcast, Type: wire.TypeARP}
	arp := wire.ARP{Op: wire.ARPRequest, SenderMAC: wire.MAC{2, 0, 0, 0, 0, 2},
		SenderIP: netip.MustParseAddr("10.0.0.2"), TargetIP: netip.MustParseAddr("10.0.0.1")}
	far := packet4(peer, wire.IPv4{Protocol: wire.ProtoUDP}, dgram.Append(nil, 0))
	copy(far[ethernetHeader+16:], []byte{203, 0, 113, 1})
	return [][]byte{
		arp.Append(ethARP.Append(nil)),
		packet4(peer, wire.IPv4{Protocol: wire.ProtoTCP}, segment(syn, "")),
		packet4(peer, wire.IPv4{Protocol: wire.ProtoTCP}, segment(synAck, "")),
		packet4(peer, wire.IPv4{Protocol: wire.ProtoUDP}, append(dgram.Append(nil, 5), "hello"...)),
		packet4(peer, wire.IPv4{Protocol: wire.ProtoUDP, MoreFragments: true, ID: 7}, make([]byte, 64)),
		packet4(peer, wire.IPv4{Protocol: wire.ProtoUDP, FragmentOffset: 64, ID: 7}, make([]byte, 10)),
		packet4(peer, wire.IPv4{Protocol: 99}, []byte("?")),
		packet4(peer, wire.IPv4{Protocol: wire.ProtoICMP}, echo.Append(nil)),
		packet4(peer, wire.IPv4{Protocol: wire.ProtoICMP}, tooBig.Append(nil)),
		far,
		six(wire.ProtoTCP, segment(syn, "early")),
		six(wire.ProtoUDP, append(dgram.Append(nil, 5), "hello"...)),
		six(wire.ProtoICMPv6, echo6.Append(nil)),
		six(wire.ProtoICMPv6, ns.Append(nil)),
		six(wire.ProtoICMPv6, na.Append(nil)),
		six(wire.ProtoICMPv6, ra.Append(nil)),
		six(wire.ProtoFragment, append(fragment.Append(nil), make([]byte, 16)...)),
		six(wire.ProtoHopByHop, append(hop.Append(nil), dgram.Append(nil, 0)...)),
	}
}

// FuzzMutate runs a conversation between two stacks and changes bytes of some of its frames. The
// stacks must not panic; with checksums in place the bytes that arrive are those that were sent.
func FuzzMutate(f *testing.F) {
	f.Add([]byte{3, 20, 1, 9, 50, 0x80})
	f.Add([]byte{1, 14, 0xff, 2, 34, 2, 4, 47, 0x11, 5, 16, 3})
	f.Fuzz(func(t *testing.T, changes []byte) {
		p := newPair(1500, vnet.Settings{Delay: time.Millisecond})
		for _, s := range [2]*Stack{p.a, p.b} {
			s.ifaces[0].Offload = false
		}
		m := &mutate{changes: changes}
		p.link.Directions[0].Add(m)
		p.link.Directions[1].Add(m)
		l, _ := p.b.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), 0)
		c, _ := p.a.DialTCP(0, netip.AddrPort{}, netip.MustParseAddrPort("10.0.0.2:80"), tcp.Options{})
		var q buffer.Queue
		sent := make([]byte, 20_000)
		for i := range sent {
			sent[i] = byte(i * 7)
		}
		q.Append(sent)
		c.Send(&q)
		c.CloseWrite(0)
		p.a.Touch(c)
		p.run(p.now.Add(20 * time.Second))
		d := l.Accept()
		if d == nil {
			return // the changes have ended it
		}
		got := make([]byte, d.Receive(&q))
		q.Read(got)
		for i := range got {
			if got[i] != sent[i] {
				t.Fatalf("byte %d arrived as %x, want %x", i, got[i], sent[i])
			}
		}
		d.Consumed(len(got))
		d.Close(p.now)
		p.b.Touch(d)
		p.run(p.now.Add(20 * time.Second))
	})
}

// mutate is a fault that flips bits of frames: each three bytes say how many frames pass before the
// next that is hurt, and which bit.
type mutate struct {
	changes []byte
	passed  int
}

func (m *mutate) String() string { return "mutate" }

func (m *mutate) Judge(_ clock.Instant, f *vnet.Frame, _ *vnet.Memory) (v vnet.Verdict) {
	if len(m.changes) < 3 {
		return v
	}
	if m.passed++; m.passed <= int(m.changes[0]) {
		return v
	}
	at := int(m.changes[1])<<3 | int(m.changes[2]&7)
	if at < 8*len(f.Data) {
		v.Flip = 1 + at
	}
	m.changes, m.passed = m.changes[3:], 0
	return v
}
