package host

import (
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/tcpip/tcp"
)

// listen opens a listener on a host.
func listen(t *testing.T, h *Host, at string) *Listener {
	t.Helper()
	l, err := h.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*Listener)
}

// Many wait in Accept: each connection goes to one of them, and the end to all.
func TestManyAccepters(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		const accepters, dials = 20, 60
		l := listen(t, p.b, ":80")
		var mu sync.Mutex
		seen := map[string]int{}
		var ends sync.WaitGroup
		for range accepters {
			ends.Go(func() {
				for {
					c, err := l.Accept()
					if errors.Is(err, net.ErrClosed) {
						return
					}
					if err != nil {
						t.Errorf("accept: %v", err)
						return
					}
					mu.Lock()
					seen[c.RemoteAddr().String()]++
					mu.Unlock()
					c.Close()
				}
			})
		}
		for range dials {
			c, err := p.a.Dial("tcp", "b:80")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
		time.Sleep(time.Second)
		l.Close()
		ends.Wait()
		if len(seen) != dials {
			t.Errorf("%d of %d connections were accepted", len(seen), dials)
		}
		for peer, n := range seen {
			if n != 1 {
				t.Errorf("%s was accepted %d times", peer, n)
			}
		}
	})
}

// Accept's deadline ends the waiting, again and again, and can be taken back.
func TestAcceptDeadline(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		l := listen(t, p.b, ":80")
		for range 2 {
			l.SetDeadline(time.Now().Add(time.Second))
			begin := time.Now()
			_, err := l.Accept()
			if !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begin) != time.Second {
				t.Errorf("accept: %v after %v, want a timeout after 1s", err, time.Since(begin))
			}
		}
		l.SetDeadline(time.Time{})
		go p.a.Dial("tcp", "b:80")
		if _, err := l.Accept(); err != nil {
			t.Errorf("accept without a deadline: %v", err)
		}
		waiting := make(chan error)
		go func() {
			_, err := l.Accept()
			waiting <- err
		}()
		time.Sleep(time.Second)
		l.SetDeadline(time.Unix(1, 0))
		if err := <-waiting; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("accept when the deadline is set to the past: %v", err)
		}
		l.Close()
		if err := l.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetDeadline after Close: %v", err)
		}
		if l.Addr().String() != "[::]:80" {
			t.Errorf("the address is %v", l.Addr())
		}
	})
}

// Connections that nobody has accepted are reset when the listener closes; others stay.
func TestCloseWithConnectionsPending(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		l := listen(t, p.b, ":80")
		accepted, err := p.a.Dial("tcp", "b:80")
		if err != nil {
			t.Fatal(err)
		}
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		var pending []net.Conn
		for range 3 {
			c, err := p.a.Dial("tcp", "b:80")
			if err != nil {
				t.Fatal(err)
			}
			pending = append(pending, c)
		}
		time.Sleep(time.Second)
		l.Close()
		for _, c := range pending {
			if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("read on a connection nobody accepted: %v, want a reset", err)
			}
			c.Close()
		}
		say(t, accepted, server, "still here")
		accepted.Close()
		server.Close()
		again := listen(t, p.b, ":80") // the address is free at once
		again.Close()
	})
}

// More than ListenBacklog connections do not get in, and get in once there is room: their SYNs are
// sent again, or what follows a SYN cookie.
func TestBacklog(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		const beyond = 50
		l := listen(t, p.b, ":80")
		first, err := p.a.Dial("tcp4", "b:80") // who is new to its neighbour sends little
		if err != nil {
			t.Fatal(err)
		}
		first.Close()
		l.take()
		results := make(chan error, ListenBacklog+beyond)
		conns := make(chan net.Conn, ListenBacklog+beyond)
		for range ListenBacklog + beyond {
			go func() {
				c, err := p.a.Dial("tcp4", "b:80")
				results <- err
				if err == nil {
					c.Write([]byte{1})
					conns <- c
				}
			}()
		}
		time.Sleep(100 * time.Millisecond) // less than the first retransmission
		waiting := 0
		for {
			if l.take() == nil {
				break
			}
			waiting++
		}
		if waiting != ListenBacklog {
			t.Errorf("%d connections waited, want %d", waiting, ListenBacklog)
		}
		late := 0
		l.SetDeadline(time.Now().Add(time.Minute))
		for range beyond {
			if _, err := l.Accept(); err != nil {
				t.Errorf("accept after %d late ones: %v", late, err)
				break
			}
			late++
		}
		for range ListenBacklog + beyond {
			if err := <-results; err != nil {
				t.Errorf("dial: %v", err)
				break
			}
			(<-conns).Close()
		}
	})
}
