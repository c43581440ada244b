package tlsconf

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"github.com/atoll-os/atoll/lab"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/fault"
)

// log is what a logger wrote.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// pair is a server with a Listener and a machine with a Dialer, in virtual time.
type pair struct {
	*lab.Lab
	server, me *lab.Host
	listener   *Listener
	dialer     *Dialer
	log        *log
}

// inLab runs a test over a link of a millisecond. The listener is changed before it starts, and
// what it accepts is echoed.
func inLab(t *testing.T, change func(l *Listener), run func(t *testing.T, p *pair)) {
	t.Helper()
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		p := &pair{Lab: l, me: l.Host("me", nil), listener: &Listener{}, log: &log{}}
		p.server = l.Host("server", p.echo)
		l.Link(p.server, p.me, fault.Delay(time.Millisecond, 0))
		p.listener.Config = Server(p.server.Certificate(), nil)
		p.listener.Log = slog.New(slog.NewTextHandler(p.log, nil))
		if change != nil {
			change(p.listener)
		}
		p.dialer = &Dialer{Dial: p.me.DialContext, Config: Client(l.CertPool(), nil)}
		run(t, p)
	})
}

// echo serves on the listener.
func (p *pair) echo(ctx context.Context, m *unikernel.Machine) error {
	inner, err := m.Net.Listen("tcp", ":443")
	if err != nil {
		return err
	}
	p.listener.Listener = inner
	defer context.AfterFunc(ctx, func() { p.listener.Close() })()
	for {
		c, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		if !c.(*tls.Conn).ConnectionState().HandshakeComplete {
			return errors.New("accepted before the handshake")
		}
		go func() {
			defer c.Close()
			io.Copy(c, c)
		}()
	}
}

// dial connects beneath TLS and says nothing.
func (p *pair) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := p.me.Dial("tcp", "server:443")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// talk makes a connection, and returns how long that took.
func (p *pair) talk(t *testing.T) time.Duration {
	t.Helper()
	begin := p.Now()
	c, err := p.dialer.DialContext(context.Background(), "tcp", "server:443")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	took := p.Now() - begin
	said := []byte("hello")
	if _, err := c.Write(said); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, said); err != nil || string(said) != "hello" {
		t.Fatalf("heard %q, %v", said, err)
	}
	return took
}

// Peers that say nothing get 10 s while there is room, then 1 s; others do not wait for them.
func TestSilentPeers(t *testing.T) {
	inLab(t, func(l *Listener) { l.Pending = 4 }, func(t *testing.T, p *pair) {
		if took := p.talk(t); took > 10*time.Millisecond {
			t.Errorf("alone, a handshake took %v", took)
		}
		ended := make(chan time.Duration)
		silent := func() {
			c, begin := p.dial(t), p.Now()
			go func() {
				io.Copy(io.Discard, c)
				c.Close()
				ended <- (p.Now() - begin).Round(100 * time.Millisecond)
			}()
			time.Sleep(10 * time.Millisecond) // one after the other
		}
		for range 3 {
			silent()
		}
		if took := p.talk(t); took > 10*time.Millisecond {
			t.Errorf("with 3 of 4 places taken by silent peers, a handshake took %v", took)
		}
		silent()
		if took := p.talk(t); took > time.Second {
			t.Errorf("with 4 of 4 places taken by silent peers, a handshake took %v", took)
		}
		for _, want := range []time.Duration{time.Second, time.Second, TimeoutDefault, TimeoutDefault} {
			if got := <-ended; got != want {
				t.Errorf("a silent peer was there for %v, want %v", got, want)
			}
		}
		if n := strings.Count(p.log.String(), "TLS handshake failed"); n != 4 {
			t.Errorf("%d failures in the log, want 4:\n%s", n, p.log)
		}
	})
}

// Who speaks something else than TLS 1.3 is turned away, with a line in the log.
func TestOtherProtocols(t *testing.T) {
	inLab(t, nil, func(t *testing.T, p *pair) {
		c := p.dial(t)
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: server\r\n\r\n")
		io.Copy(io.Discard, c)
		c.Close()
		old := &Dialer{Dial: p.me.DialContext, Config: p.dialer.Config.Clone()}
		old.Config.MinVersion, old.Config.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
		if _, err := old.DialContext(context.Background(), "tcp", "server:443"); err == nil {
			t.Error("TLS 1.2 was accepted")
		}
		p.talk(t)
		text := p.log.String()
		if !strings.Contains(text, "does not look like a TLS handshake") ||
			!strings.Contains(text, "unsupported versions") {
			t.Errorf("log:\n%s", text)
		}
	})
}

