package host

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// Every call of a machine that is switched off returns net.ErrClosed; its peers see silence, and a
// reset once it lives again and knows nothing of them.
func TestPowerOffAndOn(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		defer client.Close()
		calls := waitEverywhere(t, p.b, server)
		var frames atomic.Int64
		p.network.Do(func(_ clock.Instant, v *vnet.Network) {
			v.Observe(func(e vnet.Event) {
				if e.Kind == vnet.Sent && strings.HasPrefix(e.Port.Name(), "b.") {
					frames.Add(1)
				}
			})
		})
		p.b.PowerOff()
		for range calls.n {
			if err := <-calls.ended; !errors.Is(err, net.ErrClosed) {
				t.Errorf("a call ended with %v, want net.ErrClosed", err)
			}
		}
		if _, err := p.b.Dial("tcp", "a:80"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("dial of a machine that is off: %v", err)
		}
		if _, err := p.b.Listen("tcp", ":80"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("listen of a machine that is off: %v", err)
		}
		if _, err := p.b.ListenPacket("udp", ":80"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("listen for packets of a machine that is off: %v", err)
		}
		if _, err := p.b.Ping(t.Context(), netip.MustParseAddr("10.0.0.1")); !errors.Is(err,
			net.ErrClosed) {
			t.Errorf("ping of a machine that is off: %v", err)
		}
		client.Write([]byte("anybody there?"))
		client.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.Copy(io.Discard, client); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("its peer reads %v, want silence after what was under way", err)
		}
		if n := frames.Load(); n > 0 {
			t.Errorf("%d frames left a machine that is off", n)
		}
		p.b.PowerOn([32]byte{99})
		p.b.PowerOn([32]byte{99}) // it is on already
		client.SetReadDeadline(time.Time{})
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("its peer reads %v, want a reset from the new life", err)
		}
		if err := server.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("close of a connection of the old life: %v", err)
		}
		again, server := p.connect(t)
		say(t, again, server, "a new life")
		again.Close()
		server.Close()
	})
}

// calls are goroutines that wait in calls of all kinds.
type calls struct {
	n     int
	ended chan error
}

// waitEverywhere begins one of each, on connection c of host h and on endpoints of their own.
func waitEverywhere(t *testing.T, h *Host, c net.Conn) *calls {
	t.Helper()
	w := &calls{ended: make(chan error, 10)}
	wait := func(f func() error) {
		w.n++
		go func() { w.ended <- f() }()
	}
	l, err := h.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	u, err := h.ListenPacket("udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	wait(func() error { _, err := l.Accept(); return err })
	wait(func() error { _, _, err := u.ReadFrom(make([]byte, 1)); return err })
	wait(func() error { _, err := c.Read(make([]byte, 1)); return err })
	wait(func() error { _, err := c.Write(make([]byte, 32<<20)); return err })
	wait(func() error { _, err := h.Dial("tcp", "10.0.0.9:1"); return err })
	wait(func() error {
		_, err := h.Ping(context.Background(), netip.MustParseAddr("10.0.0.9"))
		return err
	})
	time.Sleep(10 * time.Millisecond)
	return w
}

// Close of a network ends every call with net.ErrClosed, and every goroutine that the network
// began.
func TestCloseEndsEverything(t *testing.T) {
	for name, run := range map[string]func(f func(t *testing.T, p *pair)){
		"real": func(f func(t *testing.T, p *pair)) { // not parallel: it counts goroutines
			n := Real(seed(1))
			f(t, newPair(t, n, vnet.Settings{Delay: time.Millisecond}, tcp.Options{}))
		},
		"virtual": func(f func(t *testing.T, p *pair)) { virtually(t, lan, tcp.Options{}, f) },
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			run(func(_ *testing.T, p *pair) {
				client, server := p.connect(t)
				w := waitEverywhere(t, p.a, client)
				server.SetDeadline(time.Now().Add(time.Hour)) // timers, too
				p.network.Close()
				for range w.n {
					if err := <-w.ended; !errors.Is(err, net.ErrClosed) {
						t.Errorf("a call ended with %v, want net.ErrClosed", err)
					}
				}
				if _, err := server.Read(nil); !errors.Is(err, net.ErrClosed) {
					t.Errorf("read after the network closed: %v", err)
				}
				if n := endpoints(p.a) + endpoints(p.b); n > 0 {
					t.Errorf("%d endpoints are left", n)
				}
				if err := p.network.Close(); err != nil {
					t.Errorf("close again: %v", err)
				}
			})
			for try := 0; runtime.NumGoroutine() > before; try++ {
				if try == 1000 {
					t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
				}
				time.Sleep(time.Millisecond) // those that have ended are still being counted
			}
		})
	}
}

