package host

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// udpRig is a connected UDP socket on a, and its peer on b if it is there.
type udpRig struct {
	*rig
	client, server *UDPConn
}

func newUDPRig(r *rig, peer bool) *udpRig {
	u := &udpRig{rig: r}
	if peer {
		l, err := r.b.ListenPacket("udp", "10.0.0.2:9")
		if err != nil {
			r.t.Fatal(err)
		}
		u.server = l.(*UDPConn)
	}
	c, err := r.a.Dial("udp", "10.0.0.2:9")
	if err != nil {
		r.t.Fatal(err)
	}
	u.client = c.(*UDPConn)
	return u
}

// udpEvent is what happens to a UDP socket during a call.
type udpEvent struct {
	name  string
	peer  bool
	build func(u *udpRig) func()
	read  string // what Read returns if it waits for this; "" if it goes on waiting
	write string // and Write, without room
}

var udpEvents = []udpEvent{
	{"datagram", true, func(u *udpRig) func() {
		u.server.WriteTo([]byte("x"), u.client.LocalAddr())
		return u.inFlight()
	}, "ok", "ok"},
	{"unreachable", false, func(u *udpRig) func() {
		u.client.Write([]byte("x"))
		u.run(rigDelay)
		return u.inFlight()
	}, "refused", "refused"},
	{"deadline", true, func(u *udpRig) func() {
		u.client.SetDeadline(time.Now().Add(rigDelay))
		return u.inFlight()
	}, "timeout", "timeout"},
	{"Close", true, func(u *udpRig) func() {
		return func() { u.client.Close() }
	}, "closed", "closed"},
	{"power off", true, func(u *udpRig) func() {
		return u.a.PowerOff
	}, "closed", "closed"},
	{"Network.Fail", true, func(u *udpRig) func() {
		return u.n.Fail
	}, "closed", "closed"},
	{"nothing", true, func(u *udpRig) func() { return func() {} }, "", "ok"},
}

func TestWalkUDP(t *testing.T) {
	plays := 0
	synctest.Test(t, func(t *testing.T) {
		for _, e := range udpEvents {
			plays += walk(t, "UDP read, "+e.name, func(r *rig) *story {
				u := newUDPRig(r, e.peer)
				event := e.build(u)
				var err error
				return &story{
					event: event, enough: e.read != "",
					more: func() { u.server.WriteTo([]byte("y"), u.client.LocalAddr()) },
					steps: []step{{"ReadFrom", conn, func() {
						_, _, err = u.client.ReadFromUDPAddrPort(make([]byte, 1))
					}, nil}},
					wrong: func() string {
						if e.read == "" {
							return outcome(word(err), "ok")
						}
						return outcome(word(err), e.read)
					},
				}
			})
			for _, full := range [2]bool{false, true} {
				plays += walk(t, "UDP write, "+e.name, func(r *rig) *story {
					return newUDPRig(r, e.peer).writeStory(e, full)
				})
			}
		}
	})
	t.Logf("%d interleavings", plays)
}

// writeStory is a Write of a datagram, with room for it or not, and an event.
func (u *udpRig) writeStory(e udpEvent, full bool) *story {
	event := e.build(u)
	large := make([]byte, 60_000)
	if full { // by the front door, but the engine is not told
		for !u.client.out.full(len(large)) {
			if err := u.client.enqueue(large, u.client.remote.AddrPort()); err != nil {
				u.t.Fatal(err)
			}
		}
		u.n.touch.add(u.client)
	}
	var err error
	done := func() bool { return err == nil }
	return &story{
		event: event, enough: true,
		steps: []step{
			{"enqueue", conn, func() {
				err = u.client.enqueue(large, u.client.remote.AddrPort())
			}, nil},
			{"mark", set, func() { u.n.touch.add(u.client) }, done},
			{"kick", set, func() { u.n.driver.kick() }, done},
		},
		wrong: func() string {
			if wrong := outcome(word(err), "ok", e.write); wrong != "" {
				return wrong
			}
			switch {
			case err == nil && e.write == "ok" && u.server.in.waiting == 0:
				return "the datagram does not arrive"
			case len(u.client.out.heads) > 0 && !u.client.host.still() && e.write != "closed":
				return "datagrams stay behind"
			}
			return ""
		},
	}
}

// pinging is a call of Ping as the row of its steps.
type pinging struct {
	r      *rig
	ctx    context.Context
	cancel context.CancelFunc
	stop   func() bool
	p      *ping
	begun  bool
	err    error
}

func (g *pinging) steps() []step {
	n := g.r.n
	begun := func() bool { return g.begun }
	mark, kick := func() { n.touch.add(g.p) }, func() { n.driver.kick() }
	return []step{
		{"beginPing", network, func() {
			g.p, g.err = g.r.a.beginPing(netip.MustParseAddr("10.0.0.2"))
			g.begun = g.err == nil
		}, nil},
		{"mark", set, mark, begun},
		{"kick", set, kick, begun},
		{"AfterFunc", conn, func() { g.stop = context.AfterFunc(g.ctx, g.p.wake) }, begun},
		{"await", conn, func() { _, g.err = g.p.await(g.ctx) }, begun},
		{"mark again", set, mark, begun},
		{"kick again", set, kick, begun},
		{"stop", conn, func() { g.stop() }, begun},
	}
}

func TestWalkPing(t *testing.T) {
	plays := 0
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name  string
			event func(g *pinging)
			ok    []string
		}{
			{"reply", func(g *pinging) { g.r.answers() }, []string{"ok"}},
			{"cancel", func(g *pinging) {
				g.r.silence()
				g.cancel()
			}, []string{"canceled"}},
			{"power off", func(g *pinging) {
				g.r.silence()
				g.r.a.PowerOff()
			}, []string{"closed"}},
			{"Network.Fail", func(g *pinging) {
				g.r.silence()
				if !g.begun {
					g.cancel()
				}
				g.r.n.Fail()
			}, []string{"closed", "canceled"}},
		} {
			plays += walk(t, "Ping, "+c.name, func(r *rig) *story {
				g := &pinging{r: r}
				g.ctx, g.cancel = context.WithCancel(context.Background())
				r.cleanups = append(r.cleanups, g.cancel)
				return &story{
					steps: g.steps(), enough: true,
					event: func() { c.event(g) },
					wrong: func() string {
						if wrong := outcome(word(g.err), c.ok...); wrong != "" {
							return wrong
						}
						if len(r.a.open) > 0 {
							return "the echo socket is still open"
						}
						return ""
					},
				}
			})
		}
	})
	t.Logf("%d interleavings", plays)
}

var _ net.PacketConn = (*UDPConn)(nil)
