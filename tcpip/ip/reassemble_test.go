package ip

import (
	"bytes"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// cut returns the packets of the fragments of a frame.
func cut(t interface{ Fatal(...any) }, f *vnet.Frame, mtu int, id uint32) [][]byte {
	frames, err := Fragment(f, mtu, id, nil)
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	for _, f := range frames {
		packets = append(packets, f.Data[wire.EthernetSize:])
	}
	return packets
}

// part4 returns an IPv4 packet with the bytes from start to end of a pattern as a fragment of it.
func part4(id uint16, start, end int, more bool) []byte {
	h := wire.IPv4{ID: id, FragmentOffset: start, MoreFragments: more, TTL: 64,
		Protocol: wire.ProtoUDP, Src: src4, Dst: dst4}
	return append(h.Append(nil, end-start), pattern(end)[start:]...)
}

// part6 is part4 for IPv6.
func part6(id uint32, start, end int, more bool) []byte {
	h := wire.IPv6{Next: wire.ProtoFragment, HopLimit: 64, Src: src6, Dst: dst6}
	x := wire.IPv6Fragment{Next: wire.ProtoUDP, Offset: start, More: more, ID: id}
	b := x.Append(h.Append(nil, wire.IPv6FragmentSize+end-start))
	return append(b, pattern(end)[start:]...)
}

func TestReassemble(t *testing.T) {
	for _, c := range []struct {
		what  string
		frame *vnet.Frame
		order []int // nil: as sent
	}{
		{"IPv4 in order", frame4(wire.IPv4{ID: 7}, 4000), nil},
		{"IPv4 backwards", frame4(wire.IPv4{ID: 7}, 4000), []int{2, 1, 0}},
		{"IPv4 with options", frame4(wire.IPv4{ID: 7, Options: []byte{7, 3, 4, 0}}, 4000),
			[]int{1, 0, 2}},
		{"IPv6 in order", frame6(4000), nil},
		{"IPv6 with headers", frame6(4000, extension{wire.ProtoHopByHop, 6},
			extension{wire.ProtoDestination, 14}), []int{2, 0, 1}},
		{"IPv4 at its longest", frame4(wire.IPv4{}, 65515), nil},
		{"IPv6 at its longest", frame6(65535), nil},
	} {
		want := c.frame.Data[wire.EthernetSize:]
		r := NewReassembler(ReassemblyConfig{})
		parts := cut(t, c.frame, 1500, 9)
		for i := range parts {
			k := i
			if c.order != nil {
				k = c.order[i]
			}
			f, verdict := r.Input(0, 0, parts[k])
			if last := i == len(parts)-1; last != (verdict == Whole) || !last && verdict != Waiting {
				t.Errorf("%s: fragment %d is %v", c.what, i, verdict)
				break
			} else if last && !bytes.Equal(f.Data, want) {
				t.Errorf("%s: the packet is\n%x\nwant\n%x", c.what, f.Data[:60], want[:60])
			}
		}
		if r.Bytes() != 0 || len(r.datagrams) != 0 || r.oldest != nil || r.Next() != clock.Never {
			t.Errorf("%s: something is left behind: %d bytes", c.what, r.Bytes())
		}
	}
}

// TestVerdicts feeds a few fragments and looks at what is said of the last.
//
//tidy:long a table of cases
func TestVerdicts(t *testing.T) {
	first := append(part6(1, 0, 0, true), 0, 0, 0, 0, 0, 0, 0, 0)
	first[5] += 8
	atomicInAtomic := part6(1, 0, 8, false)
	atomicInAtomic[wire.IPv6Size] = byte(wire.ProtoFragment)
	shortTCP := part6(1, 0, 16, true)
	shortTCP[wire.IPv6Size] = byte(wire.ProtoTCP)
	shortICMP := part6(1, 0, 0, false)
	shortICMP[wire.IPv6Size] = byte(wire.ProtoICMPv6)
	cutHeader := part6(1, 0, 8, true)
	cutHeader[wire.IPv6Size] = byte(wire.ProtoDestination)
	cutHeader[wire.IPv6Size+9] = 4
	long6 := part6(1, 65528, 65535, false)
	long6 = append(long6, 0, 0)
	long6[5] += 2
	long4 := part4(1, 65512, 65520, false)
	for _, c := range []struct {
		what string
		in   [][]byte
		want Verdict
	}{
		{"one of two", [][]byte{part4(1, 0, 16, true)}, Waiting},
		{"the same again", [][]byte{part4(1, 0, 16, true), part4(1, 0, 16, true)}, Duplicate},
		{"another packet's", [][]byte{part4(1, 0, 16, true), part4(2, 16, 20, false)}, Waiting},
		{"the other", [][]byte{part4(1, 16, 20, false), part4(1, 0, 16, true)}, Whole},
		{"it ends before another begins",
			[][]byte{part4(1, 16, 32, true), part4(1, 8, 16, false)}, Overlapping},
		{"it goes on behind the end", [][]byte{part4(1, 8, 16, false), part4(1, 16, 24, true)},
			Overlapping},
		{"it ends elsewhere", [][]byte{part4(1, 8, 16, false), part4(1, 16, 20, false)}, Overlapping},
		{"it ends where another does not", [][]byte{part4(1, 8, 16, true), part4(1, 8, 16, false)},
			Overlapping},
		{"it does not end where it did", [][]byte{part4(1, 8, 16, false), part4(1, 8, 16, true)},
			Overlapping},
		{"over the front of another", [][]byte{part4(1, 16, 32, true), part4(1, 8, 24, true)},
			Overlapping},
		{"over the end of another", [][]byte{part4(1, 8, 24, true), part4(1, 16, 32, true)},
			Overlapping},
		{"inside another", [][]byte{part4(1, 8, 48, true), part4(1, 16, 24, true)}, Overlapping},
		{"around another", [][]byte{part4(1, 16, 24, true), part4(1, 8, 48, true)}, Overlapping},
		{"after an overlap", [][]byte{part4(1, 8, 24, true), part4(1, 16, 32, true),
			part4(1, 0, 8, true)}, Overlapping},
		{"nothing in the middle", [][]byte{part4(1, 8, 8, true)}, Malformed},
		{"no multiple of eight", [][]byte{part4(1, 8, 15, true)}, Malformed},
		{"beyond the longest packet", [][]byte{long4}, Malformed},
		{"an end with nothing in it", [][]byte{part4(1, 0, 16, true), part4(1, 16, 16, false)}, Whole},
		{"no fragment", [][]byte{part4(1, 0, 16, false)}, Malformed},
		{"no packet", [][]byte{{0x45, 0, 0}}, Malformed},
		{"nothing", [][]byte{nil}, Malformed},

		{"one of two", [][]byte{part6(1, 0, 16, true)}, Waiting},
		{"an atomic fragment", [][]byte{part6(1, 0, 16, false)}, Whole},
		{"one within another's", [][]byte{part6(1, 0, 16, true), part6(1, 0, 16, false)}, Whole},
		{"over the end of another", [][]byte{part6(1, 8, 24, true), part6(1, 16, 32, true)},
			Overlapping},
		{"no multiple of eight", [][]byte{part6(1, 8, 15, true)}, BadLength},
		{"nothing in the middle", [][]byte{part6(1, 8, 8, true)}, Malformed},
		{"beyond the longest packet", [][]byte{long6}, TooLong},
		{"eight bytes are a UDP header", [][]byte{first}, Waiting},
		{"no room for the TCP header", [][]byte{shortTCP}, ShortFirst},
		{"no room for the ICMP header", [][]byte{shortICMP}, ShortFirst},
		{"no room for an extension header", [][]byte{cutHeader}, ShortFirst},
		{"a fragment in a fragment", [][]byte{atomicInAtomic}, Malformed},
		{"no fragment", [][]byte{frame6(8).Data[wire.EthernetSize:]}, Malformed},
		{"a cut fragment header", [][]byte{part6(1, 0, 16, true)[:44]}, Malformed},
		{"a short fragment header", [][]byte{(&wire.IPv6{Next: wire.ProtoFragment, Src: src6,
			Dst: dst6}).Append(nil, 0)}, Malformed},
	} {
		r := NewReassembler(ReassemblyConfig{})
		var got Verdict
		for _, p := range c.in {
			_, got = r.Input(0, 0, p)
		}
		if got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
		if got == Overlapping && (r.Bytes() != 0 || len(r.datagrams) != 1) {
			t.Errorf("%s: %d bytes, %d packets; want the memory of a packet, and no bytes", c.what,
				r.Bytes(), len(r.datagrams))
		}
	}
}

// TestHeadersTooLong: each fragment is short enough, but with the first one's headers the packet is
// not.
func TestHeadersTooLong(t *testing.T) {
	long := frame6(8, extension{wire.ProtoHopByHop, 62}).Data[wire.EthernetSize:]
	x := wire.IPv6Fragment{Next: wire.ProtoUDP, More: true, ID: 1}
	head := append(x.Append(append([]byte(nil), long[:104]...)), long[104:]...)
	head[40], head[5] = byte(wire.ProtoFragment), head[5]+wire.IPv6FragmentSize
	h := wire.IPv4{ID: 1, MoreFragments: true, Protocol: wire.ProtoUDP, Src: src4, Dst: dst4,
		Options: make([]byte, 40)}
	for _, in := range [][3][]byte{
		{part6(1, 8, 65504, true), part6(1, 65504, 65520, false), head},
		{part4(1, 8, 65496, true), part4(1, 65496, 65512, false), append(h.Append(nil, 8),
			pattern(8)...)},
	} {
		r := NewReassembler(ReassemblyConfig{})
		for k, want := range [3]Verdict{Waiting, Waiting, Malformed} {
			if _, got := r.Input(0, 0, in[k]); got != want {
				t.Errorf("fragment %d is %v, want %v", k, got, want)
			}
		}
	}
}

func TestTimeout(t *testing.T) {
	r := NewReassembler(ReassemblyConfig{Timeout: Timeout4})
	second := clock.Instant(time.Second)
	r.Input(0, 1, part4(1, 0, 16, true))
	r.Input(second, 2, part4(2, 8, 16, true)) // its first fragment does not come
	r.Input(2*second, 3, part4(3, 8, 24, true))
	r.Input(2*second, 3, part4(3, 16, 32, true)) // given up
	r.Input(20*second, 1, part4(1, 16, 32, true))
	if r.Next() != 30*second {
		t.Errorf("the first packet expires at %v, want 30 s after its first fragment", r.Next())
	}
	if _, ok := r.Poll(30*second - 1); ok {
		t.Error("a packet expired before its time")
	}
	for k, want := range []Expired{{Port: 1}, {Port: 2}, {Port: 3}} {
		e, ok := r.Poll(40 * second)
		if !ok || e.Port != want.Port || (e.First != nil) != (k == 0) {
			t.Errorf("number %d to expire is %+v, %v; want port %d", k, e, ok, want.Port)
		}
		// RFC 792: the error quotes the fragment as it came.
		if e.First != nil && !bytes.Equal(e.First.Data, part4(1, 0, 16, true)) {
			t.Errorf("the first fragment is %x", e.First.Data)
		}
	}
	if _, ok := r.Poll(clock.Never - 1); ok || r.Next() != clock.Never || r.Bytes() != 0 {
		t.Error("something is left")
	}
}

func TestLimits(t *testing.T) {
	r := NewReassembler(ReassemblyConfig{DatagramsMax: 2, FragmentsPerDatagramMax: 3})
	input := func(id uint16, start int, want Verdict) {
		t.Helper()
		if _, got := r.Input(0, 0, part4(id, start, start+8, true)); got != want {
			t.Errorf("fragment at %d of packet %d is %v, want %v", start, id, got, want)
		}
	}
	input(1, 0, Waiting)
	input(2, 0, Waiting)
	input(3, 0, Waiting) // the oldest, 1, goes
	input(2, 8, Waiting)
	input(1, 8, Waiting) // 2 goes
	input(2, 8, Waiting) // begins again: no duplicate
	if len(r.datagrams) != 2 {
		t.Errorf("%d packets under way, want 2", len(r.datagrams))
	}
	input(2, 16, Waiting)
	input(2, 32, Waiting)
	input(2, 48, Full)
	if len(r.datagrams) != 1 {
		t.Errorf("a packet of too many fragments stays: %d under way, want 1", len(r.datagrams))
	}

	r = NewReassembler(ReassemblyConfig{BytesMax: 4096})
	for id, want := range []Verdict{Waiting, Waiting, Waiting, Waiting} {
		if _, got := r.Input(0, 0, part4(uint16(id), 8, 1008, true)); got != want {
			t.Errorf("packet %d is %v, want %v", id, got, want)
		}
	}
	if r.Bytes() > 4096 || len(r.datagrams) != 2 {
		t.Errorf("%d bytes for %d packets, want 4096 for 2", r.Bytes(), len(r.datagrams))
	}
	if _, got := r.Input(0, 0, part4(9, 8, 9000, true)); got != Full {
		t.Errorf("a fragment larger than all memory is %v, want full", got)
	}
	if r.Bytes() != 0 {
		t.Errorf("%d bytes are left", r.Bytes())
	}
}

// TestLinksApart: the same link-local addresses on two links are two pairs of stations; the same
// global ones are one.
func TestLinksApart(t *testing.T) {
	local := func(p []byte) []byte {
		p[8], p[9], p[24], p[25] = 0xfe, 0x80, 0xfe, 0x80
		return p
	}
	for _, c := range []struct {
		change func([]byte) []byte
		want   Verdict
	}{
		{local, Waiting},
		{func(p []byte) []byte { return p }, Whole},
	} {
		r := NewReassembler(ReassemblyConfig{})
		r.Input(0, 0, c.change(part6(1, 0, 16, true)))
		if _, got := r.Input(0, 1, c.change(part6(1, 16, 20, false))); got != c.want {
			t.Errorf("the rest by another port is %v, want %v", got, c.want)
		}
	}
}
