package bench

import (
	"io"
	"net"
	"runtime"
	"testing"
)

// pair is two hosts on one link: dial connects from the one to the other's listener.
type pair interface {
	listener() net.Listener
	dial() (net.Conn, error)
}

type peer struct {
	name string
	pair func(b *testing.B, super bool) pair
}

var (
	atollPeer  = peer{"atoll", newAtoll}
	gvisorPeer = peer{"gvisor", newGvisor}
	linuxPeer  = peer{"linux", newLinux}
)

const writeSize = 256 << 10

// BenchmarkStream measures one TCP flow in one direction. Its loop is over bytes written.
func BenchmarkStream(b *testing.B) {
	b.Run("mtu1500", func(b *testing.B) { each(b, stream(false), atollPeer, gvisorPeer) })
	b.Run("super", func(b *testing.B) { each(b, stream(true), atollPeer, gvisorPeer, linuxPeer) })
}

func each(b *testing.B, bench func(peer) func(*testing.B), peers ...peer) {
	for _, p := range peers {
		b.Run(p.name, bench(p))
	}
}

func stream(super bool) func(peer) func(*testing.B) {
	return func(p peer) func(*testing.B) {
		return func(b *testing.B) {
			hosts := p.pair(b, super)
			client, server := connect(b, hosts)
			received := make(chan int64)
			go func() {
				buf := make([]byte, writeSize)
				var n int64
				for {
					m, err := server.Read(buf)
					n += int64(m)
					if err != nil {
						received <- n
						return
					}
				}
			}()
			data := make([]byte, writeSize)
			b.SetBytes(writeSize)
			b.ReportAllocs()
			count := countAllocs(hosts)
			b.ResetTimer()
			for range b.N {
				if _, err := client.Write(data); err != nil {
					b.Fatal(err)
				}
			}
			client.Close()
			if n := <-received; n != int64(b.N)*writeSize {
				b.Fatalf("%d bytes arrived of %d", n, int64(b.N)*writeSize)
			}
			count(b)
		}
	}
}

// segmenter is a pair that knows how many segments it has sent.
type segmenter interface{ segments() uint64 }

// countAllocs begins to count allocations for each segment; the returned function reports them, if
// the pair knows its segments.
func countAllocs(p pair) (report func(b *testing.B)) {
	s, ok := p.(segmenter)
	if !ok {
		return func(*testing.B) {}
	}
	var before, after runtime.MemStats
	sent := s.segments()
	runtime.ReadMemStats(&before)
	return func(b *testing.B) {
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(s.segments()-sent),
			"allocs/segment")
	}
}

// connect returns the two ends of one connection.
func connect(b *testing.B, p pair) (client, server net.Conn) {
	accepted := make(chan net.Conn)
	go func() {
		c, err := p.listener().Accept()
		if err != nil {
			b.Error(err)
		}
		accepted <- c
	}()
	client, err := p.dial()
	if err != nil {
		b.Fatal(err)
	}
	server = <-accepted
	b.Cleanup(func() { client.Close(); server.Close(); p.listener().Close() })
	return client, server
}

// BenchmarkConnect measures connect, one byte, close.
func BenchmarkConnect(b *testing.B) {
	each(b, func(p peer) func(*testing.B) {
		return func(b *testing.B) {
			hosts := p.pair(b, false)
			defer hosts.listener().Close()
			go func() {
				buf := make([]byte, 1)
				for {
					c, err := hosts.listener().Accept()
					if err != nil {
						return
					}
					io.ReadFull(c, buf)
					c.Close()
				}
			}()
			one := []byte{1}
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				c, err := hosts.dial()
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.Write(one); err != nil {
					b.Fatal(err)
				}
				io.ReadFull(c, one) // the server's FIN
				c.Close()
			}
		}
	}, atollPeer, gvisorPeer, linuxPeer)
}

// BenchmarkPingPong measures one byte there and back.
func BenchmarkPingPong(b *testing.B) {
	each(b, func(p peer) func(*testing.B) {
		return func(b *testing.B) {
			client, server := connect(b, p.pair(b, false))
			go func() {
				buf := make([]byte, 1)
				for {
					if _, err := io.ReadFull(server, buf); err != nil {
						return
					}
					if _, err := server.Write(buf); err != nil {
						return
					}
				}
			}()
			buf := make([]byte, 1)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				if _, err := client.Write(buf); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(client, buf); err != nil {
					b.Fatal(err)
				}
			}
			b.StopTimer()
			client.Close()
		}
	}, atollPeer, gvisorPeer, linuxPeer)
}
