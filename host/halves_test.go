package host

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// Each side closes its half while the other goes on, whoever begins.
func TestHalfClose(t *testing.T) {
	for _, first := range []string{"client", "server"} {
		t.Run(first, func(t *testing.T) {
			virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
				begins, goesOn := p.connect(t)
				if first == "server" {
					begins, goesOn = goesOn, begins
				}
				say(t, begins, goesOn, "last words")
				if err := begins.(*TCPConn).CloseWrite(); err != nil {
					t.Error(err)
				}
				if n, err := goesOn.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("read: %d, %v, want io.EOF", n, err)
				}
				if _, err := begins.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
					t.Errorf("write after CloseWrite: %v, want a broken pipe", err)
				}
				want := pattern(0, 1<<20)
				go func() {
					goesOn.Write(want)
					goesOn.(*TCPConn).CloseWrite()
				}()
				got, err := io.ReadAll(begins)
				if !bytes.Equal(got, want) || err != nil {
					t.Errorf("%d bytes came the other way, %v, want %d", len(got), err, len(want))
				}
				begins.Close()
				goesOn.Close()
				time.Sleep(5 * time.Minute)
				for _, h := range []*Host{p.a, p.b} {
					h.Inspect(func(s *tcpip.Stack) {
						if n := len(s.Sockets()); n > 0 {
							t.Errorf("%s has %d sockets left", h.Name(), n)
						}
					})
				}
			})
		})
	}
}

// SetLinger(0) makes Close a reset, both ways round; other values leave it a FIN.
func TestLinger(t *testing.T) {
	for seconds, want := range map[int]error{0: syscall.ECONNRESET, 5: io.EOF, -1: io.EOF} {
		virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
			client, server := p.connect(t)
			defer server.Close()
			if err := client.(*TCPConn).SetLinger(seconds); err != nil {
				t.Error(err)
			}
			client.Close()
			if _, err := server.Read(make([]byte, 1)); !errors.Is(err, want) {
				t.Errorf("SetLinger(%d), then Close: the peer reads %v, want %v", seconds, err, want)
			}
			if err := client.(*TCPConn).SetLinger(0); !errors.Is(err, net.ErrClosed) {
				t.Errorf("SetLinger after Close: %v", err)
			}
		})
	}
}

// Close with bytes unread tells the peer that they were lost (RFC 1122 §4.2.2.13); after CloseRead
// bytes are thrown away without a word.
func TestUnreadBytes(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		server.Write([]byte("never read"))
		time.Sleep(time.Second)
		client.Close()
		if _, err := server.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the peer reads %v, want a reset", err)
		}
		server.Close()

		client, server = p.connect(t)
		if err := client.(*TCPConn).CloseRead(); err != nil {
			t.Error(err)
		}
		if _, err := server.Write(make([]byte, 1<<20)); err != nil {
			t.Errorf("write to one that has closed its reading half: %v", err)
		}
		if n, err := client.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("read after CloseRead: %d, %v, want io.EOF", n, err)
		}
		say(t, client, server, "still writing")
		client.Close()
		if _, err := server.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the peer reads %v, want io.EOF", err)
		}
		server.Close()
	})
}

// cut pulls the cable of a pair.
func (p *pair) cut(down bool) {
	p.network.Do(func(now clock.Instant, _ *vnet.Network) { p.link.SetDown(now, down) })
}

// A peer that has gone is noticed by keepalive probes after Idle + Count × Interval, and by nothing
// without them.
func TestKeepAlive(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		defer client.Close()
		defer server.Close()
		c := client.(*TCPConn)
		read := func() (time.Duration, error) {
			begin := time.Now()
			_, err := c.Read(make([]byte, 1))
			return time.Since(begin), err
		}
		if err := c.SetKeepAliveConfig(net.KeepAliveConfig{
			Enable: true, Idle: 10 * time.Second, Interval: 2 * time.Second, Count: 3,
		}); err != nil {
			t.Error(err)
		}
		c.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := read(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the peer answers the probes: %v, want the deadline after an hour", err)
		}
		c.SetReadDeadline(time.Time{})
		p.cut(true)
		after, err := read()
		if !errors.Is(err, syscall.ETIMEDOUT) || after > 16*time.Second {
			t.Errorf("read: %v after %v, want a timeout of the connection within 16s", err, after)
		}
	})
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		defer client.Close()
		defer server.Close()
		c := client.(*TCPConn)
		if c.SetKeepAlivePeriod(time.Second) != nil || c.SetKeepAlive(true) != nil ||
			c.SetKeepAlive(false) != nil {
			t.Error("keepalive cannot be set")
		}
		p.cut(true)
		c.SetReadDeadline(time.Now().Add(24 * time.Hour))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("without keepalive: %v, want the deadline after a day", err)
		}
	})
}

// SetUserTimeout ends a connection whose data stays unacknowledged (RFC 5482).
func TestUserTimeout(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		defer client.Close()
		defer server.Close()
		c := client.(*TCPConn)
		if err := c.SetUserTimeout(5 * time.Second); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // nothing is under way: it does not matter
		say(t, client, server, "alive")
		time.Sleep(time.Second)
		p.cut(true)
		begin := time.Now()
		c.Write([]byte("into the void"))
		_, err := c.Read(make([]byte, 1))
		after := time.Since(begin)
		if !errors.Is(err, syscall.ETIMEDOUT) || after < 5*time.Second || after > 8*time.Second {
			t.Errorf("read: %v after %v, want a timeout of the connection after 5s or so", err, after)
		}
		if _, err := c.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("write after that was read: %v, want a broken pipe", err)
		}
	})
}

// Every setter works on a connection that stands and says so on one that is closed.
func TestSetters(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		c := client.(*TCPConn)
		setters := map[string]func() error{
			"SetNoDelay":         func() error { return c.SetNoDelay(false) },
			"SetKeepAlive":       func() error { return c.SetKeepAlive(true) },
			"SetKeepAlivePeriod": func() error { return c.SetKeepAlivePeriod(time.Second) },
			"SetUserTimeout":     func() error { return c.SetUserTimeout(0) },
			"SetCongestion":      func() error { return c.SetCongestion(tcp.NewReno) },
			"SetWriteBuffer":     func() error { return c.SetWriteBuffer(1 << 20) },
			"SetReadBuffer":      func() error { return c.SetReadBuffer(1 << 20) },
			"SetDeadline":        func() error { return c.SetDeadline(time.Time{}) },
		}
		for name, set := range setters {
			if err := set(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		say(t, client, server, "as before")
		if info := c.Info(); info.State != tcp.Established || info.BytesAcked == 0 {
			t.Errorf("Info: %v, %d bytes acknowledged", info.State, info.BytesAcked)
		}
		c.Close()
		for name, set := range setters {
			if err := set(); !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s after Close: %v", name, err)
			}
		}
		if err := c.CloseWrite(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("CloseWrite after Close: %v", err)
		}
		server.Close()
	})
}
