package ip

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

var (
	src4, dst4 = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2")
	src6, dst6 = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
)

// pattern returns n bytes that tell their position.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

// frame4 returns a frame with an IPv4 packet of n bytes of data.
func frame4(h wire.IPv4, n int) *vnet.Frame {
	h.Src, h.Dst, h.Protocol, h.TTL = src4, dst4, wire.ProtoUDP, 64
	f := vnet.NewFrame(wire.EthernetSize + h.Size() + n)
	eth := wire.Ethernet{Type: wire.TypeIPv4, Src: wire.MAC{2}}
	f.Data = append(h.Append(eth.Append(f.Data), n), pattern(n)...)
	f.Port = 3
	return f
}

// extension is one of the headers of frame6.
type extension struct {
	kind wire.Protocol
	body int
}

// frame6 returns a frame with an IPv6 packet of those headers and n bytes of data.
func frame6(n int, list ...extension) *vnet.Frame {
	var headers []byte
	h := wire.IPv6{Next: wire.ProtoUDP, HopLimit: 64, Src: src6, Dst: dst6}
	for i, e := range list {
		if i == 0 {
			h.Next = e.kind
		}
		x := wire.IPv6Extension{Next: wire.ProtoUDP, Body: make([]byte, e.body)}
		if i+1 < len(list) {
			x.Next = list[i+1].kind
		}
		headers = x.Append(headers)
	}
	f := vnet.NewFrame(wire.EthernetSize + wire.IPv6Size + len(headers) + n)
	eth := wire.Ethernet{Type: wire.TypeIPv6, Src: wire.MAC{2}}
	f.Data = h.Append(eth.Append(f.Data), len(headers)+n)
	f.Data = append(append(f.Data, headers...), pattern(n)...)
	return f
}

