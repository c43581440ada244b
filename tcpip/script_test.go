package tcpip

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// TestScripts runs testdata/*.txt: hosts and links in text, with every frame and every change of
// state as a line. -rewrite writes what happens into the files. Sequence numbers and timestamps are
// printed from the first of their connection and side, ports and everything else as they are.
//
//	host NAME ADDR/BITS… [mtu=N] [forwarding] [dad] [ra] [advertise] [sum]
//	interface NAME ADDR/BITS… [mtu=N]      one more for a host
//	link NAME NAME [delay=D] [mtu=N] [rate=N]   joins the next free interface of each
//	route NAME PREFIX via=ADDR [port=N]
//	listen NAME ADDR:PORT [backlog=N]      or just :PORT
//	connect NAME ADDR:PORT [as=C] [from=ADDR:PORT]
//	accept NAME PORT [as=C]
//	send C N|"text", recv C, close C, shutdown C, abort C, closelisten NAME PORT
//	udp NAME ADDR:PORT [as=U] [to=ADDR:PORT], sendto U ADDR:PORT N|"text", recvfrom U, closeudp U
//	ping NAME ADDR [size=N] [seq=N] [as=E], pong E
//	drop FROM TO K…                        the K-th frames from now are lost (1 is the next)
//	cut NAME NAME, plug NAME NAME          the cable
//	advance D                              time passes
//	stabilize                              time passes until nothing is due within 100 ms
//	inject NAME [port=N] [sum]             a frame in hexadecimal; sum sets its checksums
//	sockets NAME, stats NAME, routes NAME, addresses NAME, changed NAME
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if !strings.HasSuffix(path, ".txt") {
			return
		}
		e := &env{net: vnet.New(prng.New(1)), hosts: map[string]*testHost{},
			sockets: map[string]any{}, first: map[string]uint32{}}
		e.net.Observe(e.observe)
		datadriven.RunTest(t, path, e.run)
	})
}

// env is the hosts and links of one script.
type env struct {
	net     *vnet.Network
	now     clock.Instant
	hosts   map[string]*testHost
	order   []*testHost
	links   []*testLink
	sockets map[string]any
	first   map[string]uint32 // initial sequence numbers and timestamps
	out     strings.Builder
}

type testHost struct {
	name    string
	stack   *Stack
	at      *vnet.Attachment
	ports   []*vnet.Port
	linked  int
	changed []Socket
}

type testLink struct {
	a, b *testHost
	link *vnet.Link
	lose [2]*loseFrames
}

// loseFrames is a fault that drops the frames whose numbers it holds.
type loseFrames struct{ left []int }

func (f *loseFrames) String() string { return "lose frames" }

func (f *loseFrames) Judge(clock.Instant, *vnet.Frame, *vnet.Memory) (v vnet.Verdict) {
	for i := range f.left {
		f.left[i]--
	}
	if i := slices.Index(f.left, 0); i >= 0 {
		f.left = slices.Delete(f.left, i, i+1)
		v.Drop = vnet.Lost
	}
	return v
}

// run is one command. What it prints is everything that happened during it.
func (e *env) run(t *testing.T, d *datadriven.TestData) string {
	e.out.Reset()
	handlers := map[string]func(*testing.T, *datadriven.TestData){
		"host": e.host, "interface": e.addInterface, "link": e.connect, "route": e.route,
		"drop": e.drop, "cut": e.cable, "plug": e.cable, "advance": e.advance,
		"stabilize": e.stabilize, "sockets": e.listSockets, "stats": e.stats,
		"routes": e.routes, "addresses": e.addresses, "changed": e.listChanged,
		"listen": e.listen, "connect": e.dial, "accept": e.accept, "send": e.send,
		"recv": e.recv, "close": e.end, "shutdown": e.end, "abort": e.end,
		"closelisten": e.closeListener, "udp": e.udp, "sendto": e.sendTo,
		"recvfrom": e.receiveFrom, "closeudp": e.closeUDP, "ping": e.ping, "pong": e.pong,
		"inject": e.inject,
	}
	h := handlers[d.Cmd]
	if h == nil {
		d.Fatalf(t, "no command %q", d.Cmd)
	}
	h(t, d)
	e.settle()
	if e.out.Len() == 0 {
		return "ok\n"
	}
	return e.out.String()
}

func (e *env) printf(format string, args ...any) { fmt.Fprintf(&e.out, format+"\n", args...) }

// settle does what is due at this instant.
func (e *env) settle() {
	for _, h := range e.order {
		h.at.Touch()
	}
	e.net.Run(e.now)
	for _, h := range e.order {
		h.stack.Changed(func(s Socket) { h.changed = append(h.changed, s) })
	}
}

// runUntil lets time pass; it stops at an instant, or before the first gap longer than quiet.
func (e *env) runUntil(limit clock.Instant, quiet time.Duration) {
	for {
		e.settle()
		next := e.net.Next(e.now)
		if next > limit || next.Sub(e.now) > quiet {
			return
		}
		e.now = next
	}
}

