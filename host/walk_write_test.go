package host

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// writing is a call of Write as the row of its steps.
type writing struct {
	c     *TCPConn
	p     []byte
	n     int
	room  int
	begun bool
	err   error
}

// steps are those of Write, for as often as it has to reserve room.
func (w *writing) steps() []step {
	c := w.c
	more := func() bool { return w.err == nil && w.n < len(w.p) }
	some := func() bool { return w.room > 0 }
	list := []step{{"beginWrite", conn, func() {
		w.err = c.beginWrite()
		w.begun = w.err == nil
	}, nil}}
	for range 4 {
		list = append(list,
			step{"reserve", conn, func() { w.room, w.err = c.reserve(len(w.p) - w.n) }, more},
			step{"Append", alone, func() { c.wq.Append(w.p[w.n : w.n+w.room]) }, some},
			step{"commit", conn, c.commit, some},
			step{"mark", set, func() { c.host.network.touch.add(c) }, some},
			step{"kick", set, func() {
				c.host.network.driver.kick()
				w.n += w.room
				w.room = 0
			}, some},
		)
	}
	return append(list, step{"endWrite", conn, c.endWrite, func() bool { return w.begun }})
}

// fill has the server's window closed and the client's send buffer full.
func (r *rig) fill() {
	r.clientWrites(rigBuffer)
	r.run(10 * rigDelay)
	r.clientWrites(rigBuffer)
	r.run(10 * rigDelay)
	if r.client.space != 0 {
		r.t.Fatalf("a full send buffer has room for %d bytes", r.client.space)
	}
}

// inFlight returns the arrival of what is a link's delay away.
func (r *rig) inFlight() func() {
	r.settle()
	return func() { time.Sleep(rigDelay) }
}

// event is what happens to a connection during a call.
type event struct {
	name string
	// build prepares it on a connected rig and returns it.
	build func(r *rig) func()
	ends  bool     // it ends the waiting of a call that waits
	ok    []string // what the call may return
}

// common are the events that end every call.
var common = []event{
	{"RST", func(r *rig) func() {
		r.server.SetLinger(0)
		r.server.Close()
		return r.inFlight()
	}, true, []string{"reset", "broken pipe"}},
	{"deadline", func(r *rig) func() {
		r.client.SetDeadline(time.Now().Add(rigDelay))
		return r.inFlight()
	}, true, []string{"timeout"}},
	{"Close", func(r *rig) func() {
		return func() { r.client.Close() }
	}, true, []string{"closed"}},
	{"power off", func(r *rig) func() {
		return func() { r.a.PowerOff() }
	}, true, []string{"closed"}},
	{"Network.Fail", func(r *rig) func() {
		return func() { r.n.Fail() }
	}, true, []string{"closed"}},
}

// harmless are those that end none.
var harmless = []event{
	{"data", func(r *rig) func() {
		r.serverWrites(1000)
		return r.inFlight()
	}, false, nil},
	{"FIN", func(r *rig) func() {
		r.server.CloseWrite()
		return r.inFlight()
	}, false, nil},
	{"nothing", func(r *rig) func() { return func() {} }, false, nil},
}

func TestWalkWrite(t *testing.T) {
	plays := 0
	synctest.Test(t, func(t *testing.T) {
		for _, e := range append(append([]event{
			{"CloseWrite", func(r *rig) func() {
				return func() { r.client.CloseWrite() }
			}, true, []string{"broken pipe"}},
			{"larger buffer", func(r *rig) func() {
				return func() { r.client.SetWriteBuffer(4 * rigBuffer) }
			}, true, nil},
		}, common...), harmless...) {
			plays += walk(t, "Write with room, "+e.name, func(r *rig) *story {
				r.connect()
				return r.writeStory(12<<10, e)
			})
			plays += walk(t, "Write without room, "+e.name, func(r *rig) *story {
				r.connect()
				r.fill()
				return r.writeStory(4<<10, e)
			})
		}
		plays += walkAcks(t)
	})
	t.Logf("%d interleavings", plays)
}

// walkAcks has the ACK and the window update come inside a Write.
func walkAcks(t *testing.T) (plays int) {
	ack := func(n int) event {
		return event{"ACK", func(r *rig) func() {
			r.clientWrites(n)
			r.run(rigDelay)
			return r.inFlight()
		}, true, nil}
	}
	update := event{"window update", func(r *rig) func() {
		if n, err := r.server.Read(make([]byte, rigBuffer)); n != rigBuffer || err != nil {
			r.t.Fatal(n, err)
		}
		r.taken = rigBuffer
		return r.inFlight()
	}, true, nil}
	for _, c := range []struct {
		name  string
		e     event
		n     int
		first func(r *rig)
	}{
		{"Write with room, ACK", ack(4 << 10), 9 << 10, func(*rig) {}},
		{"Write without room, ACK", ack(rigBuffer), 4 << 10, func(*rig) {}},
		{"Write with room, window update", update, 8 << 10, func(r *rig) {
			r.clientWrites(rigBuffer)
			r.run(10 * rigDelay)
			r.clientWrites(4 << 10)
			r.run(10 * rigDelay)
		}},
		{"Write without room, window update", update, 4 << 10, (*rig).fill},
	} {
		plays += walk(t, c.name, func(r *rig) *story {
			r.connect()
			c.first(r)
			return r.writeStory(c.n, c.e)
		})
	}
	return plays
}

// writeStory is a Write of n bytes and an event.
func (r *rig) writeStory(n int, e event) *story {
	event := e.build(r)
	w := &writing{c: r.client, p: pattern(r.written, n)}
	var server *reader
	return &story{
		steps: w.steps(), event: event,
		enough: e.ends || r.client.space > 0,
		more:   func() { server = r.read(r.server) },
		wrong: func() string {
			if wrong := outcome(word(w.err), append(e.ok, "ok")...); wrong != "" {
				return wrong
			}
			if w.err == nil && w.n != n {
				return "Write took less than all, without an error"
			}
			if len(e.ok) == 0 {
				return r.wholeStream(server, w.n)
			}
			return ""
		},
	}
}

// wholeStream says what is wrong with what the server reads up to the client's FIN: n more bytes
// than the rig itself has written.
func (r *rig) wholeStream(server *reader, n int) string {
	if server == nil {
		server = r.read(r.server)
	}
	client := r.read(r.client)
	if err := r.client.CloseWrite(); err != nil {
		return err.Error()
	}
	r.server.CloseWrite()
	r.run(rigPatience)
	switch {
	case !server.done.Load() || !client.done.Load():
		return "the streams do not end"
	case server.err != nil || client.err != nil:
		return errors.Join(server.err, client.err).Error()
	}
	return server.want(r.taken, r.written+n-r.taken) + client.want(r.got, r.sent-r.got)
}

// word is an error in one word.
func word(err error) string {
	err = systemError("call", err)
	for _, w := range words {
		if errors.Is(err, w.err) {
			return w.word
		}
	}
	switch err {
	case nil:
		return "ok"
	case io.EOF:
		return "EOF"
	}
	return err.Error()
}
