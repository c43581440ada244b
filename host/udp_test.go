package host

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// packets opens a UDP socket on a host.
func packets(t *testing.T, h *Host, network, at string) *UDPConn {
	t.Helper()
	c, err := h.ListenPacket(network, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*UDPConn)
}

// dialUDP opens a connected one.
func dialUDP(t *testing.T, h *Host, network, to string) *UDPConn {
	t.Helper()
	c, err := h.Dial(network, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*UDPConn)
}

func TestUDPUnconnected(t *testing.T) {
	for _, c := range []struct{ network, at, to, from string }{
		{"udp", ":9", "10.0.0.2:9", "10.0.0.1"},
		{"udp", ":9", "[fd00::2]:9", "fd00::1"},
		{"udp4", ":9", "10.0.0.2:9", "10.0.0.1"},
		{"udp6", "[fd00::2]:9", "[fd00::2]:9", "fd00::1"},
		{"udp", "b:9", "10.0.0.2:9", "10.0.0.1"},
	} {
		t.Run(c.network+" "+c.at+" "+c.to, func(t *testing.T) {
			virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
				server := packets(t, p.b, c.network, c.at)
				client := packets(t, p.a, "udp", ":0")
				to := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(c.to))
				if n, err := client.WriteToUDP([]byte("there"), to); n != 5 || err != nil {
					t.Fatal(n, err)
				}
				buf := make([]byte, 100)
				n, from, err := server.ReadFrom(buf)
				if string(buf[:n]) != "there" || err != nil {
					t.Fatalf("read %q, %v", buf[:n], err)
				}
				if got := from.(*net.UDPAddr); got.IP.String() != c.from ||
					got.Port != client.LocalAddr().(*net.UDPAddr).Port {
					t.Errorf("it came from %v, want %s and the client's port", got, c.from)
				}
				server.WriteTo([]byte("back"), from)
				n, back, err := client.ReadFromUDP(buf)
				if string(buf[:n]) != "back" || back.String() != c.to || err != nil {
					t.Errorf("read %q from %v, %v, want back from %s", buf[:n], back, err, c.to)
				}
				if client.RemoteAddr() != nil {
					t.Error("a socket that is not connected has a peer")
				}
			})
		})
	}
}

func TestUDPConnected(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		server, stranger := packets(t, p.b, "udp", ":9"), packets(t, p.b, "udp", ":10")
		client := dialUDP(t, p.a, "udp", "b:9")
		if got := client.RemoteAddr().String(); got != "[fd00::2]:9" {
			t.Errorf("the peer is %s, want the IPv6 address of b", got)
		}
		client.Write([]byte("there"))
		buf := make([]byte, 100)
		n, from, err := server.ReadFromUDPAddrPort(buf)
		if string(buf[:n]) != "there" || err != nil {
			t.Fatalf("read %q, %v", buf[:n], err)
		}
		stranger.WriteToUDPAddrPort([]byte("not for it"), from)
		server.WriteToUDPAddrPort([]byte("back"), from)
		if n, err := client.Read(buf); string(buf[:n]) != "back" || err != nil {
			t.Errorf("read %q, %v, want what the peer sent alone", buf[:n], err)
		}
		if _, err := client.WriteTo(nil, server.LocalAddr()); !errors.Is(err,
			net.ErrWriteToConnected) {
			t.Errorf("WriteTo on a connected socket: %v", err)
		}
		if _, err := server.Write(nil); !errors.Is(err, syscall.EDESTADDRREQ) {
			t.Errorf("Write on one that is not: %v", err)
		}
		if _, err := server.WriteTo(nil, &net.TCPAddr{}); err == nil {
			t.Error("WriteTo a TCP address: no error")
		}
		if _, err := server.WriteToUDP(nil, nil); err == nil {
			t.Error("WriteToUDP no address: no error")
		}
	})
}

