//go:build !race

package tcpip

import (
	"net/netip"
	"testing"
	"time"

	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// Under the race detector a sync.Pool forgets at random, so this file is left out there.

// TestSegmentAllocations: a flow under way allocates nothing per segment.
func TestSegmentAllocations(t *testing.T) {
	for _, mtu := range []int{1500, 0} {
		p := newPair(mtu, vnet.Settings{Delay: 10 * time.Microsecond, MTU: mtu})
		l, _ := p.b.ListenTCP(netip.MustParseAddrPort("10.0.0.2:80"), 0)
		tx, rx := p.connect(t, l, tcp.Options{})
		var out, in buffer.Queue
		data := make([]byte, 64<<10)
		transfer := func() {
			for received := 0; received < 1<<20; {
				for tx.SendSpace() >= len(data) {
					out.Append(data)
					tx.Send(&out)
				}
				p.a.Touch(tx)
				p.b.Touch(rx)
				p.touch()
				p.now = p.net.Run(p.now)
				n := rx.Receive(&in)
				in.Discard(n)
				rx.Consumed(n)
				received += n
				p.a.Changed(func(Socket) {})
				p.b.Changed(func(Socket) {})
			}
		}
		for range 16 {
			transfer()
		}
		before := tx.Info().SegmentsSent
		allocs := testing.AllocsPerRun(8, transfer)
		segments := float64(tx.Info().SegmentsSent-before) / 9
		// A garbage collection empties the pools now and then.
		if allocs/segments > 0.1 {
			t.Errorf("MTU %d: %.1f allocations for %.0f segments, want none", mtu, allocs, segments)
		}
	}
}
