package ip

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// check fails if a reassembler holds more than it may, or counts wrongly.
func (r *Reassembler) check(t interface{ Fatalf(string, ...any) }) {
	total, n := 0, 0
	for d, older := r.oldest, (*datagram)(nil); d != nil; d, older = d.newer, d {
		n++
		if r.datagrams[d.key] != d || d.older != older || older != nil && older.created > d.created {
			t.Fatalf("the list of packets is in disorder")
		}
		size, received, end := 0, 0, 0
		for _, p := range d.pieces {
			if p.offset < end {
				t.Fatalf("pieces overlap at %d", p.offset)
			}
			end = p.end()
			size += cap(p.frame.Data)
			received += len(p.frame.Data)
		}
		if d.header != nil {
			size += cap(d.header.Data)
		}
		if size != d.bytes || received != d.received && !d.abandoned {
			t.Fatalf("a packet holds %d bytes, counts %d; received %d, counts %d", size, d.bytes,
				received, d.received)
		}
		if len(d.pieces) > r.cfg.FragmentsPerDatagramMax {
			t.Fatalf("a packet of %d fragments", len(d.pieces))
		}
		total += size
	}
	if total != r.bytes || n != len(r.datagrams) || n > r.cfg.DatagramsMax || total > r.cfg.BytesMax {
		t.Fatalf("%d bytes for %d packets; counted are %d, %d; may be %d, %d", total, n, r.bytes,
			len(r.datagrams), r.cfg.BytesMax, r.cfg.DatagramsMax)
	}
}

// indices returns 0 to n-1.
func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// TestAnyOrder: whatever becomes of the fragments on their way, what comes out is one of the
// packets that were sent, or nothing.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v6 := rapid.Bool().Draw(t, "v6")
		packets := make([][]byte, rapid.IntRange(1, 3).Draw(t, "packets"))
		var parts [][]byte
		for i := range packets {
			size := rapid.IntRange(1300, 5000).Draw(t, "size")
			f := frame4(wire.IPv4{ID: uint16(i)}, size)
			if v6 {
				f = frame6(size)
			}
			packets[i] = f.Data[wire.EthernetSize:]
			// Packets differ in what they hold, not in length alone.
			for k := range packets[i][60:] {
				packets[i][60+k] ^= byte(i)
			}
			mtu := rapid.SampledFrom([]int{1280, 1300, 1281}).Draw(t, "mtu")
			sent := cut(t, f, mtu, uint32(i))
			if rapid.Bool().Draw(t, "twice") {
				// A copy that was cut by another MTU overlaps, unless the same one has it.
				sent = append(sent, cut(t, f, 1296, uint32(i))...)
			}
			parts = append(parts, sent...)
		}
		for range rapid.IntRange(0, 3).Draw(t, "duplicates") {
			parts = append(parts, parts[rapid.IntRange(0, len(parts)-1).Draw(t, "which")])
		}
		r := NewReassembler(ReassemblyConfig{DatagramsMax: 2, BytesMax: 16 << 10,
			FragmentsPerDatagramMax: 8})
		now := clock.Instant(0)
		for _, k := range rapid.Permutation(indices(len(parts))).Draw(t, "order") {
			p := parts[k]
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "wait")) * time.Second)
			f, verdict := r.Input(now, 0, p)
			if (f != nil) != (verdict == Whole) {
				t.Fatalf("%v comes with a packet: %v", verdict, f != nil)
			}
			if f != nil {
				found := false
				for _, want := range packets {
					found = found || bytes.Equal(f.Data, want)
				}
				if !found {
					t.Fatalf("a packet came out that nobody sent:\n%x", f.Data)
				}
				f.Release()
			}
			r.check(t)
			for {
				e, ok := r.Poll(now)
				if !ok {
					break
				}
				if e.First != nil {
					e.First.Release()
				}
			}
			r.check(t)
			if r.Next() <= now {
				t.Fatalf("Poll is done at %v, Next is %v", now, r.Next())
			}
		}
	})
}

