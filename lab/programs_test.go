package lab

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/rpc"
	"sync"
	"syscall"
	"testing"
	"testing/cryptotest"
	"testing/synctest"
	"time"

	"golang.org/x/net/websocket"

	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet/capture"
	"github.com/atoll-os/atoll/vnet/fault"
)

// serve returns a service with an HTTP handler, over TLS if the certificate is not nil.
func serve(addr string, h http.Handler, config *tls.Config) unikernel.Service {
	return func(ctx context.Context, m *unikernel.Machine) error {
		l, err := m.Net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		s := &http.Server{Handler: h, TLSConfig: config}
		failed := make(chan error, 1)
		if config != nil {
			go func() { failed <- s.ServeTLS(l, "", "") }()
		} else {
			go func() { failed <- s.Serve(l) }()
		}
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return s.Close()
		}
	}
}

var echoBody = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Protocol", r.Proto)
	io.Copy(w, r.Body)
})

// two returns machines web and me with a link of 5 ms between them.
func two(l *Lab, web unikernel.Service) (s, c *Host) {
	s, c = l.Host("web", web), l.Host("me", nil)
	l.Link(s, c, fault.Delay(5*time.Millisecond, 0))
	return s, c
}

// TLS 1.3 with the lab's authority.
func TestTLS(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		web, me := two(l, nil)
		web.Serve(serve(":443", echoBody, &tls.Config{
			Certificates: []tls.Certificate{web.Certificate()},
		}))
		c := &http.Client{Transport: &http.Transport{
			DialContext:     me.DialContext,
			TLSClientConfig: &tls.Config{RootCAs: l.CertPool()},
		}}
		defer c.CloseIdleConnections()
		body := make([]byte, 1<<20)
		prng.New(1).Read(body)
		r, err := c.Post("https://web/", "", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		got, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%d bytes came back, %v; want the %d sent", len(got), err, len(body))
		}
		if r.TLS.Version != tls.VersionTLS13 {
			t.Errorf("TLS version %x, want 1.3", r.TLS.Version)
		}
	})
}

// Many streams of HTTP/2 on one connection, with large bodies in both directions at once.
func TestHTTP2(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		web, me := two(l, nil)
		web.Serve(serve(":443", echoBody, &tls.Config{
			Certificates: []tls.Certificate{web.Certificate()},
			NextProtos:   []string{"h2"},
		}))
		c := &http.Client{Transport: &http.Transport{
			DialContext:       me.DialContext,
			ForceAttemptHTTP2: true,
			TLSClientConfig:   &tls.Config{RootCAs: l.CertPool()},
		}}
		defer c.CloseIdleConnections()
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				body := make([]byte, 2<<20)
				prng.New(uint64(i)).Read(body)
				r, err := c.Post("https://web/", "", bytes.NewReader(body))
				if err != nil {
					t.Error(err)
					return
				}
				defer r.Body.Close()
				got, err := io.ReadAll(r.Body)
				if err != nil || !bytes.Equal(got, body) {
					t.Errorf("stream %d: %d bytes, %v; want the %d sent", i, len(got), err, len(body))
				}
				if p := r.Header.Get("Protocol"); p != "HTTP/2.0" {
					t.Errorf("the server saw %s, want HTTP/2.0", p)
				}
			})
		}
		wg.Wait()
	})
}

// Arith is the service of the net/rpc test.
type Arith struct{}

// Double returns twice the argument, and a body of that many bytes.
func (Arith) Double(n int, reply *[]byte) error {
	*reply = bytes.Repeat([]byte{byte(n)}, 2*n)
	return nil
}

// Concurrent net/rpc calls share a connection and a mutex that is held across Write.
func TestRPC(t *testing.T) {
	serveRPC := func(ctx context.Context, m *unikernel.Machine) error {
		s := rpc.NewServer()
		s.Register(Arith{})
		l, err := m.Net.Listen("tcp", ":1234")
		if err != nil {
			return err
		}
		context.AfterFunc(ctx, func() { l.Close() })
		for {
			c, err := l.Accept()
			if err != nil {
				return nil
			}
			go s.ServeConn(c)
		}
	}
	Test(t, func(t *testing.T, l *Lab) {
		_, me := two(l, serveRPC)
		conn, err := me.Dial("tcp", "web:1234")
		if err != nil {
			t.Fatal(err)
		}
		c := rpc.NewClient(conn)
		defer c.Close()
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				var got []byte
				if err := c.Call("Arith.Double", 1000*i, &got); err != nil || len(got) != 2000*i {
					t.Errorf("call %d: %d bytes, %v; want %d", i, len(got), err, 2000*i)
				}
			})
		}
		wg.Wait()
	})
}

