package host

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
)

// dialing is a call of DialContext to one address as the row of its steps.
type dialing struct {
	r      *rig
	ctx    context.Context
	cancel context.CancelFunc
	stop   func() bool
	c      *TCPConn
	begun  bool
	failed bool
	err    error
}

func (d *dialing) steps() []step {
	n := d.r.n
	begun, failed := func() bool { return d.begun }, func() bool { return d.failed }
	mark, kick := func() { n.touch.add(d.c) }, func() { n.driver.kick() }
	return []step{
		{"beginTCP", network, func() {
			d.c, d.err = d.r.a.beginTCP(netip.MustParseAddrPort("10.0.0.2:80"))
			d.begun = d.err == nil
		}, nil},
		{"mark", set, mark, begun},
		{"kick", set, kick, begun},
		{"AfterFunc", conn, func() { d.stop = context.AfterFunc(d.ctx, d.c.wake) }, begun},
		{"awaitConnected", conn, func() {
			d.err = d.c.awaitConnected(d.ctx)
			d.failed = d.err != nil
		}, begun},
		{"mark again", set, mark, failed},
		{"kick again", set, kick, failed},
		{"stop", conn, func() { d.stop() }, begun},
	}
}

// answers is the arrival of what a SYN is answered with, if one has left.
func (r *rig) answers() {
	r.run(rigDelay)
	time.Sleep(rigDelay)
}

// silence has every frame be lost.
func (r *rig) silence() {
	r.n.Do(func(now clock.Instant, _ *vnet.Network) { r.link.SetDown(now, true) })
}

func TestWalkDial(t *testing.T) {
	plays := 0
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name  string
			peer  func(r *rig)
			event func(d *dialing)
			ok    []string
		}{
			{"SYN-ACK", (*rig).listen, func(d *dialing) {
				d.r.answers()
			}, []string{"ok"}},
			{"RST", func(*rig) {}, func(d *dialing) {
				d.r.answers()
			}, []string{"refused"}},
			{"cancel", (*rig).silence, func(d *dialing) {
				d.cancel()
			}, []string{"canceled"}},
			{"deadline", (*rig).silence, func(d *dialing) {
				time.Sleep(rigLimit)
			}, []string{"timeout"}},
			{"power off", (*rig).silence, func(d *dialing) {
				d.r.a.PowerOff()
			}, []string{"closed"}},
			{"Network.Fail", (*rig).silence, func(d *dialing) {
				if !d.begun {
					d.cancel() // what is not there cannot fail
				}
				d.r.n.Fail()
			}, []string{"closed", "canceled"}},
		} {
			plays += walk(t, "Dial, "+c.name, func(r *rig) *story {
				c.peer(r)
				d := &dialing{r: r}
				d.ctx, d.cancel = context.WithTimeout(context.Background(), rigLimit)
				r.cleanups = append(r.cleanups, d.cancel)
				return &story{
					steps: d.steps(), enough: true,
					event: func() { c.event(d) },
					wrong: func() string {
						if wrong := outcome(word(d.err), c.ok...); wrong != "" {
							return wrong
						}
						return r.afterDial(d)
					},
				}
			})
		}
	})
	t.Logf("%d interleavings", plays)
}

// listen has the server's host accept one connection.
func (r *rig) listen() {
	l, err := r.b.Listen("tcp", "10.0.0.2:80")
	if err != nil {
		r.t.Fatal(err)
	}
	r.listener = l.(*Listener)
}

// afterDial uses a connection that was made, and looks for what is left of one that was not.
func (r *rig) afterDial(d *dialing) string {
	if d.err == nil {
		r.client, r.server = d.c, r.listener.take()
		if r.server == nil {
			return "the listener knows of no connection"
		}
		r.clientWrites(1000)
		return r.wholeStream(nil, 0)
	}
	if len(r.a.open) > 0 {
		return "the failed connection is still there"
	}
	return ""
}

// A Write while the connection is not yet there: package net's API has none, the engine must bear
// it all the same.
func TestWalkWriteWhileConnecting(t *testing.T) {
	plays := 0
	synctest.Test(t, func(t *testing.T) {
		for _, e := range []event{
			{"SYN-ACK", func(r *rig) func() {
				r.listen()
				r.run(rigDelay)
				return r.inFlight()
			}, true, nil},
			{"RST", func(r *rig) func() {
				r.run(rigDelay)
				return r.inFlight()
			}, true, []string{"refused"}},
		} {
			plays += walk(t, "Write while connecting, "+e.name, func(r *rig) *story {
				var err error
				r.client, err = r.a.beginTCP(netip.MustParseAddrPort("10.0.0.2:80"))
				if err != nil {
					r.t.Fatal(err)
				}
				r.client.touch()
				s := r.writeStory(12<<10, e)
				wrong := s.wrong
				s.wrong = func() string {
					if r.listener != nil {
						r.server = r.listener.take()
					}
					return wrong()
				}
				return s
			})
		}
	})
	t.Logf("%d interleavings", plays)
}

// accepting is a call of Accept as the row of its steps.
type accepting struct {
	l    *Listener
	seen int
	c    *TCPConn
	err  error
}

func (a *accepting) steps() (list []step) {
	not := func() bool { return a.c == nil && a.err == nil }
	for range 3 {
		list = append(list,
			step{"look", conn, func() { a.seen, a.err = a.l.look() }, not},
			step{"take", network, func() { a.c = a.l.take() }, not},
			step{"await", conn, func() { a.l.await(a.seen) }, not},
		)
	}
	return list
}

// dials has so many clients' last ACKs be a link's delay away from the server.
func (r *rig) dials(n int) func() {
	for range n {
		c, err := r.a.beginTCP(r.listener.local.AddrPort())
		if err != nil {
			r.t.Fatal(err)
		}
		c.touch()
	}
	r.run(2 * rigDelay)
	return r.inFlight()
}

func TestWalkAccept(t *testing.T) {
	plays := 0
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name  string
			build func(r *rig) func()
			ok    string
			left  int // connections that wait for the next Accept
		}{
			{"ACK", func(r *rig) func() { return r.dials(1) }, "ok", 0},
			{"two ACKs", func(r *rig) func() { return r.dials(2) }, "ok", 1},
			{"Close", func(r *rig) func() {
				return func() { r.listener.Close() }
			}, "closed", 0},
			{"deadline", func(r *rig) func() {
				r.listener.SetDeadline(time.Now().Add(rigDelay))
				return r.inFlight()
			}, "timeout", 0},
			{"power off", func(r *rig) func() { return r.b.PowerOff }, "closed", 0},
			{"Network.Fail", func(r *rig) func() { return r.n.Fail }, "closed", 0},
		} {
			plays += walk(t, "Accept, "+c.name, func(r *rig) *story {
				r.listen()
				a := &accepting{l: r.listener}
				return &story{
					event: c.build(r), steps: a.steps(), enough: true,
					wrong: func() string {
						if wrong := outcome(word(a.err), c.ok); wrong != "" {
							return wrong
						}
						for range c.left {
							if r.listener.take() == nil {
								return "a connection is missing"
							}
						}
						return ""
					},
				}
			})
		}
	})
	t.Logf("%d interleavings", plays)
}
