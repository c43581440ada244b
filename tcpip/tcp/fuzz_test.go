package tcp

import (
	"encoding/binary"
	"sort"
	"testing"
	"time"

	"github.com/atoll-os/atoll/wire"
)

// FuzzInput throws arbitrary segments, calls and times at a connection in any state: no panic, Poll
// comes to an end, Next is later than now, and memory keeps to its limits. The first byte chooses
// the state, then each step takes 12 bytes. Numbers are near those that matter, or no segment would
// get past the first check.
func FuzzInput(f *testing.F) {
	for i := range byte(11) {
		f.Add([]byte{i})
		f.Add(append([]byte{i}, "\x10\x00\x00\x00\x00\x20\x05\x40\x03\x00\x00\x00"...))
		f.Add(append([]byte{i}, "\x11\x00\x00\x01\x00\x20\x85\x4f\x03\x01\x02\x03"+
			"\x80\x00\x00\x01\x00\x20\x05\x40\x03\x01\x00\x00"...))
		f.Add(append([]byte{i}, "\x10\x10\x00\x00\x00\x20\x05\x40\x03\x00\x00\x00"+
			"\x10\x40\x00\x00\x00\x20\x05\x40\x03\x00\x00\x00"+
			"\x10\x08\x00\x00\x00\x20\x15\x40\x03\x00\x00\x00"+
			"\x81\x00\x00\x00\x00\x20\x05\x40\x03\x00\x00\x00"...))
	}
	names := make([]string, 0, len(origins))
	for name := range origins {
		names = append(names, name)
	}
	sort.Strings(names)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 || len(b) > 1<<12 {
			return
		}
		p := &pair{newTestNet()}
		p.ends[0].manual = true
		p.ends[0].cfg.ReceiveBuffer = 20000
		origins[names[int(b[0])%len(names)]](p)
		p.ends[0].listening = false
		s := &storm{testNet: p.testNet}
		p.poll(0)
		for b = b[1:]; len(b) >= 12; b = b[12:] {
			fuzzStep(p, b)
			p.flight = p.flight[:0]
			p.poll(0)
			s.bounded(0)
		}
	})
}

// fuzzStep does what 12 bytes say. A first byte from 0x80 is a call of the program, below it a
// segment.
func fuzzStep(p *pair, b []byte) {
	c := p.ends[0].conn
	if b[0] >= 0x80 {
		fuzzCall(p, c, b)
		return
	}
	near := func(x uint32, b []byte) uint32 {
		d := int32(int16(binary.LittleEndian.Uint16(b)))
		if d&3 == 3 {
			d <<= 12 // far away
		}
		return x + uint32(d)
	}
	h := wire.TCP{
		Flags: wire.TCPFlags(b[0]), Seq: near(c.rcvNxt, b[1:]), Ack: near(c.nxt, b[3:]),
		Window: binary.LittleEndian.Uint16(b[5:]),
	}
	options := b[7]
	if options&1 != 0 {
		h.HasTimestamps, h.TSVal, h.TSEcr = true, c.tsRecent+uint32(int8(b[8])), uint32(b[9])*100
	}
	if options&2 != 0 {
		h.MSS = binary.LittleEndian.Uint16(b[8:])
	}
	if options&4 != 0 {
		h.HasWindowScale, h.WindowScale = true, b[10]
	}
	h.SACKPermitted = options&8 != 0
	for h.SACKCount = 0; h.SACKCount < int(options>>4&3); h.SACKCount++ {
		left := near(c.una, b[8:]) + uint32(h.SACKCount)*uint32(b[10])
		h.SACK[h.SACKCount] = wire.SACKBlock{Left: left, Right: left + uint32(b[11])*16}
	}
	n := 0
	if options&64 != 0 {
		n = int(b[11]) * 8
	}
	p.now = p.now.Add(time.Duration(b[9]) * time.Millisecond)
	p.deliver(&packet{to: 0, h: h, payload: make([]byte, n)})
}

func fuzzCall(p *pair, c *Conn, b []byte) {
	n := int(b[1]) * 64
	switch b[0] & 15 {
	case 0:
		p.write(0, n)
	case 1:
		c.CloseWrite(p.now)
	case 2:
		c.CloseRead(p.now)
	case 3:
		c.Close(p.now)
	case 4:
		c.Abort(p.now)
	case 5:
		c.Receive(&p.ends[0].unread)
	case 6:
		n = min(n, p.ends[0].unread.Len())
		p.ends[0].unread.Discard(n)
		c.Consumed(n)
	case 7:
		c.Unreachable(p.now, Unreachability(b[1]&3))
	case 8:
		c.PacketTooBig(p.now, n)
	case 9:
		c.SetNoDelay(b[1]&1 != 0)
		c.SetKeepAlive(KeepAlive{Idle: time.Duration(n) * time.Millisecond})
		c.SetUserTimeout(time.Duration(n) * time.Second)
	default:
		p.now = max(p.now, min(c.Next(), p.now.Add(time.Hour*24*30)))
	}
}