// A validation of RFC 8737 is a handshake and no more.
func TestValidationsAreNotAccepted(t *testing.T) {
	inLab(t, func(l *Listener) { l.Config.NextProtos = []string{acme.ALPNProto} },
		func(t *testing.T, p *pair) {
			config := p.dialer.Config.Clone()
			config.NextProtos = []string{acme.ALPNProto}
			d := &Dialer{Dial: p.me.DialContext, Config: config}
			c, err := d.DialContext(context.Background(), "tcp", "server:443")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.Write([]byte("echo?"))
			if b, err := io.ReadAll(c); len(b) > 0 || err != nil {
				t.Errorf("heard %q, %v; want the end", b, err)
			}
		})
}

// Close breaks off what is not accepted, and leaves what is.
func TestCloseListener(t *testing.T) {
	inLab(t, nil, func(t *testing.T, p *pair) {
		accepted, err := p.dialer.DialContext(context.Background(), "tcp", "server:443")
		if err != nil {
			t.Fatal(err)
		}
		defer accepted.Close()
		silent := p.dial(t)
		defer silent.Close()
		time.Sleep(time.Second)
		if err := p.listener.Close(); err != nil {
			t.Error(err)
		}
		if _, err := p.listener.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept after Close: %v, want net.ErrClosed", err)
		}
		begin := p.Now()
		silent.Read(make([]byte, 1))
		if took := p.Now() - begin; took > 10*time.Millisecond {
			t.Errorf("a handshake under way went on for %v", took)
		}
		b := []byte("still there")
		accepted.Write(b)
		if _, err := io.ReadFull(accepted, b); err != nil {
			t.Errorf("an accepted connection ended: %v", err)
		}
	})
}

// Connections that nobody accepts keep their places, and end with the listener.
func TestNobodyAccepts(t *testing.T) {
	lab.Test(t, func(t *testing.T, l *lab.Lab) {
		server, me := l.Host("server", nil), l.Host("me", nil)
		l.Link(server, me)
		inner, err := server.Listen("tcp", ":443")
		if err != nil {
			t.Fatal(err)
		}
		listener := &Listener{Listener: inner, Config: Server(server.Certificate(), nil), Pending: 2}
		d := &Dialer{Dial: me.DialContext, Config: Client(l.CertPool(), nil)}
		first := make(chan net.Conn)
		go func() { // starts the listener
			c, err := listener.Accept()
			if err != nil {
				t.Error(err)
			}
			first <- c
		}()
		var open []net.Conn
		for range 3 {
			c, err := d.DialContext(context.Background(), "tcp", "server:443")
			if err != nil {
				t.Fatal(err)
			}
			open = append(open, c)
		}
		(<-first).Close()
		d.Timeout = time.Minute
		begin := l.Now()
		if _, err := d.DialContext(context.Background(), "tcp", "server:443"); err == nil {
			t.Error("a third connection got a place")
		}
		if waited := l.Now() - begin; waited < time.Minute {
			t.Errorf("the third was turned away after %v, not left to wait", waited)
		}
		listener.Close()
		for _, c := range open {
			if _, err := io.ReadAll(c); err != nil {
				t.Errorf("a connection that nobody accepted ended with %v", err)
			}
			c.Close()
		}
	})
}

// faulty is a listener that fails twice, and then is closed by somebody.
type faulty struct {
	net.Listener
	failures int
}

var errTooMany = errors.New("too many open files")

func (f *faulty) Accept() (net.Conn, error) {
	if f.failures++; f.failures <= 2 {
		return nil, errTooMany
	}
	return nil, net.ErrClosed
}

func (f *faulty) Close() error   { return nil }
func (f *faulty) Addr() net.Addr { return &net.TCPAddr{} }

// Errors of the network's listener reach whoever accepts; after some of them he goes on.
func TestListenerErrors(t *testing.T) {
	l := &Listener{Listener: &faulty{}, Config: &tls.Config{}}
	for range 2 {
		if _, err := l.Accept(); !errors.Is(err, errTooMany) {
			t.Errorf("error %v, want that of the listener", err)
		}
	}
	for range 2 {
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("error %v, want net.ErrClosed", err)
		}
	}
	l = &Listener{Listener: &faulty{}, Config: &tls.Config{}}
	l.Close() // with an error on its way that nobody takes
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v, want net.ErrClosed", err)
	}
}
