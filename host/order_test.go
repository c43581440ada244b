package host

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Fifty goroutines that wake at one instant, each with a connection or a socket of its own: the
// scheduler runs them as it likes, and the frames are the same, byte for byte.
func TestOrderWithinAnInstant(t *testing.T) {
	const runs = 20
	first := digestOfOneInstant(t)
	for i := 1; i < runs; i++ {
		if d := digestOfOneInstant(t); d != first {
			t.Fatalf("run %d has the digest %s, the first %s", i, d, first)
		}
	}
}

func digestOfOneInstant(t *testing.T) (sum string) {
	const goroutines = 50
	link := vnet.Settings{Delay: time.Millisecond, Rate: 1e8, MTU: 1500}
	virtually(t, link, tcp.Options{}, func(t *testing.T, p *pair) {
		h := sha256.New()
		p.network.Do(func(_ clock.Instant, v *vnet.Network) {
			v.Observe(func(e vnet.Event) {
				binary.Write(h, binary.BigEndian, int64(e.At))
				io.WriteString(h, e.Port.Name())
				b := append([]byte(nil), e.Frame.Data...)
				if e.Frame.Unsummed {
					wire.FinishChecksum(b)
				}
				h.Write(b)
			})
		})
		var conns []net.Conn
		for i := range goroutines {
			if i%5 == 0 {
				conns = append(conns, dialUDP(t, p.a, "udp4", fmt.Sprint("b:", 1000+i)))
				packets(t, p.b, "udp", fmt.Sprint(":", 1000+i))
				continue
			}
			c, s := p.connect(t)
			go io.Copy(io.Discard, s)
			t.Cleanup(func() { s.Close() })
			conns = append(conns, c)
		}
		var all sync.WaitGroup
		at := time.Now().Add(time.Second)
		for i, c := range conns {
			all.Go(func() {
				time.Sleep(time.Until(at))
				c.Write(pattern(i, 100+100*i))
				time.Sleep(10 * time.Millisecond)
				c.Write(pattern(i, 5000))
				c.Close()
			})
		}
		all.Wait()
		time.Sleep(time.Second)
		p.network.Close()
		sum = hex.EncodeToString(h.Sum(nil))
	})
	return sum
}

// OnQuiet is asked before the first event and between events, and only when no program can run.
func TestOnQuiet(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		var instants []clock.Instant
		released := make(chan struct{})
		woken := false
		p.network.OnQuiet(func(now clock.Instant) bool {
			instants = append(instants, now)
			if now >= clock.Instant(time.Second) && !woken {
				woken = true
				close(released)
				return true
			}
			return false
		})
		client, server := p.connect(t)
		begin := p.network.Now()
		server.SetReadDeadline(time.Now().Add(time.Second))
		server.Read(make([]byte, 1))
		client.Write([]byte("an event"))
		<-released
		if now := p.network.Now(); now != begin.Add(time.Second) {
			t.Errorf("released at %v, want %v", now, begin.Add(time.Second))
		}
		if instants[0] != 0 || p.network.Turns() < 3 {
			t.Errorf("first asked at %v, %d turns", instants[0], p.network.Turns())
		}
		client.Close()
		server.Close()
	})
}