// TestEachOnce: fragments that all arrive, in any order and some twice, always make the packet.
func TestEachOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1600, 65000).Draw(t, "size")
		f := frame4(wire.IPv4{ID: 7}, size)
		if rapid.Bool().Draw(t, "v6") {
			f = frame6(size, extension{wire.ProtoRouting, 6})
		}
		parts := cut(t, f, rapid.IntRange(600, 1500).Draw(t, "mtu"), 7)
		r := NewReassembler(ReassemblyConfig{})
		order := rapid.Permutation(indices(len(parts))).Draw(t, "order")
		for k := range order {
			p := parts[order[k]]
			whole, verdict := r.Input(0, 0, p)
			if k == len(order)-1 {
				if verdict != Whole || !bytes.Equal(whole.Data, f.Data[wire.EthernetSize:]) {
					t.Fatalf("the last of %d fragments is %v", len(order), verdict)
				}
				break
			}
			if verdict != Waiting {
				t.Fatalf("fragment %d of %d is %v", k, len(order), verdict)
			}
			if rapid.Bool().Draw(t, "twice") {
				if _, verdict := r.Input(0, 0, p); verdict != Duplicate {
					t.Fatalf("fragment %d again is %v", k, verdict)
				}
			}
		}
		r.check(t)
	})
}

// FuzzReassemble takes packets apart from one byte string: two bytes of length and so many bytes
// each. Nothing panics, and memory stays bounded.
func FuzzReassemble(f *testing.F) {
	add := func(packets ...[]byte) {
		var b []byte
		for _, p := range packets {
			b = append(append(b, byte(len(p)>>8), byte(len(p))), p...)
		}
		f.Add(b)
	}
	add(part4(1, 0, 16, true), part4(1, 16, 20, false))
	add(part4(1, 16, 32, true), part4(1, 8, 24, true), part4(1, 0, 8, true))
	add(part6(1, 16, 20, false), part6(1, 0, 16, true), part6(2, 0, 16, false))
	add(cut(f, frame6(1500, extension{wire.ProtoHopByHop, 6}, extension{wire.ProtoDestination, 14}),
		1280, 3)...)
	add(part6(1, 65528, 65535, false), part4(1, 65504, 65512, true))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReassembler(ReassemblyConfig{DatagramsMax: 4, BytesMax: 8 << 10,
			FragmentsPerDatagramMax: 4})
		now := clock.Instant(0)
		for len(b) >= 2 {
			n := min(int(b[0])<<8|int(b[1]), len(b)-2)
			whole, verdict := r.Input(now, 0, b[2:2+n])
			if (whole != nil) != (verdict == Whole) || verdict.String() == "" {
				t.Fatalf("%v comes with a packet: %v", verdict, whole != nil)
			}
			if whole != nil {
				reread(t, whole.Data)
				whole.Release()
			}
			r.check(t)
			b, now = b[2+n:], now.Add(time.Second)
			if e, ok := r.Poll(now.Add(-50 * time.Second)); ok && e.First != nil {
				e.First.Release()
			}
		}
	})
}

// reread fails if a packet that was put together does not parse, or is a fragment still.
func reread(t *testing.T, packet []byte) {
	if packet[0]>>4 == 6 {
		h, data, err := wire.ParseIPv6(packet)
		if err != nil || len(packet) != wire.IPv6Size+len(data) {
			t.Fatalf("the packet does not parse: %v, %x", err, packet)
		}
		if x, _, err := wire.WalkExtensions(h.Next, data); err == nil && x.Last == wire.ProtoFragment {
			t.Fatalf("the packet is a fragment: %x", packet)
		}
		return
	}
	h, data, err := wire.ParseIPv4(packet)
	if err != nil || len(packet) != h.Size()+len(data) || h.MoreFragments || h.FragmentOffset != 0 {
		t.Fatalf("the packet does not parse: %v, %+v", err, h)
	}
}

func BenchmarkReassemble(b *testing.B) {
	f := frame4(wire.IPv4{ID: 7}, 8192)
	parts := cut(b, f, 1500, 0)
	r := NewReassembler(ReassemblyConfig{})
	b.SetBytes(int64(len(f.Data)))
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range parts {
			if whole, _ := r.Input(0, 0, p); whole != nil {
				whole.Release()
			}
		}
	}
}
