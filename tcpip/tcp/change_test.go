package tcp

import (
	"testing"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// A change of the algorithm keeps the window, and it outlives the handshake.
func TestSetCongestion(t *testing.T) {
	c := Connect(0, &Config{MSS: 1460, PathMSS: 1460})
	c.SetCongestion(NewReno)
	var s Segment
	c.Poll(0, &s)
	c.Input(clock.Instant(1e6), &wire.TCP{Flags: wire.SYN | wire.ACK, Ack: s.Seq + 1, Window: 65535,
		MSS: 1460}, nil)
	before := c.Info().CongestionWindow
	if c.rec.cc.kind != NewReno || before != initialWindow(c.mss) {
		t.Errorf("kind %v, window %d; want reno and the initial window", c.rec.cc.kind, before)
	}
	c.SetCongestion(CUBIC)
	if w := c.Info().CongestionWindow; c.rec.cc.kind != CUBIC || w != before {
		t.Errorf("kind %v, window %d; want cubic and still %d", c.rec.cc.kind, w, before)
	}
}
