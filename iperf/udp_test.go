package iperf

import (
	"bytes"
	"testing"
	"time"
)

func TestUDPHeader(t *testing.T) {
	for _, tt := range []struct {
		name string
		h    udpHeader
		wide bool
		want []byte
	}{
		{"32 bits", udpHeader{1700000000*time.Second + 123456*time.Microsecond, 7}, false,
			[]byte{0x65, 0x53, 0xf1, 0x00, 0x00, 0x01, 0xe2, 0x40, 0, 0, 0, 7}},
		{"64 bits", udpHeader{time.Second, 1 << 32}, true,
			[]byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}},
	} {
		b := bytes.Repeat([]byte{0xa5}, len(tt.want))
		if tt.h.put(b, tt.wide); !bytes.Equal(b, tt.want) {
			t.Errorf("%s: % x, want % x", tt.name, b, tt.want)
		}
		if h, ok := parseUDPHeader(append(b, "payload"...), tt.wide); !ok || h != tt.h {
			t.Errorf("%s: parsed as %+v, %v, want %+v", tt.name, h, ok, tt.h)
		}
	}
	for name, b := range map[string][]byte{
		"nothing":          nil,
		"set-up again":     []byte(udpHello),
		"a byte too short": make([]byte, 11),
		"number 0":         make([]byte, 16),
	} {
		if h, ok := parseUDPHeader(b, false); ok {
			t.Errorf("%s: taken for %+v", name, h)
		}
	}
	b := append(make([]byte, 8), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
	if _, ok := parseUDPHeader(b, true); ok {
		t.Error("a number beyond 63 bits was taken")
	}
	if _, ok := parseUDPHeader(b[:12], true); ok {
		t.Error("a 64-bit header of 12 bytes was taken")
	}
}

func FuzzUDPHeader(f *testing.F) {
	f.Add([]byte(udpHello), false)
	f.Add(bytes.Repeat([]byte{1}, 12), false)
	f.Add(bytes.Repeat([]byte{1}, 16), true)
	f.Add(bytes.Repeat([]byte{255}, 16), true)
	f.Fuzz(func(t *testing.T, b []byte, wide bool) {
		h, ok := parseUDPHeader(b, wide)
		if !ok {
			return
		}
		// Microseconds beyond a second carry over; parsed again the header is the same.
		c := make([]byte, 16)
		h.put(c, wide)
		if h2, ok := parseUDPHeader(c, wide); !ok || h2.number != h.number ||
			h2.sent != h.sent%(1<<32*time.Second) {
			t.Fatalf("% x: %+v, put and parsed %+v %v", b, h, h2, ok)
		}
		m := &meter{}
		m.begin(&plan{start: time.Unix(0, 0)})
		m.datagram(time.Unix(1, 0), len(b), h.number, time.Second-h.sent)
		m.datagram(time.Unix(2, 0), len(b), 1, time.Second)
		if k, _ := m.freeze(time.Unix(3, 0)); k.lost < 0 || k.lost >= k.packets || k.jitter < 0 {
			t.Fatalf("% x: counted as %+v", b, k)
		}
	})
}