// describe lists fragments: "offset+length", a plus at the end if more follow.
func describe(t *testing.T, frames []*vnet.Frame) string {
	var parts []string
	for _, f := range frames {
		p, v := parseFragment(f.Data[wire.EthernetSize:])
		if v != Waiting {
			t.Fatalf("a fragment is %v: %x", v, f.Data)
		}
		s := fmt.Sprintf("%d+%d", p.offset, len(p.data))
		if p.more {
			s += "+"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

func TestFragment(t *testing.T) {
	hop, dest, routing := extension{wire.ProtoHopByHop, 6}, extension{wire.ProtoDestination, 14},
		extension{wire.ProtoRouting, 6}
	for _, c := range []struct {
		what  string
		frame *vnet.Frame
		mtu   int
		want  string
		err   error
	}{
		{"even", frame4(wire.IPv4{}, 2960), 1500, "0+1480+ 1480+1480", nil},
		{"the last is one byte", frame4(wire.IPv4{}, 2961), 1500, "0+1480+ 1480+1480+ 2960+1", nil},
		{"an MTU that is no multiple of 8", frame4(wire.IPv4{}, 100), 75, "0+48+ 48+52", nil},
		{"the last fills an odd MTU", frame4(wire.IPv4{}, 103), 75, "0+48+ 48+55", nil},
		{"the least MTU of IPv4", frame4(wire.IPv4{}, 100), 68, "0+48+ 48+48+ 96+4", nil},
		{"don't fragment", frame4(wire.IPv4{DontFragment: true}, 2000), 1500, "", ErrDontFragment},
		{"no room", frame4(wire.IPv4{}, 100), 27, "", ErrSmallMTU},
		{"one unit at a time", frame4(wire.IPv4{}, 20), 28, "0+8+ 8+8+ 16+4", nil},
		{"a first fragment again", frame4(wire.IPv4{MoreFragments: true}, 1480), 1000,
			"0+976+ 976+504+", nil},
		{"a last fragment again", frame4(wire.IPv4{FragmentOffset: 2960}, 1001), 1000,
			"2960+976+ 3936+25", nil},
		{"options in the first only", frame4(wire.IPv4{Options: []byte{7, 7, 4, 0, 0, 0, 0, 0}}, 120),
			100, "0+72+ 72+48", nil},
		{"even", frame6(2896), 1500, "0+1448+ 1448+1448", nil},
		{"the last may be longer", frame6(2897), 1500, "0+1448+ 1448+1449", nil},
		{"an odd MTU", frame6(2700), 1397, "0+1344+ 1344+1344+ 2688+12", nil},
		{"hop-by-hop options go with all", frame6(1300, hop), 1280, "0+1224+ 1224+76", nil},
		{"a routing header too, and what is before it", frame6(1300, hop, dest, routing), 1280,
			"0+1200+ 1200+100", nil},
		{"destination options do not", frame6(1300, hop, dest), 1280, "0+1224+ 1224+92", nil},
		{"no room", frame6(100), 55, "", ErrSmallMTU},
	} {
		out, err := Fragment(c.frame, c.mtu, 7, nil)
		if !errors.Is(err, c.err) {
			t.Errorf("%s: error %v, want %v", c.what, err, c.err)
			continue
		}
		if got := describe(t, out); got != c.want {
			t.Errorf("%s: fragments %s, want %s", c.what, got, c.want)
		}
		for _, f := range out {
			if n := len(f.Data) - wire.EthernetSize; n > c.mtu {
				t.Errorf("%s: a fragment of %d bytes for an MTU of %d", c.what, n, c.mtu)
			}
			if f.Port != c.frame.Port || f.Data[6] != 2 {
				t.Errorf("%s: port %d, Ethernet %x; want those of the packet", c.what, f.Port, f.Data[:14])
			}
		}
	}
}

func TestFragmentThatFits(t *testing.T) {
	f := frame4(wire.IPv4{DontFragment: true}, 1480)
	out, err := Fragment(f, 1500, 0, nil)
	if err != nil || len(out) != 1 || out[0] == f || !bytes.Equal(out[0].Data, f.Data) {
		t.Errorf("a packet that fits became %d frames, %v; want one copy", len(out), err)
	}
}

// TestCopiedOptions: RFC 791 §3.1 has a flag for it in each option's type.
func TestCopiedOptions(t *testing.T) {
	for _, c := range []struct{ what, options, want string }{
		{"none", "", ""},
		{"record route is not", "\x07\x03\x04", ""},
		{"loose source route is", "\x83\x03\x04", "\x83\x03\x04"},
		{"between padding", "\x01\x94\x04\x00\x00\x01\x07\x03\x04", "\x94\x04\x00\x00"},
		{"the end ends it", "\x94\x04\x00\x00\x00\x83\x03\x04", "\x94\x04\x00\x00"},
		{"a length beyond the end", "\x94\x09\x00", ""},
		{"a length of nothing", "\x94\x01\x00", ""},
		{"a type without a length", "\x94", ""},
	} {
		if got := copiedOptions([]byte(c.options)); string(got) != c.want {
			t.Errorf("%s: %x keeps %x, want %x", c.what, c.options, got, c.want)
		}
	}
}

// TestPerFragmentHeaders: what lies about its length is cut like data.
func TestPerFragmentHeaders(t *testing.T) {
	packet := func(next wire.Protocol, b ...byte) []byte {
		h := wire.IPv6{Next: next, Src: src6, Dst: dst6}
		return append(h.Append(nil, len(b)), b...)
	}
	for _, c := range []struct {
		what       string
		packet     []byte
		nextAt, at int
	}{
		{"nothing", packet(wire.ProtoUDP), 6, 40},
		{"a routing header", packet(wire.ProtoRouting, 17, 0, 0, 0, 0, 0, 0, 0, 1), 40, 48},
		{"cut off", packet(wire.ProtoRouting, 17, 0, 0), 6, 40},
		{"longer than the packet", packet(wire.ProtoRouting, 17, 1, 0, 0, 0, 0, 0, 0), 6, 40},
	} {
		if nextAt, at := perFragmentHeaders(c.packet); nextAt != c.nextAt || at != c.at {
			t.Errorf("%s: headers of %d bytes, next at %d; want %d, %d", c.what, at, nextAt, c.at,
				c.nextAt)
		}
	}
}

func TestFragmentOfNonsense(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a packet with a bad checksum was cut, want a panic: it is our own")
		}
	}()
	f := frame4(wire.IPv4{}, 2000)
	f.Data[wire.EthernetSize+8]++
	_, _ = Fragment(f, 1500, 0, nil)
}
