package wire

import (
	"testing"

	"pgregory.net/rapid"
)

// anyTCP draws a header that a sender could want.
func anyTCP(r *rapid.T) TCP {
	h := TCP{
		SrcPort: rapid.Uint16().Draw(r, "src"),
		DstPort: rapid.Uint16().Draw(r, "dst"),
		Seq:     rapid.Uint32().Draw(r, "seq"),
		Ack:     rapid.Uint32().Draw(r, "ack"),
		Flags:   TCPFlags(rapid.Uint8().Draw(r, "flags")),
		Window:  rapid.Uint16().Draw(r, "window"),
		Urgent:  rapid.Uint16().Draw(r, "urgent"),

		SACKPermitted:  rapid.Bool().Draw(r, "sackOK"),
		HasWindowScale: rapid.Bool().Draw(r, "has wscale"),
		HasTimestamps:  rapid.Bool().Draw(r, "has timestamps"),
		SACKCount:      rapid.IntRange(0, SACKBlocksMax).Draw(r, "blocks"),
	}
	if rapid.Bool().Draw(r, "has mss") {
		h.MSS = rapid.Uint16Min(1).Draw(r, "mss")
	}
	if h.HasWindowScale {
		h.WindowScale = rapid.Uint8Max(WindowScaleMax).Draw(r, "wscale")
	}
	if h.HasTimestamps {
		h.TSVal, h.TSEcr = rapid.Uint32().Draw(r, "tsval"), rapid.Uint32().Draw(r, "tsecr")
	}
	for i := range h.SACKCount {
		h.SACK[i] = SACKBlock{rapid.Uint32().Draw(r, "left"), rapid.Uint32().Draw(r, "right")}
	}
	return h
}

// TestTCPAnyHeader: every header fits, and reads as it was meant but for SACK blocks without room.
func TestTCPAnyHeader(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		h := anyTCP(r)
		b := h.Append([]byte{0xa5})[1:]
		if len(b) != h.Size() || len(b)%4 != 0 || len(b) > TCPSize+TCPOptionsMax {
			r.Fatalf("%v: %d bytes, Size is %d", &h, len(b), h.Size())
		}
		var got TCP
		payload, err := ParseTCP(b, &got)
		if err != nil || len(payload) != 0 {
			r.Fatalf("%v: does not parse: %v, payload %x", &h, err, payload)
		}
		// One block more would not have had room.
		if got.SACKCount < h.SACKCount && len(b)+8 <= TCPSize+TCPOptionsMax {
			r.Errorf("%v: %d blocks were left out with room for one", &h, h.SACKCount-got.SACKCount)
		}
		for i := got.SACKCount; i < h.SACKCount; i++ {
			h.SACK[i] = SACKBlock{}
		}
		h.SACKCount = min(h.SACKCount, got.SACKCount)
		if got != h {
			r.Errorf("read\n%v\nwant\n%v", &got, &h)
		}
	})
}

// TestTCPBlocksBesideTimestamps: RFC 2018 §3 has three blocks fit beside timestamps, and four
// alone.
func TestTCPBlocksBesideTimestamps(t *testing.T) {
	h := TCP{SACKCount: SACKBlocksMax}
	if got := h.Size(); got != 56 {
		t.Errorf("four blocks alone: %d bytes, want 20+4+4*8", got)
	}
	h.HasTimestamps = true
	if got := h.Size(); got != 60 {
		t.Errorf("with timestamps: %d bytes, want 20+12+4+3*8", got)
	}
}

// TestTCPReuse: ParseTCP leaves nothing of what the struct held before.
func TestTCPReuse(t *testing.T) {
	full := TCP{MSS: 1, HasWindowScale: true, WindowScale: 2, SACKPermitted: true, Flags: SYN,
		SACKCount: 1, SACK: [4]SACKBlock{{1, 2}}}
	bare := TCP{Seq: 7}
	if _, err := ParseTCP(bare.Append(nil), &full); err != nil || full != bare {
		t.Errorf("read %+v, %v, want %+v", full, err, bare)
	}
}

// TestTCPSecondSACK: of two SACK options the last counts, whole.
func TestTCPSecondSACK(t *testing.T) {
	h := TCP{SACKCount: 2, SACK: [4]SACKBlock{{1, 2}, {3, 4}}}
	b := h.Append(nil)
	b = append(b, 1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 0, 10)
	b[12] += 3 << 4
	var got TCP
	if _, err := ParseTCP(b, &got); err != nil {
		t.Fatal(err)
	}
	if want := (TCP{SACKCount: 1, SACK: [4]SACKBlock{{9, 10}}}); got != want {
		t.Errorf("read %+v, want %+v", got, want)
	}
}

// TestTCPString: a header by itself is described as a segment without payload.
func TestTCPString(t *testing.T) {
	h := TCP{Seq: 100, Flags: SYN | ACK, Ack: 7, Window: 9, MSS: 1460, SACKPermitted: true}
	if got, want := h.String(), "S. 100:100(0) ack 7 win 9 <mss 1460,sackOK>"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := h.Describe(5), "S. 100:105(5) ack 7 win 9 <mss 1460,sackOK>"; got != want {
		t.Errorf("with five bytes got %q, want %q", got, want)
	}
}
