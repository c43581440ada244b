package tcpip

import (
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// host makes a machine with one interface.
func (e *env) host(t *testing.T, d *datadriven.TestData) {
	h := &testHost{name: d.CmdArgs[0].Key}
	cfg := Config{Name: h.name, Trace: e.trace(h), Forwarding: d.HasArg("forwarding")}
	copy(cfg.Secret[:], h.name)
	h.stack = New(cfg)
	h.at = e.net.Attach(h.name, h.stack)
	e.hosts[h.name] = h
	e.order = append(e.order, h)
	e.addInterface(t, d)
}

// addInterface gives a machine one more interface.
func (e *env) addInterface(t *testing.T, d *datadriven.TestData) {
	h := e.hostArg(t, d, 0)
	i := Interface{Name: "eth" + strconv.Itoa(len(h.ports)), MTU: number(t, d, "mtu", 1500),
		MAC:   wire.MAC{2, 0, 0, 0, byte(len(h.ports)), h.name[0] - 'a' + 0xa},
		NoDAD: !d.HasArg("dad"), AcceptRA: d.HasArg("ra"),
		Advertise: d.HasArg("advertise"), Offload: !d.HasArg("sum")}
	for _, a := range d.CmdArgs[1:] {
		if p, err := netip.ParsePrefix(a.Key); err == nil {
			i.Addrs = append(i.Addrs, p)
		}
	}
	h.stack.AddInterface(e.now, i)
	h.ports = append(h.ports, h.at.AddPort(i.Name))
}

func (e *env) connect(t *testing.T, d *datadriven.TestData) {
	delay, err := time.ParseDuration(option(d, "delay", "10ms"))
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	set := vnet.Settings{Delay: delay, MTU: number(t, d, "mtu", 0),
		Rate: int64(number(t, d, "rate", 0))}
	l := &testLink{a: e.hostArg(t, d, 0), b: e.hostArg(t, d, 1)}
	var ports [2]*vnet.Port
	for k, h := range [2]*testHost{l.a, l.b} {
		ports[k] = h.ports[h.linked]
		h.linked++
	}
	l.link = e.net.Connect(ports[0], ports[1], set)
	e.links = append(e.links, l)
}

func (e *env) route(t *testing.T, d *datadriven.TestData) {
	h := e.hostArg(t, d, 0)
	h.stack.AddRoute(Route{Dst: netip.MustParsePrefix(d.CmdArgs[1].Key),
		Via: netip.MustParseAddr(option(d, "via", "")), Port: number(t, d, "port", 0)})
}

// linkArg returns the link between two hosts, and which direction goes from the first.
func (e *env) linkArg(t *testing.T, d *datadriven.TestData) (l *testLink, direction int) {
	a, b := e.hostArg(t, d, 0), e.hostArg(t, d, 1)
	for _, l := range e.links {
		switch {
		case l.a == a && l.b == b:
			return l, 0
		case l.a == b && l.b == a:
			return l, 1
		}
	}
	d.Fatalf(t, "no link between %s and %s", a.name, b.name)
	return nil, 0
}

func (e *env) drop(t *testing.T, d *datadriven.TestData) {
	l, k := e.linkArg(t, d)
	if l.lose[k] == nil { // a fault has super-segments cut up, so it is not there from the start
		l.lose[k] = &loseFrames{}
		l.link.Directions[k].Add(l.lose[k])
	}
	for _, a := range d.CmdArgs[2:] {
		n, err := strconv.Atoi(a.Key)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		l.lose[k].left = append(l.lose[k].left, n)
	}
}

func (e *env) cable(t *testing.T, d *datadriven.TestData) {
	l, _ := e.linkArg(t, d)
	l.link.SetDown(e.now, d.Cmd == "cut")
}

// inject puts a frame, in hexadecimal, into the first interface of a host.
func (e *env) inject(t *testing.T, d *datadriven.TestData) {
	h := e.hostArg(t, d, 0)
	b, err := hex.DecodeString(strings.Join(strings.Fields(d.Input), ""))
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	f := vnet.NewFrame(len(b))
	f.Data = append(f.Data, b...)
	if d.HasArg("sum") {
		if b := f.Data[ethernetHeader:]; b[0]>>4 == 4 {
			b[10], b[11] = 0, 0
			sum := ^wire.Checksum(b[:ipv4Header], 0)
			b[10], b[11] = byte(sum>>8), byte(sum)
		}
		wire.FinishChecksum(f.Data)
	}
	e.printf("%v ->%s %s", e.now, h.name, wire.Describe(f.Data))
	h.stack.Input(e.now, number(t, d, "port", 0), f)
}

func (e *env) listSockets(t *testing.T, d *datadriven.TestData) {
	for _, s := range e.hostArg(t, d, 0).stack.Sockets() {
		e.printf("%v", s)
	}
}

func (e *env) stats(t *testing.T, d *datadriven.TestData) {
	s := e.hostArg(t, d, 0).stack.Stats()
	e.printf("%v", &s)
}

func (e *env) routes(t *testing.T, d *datadriven.TestData) {
	for _, r := range e.hostArg(t, d, 0).stack.Routes() {
		e.printf("%v", r)
	}
}

func (e *env) addresses(t *testing.T, d *datadriven.TestData) {
	for _, i := range e.hostArg(t, d, 0).stack.Interfaces() {
		e.printf("%s %v", i.Name, i.Addrs)
	}
}

// listChanged prints the sockets that changed since the last time.
func (e *env) listChanged(t *testing.T, d *datadriven.TestData) {
	h := e.hostArg(t, d, 0)
	for _, s := range h.changed {
		name := "unnamed"
		for k, v := range e.sockets {
			if v == any(s) {
				name = k
			}
		}
		if c, ok := s.(*TCPSocket); ok {
			e.printf("%s %v, %d to read", name, c.State(), c.Received())
		} else {
			e.printf("%s", name)
		}
	}
	h.changed = nil
}
