package wire

import (
	"bytes"
	"errors"
	"net/netip"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// superSegment returns a TCP frame over the family of src, its checksum left out.
func superSegment(src, dst netip.Addr, h TCP, payload []byte) []byte {
	e := Ethernet{Dst: MAC{2, 0, 0, 0, 0, 2}, Src: MAC{2, 0, 0, 0, 0, 1}, Type: TypeIPv6}
	if src.Is4() {
		e.Type = TypeIPv4
		ip := IPv4{TTL: 64, ID: 0xfffe, DontFragment: true, Protocol: ProtoTCP, Src: src, Dst: dst}
		b := ip.Append(e.Append(nil), h.Size()+len(payload))
		return append(h.Append(b), payload...)
	}
	ip := IPv6{HopLimit: 64, FlowLabel: 7, Next: ProtoTCP, Src: src, Dst: dst}
	b := ip.Append(e.Append(nil), h.Size()+len(payload))
	return append(h.Append(b), payload...)
}

// piece is one frame read back.
type piece struct {
	ip4     IPv4
	ip6     IPv6
	tcp     TCP
	payload []byte
}

func readPiece(t *testing.T, frame []byte) (p piece) {
	t.Helper()
	tr, err := findTransport(frame)
	if err != nil || tr.protocol != ProtoTCP || tr.end != len(frame) {
		t.Fatalf("a piece is no TCP frame, or longer than its packet: %v, %x", err, frame)
	}
	_, packet, _ := ParseEthernet(frame)
	p.ip4, _, _ = ParseIPv4(packet)
	p.ip6, _, _ = ParseIPv6(packet)
	p.payload, err = ParseTCP(frame[tr.start:tr.end], &p.tcp)
	if err != nil && err != (Error{LayerTCP, BadOption}) { // Split does not look at options
		t.Fatalf("a piece does not parse: %v", err)
	}
	if !VerifyFrame(frame) {
		t.Errorf("a piece has a wrong checksum: %x", frame)
	}
	return p
}

// checkSplit cuts frame by s and holds every piece against the whole.
func checkSplit(t *testing.T, frame []byte, size int, s *Segments) {
	t.Helper()
	whole := bytes.Clone(frame)
	FinishChecksum(whole)
	w, count, done := readPiece(t, whole[:s.end]), s.Count(), 0
	data := frame[s.payload:s.end]
	for i := range count {
		if !s.More() {
			t.Fatalf("%d pieces, Count said %d", i, count)
		}
		n := s.Size()
		b := s.Append([]byte{0xa5})
		if len(b) != 1+n || b[0] != 0xa5 {
			t.Fatalf("%d bytes were appended, Size said %d", len(b)-1, n)
		}
		p := readPiece(t, b[1:])
		want := w.tcp
		want.Seq += uint32(done)
		if i > 0 {
			want.Flags &^= CWR
		}
		if i < count-1 {
			want.Flags &^= FIN | PSH
		}
		if p.tcp != want {
			t.Errorf("piece %d of %d is %v, want %v", i, count, &p.tcp, &want)
		}
		got := b[1+s.payload:]
		if len(got) > size || i < count-1 && len(got) != size || len(data) > 0 && len(got) == 0 {
			t.Errorf("piece %d of %d has %d bytes of payload, size is %d", i, count, len(got), size)
		}
		if !bytes.Equal(got, data[done:done+len(got)]) {
			t.Errorf("piece %d of %d holds other bytes than the whole", i, count)
		}
		done += len(got)
		if id := w.ip4.ID + uint16(i); s.version == 4 && p.ip4.ID != id {
			t.Errorf("piece %d has ID %d, want %d", i, p.ip4.ID, id)
		}
		p.ip4.ID = w.ip4.ID
		if s.version == 4 && !reflect.DeepEqual(p.ip4, w.ip4) || s.version == 6 && p.ip6 != w.ip6 {
			t.Errorf("piece %d has another IP header: %+v %+v", i, p.ip4, p.ip6)
		}
	}
	if s.More() || done != len(data) {
		t.Errorf("%d of %d bytes came out, more: %t", done, len(data), s.More())
	}
}

func TestSplit(t *testing.T) {
	families := [][2]netip.Addr{
		{benchSrc, benchDst},
		{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")},
	}
	rapid.Check(t, func(r *rapid.T) {
		a := rapid.SampledFrom(families).Draw(r, "family")
		h := TCP{
			SrcPort: 4000, DstPort: 80, Window: 500, Ack: 9,
			Seq:           rapid.Uint32().Draw(r, "seq"),
			Flags:         TCPFlags(rapid.Uint8().Draw(r, "flags")),
			HasTimestamps: rapid.Bool().Draw(r, "timestamps"),
			TSVal:         rapid.Uint32().Draw(r, "tsval"),
		}
		size := rapid.IntRange(100, 9000).Draw(r, "size")
		payload := make([]byte, rapid.IntRange(0, 64_000).Draw(r, "length"))
		for i := range payload {
			payload[i] = byte(i>>8) ^ byte(i)
		}
		frame := superSegment(a[0], a[1], h, payload)
		s, err := Split(frame, size)
		if err != nil {
			r.Fatalf("Split refused a whole TCP segment: %v", err)
		}
		checkSplit(t, frame, size, &s)
	})
}

// TestSplitText shows one cut in words. The ID wraps, FIN and PSH are on the last, CWR on the
// first.
func TestSplitText(t *testing.T) {
	h := TCP{SrcPort: 4000, DstPort: 80, Seq: 0xffffff00, Ack: 5, Flags: ACK | PSH | FIN | CWR}
	s, err := Split(superSegment(benchSrc, benchDst, h, make([]byte, 2500)), 1000)
	if err != nil {
		t.Fatal(err)
	}
	var ids []uint16
	for _, want := range []string{
		"10.0.0.1.4000 > 10.0.0.2.80: .W 4294967040:744(1000) ack 5 win 0",
		"10.0.0.1.4000 > 10.0.0.2.80: . 744:1744(1000) ack 5 win 0",
		"10.0.0.1.4000 > 10.0.0.2.80: FP. 1744:2244(500) ack 5 win 0",
	} {
		b := s.Append(nil)
		if got := Describe(b); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		ids = append(ids, uint16(b[18])<<8|uint16(b[19]))
	}
	if s.More() {
		t.Error("2500 bytes by 1000 are three pieces, there is a fourth")
	}
	if ids[0] != 0xfffe || ids[1] != 0xffff || ids[2] != 0 {
		t.Errorf("IDs %#x, want fffe, ffff, 0", ids)
	}
}

func TestSplitRefuses(t *testing.T) {
	syn := TCP{Flags: SYN}
	good := superSegment(benchSrc, benchDst, syn, nil)
	fragment := bytes.Clone(good)
	fragment[20] = 0x20 // more fragments
	fragment[24], fragment[25] = 0, 0
	sum := ^Checksum(fragment[14:34], 0)
	fragment[24], fragment[25] = byte(sum>>8), byte(sum)
	shortOffset, longOffset := bytes.Clone(good), bytes.Clone(good)
	shortOffset[46], longOffset[46] = 0x40, 0x60
	ip := IPv4{Protocol: ProtoTCP, Src: benchSrc, Dst: benchDst}
	e := Ethernet{Type: TypeIPv4}
	for _, c := range []struct {
		name  string
		frame []byte
		want  Error
	}{
		{"no frame", nil, Error{LayerEthernet, Truncated}},
		{"not IP", append(make([]byte, 12), 8, 6), Error{LayerEthernet, BadType}},
		{"a fragment", fragment, Error{LayerTCP, BadType}},
		{"half a header", append(ip.Append(e.Append(nil), 19), make([]byte, 19)...),
			Error{LayerTCP, Truncated}},
		{"a data offset of 4", shortOffset, Error{LayerTCP, BadLength}},
		{"a data offset behind the end", longOffset, Error{LayerTCP, Truncated}},
	} {
		if _, err := Split(c.frame, 100); !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", c.name, err, c.want)
		}
	}
}
