package tcp

import (
	"testing"
	"time"
)

// rounds plays round trips of eight samples each with the given least times in milliseconds, and
// returns in which of them slow start was left, -1 if in none.
func (h *hystart) play(una uint32, ms ...int) (next uint32, exit int) {
	exit = -1
	for i, m := range ms {
		nxt := una + 80
		for k := range uint32(hystartSamples) {
			if h.ack(una+k*10, nxt, time.Duration(m)*time.Millisecond) && exit < 0 {
				exit = i
			}
		}
		una = nxt
	}
	return una, exit
}

// TestHystart follows RFC 9406 §4.2.
func TestHystart(t *testing.T) {
	var h hystart
	una, _ := h.play(0, 40, 40, 44)
	if h.conservative {
		t.Fatal("a rise of 4 ms, below an eighth of 40 ms, must not end slow start")
	}
	una, _ = h.play(una, 50)
	if !h.conservative || h.baseline != 50*time.Millisecond {
		t.Fatalf("a rise of 6 ms must begin conservative slow start, baseline is %v", h.baseline)
	}
	una, _ = h.play(una, 49)
	if h.conservative {
		t.Fatal("a round below the baseline proves the rise spurious: back to slow start")
	}
	una, _ = h.play(una, 60)
	_, exit := h.play(una, 60, 60, 61, 62, 60, 60)
	if exit != 4 || !h.done {
		t.Errorf("left slow start in round %d, want 4: after five conservative rounds", exit)
	}
}

func TestHystartThreshold(t *testing.T) {
	for _, c := range []struct {
		before, after int
		want          bool
	}{
		{10, 13, false}, // at least 4 ms
		{10, 14, true},
		{200, 215, false}, // at most 16 ms
		{200, 216, true},
	} {
		var h hystart
		h.play(0, c.before, c.before, c.after)
		if h.conservative != c.want {
			t.Errorf("from %d to %d ms: conservative %v, want %v", c.before, c.after,
				h.conservative, c.want)
		}
	}
	var h hystart
	for i := range uint32(hystartSamples - 1) {
		h.ack(100+i, 200, 50*time.Millisecond)
	}
	h.last = time.Millisecond
	h.ack(110, 200, 0)
	if h.conservative {
		t.Error("seven samples and one acknowledgement without must not decide anything")
	}
}
