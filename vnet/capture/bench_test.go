package capture_test

import (
	"io"
	"testing"
	"time"

	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/capture"
)

// BenchmarkObserve is the cost of one full frame, sent and delivered.
func BenchmarkObserve(b *testing.B) {
	digest := capture.NewDigest()
	text := capture.NewText(io.Discard, capture.EachOnce)
	pcapng := capture.NewPcapng(io.Discard, capture.PcapngOptions{})
	for _, c := range []struct {
		name    string
		observe vnet.Observer
	}{{"digest", digest.Observe}, {"text", text.Observe}, {"pcapng", pcapng.Observe}} {
		b.Run(c.name, func(b *testing.B) {
			w := newWorld(vnet.Settings{Delay: time.Millisecond})
			f := w.segment(1460)
			from := w.webLink.Directions[0].From()
			b.SetBytes(int64(len(f.Data)))
			b.ReportAllocs()
			for b.Loop() {
				c.observe(vnet.Event{Port: from, Kind: vnet.Sent, Frame: f})
				c.observe(vnet.Event{Port: from.Peer(), Kind: vnet.Delivered, Frame: f})
			}
		})
	}
}