// An ICMP error is told once, by the next call, and the socket goes on.
func TestUDPRefused(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client := dialUDP(t, p.a, "udp4", "b:9")
		buf := make([]byte, 100)
		client.Write([]byte("x"))
		if _, err := client.Read(buf); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("read: %v, want it refused", err)
		}
		client.Write([]byte("x"))
		time.Sleep(10 * time.Millisecond)
		if _, err := client.Write([]byte("x")); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the next write: %v, want it refused", err)
		}
		server := packets(t, p.b, "udp", ":9")
		if _, err := client.Write([]byte("now")); err != nil {
			t.Errorf("the write after: %v", err)
		}
		if n, _, err := server.ReadFrom(buf); string(buf[:n]) != "now" || err != nil {
			t.Errorf("read %q, %v", buf[:n], err)
		}
		// Who is not connected is told nothing: it could not know of which datagram.
		stranger := packets(t, p.a, "udp", ":0")
		stranger.WriteTo([]byte("x"), &net.UDPAddr{IP: net.IP{10, 0, 0, 2}, Port: 99})
		stranger.SetReadDeadline(time.Now().Add(time.Second))
		if _, _, err := stranger.ReadFrom(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read on one that is not connected: %v, want the timeout", err)
		}
	})
}

// Datagrams keep their borders: none is merged, an empty one is one, and what does not fit into the
// reader's buffer is lost.
func TestUDPBorders(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		server, client := packets(t, p.b, "udp", ":9"), dialUDP(t, p.a, "udp4", "b:9")
		long := bytes.Repeat([]byte("abcdefgh"), 1000) // fragments
		most := bytes.Repeat([]byte{7}, DatagramMax)
		sent := [][]byte{[]byte("one"), {}, []byte("two"), long, most, []byte("last")}
		for _, b := range sent {
			if n, err := client.Write(b); n != len(b) || err != nil {
				t.Errorf("write %d bytes: %d, %v", len(b), n, err)
			}
		}
		buf := make([]byte, 1<<16)
		for _, want := range sent {
			n, _, err := server.ReadFrom(buf)
			if !bytes.Equal(buf[:n], want) || err != nil {
				t.Errorf("read %d bytes, %v, want %d", n, err, len(want))
			}
		}
		client.Write([]byte("truncated"))
		client.Write([]byte("whole"))
		if n, _, err := server.ReadFrom(buf[:5]); string(buf[:n]) != "trunc" || err != nil {
			t.Errorf("read %q, %v, want what fits", buf[:n], err)
		}
		if n, _, err := server.ReadFrom(buf[:5]); string(buf[:n]) != "whole" || err != nil {
			t.Errorf("read %q, %v, want the next datagram", buf[:n], err)
		}
		if _, err := client.Write(make([]byte, DatagramMax+1)); !errors.Is(err, syscall.EMSGSIZE) {
			t.Errorf("write %d bytes: %v, want that it is too long", DatagramMax+1, err)
		}
	})
}

// The queue of received datagrams is bounded, empty ones included; what is there stays. The link
// has a rate: of those that come at one instant the stack has a limit of its own.
func TestUDPReceiveLimit(t *testing.T) {
	link := vnet.Settings{Delay: time.Millisecond, Rate: 1e9, MTU: 1500}
	virtually(t, link, tcp.Options{}, func(t *testing.T, p *pair) {
		server, client := packets(t, p.b, "udp", ":9"), dialUDP(t, p.a, "udp4", "b:9")
		client.Write(nil) // who is new to its neighbour sends little until that answers
		server.ReadFrom(nil)
		const beyond = DatagramBytesMax/datagramOverhead + 5000
		for range beyond {
			if _, err := client.Write(nil); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		server.SetReadDeadline(time.Now())
		n := 0
		for ; ; n++ {
			if _, _, err := server.ReadFrom(nil); err != nil {
				break
			}
		}
		if n > 0 {
			t.Errorf("%d datagrams are read after the deadline", n)
		}
		server.SetReadDeadline(time.Now().Add(time.Second))
		for ; ; n++ {
			if _, _, err := server.ReadFrom(nil); err != nil {
				break
			}
		}
		if n != DatagramBytesMax/datagramOverhead {
			t.Errorf("%d of %d datagrams waited, want the limit of %d", n, beyond,
				DatagramBytesMax/datagramOverhead)
		}
	})
}

// A writer waits while the queue to the engine is full, and its deadline ends that.
func TestUDPWriteWaits(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client := dialUDP(t, p.a, "udp4", "b:9")
		resume := p.a.Pause() // nobody takes what is written
		large := make([]byte, 60_000)
		client.SetWriteDeadline(time.Now().Add(time.Second))
		var err error
		taken := 0
		for err == nil {
			var n int
			n, err = client.Write(large)
			taken += n
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) || taken > DatagramBytesMax {
			t.Errorf("%d bytes were taken, %v, want at most %d and a timeout", taken, err,
				DatagramBytesMax)
		}
		client.SetWriteDeadline(time.Time{})
		time.AfterFunc(time.Second, resume)
		begin := time.Now()
		if _, err := client.Write(large); err != nil || time.Since(begin) != time.Second {
			t.Errorf("write: %v after %v, want none when the machine goes on", err,
				time.Since(begin))
		}
	})
}

