//go:build unix

package topology

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/host/device"
	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip"
	"github.com/atoll-os/atoll/unikernel"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// elsewhere is what a virtual machine is for a lab: a host of another network at the other end of a
// Unix socket. It runs do.
func elsewhere(t *testing.T, do func(ctx context.Context, h *host.Host, p Place) error) Machine {
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	return Machine{Card: device.NewSocket(listener), Run: func(ctx context.Context, p Place) error {
		conn, err := net.Dial("unix", socket)
		if err != nil {
			return err
		}
		n := host.Real(prng.New(2))
		defer n.Close()
		h := host.New(n, host.Config{Name: "elsewhere"})
		port := h.AddInterface(tcpip.Interface{Name: "net0", MAC: wire.MAC(p.MAC), MTU: MachineMTU,
			Addrs: p.Addrs[:], NoDAD: true})
		d := device.Attach(n, "card", device.NewStream(conn))
		defer d.Close()
		n.Do(func(_ clock.Instant, v *vnet.Network) {
			v.Connect(port, d.Port(), vnet.Settings{MTU: MachineMTU})
		})
		return do(ctx, h, p)
	}}
}

// TestMachineServes: an iperf client of the lab measures against a machine outside of it, which
// comes later, crashes and comes again; what the machine is told is right.
func TestMachineServes(t *testing.T) {
	lives, visits := 0, make(chan error, 1)
	s := elsewhere(t, func(ctx context.Context, h *host.Host, p Place) error {
		lives++
		p.Log.Info("hello from a machine")
		if len(p.Hosts) != 2 || p.Hosts[1].Name != "c" || len(p.Hosts[1].Addrs) != 2 ||
			p.Hosts[0].Addrs[0] != p.Addrs[0].Addr() {
			t.Errorf("it is told of %+v", p.Hosts)
		}
		if lives == 1 {
			<-ctx.Done()
			return errors.New("what it says after a crash does not count")
		}
		time.Sleep(300 * time.Millisecond)
		l, err := h.Listen("tcp", ":5201")
		if err != nil {
			return err
		}
		visited, err := p.Dial(ctx, "tcp", "s:5201")
		if err == nil {
			visited.Close()
		}
		visits <- err
		server := iperf.Server{Interval: -1}
		return server.Serve(ctx, l)
	})
	s.Visited = true
	held := ""
	s.Pause = func() func() { held += "held "; return func() { held += "released" } }
	f := parse(t, `
hosts:
  s: {run: iperf-server}
  c: {run: iperf, to: s, time: 500ms}
switches: [lan]
links: [{ends: [c, lan], delay: 1ms, rate: 20Mbit, queue: 64KiB}, {ends: [s, lan]}]
at: {50ms: crash s, 100ms: restart s, 150ms: pause s, 200ms: resume s}
`)
	r, err := f.Run(t, RunOptions{Real: true, Machines: map[string]Machine{"s": s}})
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK || len(r.Flows) != 1 || r.Flows[0].Bytes < 100_000 || lives != 2 {
		t.Errorf("%d lives, ok %v, failures %v, flows %+v", lives, r.OK, r.Failures, r.Flows)
	}
	if held != "held released" {
		t.Errorf("it was %s", held)
	}
	if err := <-visits; err != nil {
		t.Errorf("a visit from outside: %v", err)
	}
	if r.Nodes[0].Runs != "a virtual machine" || len(r.Nodes[0].Addrs) != 2 {
		t.Errorf("node %+v", r.Nodes[0])
	}
	if len(r.Log) == 0 || r.Log[0].Host != "s" || r.Log[0].Text != "hello from a machine" {
		t.Errorf("log %+v", r.Log)
	}
}

// TestMachinesEnd: without clients a run ends with its machines; one that fails is told.
func TestMachinesEnd(t *testing.T) {
	a := elsewhere(t, func(context.Context, *host.Host, Place) error { return nil })
	b := elsewhere(t, func(context.Context, *host.Host, Place) error {
		return errors.New("exit code 3")
	})
	f := parse(t, "hosts: {n: {count: 2, run: somebody}}\nlinks: [{ends: [n0, n1]}]\n"+
		"expect: []\nduration: 1m\n")
	begun := time.Now()
	r, err := f.Run(t, RunOptions{Real: true, Machines: map[string]Machine{"n0": a, "n1": b}})
	if err != nil {
		t.Fatal(err)
	}
	if r.OK || len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "n1: service ended: exit") {
		t.Errorf("ok %v, failures %v", r.OK, r.Failures)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
}

// TestMachineWrong: what cannot be a machine is an error with a hint.
func TestMachineWrong(t *testing.T) {
	m := Machine{Run: func(context.Context, Place) error { return unikernel.ErrStopped }}
	f := parse(t, `
hosts:
  s: {run: iperf-server}
  c: {run: iperf, to: s, time: 500ms}
  two:
  small:
routers: [gw]
switches: [lan]
links:
  - {ends: [c, lan]}
  - {ends: [s, lan]}
  - {ends: [gw, lan]}
  - {ends: [two, lan]}
  - {ends: [two, s]}
  - {ends: [small, lan], mtu: 1280}
at: {1s: pause small, 2s: resume small}
`)
	for name, want := range map[string]string{
		"nobody": `the lab has no host "nobody" for a machine`,
		"smal":   "did you mean small?",
		"gw":     "gw is a router",
		"c":      "c runs iperf, and a machine takes its place",
		"two":    "two has 2 links, and a machine one",
		"small":  "small-lan has mtu 1280",
		"lan":    `no host "lan"`,
	} {
		_, err := f.Run(t, RunOptions{Real: true, Machines: map[string]Machine{name: m}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
	_, err := f.Run(t, RunOptions{Real: true, Machines: map[string]Machine{"small": m}})
	if err == nil || !strings.Contains(err.Error(), `"pause small": small is a virtual machine`) {
		t.Errorf("a pause: %v", err)
	}
	m.Visited = true
	f = parse(t, pair)
	_, err = f.Run(t, RunOptions{Real: true, Machines: map[string]Machine{"s": m}})
	if err == nil || !strings.Contains(err.Error(), "s cannot be reached from outside") {
		t.Errorf("a visit without a switch: %v", err)
	}
	if _, err := f.Run(t, RunOptions{Machines: map[string]Machine{"s": m}}); err == nil {
		t.Error("a machine in virtual time")
	}
}
