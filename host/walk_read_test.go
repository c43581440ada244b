package host

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
)

// reading is a call of Read as the row of its steps.
type reading struct {
	c     *TCPConn
	p     []byte
	n     int
	begun bool
	tell  bool
	err   error
}

func (d *reading) steps() []step {
	c := d.c
	begun, tell := func() bool { return d.begun }, func() bool { return d.tell }
	return []step{
		{"beginRead", conn, func() { d.err = c.beginRead(false); d.begun = d.err == nil }, nil},
		{"copy", alone, func() { d.n = c.rq.Read(d.p) }, begun},
		{"endRead", conn, func() { d.tell = c.endRead(d.n) }, begun},
		{"mark", set, func() { c.host.network.touch.add(c) }, tell},
		{"kick", set, func() { c.host.network.driver.kick() }, tell},
	}
}

// waiting has bytes wait for the client's Read.
func (r *rig) waiting(n int) {
	r.serverWrites(n)
	r.run(10 * rigDelay)
}

func TestWalkRead(t *testing.T) {
	plays := 0
	events := append(append([]event{
		{"FIN", func(r *rig) func() {
			r.server.CloseWrite()
			return r.inFlight()
		}, true, []string{"EOF"}},
		{"data", func(r *rig) func() {
			r.serverWrites(1000)
			return r.inFlight()
		}, true, nil},
		{"CloseRead", func(r *rig) func() {
			return func() { r.client.CloseRead() }
		}, true, []string{"EOF"}},
		{"ACK", func(r *rig) func() {
			r.clientWrites(1000)
			r.run(rigDelay)
			return r.inFlight()
		}, false, nil},
	}, common...), event{"nothing", func(r *rig) func() { return func() {} }, false, nil})
	synctest.Test(t, func(t *testing.T) {
		for _, e := range events {
			plays += walk(t, "Read of nothing, "+e.name, func(r *rig) *story {
				r.connect()
				return r.readStory(4<<10, e)
			})
			plays += walk(t, "Read of what is there, "+e.name, func(r *rig) *story {
				r.connect()
				r.waiting(1000)
				return r.readStory(600, e)
			})
		}
		plays += walk(t, "Read that opens the window", windowStory)
		plays += walk(t, "Read behind a Read", behindRead)
		plays += walk(t, "Write behind a Write", behindWrite)
	})
	t.Logf("%d interleavings", plays)
}

// readStory is a Read of up to n bytes and an event.
func (r *rig) readStory(n int, e event) *story {
	there := r.sent > 0
	event := e.build(r)
	d := &reading{c: r.client, p: make([]byte, n)}
	return &story{
		steps: d.steps(), event: event,
		enough: e.ends || there,
		more:   func() { r.serverWrites(500) },
		wrong: func() string {
			ends := append(e.ok, "ok")
			if len(e.ok) > 0 && !there {
				ends = e.ok
			}
			if wrong := outcome(word(d.err), ends...); wrong != "" {
				return wrong
			}
			if d.err == nil && (d.n == 0 || string(d.p[:d.n]) != string(pattern(0, d.n))) {
				return "Read returned other bytes than were sent, or none"
			}
			r.got = d.n
			if len(e.ok) == 0 || e.name == "FIN" {
				return r.wholeStream(nil, 0)
			}
			return ""
		},
	}
}

// windowStory is a Read that empties a full buffer, while the peer's Write waits for the window.
// The event is another byte of ours being acknowledged.
func windowStory(r *rig) *story {
	r.connect()
	r.waiting(rigBuffer)
	r.serverWrites(rigBuffer)
	r.run(10 * rigDelay)
	const late = 2000
	var done atomic.Bool
	go func() {
		r.server.Write(pattern(r.sent, late))
		done.Store(true)
	}()
	r.clientWrites(1)
	r.run(rigDelay)
	if done.Load() {
		r.t.Fatal("the peer's Write does not wait")
	}
	d := &reading{c: r.client, p: make([]byte, rigBuffer)}
	return &story{
		steps: d.steps(), event: r.inFlight(), enough: true,
		wrong: func() string {
			if !done.Load() {
				return "the peer's Write waits for ever"
			}
			r.sent += late
			r.got = d.n
			return r.wholeStream(nil, 0)
		},
	}
}

// behindRead is a Read while another one has not ended; the event is its end.
func behindRead(r *rig) *story {
	r.connect()
	r.waiting(1000)
	other := &reading{c: r.client, p: make([]byte, 600)}
	steps := other.steps()
	steps[0].do()
	d := &reading{c: r.client, p: make([]byte, 600)}
	return &story{
		steps: d.steps(), enough: true,
		event: func() { steps[1].do(); steps[2].do() },
		wrong: func() string {
			if wrong := outcome(word(d.err), "ok"); wrong != "" || d.n != 400 {
				return "the second Read does not get the rest: " + wrong
			}
			r.got = 1000
			return r.wholeStream(nil, 0)
		},
	}
}

// behindWrite is a Write while another one has not ended; the event is its end.
func behindWrite(r *rig) *story {
	r.connect()
	other := &writing{c: r.client, p: pattern(0, 1000)}
	steps := other.steps()
	steps[0].do() // beginWrite
	steps[1].do() // reserve
	r.written = 1000
	w := &writing{c: r.client, p: pattern(1000, 1000)}
	return &story{
		steps: w.steps(), enough: true,
		event: func() {
			for _, s := range steps[2:] {
				if s.when() {
					s.do()
				}
			}
		},
		wrong: func() string {
			if wrong := outcome(word(w.err), "ok"); wrong != "" {
				return wrong
			}
			return r.wholeStream(nil, w.n)
		},
	}
}
