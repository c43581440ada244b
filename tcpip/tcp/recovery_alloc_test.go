package tcp

import (
	"testing"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

func TestRecoveryAllocs(t *testing.T) {
	if raceEnabled {
		t.Skip("a sync.Pool forgets at random")
	}
	r, now := newOpenRecovery()
	if got := testing.AllocsPerRun(100, func() { now = sendWindow(r, now, 64) }); got >= 1 {
		t.Errorf("%v allocations for 64 segments sent and acknowledged, want 0", got)
	}
	if got := testing.AllocsPerRun(100, func() { now = loseWindow(r, now, 64) }); got >= 1 {
		t.Errorf("%v allocations for 64 segments and a recovery, want 0", got)
	}
	if r.recs != nil {
		t.Error("records are kept though nothing is outstanding")
	}
}

// newOpenRecovery returns a recovery behind its handshake, with a large window.
func newOpenRecovery() (*recovery, clock.Instant) {
	r := &recovery{}
	r.init(recoveryConfig{iss: 0, mss: 1448})
	r.sent(0, 0, 1, newData)
	r.negotiated(1448, true, true)
	now := clock.Instant(20 * ms)
	r.ack(now, &wire.TCP{Ack: 1, HasTimestamps: true}, true)
	r.cc.window, r.cc.threshold = 256<<10, 256<<10
	return r, now
}

// sendWindow sends n segments and acknowledges every second.
func sendWindow(r *recovery, now clock.Instant, n int) clock.Instant {
	for range n {
		r.sent(now, r.nxt, 1448, newData)
	}
	h := wire.TCP{HasTimestamps: true, TSEcr: timestamp(now, 0)}
	now = now.Add(20 * ms)
	for range n / 2 {
		h.Ack = r.una + 2896
		r.ack(now, &h, false)
		r.retransmit()
		r.sendQuota(now)
	}
	return now
}

// loseWindow sends n segments, of which every eighth is lost.
func loseWindow(r *recovery, now clock.Instant, n int) clock.Instant {
	r.cc.window = 256 << 10
	start := r.nxt
	for range n {
		r.sent(now, r.nxt, 1448, newData)
	}
	now = now.Add(20 * ms)
	h := wire.TCP{Ack: start, HasTimestamps: true, TSEcr: timestamp(now, 0)}
	for i := range uint32(n) {
		if i%8 == 0 {
			h.SACK[1], h.SACK[2] = h.SACK[0], h.SACK[1]
			h.SACK[0].Left = start + (i+1)*1448
			h.SACK[0].Right = h.SACK[0].Left
			h.SACKCount = min(int(i/8)+1, 3)
			continue
		}
		h.SACK[0].Right += 1448
		r.ack(now, &h, false)
		for left, right, ok := r.retransmit(); ok; left, right, ok = r.retransmit() {
			r.sent(now, left, right-left, retransmission)
		}
	}
	now = now.Add(20 * ms)
	h = wire.TCP{Ack: r.nxt, HasTimestamps: true, TSEcr: timestamp(now, 0)}
	r.ack(now, &h, false)
	return now
}

// BenchmarkRecovery is the cost of a segment sent and acknowledged, on a clean path, and with every
// eighth lost.
func BenchmarkRecovery(b *testing.B) {
	for _, c := range []struct {
		name string
		run  func(*recovery, clock.Instant, int) clock.Instant
	}{{"clean", sendWindow}, {"loss", loseWindow}} {
		b.Run(c.name, func(b *testing.B) {
			r, now := newOpenRecovery()
			b.ReportAllocs()
			for i := 0; i < b.N; i += 128 {
				now = c.run(r, now, 128)
			}
		})
	}
}