func (e *env) advance(t *testing.T, d *datadriven.TestData) {
	by, err := time.ParseDuration(d.CmdArgs[0].Key)
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	until := e.now.Add(by)
	e.runUntil(until, time.Duration(clock.Never))
	e.now = until
}

func (e *env) stabilize(t *testing.T, d *datadriven.TestData) {
	e.runUntil(clock.Never-1, 100*time.Millisecond)
}

// observe prints what happens to frames.
func (e *env) observe(v vnet.Event) {
	switch v.Kind {
	case vnet.Sent:
		e.printf("%v %s>%s %s", e.now, v.Port.Node().Name(), peerName(v.Port), e.describe(v.Frame))
	case vnet.Dropped:
		e.printf("%v %s>%s DROPPED: %v", e.now, v.Port.Node().Name(), peerName(v.Port), v.Reason)
	}
}

func peerName(p *vnet.Port) string {
	if p.Peer() == nil {
		return "-"
	}
	return p.Peer().Node().Name()
}

// describe is wire.Describe with sequence numbers and timestamps that begin at 0.
func (e *env) describe(f *vnet.Frame) string {
	c := f.Clone()
	defer c.Release()
	if f.Unsummed {
		wire.FinishChecksum(c.Data)
	}
	eth, b, err := wire.ParseEthernet(c.Data)
	if err != nil {
		return wire.Describe(c.Data)
	}
	var src, dst netip.Addr
	var segment []byte
	switch eth.Type {
	case wire.TypeIPv4:
		h, data, err := wire.ParseIPv4(b)
		if err != nil || h.Protocol != wire.ProtoTCP || h.MoreFragments || h.FragmentOffset > 0 {
			return wire.Describe(c.Data)
		}
		src, dst, segment = h.Src, h.Dst, data
	case wire.TypeIPv6:
		h, data, err := wire.ParseIPv6(b)
		if err != nil || h.Next != wire.ProtoTCP {
			return wire.Describe(c.Data)
		}
		src, dst, segment = h.Src, h.Dst, data
	default:
		return wire.Describe(c.Data)
	}
	var h wire.TCP
	data, err := wire.ParseTCP(segment, &h)
	if err != nil || !f.Unsummed && !wire.VerifyChecksum(wire.ProtoTCP, src, dst, segment) {
		return wire.Describe(c.Data)
	}
	e.relative(src, dst, &h)
	s := fmt.Sprintf("%v.%d > %v.%d: %s", src, h.SrcPort, dst, h.DstPort, h.Describe(len(data)))
	if f.SegmentSize > 0 {
		s += fmt.Sprintf(" by %d", f.SegmentSize)
	}
	return s
}

// relative takes the first sequence number and timestamp of each side off.
func (e *env) relative(src, dst netip.Addr, h *wire.TCP) {
	from := fmt.Sprint(netip.AddrPortFrom(src, h.SrcPort), netip.AddrPortFrom(dst, h.DstPort))
	to := fmt.Sprint(netip.AddrPortFrom(dst, h.DstPort), netip.AddrPortFrom(src, h.SrcPort))
	subtract := func(n *uint32, key string, begin, need bool) {
		if _, ok := e.first[key]; (!ok || begin) && need {
			e.first[key] = *n
		}
		*n -= e.first[key]
	}
	subtract(&h.Seq, "seq "+from, h.Flags&wire.SYN != 0, h.Flags&(wire.SYN|wire.RST) != wire.RST)
	if h.Flags&wire.ACK != 0 {
		subtract(&h.Ack, "seq "+to, false, false)
		for i := range h.SACKCount {
			h.SACK[i].Left -= e.first["seq "+to]
			h.SACK[i].Right -= e.first["seq "+to]
		}
	}
	if h.HasTimestamps {
		subtract(&h.TSVal, "ts "+from, false, true)
		if h.TSEcr != 0 {
			subtract(&h.TSEcr, "ts "+to, false, false)
		}
	}
}

// trace prints a change of state of a connection of a host.
func (e *env) trace(h *testHost) func(TraceEvent) {
	return func(v TraceEvent) {
		e.printf("%v %s tcp %d>%d %v -> %v (%s)", v.At, h.name, v.Socket.LocalAddr().Port(),
			v.Socket.RemoteAddr().Port(), v.From, v.To, v.Why)
	}
}

func (e *env) hostArg(t *testing.T, d *datadriven.TestData, i int) *testHost {
	if i >= len(d.CmdArgs) {
		d.Fatalf(t, "%s needs a host", d.Cmd)
	}
	h := e.hosts[d.CmdArgs[i].Key]
	if h == nil {
		d.Fatalf(t, "no host %q", d.CmdArgs[i].Key)
	}
	return h
}

func option(d *datadriven.TestData, key, missing string) string {
	for _, a := range d.CmdArgs {
		if a.Key == key && len(a.Vals) > 0 {
			return a.Vals[0]
		}
	}
	return missing
}

func number(t *testing.T, d *datadriven.TestData, key string, missing int) int {
	n, err := strconv.Atoi(option(d, key, strconv.Itoa(missing)))
	if err != nil {
		d.Fatalf(t, "%v", err)
	}
	return n
}
