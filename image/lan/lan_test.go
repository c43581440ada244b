package lan

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// newLAN starts a network.
func newLAN(t *testing.T) *LAN {
	t.Helper()
	l, err := New([32]byte{1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// add makes a place on a network.
func add(t *testing.T, l *LAN) *Place {
	t.Helper()
	p, err := l.Add()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// machine is what QEMU and a guest are for the network: a stack at the other end of a socket.
func machine(t *testing.T, p *Place) *host.Host {
	t.Helper()
	conn, err := net.Dial("unix", p.Socket)
	if err != nil {
		t.Fatal(err)
	}
	n := host.Real(prng.New(2))
	h := host.New(n, host.Config{Name: "machine"})
	port := h.AddInterface(tcpip.Interface{Name: "net0", MAC: wire.MAC(p.MAC), MTU: mtu, NoDAD: true,
		Addrs: []netip.Prefix{p.Address}})
	d := device.Attach(n, "card", device.NewStream(conn))
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(port, d.Port(), vnet.Settings{MTU: mtu})
	})
	t.Cleanup(func() { d.Close(); n.Close() })
	return h
}

// echo lets a machine send back what it gets, once the other end has said all.
func echo(t *testing.T, h *host.Host) {
	t.Helper()
	l, err := h.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				all, _ := io.ReadAll(conn)
				conn.Write(all)
			}()
		}
	}()
}

// TestPublish: who connects before the machine listens waits; what goes in comes back whole, and
// the ends of the directions are passed on one by one.
func TestPublish(t *testing.T) {
	l := newLAN(t)
	place := add(t, l)
	p, err := l.Publish("127.0.0.1:0", netip.AddrPortFrom(place.Address.Addr(), 80))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", p.Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sent := bytes.Repeat([]byte("echo "), 100_000)
	got := make(chan []byte)
	go func() {
		conn.Write(sent)
		conn.(*net.TCPConn).CloseWrite()
		all, _ := io.ReadAll(conn)
		got <- all
	}()
	select {
	case <-p.Answered():
		t.Error("it has answered before it is there")
	case <-time.After(100 * time.Millisecond):
	}
	echo(t, machine(t, place))
	if all := <-got; !bytes.Equal(all, sent) {
		t.Errorf("%d bytes came back of %d", len(all), len(sent))
	}
	<-p.Answered()
	if err := p.Probe(t.Context()); err != nil {
		t.Errorf("probe: %v", err)
	}
	if _, err := l.Publish(p.Addr.String(), netip.AddrPort{}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port that is taken: %v", err)
	}
}

// TestTwoMachines: they reach each other and the gateway; one that is plugged in again is back.
func TestTwoMachines(t *testing.T) {
	l := newLAN(t)
	a, b := add(t, l), add(t, l)
	if a.Address.String() != "10.0.2.15/24" || b.Address.String() != "10.0.2.16/24" ||
		a.Router.String() != "10.0.2.2" || a.MAC.String() == b.MAC.String() {
		t.Errorf("places %+v, %+v", a, b)
	}
	echo(t, machine(t, a))
	client := machine(t, b)
	say := func(h *host.Host) {
		t.Helper()
		conn, err := h.DialContext(t.Context(), "tcp", "10.0.2.15:80")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, "between machines")
		conn.(interface{ CloseWrite() error }).CloseWrite()
		if all, err := io.ReadAll(conn); string(all) != "between machines" {
			t.Errorf("%q, %v", all, err)
		}
	}
	say(client)
	say(machine(t, b)) // takes the place of the first
}

// TestNobody: a machine that never comes ends a probe with the context, and connections with Close.
func TestNobody(t *testing.T) {
	l := newLAN(t)
	place := add(t, l)
	p, err := l.Publish("127.0.0.1:0", netip.AddrPortFrom(place.Address.Addr(), 80))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := p.Probe(ctx); err == nil {
		t.Error("nobody answers a probe")
	}
	conn, err := net.Dial("tcp", p.Addr.String())
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { l.Close() })
	if _, err := io.ReadAll(conn); err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("a connection to nobody ends with %v, want a reset", err)
	}
}

// TestMachinesMax: there is an end to the addresses.
func TestMachinesMax(t *testing.T) {
	l := newLAN(t)
	for range MachinesMax {
		add(t, l)
	}
	if _, err := l.Add(); err == nil {
		t.Error("no end to machines")
	}
}