func TestWebsocket(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		_, me := two(l, serve(":80", websocket.Handler(func(c *websocket.Conn) { io.Copy(c, c) }), nil))
		raw, err := me.Dial("tcp", "web:80")
		if err != nil {
			t.Fatal(err)
		}
		config, err := websocket.NewConfig("ws://web/", "http://me/")
		if err != nil {
			t.Fatal(err)
		}
		c, err := websocket.NewClient(config, raw)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for i := range 100 {
			want, got := fmt.Sprint("message ", i), ""
			if err := websocket.Message.Send(c, want); err != nil {
				t.Fatal(err)
			}
			if err := websocket.Message.Receive(c, &got); err != nil || got != want {
				t.Fatalf("received %q, %v; want %q", got, err, want)
			}
		}
	})
}

// connections is how many are open at once; the race detector takes its time.
const connections = 1000

func TestThousandConnections(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		_, me := two(l, echo)
		var wg sync.WaitGroup
		for i := range connections {
			wg.Go(func() {
				c, err := me.Dial("tcp", "web:7")
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				time.Sleep(time.Second) // all are open now
				want := fmt.Sprint("connection ", i)
				got := make([]byte, len(want))
				io.WriteString(c, want)
				if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
					t.Errorf("got %q, %v; want %q", got, err, want)
				}
			})
		}
		wg.Wait()
	})
}

// A transfer of 1 GiB (less under the race detector), with equal SHA-256 at both ends.
func TestGibibyte(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		size := int64(1 << 30)
		if raceEnabled {
			size = 1 << 25
		}
		sums := make(chan [32]byte, 1)
		receive := func(ctx context.Context, m *unikernel.Machine) error {
			ln, err := m.Net.Listen("tcp", ":9")
			if err != nil {
				return err
			}
			defer ln.Close()
			c, err := ln.Accept()
			if err != nil {
				return err
			}
			defer c.Close()
			h := sha256.New()
			if _, err := io.Copy(h, c); err != nil {
				return err
			}
			sums <- [32]byte(h.Sum(nil))
			return nil
		}
		s, me := l.Host("s", receive), l.Host("me", nil)
		l.Link(s, me, fault.Delay(time.Millisecond, 0), fault.Rate(10*fault.Gbit), fault.Queue(8<<20))
		c, err := me.Dial("tcp", "s:9")
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		n, err := io.Copy(io.MultiWriter(c, h), io.LimitReader(prng.New(1), size))
		if err != nil || n != size {
			t.Fatalf("wrote %d, %v; want %d", n, err, size)
		}
		c.Close()
		if got := <-sums; got != [32]byte(h.Sum(nil)) {
			t.Error("the sums differ")
		}
		t.Logf("%d bytes in %v of virtual time", n, l.Now())
	})
}

// A long connection in database/sql's manner is used, idles for hours, and is used again.
func TestLongIdle(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		_, me := two(l, echo)
		c, err := me.Dial("tcp", "web:7")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for range 3 {
			buf := []byte("SELECT 1")
			c.Write(buf)
			if _, err := io.ReadFull(c, buf); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Hour)
		}
	}, Limit(24*time.Hour))
}

// The crash of a server: silence, then a reset from the reborn machine that knows nothing.
func TestRebornServerResets(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		web, me := two(l, echo)
		c, err := me.Dial("tcp", "web:7")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		web.Crash()
		c.Write([]byte("is there anybody"))
		l.At(time.Second, "restart web", web.Restart)
		_, err = c.Read(make([]byte, 1))
		if !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("read = %v, want a reset", err)
		}
		if l.Now() < time.Second {
			t.Errorf("the reset came at %v, before the machine was there again", l.Now())
		}
	})
}

