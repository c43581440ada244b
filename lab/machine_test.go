//go:build unix

package lab

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/fault"
	"github.com/atoll-os/atoll/wire"
)

// elsewhere is what a virtual machine is for a lab: a network of its own whose one host is at the
// other end of a Unix socket. It greets whoever connects, until ctx ends.
func elsewhere(ctx context.Context, socket string, p Place) error {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return err
	}
	n := host.Real(prng.New(2))
	defer n.Close()
	h := host.New(n, host.Config{Name: "elsewhere"})
	port := h.AddInterface(tcpip.Interface{Name: "net0", MAC: wire.MAC(p.MAC), MTU: 1500,
		Addrs: p.Addrs[:], NoDAD: true})
	h.SetRoutes([]tcpip.Route{{Dst: anywhere[0], Via: p.Routers[0]},
		{Dst: anywhere[1], Via: p.Routers[1]}})
	d := device.Attach(n, "card", device.NewStream(conn))
	defer d.Close()
	n.Do(func(_ clock.Instant, v *vnet.Network) {
		v.Connect(port, d.Port(), vnet.Settings{MTU: 1500})
	})
	l, err := h.Listen("tcp", ":7")
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		conn, err := l.Accept()
		if err != nil {
			return nil
		}
		io.WriteString(conn, "from elsewhere")
		conn.Close()
	}
}

// TestMachine: a machine outside of the lab is reached by its name through a router and a link that
// loses frames, and is not while it is cut off or has crashed.
func TestMachine(t *testing.T) {
	l := New(t, Seed(1))
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	var m *Host
	lives := make(chan error, 8)
	m = l.Machine("far", device.NewSocket(listener), func(ctx context.Context,
		_ *unikernel.Machine) error {
		err := elsewhere(ctx, socket, m.Place())
		lives <- context.Cause(ctx)
		return err
	})
	me, gw := l.Host("me", nil), l.Router("gw")
	lan, site := l.Switch("lan", me, gw), l.Switch("site", gw)
	_ = lan
	k := l.Link(m, site, fault.Delay(time.Millisecond), fault.Loss(0.05))
	p := m.Place()
	if p.Addrs[0].String() != "10.2.0.2/16" || p.Routers[0] != netip.MustParseAddr("10.2.0.1") ||
		!p.Addrs[1].Addr().Is6() || !p.Routers[1].Is6() || p.MAC.String() != "02:00:00:00:01:01" {
		t.Errorf("place %+v", p)
	}
	l.Start()
	ask := func() string {
		conn, err := me.DialTimeout("tcp", "far:7", time.Second)
		if err != nil {
			return err.Error()
		}
		defer conn.Close()
		text, _ := io.ReadAll(conn)
		return string(text)
	}
	reached := func() bool { return ask() == "from elsewhere" }
	l.Eventually(10*time.Second, "it answers", reached)
	up := k.Down()
	if reached() {
		t.Error("it answers without a cable")
	}
	up()
	heal := l.Partition(m)
	if reached() {
		t.Error("it answers across a partition")
	}
	heal()
	m.Crash()
	if err := <-lives; !errors.Is(err, unikernel.ErrKilled) {
		t.Errorf("it crashed because of %v", err)
	}
	if reached() {
		t.Error("it answers after a crash")
	}
	m.Restart()
	l.Eventually(10*time.Second, "it answers again", reached)
	if _, err := m.Dial("tcp", "me:7"); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("its verbs: %v", err)
	}
	l.Close()
	if err := <-lives; errors.Is(err, unikernel.ErrKilled) {
		t.Errorf("at the end: %v", err)
	}
}
