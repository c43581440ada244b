package tlsconf

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/lab"
)

func TestDialerErrors(t *testing.T) {
	inLab(t, nil, func(t *testing.T, p *pair) {
		ctx := context.Background()
		for _, c := range []struct{ addr, want string }{
			{"server", "missing port"},
			{"server:1", "refused"},
			{"nobody:443", "no such host"},
		} {
			if _, err := p.dialer.DialContext(ctx, "tcp", c.addr); err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.addr, err, c.want)
			}
		}
		stranger := &Dialer{Dial: p.me.DialContext, Config: Client(nil, nil)}
		_, err := stranger.DialContext(ctx, "tcp", "server:443")
		if err == nil || !strings.Contains(err.Error(), "tlsconf: shake hands with server:443: ") {
			t.Errorf("a certificate that nobody trusts: %v", err)
		}
		other := &Dialer{Dial: p.me.DialContext, Config: client(p.CertPool(), nil)}
		other.Config.ServerName = "me"
		if _, err := other.DialContext(ctx, "tcp", "server:443"); err == nil ||
			!strings.Contains(err.Error(), "not me") {
			t.Errorf("a certificate for another name: %v", err)
		}
	})
}

// A server that says nothing.
func TestDialerTimeout(t *testing.T) {
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		server, me := l.Host("server", nil), l.Host("me", nil)
		l.Link(server, me)
		if _, err := server.Listen("tcp", ":443"); err != nil {
			t.Fatal(err)
		}
		for _, timeout := range []time.Duration{0, time.Second} {
			d := &Dialer{Dial: me.DialContext, Config: Client(nil, nil), Timeout: timeout}
			begin := l.Now()
			_, err := d.DialContext(context.Background(), "tcp", "server:443")
			took, want := l.Now()-begin, or(timeout, TimeoutDefault)
			if e := net.Error(nil); !errors.As(err, &e) || !e.Timeout() {
				t.Errorf("error %v, want a time-out", err)
			}
			if took.Round(100*time.Millisecond) != want {
				t.Errorf("it took %v, want %v", took, want)
			}
		}
	})
}

// After a copy is found, connections of before end at both ends, and what is opened then works.
func TestConnectionsEndInCopy(t *testing.T) {
	c := &copies{}
	inLab(t, func(l *Listener) { l.Clones = c }, func(t *testing.T, p *pair) {
		ctx := context.Background()
		p.dialer.Clones = c
		var open []net.Conn
		for range 3 {
			conn, err := p.dialer.DialContext(ctx, "tcp", "server:443")
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, conn)
		}
		if n := c.listeners(); n != 2 {
			t.Errorf("%d listen for copies, want listener and dialer", n)
		}
		c.clone()
		for _, conn := range open {
			if _, err := conn.Read(make([]byte, 1)); err == nil {
				t.Error("a connection of before goes on")
			}
			conn.Close()
		}
		p.talk(t)
		time.Sleep(time.Second) // the server's end closes
		if n := c.listeners(); n != 0 {
			t.Errorf("%d listen for copies, and nothing is open", n)
		}
	})
}

// From the instant at which the copy can be known, nothing leaves a connection of before.
func TestNothingLeavesCopy(t *testing.T) {
	c := &copies{}
	inLab(t, nil, func(t *testing.T, p *pair) {
		p.dialer.Clones = c
		conn, err := p.dialer.DialContext(context.Background(), "tcp", "server:443")
		if err != nil {
			t.Fatal(err)
		}
		b := []byte("before")
		conn.Write(b)
		if _, err := io.ReadFull(conn, b); err != nil {
			t.Fatal(err)
		}
		c.silentClone()
		if _, err := conn.Write([]byte("after")); !errors.Is(err, ErrCloned) {
			t.Errorf("write in a copy: %v, want ErrCloned", err)
		}
		if _, err := conn.Read(b); err == nil {
			t.Error("the connection is still open")
		}
		conn.Close()
		if n := c.listeners(); n != 0 {
			t.Errorf("%d listen for copies, and nothing is open", n)
		}
	})
}
