package host

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// shutting is a call of Close, CloseWrite or CloseRead as the row of its steps.
type shutting struct {
	c   *TCPConn
	how ops
	err error
}

func (s *shutting) steps() []step {
	n := s.c.host.network
	done := func() bool { return s.err == nil }
	return []step{
		{"beginShut", conn, func() { s.err = s.c.beginShut(s.how) }, nil},
		{"mark", set, func() { n.touch.add(s.c) }, done},
		{"kick", set, func() { n.driver.kick() }, done},
	}
}

// Before the call there is nothing under way, or bytes that were not sent yet, or bytes that were
// not read.
var standings = []struct {
	name string
	take func(r *rig)
}{
	{"at rest", func(*rig) {}},
	{"with bytes to send", func(r *rig) { r.clientWrites(4 << 10) }},
	{"with bytes to read", func(r *rig) { r.waiting(1000) }},
}

func TestWalkClose(t *testing.T) {
	plays := 0
	ack := event{"ACK", func(r *rig) func() {
		r.clientWrites(1000)
		r.run(rigDelay)
		return r.inFlight()
	}, false, nil}
	synctest.Test(t, func(t *testing.T) {
		for _, how := range []ops{opClose, opCloseWrite, opCloseRead} {
			for _, stand := range standings {
				for _, e := range append(append([]event{ack}, common...), harmless...) {
					name := fmt.Sprintf("close %d %s, %s", how, stand.name, e.name)
					plays += walk(t, name, func(r *rig) *story {
						r.connect()
						stand.take(r)
						return r.closeStory(how, e)
					})
				}
			}
		}
	})
	t.Logf("%d interleavings", plays)
}

// closeStory is the end of a connection, or of half of it, and an event.
func (r *rig) closeStory(how ops, e event) *story {
	unread := r.sent > 0
	event := e.build(r)
	c := &shutting{c: r.client, how: how}
	return &story{
		steps: c.steps(), event: event, enough: true,
		wrong: func() string {
			if wrong := outcome(word(c.err), "ok", "closed"); wrong != "" {
				return wrong
			}
			if e.name == "power off" || e.name == "Network.Fail" || e.name == "RST" {
				return r.gone()
			}
			whole := e.name != "Close" && !(e.name == "data" && how == opClose)
			return r.afterClose(how, whole && !(unread && how == opClose))
		},
	}
}

// afterClose looks at what the server sees of the client's end, and lets it end too. whole says
// that everything must have come, with a FIN behind it.
func (r *rig) afterClose(how ops, whole bool) string {
	server := r.read(r.server)
	if how == opCloseRead {
		r.client.CloseWrite()
	}
	r.run(rigPatience)
	switch {
	case !server.done.Load():
		return "the server waits for ever"
	case whole && server.err != nil:
		return "the server reads: " + server.err.Error()
	case whole:
		if wrong := server.want(0, r.written); wrong != "" {
			return wrong
		}
	case server.err != nil && word(server.err) != "reset":
		return server.err.Error()
	}
	r.server.Close()
	r.client.Close()
	r.run(time.Hour) // TIME-WAIT is over
	return r.gone()
}

// gone says what is left of the connection at the client.
func (r *rig) gone() string {
	r.client.Close()
	r.run(rigPatience)
	if len(r.a.open) > 0 {
		return "the client's host still has an endpoint"
	}
	return ""
}