// HTTP/1.1 over TLS repeats to the byte when testing/cryptotest makes the keys repeat.
func TestTLSRepeats(t *testing.T) {
	run := func() (sum string) {
		d := capture.NewDigest()
		t.Run("run", func(t *testing.T) {
			cryptotest.SetGlobalRandom(t, 1)
			synctest.Test(t, func(t *testing.T) {
				l := New(t, Virtual(), Seed(1), Observe(d.Observe))
				web, me := two(l, nil)
				web.Serve(serve(":443", echoBody, &tls.Config{
					Certificates: []tls.Certificate{web.Certificate()},
				}))
				c := &http.Client{Transport: &http.Transport{
					DialContext:     me.DialContext,
					MaxConnsPerHost: 1,
					TLSClientConfig: &tls.Config{RootCAs: l.CertPool()},
				}}
				for range 3 {
					r, err := c.Post("https://web/", "", bytes.NewReader(make([]byte, 100000)))
					if err != nil {
						t.Fatal(err)
					}
					io.Copy(io.Discard, r.Body)
					r.Body.Close()
				}
				c.CloseIdleConnections()
				l.Close()
			})
		})
		return d.Sum()
	}
	if a, b := run(), run(); a != b {
		t.Errorf("two runs with one seed have digests %s and %s", a, b)
	}
}

// 256 machines on one switch talk in pairs.
func TestScale(t *testing.T) {
	n := 256
	if raceEnabled {
		n = 32
	}
	Test(t, func(t *testing.T, l *Lab) {
		sw := l.Switch("sw")
		hosts := l.Hosts("h", n, echo)
		for _, h := range hosts {
			l.Link(h, sw)
		}
		var wg sync.WaitGroup
		for i := 0; i < n; i += 2 {
			wg.Go(func() {
				c, err := hosts[i].Dial("tcp", fmt.Sprintf("h%d:7", i+1))
				if err != nil {
					t.Error(err)
					return
				}
				defer c.Close()
				buf := make([]byte, 10000)
				c.Write(buf)
				if _, err := io.ReadFull(c, buf); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

// Routers forward, count hops and know the way back; IPv4 and IPv6.
func TestRouters(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		a, z := l.Host("a", echo), l.Host("z", nil)
		r1, r2 := l.Router("r1"), l.Router("r2")
		l.Switch("lan", a, r1)
		l.Link(r1, r2, fault.Delay(10*time.Millisecond, 0))
		l.Link(r2, z, fault.MTU(1400))
		for _, network := range []string{"tcp4", "tcp6"} {
			c, err := z.Dial(network, "a:7")
			if err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 100000)
			go c.Write(buf)
			if _, err := io.ReadFull(c, buf); err != nil {
				t.Error(err)
			}
			c.Close()
		}
		if d, err := a.Ping(t.Context(), "z"); err != nil || d < 20*time.Millisecond {
			t.Errorf("ping a > z = %v, %v; want more than 20ms", d, err)
		}
	})
}

// UDP with loss, and the error of a port where nobody listens.
func TestUDP(t *testing.T) {
	Test(t, func(t *testing.T, l *Lab) {
		a, b := l.Host("a", nil), l.Host("b", nil)
		k := l.Link(a, b, fault.Delay(time.Millisecond, 0))
		pc, err := b.ListenPacket("udp", ":53")
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		c, err := a.Dial("udp", "b:53")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write([]byte("first")) // finds the neighbour
		pc.ReadFrom(make([]byte, 10))
		undo := k.AtoB().Add(fault.Loss(0.5))
		for i := range 1000 {
			c.Write([]byte{byte(i)})
		}
		time.Sleep(time.Second)
		undo()
		n := 0
		buf := make([]byte, 10)
		for {
			pc.SetReadDeadline(time.Now().Add(time.Millisecond))
			if _, _, err := pc.ReadFrom(buf); err != nil {
				break
			}
			n++
		}
		if n < 400 || n > 600 {
			t.Errorf("%d of 1000 datagrams arrived through 50 %% loss", n)
		}
		d, err := a.Dial("udp", "b:54")
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		d.Write(buf)
		if _, err := d.Read(buf); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("read = %v, want refused", err)
		}
	})
}