// A paused machine is silent, loses nothing that waits at its door, and goes on where it was; what
// its programs did meanwhile leaves then.
func TestPause(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		client, server := p.connect(t)
		datagrams := packets(t, p.b, "udp", ":9")
		resume := p.b.Pause()
		sender := dialUDP(t, p.a, "udp4", "b:9")
		sender.Write([]byte("held"))
		client.Write([]byte("while it sleeps"))
		server.Write([]byte("from one asleep"))
		late := dialUDP(t, p.b, "udp4", "a:9")
		late.Write(nil)
		late.Close()
		heard := make(chan time.Duration, 1)
		begin := time.Now()
		go func() {
			io.ReadFull(client, make([]byte, len("from one asleep")))
			heard <- time.Since(begin)
		}()
		server.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, err := server.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read on a paused machine: %v, want its deadline", err)
		}
		server.SetReadDeadline(time.Time{})
		resume()
		resume() // once more does nothing
		got := make([]byte, len("while it sleeps"))
		if _, err := io.ReadFull(server, got); string(got) != "while it sleeps" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		if after := <-heard; after != 5*time.Second+time.Millisecond {
			t.Errorf("what a paused machine wrote came after %v, want 5.001s", after)
		}
		datagrams.SetReadDeadline(time.Now().Add(time.Second))
		if n, _, err := datagrams.ReadFrom(got); string(got[:n]) != "held" || err != nil {
			t.Errorf("read %q, %v, want what came to the paused machine", got[:n], err)
		}
		client.Close()
		server.Close()
		time.Sleep(10 * time.Minute)
		if n := endpoints(p.b); n != 1 {
			t.Errorf("%d endpoints are left, want the one of datagrams", n)
		}
	})
}

// What comes to a paused machine is bounded, and so is what a machine without power gets.
func TestHeldWhilePaused(t *testing.T) {
	virtually(t, vnet.Settings{Delay: time.Millisecond}, tcp.Options{}, func(t *testing.T, p *pair) {
		server, client := packets(t, p.b, "udp", ":9"), dialUDP(t, p.a, "udp4", "b:9")
		client.Write(nil)
		server.ReadFrom(nil)
		var dropped atomic.Int64
		p.network.Do(func(_ clock.Instant, v *vnet.Network) {
			v.Observe(func(e vnet.Event) {
				if e.Kind == vnet.Dropped && e.Reason == vnet.NodeDown {
					dropped.Add(1)
				}
			})
		})
		p.b.Pause()
		const beyond = 77
		for range HeldWhilePausedMax + beyond {
			client.Write(nil)
		}
		time.Sleep(time.Second)
		if n := dropped.Load(); n != beyond {
			t.Errorf("%d frames were dropped, want %d", n, beyond)
		}
		p.b.PowerOff() // lets go of what was held
		p.b.Pause()()  // nothing to pause
		client.Write(nil)
		time.Sleep(time.Second)
		if n := dropped.Load(); n != beyond+1 {
			t.Errorf("%d frames were dropped, want %d", n, beyond+1)
		}
	})
}

// Ping times a round trip, also to oneself, and says why there is none.
func TestPing(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		p.a.Ping(t.Context(), netip.MustParseAddr("10.0.0.2")) // they know each other
		for to, want := range map[string]time.Duration{
			"10.0.0.2": 2 * time.Millisecond, "127.0.0.1": 0, "10.0.0.1": 0,
		} {
			after, err := p.a.Ping(t.Context(), netip.MustParseAddr(to))
			if after != want || err != nil {
				t.Errorf("ping %s: %v, %v, want %v", to, after, err, want)
			}
		}
		if _, err := p.a.Ping(t.Context(), netip.MustParseAddr("fd00::2")); err != nil {
			t.Errorf("ping over IPv6: %v", err)
		}
		for to, want := range map[string]error{
			"10.0.0.9": syscall.EHOSTUNREACH, "192.0.2.1": syscall.ENETUNREACH,
		} {
			_, err := p.a.Ping(t.Context(), netip.MustParseAddr(to))
			var op *net.OpError
			if !errors.Is(err, want) || !errors.As(err, &op) || op.Op != "ping" {
				t.Errorf("ping %s: %v, want %v", to, err, want)
			}
		}
		p.cut(true)
		begin := time.Now()
		_, err := p.a.Ping(t.Context(), netip.MustParseAddr("10.0.0.2"))
		if e := net.Error(nil); !errors.As(err, &e) || !e.Timeout() ||
			time.Since(begin) != PingTimeout {
			t.Errorf("ping into the void: %v after %v, want a timeout after %v", err,
				time.Since(begin), PingTimeout)
		}
	})
}

// Interfaces and routes that are given while a machine is off are there when it is on.
func TestConfiguredWhileOff(t *testing.T) {
	virtually(t, lan, tcp.Options{}, func(t *testing.T, p *pair) {
		p.a.PowerOff()
		p.a.AddInterface(tcpip.Interface{Name: "eth1", MTU: 1500, NoDAD: true,
			Addrs: []netip.Prefix{netip.MustParsePrefix("10.1.0.1/24")}})
		p.a.SetRoutes([]tcpip.Route{{Via: netip.MustParseAddr("10.1.0.9"), Port: 1,
			Dst: netip.MustParsePrefix("0.0.0.0/0")}})
		p.a.PowerOn([32]byte{1})
		if list := p.a.Interfaces(); len(list) != 2 || list[1].Name != "eth1" {
			t.Errorf("interfaces are %v, want eth0 and eth1", list)
		}
		c, err := p.a.Dial("udp", "192.0.2.1:9")
		if err != nil {
			t.Fatal(err)
		}
		if got := c.LocalAddr().(*net.UDPAddr).IP.String(); got != "10.1.0.1" {
			t.Errorf("the way to 192.0.2.1 is from %s, want 10.1.0.1", got)
		}
		c.Close()
		p.a.SetRoutes(nil)
		if _, err := p.a.Dial("udp", "192.0.2.1:9"); !errors.Is(err, syscall.ENETUNREACH) {
			t.Errorf("without the route: %v, want that the network is unreachable", err)
		}
	})
}