func TestUDPDeadlinesAndClose(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		c := packets(t, p.b, "udp", ":9")
		c.SetDeadline(time.Now().Add(time.Second))
		begin := time.Now()
		if _, _, err := c.ReadFrom(nil); !errors.Is(err, os.ErrDeadlineExceeded) ||
			time.Since(begin) != time.Second {
			t.Errorf("read: %v after %v, want a timeout after 1s", err, time.Since(begin))
		}
		if _, err := c.WriteTo(nil, c.LocalAddr()); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %v, want a timeout", err)
		}
		c.SetDeadline(time.Time{})
		time.AfterFunc(time.Second, func() { c.Close() })
		if _, _, err := c.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("read while it is closed: %v", err)
		}
		for what, err := range map[string]error{
			"Close": c.Close(), "SetDeadline": c.SetDeadline(time.Time{}),
			"SetReadDeadline":  c.SetReadDeadline(time.Time{}),
			"SetWriteDeadline": c.SetWriteDeadline(time.Time{}),
		} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s after Close: %v", what, err)
			}
		}
		if c.SetReadBuffer(1) != nil || c.SetWriteBuffer(1) != nil {
			t.Error("buffer sizes are accepted")
		}
		again := packets(t, p.b, "udp", ":9") // the port is free
		if _, err := p.b.ListenPacket("udp", ":9"); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a second socket: %v, want that the address is in use", err)
		}
		again.WriteTo([]byte("last words"), &net.UDPAddr{IP: net.IP{10, 0, 0, 1}, Port: 9})
		last := packets(t, p.a, "udp", ":9")
		again.Close()
		buf := make([]byte, 20)
		if n, _, err := last.ReadFrom(buf); string(buf[:n]) != "last words" || err != nil {
			t.Errorf("read %q, %v, want what was written before Close", buf[:n], err)
		}
	})
}

// A path too narrow for a datagram costs fragments, not the datagram.
func TestUDPOverSmallLink(t *testing.T) {
	virtually(t, vnet.Settings{Delay: time.Millisecond, MTU: 576}, tcp.Options{},
		func(t *testing.T, p *pair) {
			server, client := packets(t, p.b, "udp", ":9"), dialUDP(t, p.a, "udp4", "b:9")
			var frames atomic.Int64
			p.network.Do(func(_ clock.Instant, v *vnet.Network) {
				v.Observe(func(e vnet.Event) {
					if e.Kind == vnet.Sent && len(e.Frame.Data) > 500 {
						frames.Add(1)
					}
				})
			})
			want := pattern(0, 5000)
			client.Write(want)
			buf := make([]byte, 5001)
			n, _, err := server.ReadFrom(buf)
			if !bytes.Equal(buf[:n], want) || err != nil || frames.Load() < 9 {
				t.Errorf("read %d bytes in %d frames, %v", n, frames.Load(), err)
			}
		})
}
