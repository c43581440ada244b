package wire

import (
	"bytes"
	"net/netip"
	"reflect"
	"testing"
)

// seeds hands every frame of testdata to add, or the part of it that cut returns; nil is none.
func seeds(f *testing.F, cut func(frame []byte) []byte) {
	for _, frame := range frames(f) {
		if b := cut(frame); b != nil {
			f.Add(b)
		}
	}
}

// packets cuts a frame to what stands behind an Ethernet header of that type.
func packets(t EtherType) func([]byte) []byte {
	return func(frame []byte) []byte {
		if e, packet, err := ParseEthernet(frame); err == nil && e.Type == t {
			return packet
		}
		return nil
	}
}

// segments cuts a frame to its transport segment, if the protocol is p.
func segments(p Protocol) func([]byte) []byte {
	return func(frame []byte) []byte {
		if t, err := findTransport(frame); err == nil && t.protocol == p && !t.fragment {
			return frame[t.start:t.end]
		}
		return nil
	}
}

// same fails unless what the appender made is what the parser read, behind what stood there before.
func same(t *testing.T, what string, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, append([]byte{0xa5}, want...)) {
		t.Errorf("%s, parsed and appended:\n got %x\nwant %x", what, got[1:], want)
	}
}

// isError fails unless err is one of ours, which costs no allocation and compares with ==.
func isError(t *testing.T, err error) {
	t.Helper()
	e, ok := err.(Error)
	if !ok || e.Layer >= layerCount || e.Code >= codeCount || err != fail(e.Layer, e.Code) {
		t.Errorf("error %#v is not one of package wire", err)
	}
}

// FuzzFrame reads whole frames: nothing panics, and what is written from a frame reads the same,
// has the right checksums, and is written the same again.
func FuzzFrame(f *testing.F) {
	seeds(f, func(frame []byte) []byte { return frame })
	f.Fuzz(func(t *testing.T, frame []byte) {
		text := Describe(frame)
		VerifyFrame(frame)
		once := rewrite(nil, frame)
		if once == nil {
			return
		}
		if !VerifyFrame(once) {
			t.Errorf("%s: written with a wrong checksum: %x", text, once)
		}
		if again := Describe(once); again != text {
			t.Errorf("written it reads\n%s\nwant\n%s", again, text)
		}
		if twice := rewrite(nil, once); !bytes.Equal(twice, once) {
			t.Errorf("written twice:\n got %x\nwant %x", twice, once)
		}
		finished := bytes.Clone(once)
		if FinishChecksum(finished); !bytes.Equal(finished, once) {
			t.Errorf("finishing a finished frame changed it:\n got %x\nwant %x", finished, once)
		}
	})
}

// FuzzARP: a message comes back as it was, or is an error.
func FuzzARP(f *testing.F) {
	seeds(f, packets(TypeARP))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := ParseARP(b)
		if err != nil {
			isError(t, err)
			return
		}
		same(t, h.String(), h.Append([]byte{0xa5}), b[:ARPSize])
	})
}

// FuzzIPv4: a packet comes back as it was but for the reserved bit, or is an error.
func FuzzIPv4(f *testing.F) {
	seeds(f, packets(TypeIPv4))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseIPv4(b)
		if err != nil {
			isError(t, err)
			return
		}
		if b[6]&0x80 != 0 { // RFC 791 §3.1: reserved, must be zero; we do not keep it
			return
		}
		out := h.Append([]byte{0xa5}, len(payload))
		if b[10] == 0xff && b[11] == 0xff || out[11] == 0xff && out[12] == 0xff {
			return // 0 and ffff are the same sum
		}
		same(t, "ipv4", append(out, payload...), b[:h.Size()+len(payload)])
	})
}

// FuzzIPv6: a packet comes back as it was, extension headers too but for the reserved bits of a
// fragment header, or is an error.
func FuzzIPv6(f *testing.F) {
	seeds(f, packets(TypeIPv6))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseIPv6(b)
		if err != nil {
			isError(t, err)
			return
		}
		same(t, "ipv6", append(h.Append([]byte{0xa5}, len(payload)), payload...),
			b[:IPv6Size+len(payload)])
		x, rest, err := WalkExtensions(h.Next, payload)
		if err != nil {
			isError(t, err)
			return
		}
		if len(rest) > len(payload) || x.Action == OptionSkip &&
			len(rest) > 0 && &rest[len(rest)-1] != &payload[len(payload)-1] {
			t.Errorf("the payload is not the end of the packet: %x of %x", rest, payload)
		}
		if x.NextAt >= IPv6Size+len(payload) || x.Pointer >= IPv6Size+len(payload) {
			t.Errorf("a pointer points outside the packet of %d: %+v", len(payload), x)
		}
		if Protocol(b[x.NextAt]) != x.Last && x.Last != ProtoFragment {
			t.Errorf("NextAt %d holds %d, want %d", x.NextAt, b[x.NextAt], x.Last)
		}
		if x.Last == ProtoFragment && x.Action == OptionSkip {
			was := payload[len(payload)-len(rest)-IPv6FragmentSize : len(payload)-len(rest)]
			was = []byte{was[0], 0, was[2], was[3] &^ 6, was[4], was[5], was[6], was[7]}
			same(t, "fragment header", x.Fragment.Append([]byte{0xa5}), was)
		}
	})
}

