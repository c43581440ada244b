package lab

import (
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
)

// BenchmarkPairs measures how many frames a second of real time go through a lab: pairs of hosts on
// one switch that fill links of 100 Mbit/s for a second of virtual time.
func BenchmarkPairs(b *testing.B) {
	for _, hosts := range []int{2, 64, 256} {
		b.Run(fmt.Sprint(hosts), func(b *testing.B) {
			var frames uint64
			for range b.N {
				frames += pairs(b, hosts)
			}
			b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
		})
	}
}

func pairs(b *testing.B, hosts int) (frames uint64) {
	var outer testing.T
	synctest.Test(&outer, func(*testing.T) {
		l := New(b, Virtual(), Seed(1))
		sw := l.Switch("sw")
		h := l.Hosts("h", hosts, nil)
		for _, h := range h {
			l.Link(h, sw, fault.Delay(time.Millisecond), fault.Rate(100*fault.Mbit),
				fault.Queue(1<<17))
		}
		for i := 0; i < hosts; i += 2 {
			ln, err := h[i+1].Listen("tcp", ":9")
			if err != nil {
				b.Fatal(err)
			}
			go func() {
				c, err := ln.Accept()
				if err == nil {
					io.Copy(io.Discard, c)
				}
			}()
			go func() {
				c, err := h[i].Dial("tcp", fmt.Sprintf("h%d:9", i+1))
				buf := make([]byte, 1<<16)
				for err == nil {
					_, err = c.Write(buf)
				}
			}()
		}
		time.Sleep(time.Second)
		l.network.Do(func(_ clock.Instant, n *vnet.Network) { frames = n.Frames() })
		l.network.Fail()
		l.Close()
	})
	return frames
}