// FuzzExtension: an extension header comes back as it was, or is an error.
func FuzzExtension(f *testing.F) {
	seeds(f, func(frame []byte) []byte {
		_, payload, err := ParseIPv6(frame[min(EthernetSize, len(frame)):])
		if err != nil {
			return nil
		}
		return payload
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, rest, err := ParseIPv6Extension(b)
		if err != nil {
			isError(t, err)
			return
		}
		same(t, "extension header", h.Append([]byte{0xa5}), b[:len(b)-len(rest)])
	})
}

// FuzzUDP: a datagram comes back as it was but for its checksum, or is an error.
func FuzzUDP(f *testing.F) {
	seeds(f, segments(ProtoUDP))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, payload, err := ParseUDP(b)
		if err != nil {
			isError(t, err)
			return
		}
		want := bytes.Clone(b[:UDPSize+len(payload)])
		want[6], want[7] = 0, 0
		same(t, "udp", append(h.Append([]byte{0xa5}, len(payload)), payload...), want)
	})
}

// FuzzTCP: a header written from what was read reads the same. Its bytes may differ, since options
// have a canonical order and unknown ones are not kept.
func FuzzTCP(f *testing.F) {
	seeds(f, segments(ProtoTCP))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h, again TCP
		payload, err := ParseTCP(b, &h)
		if err != nil {
			isError(t, err)
			return
		}
		out := h.Append(nil)
		if len(out) != h.Size() {
			t.Errorf("%v: %d bytes were written, Size is %d", &h, len(out), h.Size())
		}
		rest, err := ParseTCP(append(out, payload...), &again)
		if err != nil || !bytes.Equal(rest, payload) {
			t.Fatalf("%v: what was written does not parse: %v", &h, err)
		}
		for i := again.SACKCount; i < SACKBlocksMax; i++ { // what did not fit is left out
			h.SACK[i] = SACKBlock{}
		}
		h.SACKCount = min(h.SACKCount, again.SACKCount)
		if again != h {
			t.Errorf("written it reads\n%v\nwant\n%v", &again, &h)
		}
	})
}

// FuzzICMPv4: a message comes back as it was but for the unused word of an error, or is an error.
func FuzzICMPv4(f *testing.F) {
	seeds(f, segments(ProtoICMP))
	f.Fuzz(func(t *testing.T, b []byte) {
		SetChecksum(ProtoICMP, netip.Addr{}, netip.Addr{}, b)
		m, err := ParseICMPv4(b)
		if err != nil {
			isError(t, err)
			return
		}
		out := m.Append(nil)
		if again, err := ParseICMPv4(out); err != nil || !reflect.DeepEqual(again, m) {
			t.Errorf("written it reads %v, %v, want %v", again, err, m)
		}
		if !m.Type.IsError() {
			same(t, m.String(), append([]byte{0xa5}, out...), b)
		}
	})
}

// FuzzICMPv6: a message written from what was read reads the same, and the same a second time.
func FuzzICMPv6(f *testing.F) {
	seeds(f, segments(ProtoICMPv6))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseMessage(b)
		if err != nil {
			isError(t, err)
			return
		}
		out := m.Append(nil)
		again, err := parseMessage(out)
		if err != nil || again.String() != m.String() || !reflect.DeepEqual(again, m) {
			t.Errorf("written it reads %v, %v, want %v", again, err, m)
		}
		if twice := again.Append(nil); !bytes.Equal(twice, out) {
			t.Errorf("written twice:\n got %x\nwant %x", twice, out)
		}
	})
}

// FuzzQuoted: a quotation never leads outside its bytes.
func FuzzQuoted(f *testing.F) {
	seeds(f, func(frame []byte) []byte { return frame[min(EthernetSize, len(frame)):] })
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := ParseQuoted(b)
		if err != nil {
			isError(t, err)
			return
		}
		if q.Transport != nil && (len(q.Transport) < 8 || len(q.Transport) > len(b)) {
			t.Errorf("%d of %d bytes are transport: want at least 8, and no more than all",
				len(q.Transport), len(b))
		}
		if q.Src.Is4() != q.Dst.Is4() || q.String() == "" {
			t.Errorf("%v: addresses of two families", &q)
		}
	})
}

// FuzzSplit: the pieces are whole frames that hold the payload in order.
func FuzzSplit(f *testing.F) {
	seeds(f, func(frame []byte) []byte { return frame })
	f.Fuzz(func(t *testing.T, frame []byte) {
		for _, size := range []int{1, 7, 1460} {
			s, err := Split(frame, size)
			if err != nil {
				isError(t, err)
				return
			}
			checkSplit(t, frame, size, &s)
		}
	})
}
