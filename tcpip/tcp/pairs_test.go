package tcp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/wire"
)

// origins brings end a of a fresh network into each state; the peer is whoever calls segment. Our
// ISS is 100, the peer's 300.
var origins = map[string]func(p *pair){
	"SYN-SENT": func(p *pair) { p.connect(0) },
	"SYN-RECEIVED": func(p *pair) {
		p.ends[0].listening = true
		p.segment(wire.SYN, 300, 0, 0)
	},
	"SYN-RECEIVED-simultaneous": func(p *pair) {
		p.connect(0)
		p.poll(0)
		p.segment(wire.SYN, 300, 0, 0)
	},
	"ESTABLISHED": (*pair).establish,
	"FIN-WAIT-1": func(p *pair) {
		p.establish()
		p.ends[0].conn.CloseWrite(p.now)
	},
	"FIN-WAIT-2": (*pair).finWait2,
	"CLOSE-WAIT": (*pair).closeWait,
	"CLOSING": func(p *pair) {
		p.establish()
		p.ends[0].conn.CloseWrite(p.now)
		p.poll(0)
		p.segment(wire.FIN|wire.ACK, 301, 101, 0)
	},
	"LAST-ACK": func(p *pair) {
		p.closeWait()
		p.ends[0].conn.CloseWrite(p.now)
	},
	"TIME-WAIT": func(p *pair) {
		p.finWait2()
		p.segment(wire.FIN|wire.ACK, 301, 102, 0)
	},
	"CLOSED": func(p *pair) {
		p.establish()
		p.segment(wire.RST, 301, 0, 0)
	},
}

// events are everything that can happen to a connection. nxt is its SND.NXT, rcv its RCV.NXT.
var events = []struct {
	name string
	do   func(p *pair, c *Conn, nxt, rcv uint32)
}{
	{"Send", func(p *pair, c *Conn, nxt, rcv uint32) { p.write(0, 10) }},
	{"CloseWrite", func(p *pair, c *Conn, nxt, rcv uint32) { c.CloseWrite(p.now) }},
	{"CloseRead", func(p *pair, c *Conn, nxt, rcv uint32) { c.CloseRead(p.now) }},
	{"Close", func(p *pair, c *Conn, nxt, rcv uint32) { c.Close(p.now) }},
	{"Abort", func(p *pair, c *Conn, nxt, rcv uint32) { c.Abort(p.now) }},
	{"rcv SYN", func(p *pair, c *Conn, nxt, rcv uint32) { p.segment(wire.SYN, 90000, 0, 0) }},
	{"rcv SYN again", func(p *pair, c *Conn, nxt, rcv uint32) { p.segment(wire.SYN, 300, 0, 0) }},
	{"rcv SYN in window", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.SYN, rcv+5, 0, 0)
	}},
	{"rcv SYN,ACK", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.SYN|wire.ACK, 300, nxt, 0)
	}},
	{"rcv SYN,ACK bad", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.SYN|wire.ACK, 300, nxt+9, 0)
	}},
	{"rcv ACK", func(p *pair, c *Conn, nxt, rcv uint32) { p.segment(wire.ACK, rcv, nxt, 0) }},
	{"rcv ACK old", func(p *pair, c *Conn, nxt, rcv uint32) { p.segment(wire.ACK, rcv, 100, 0) }},
	{"rcv ACK unsent", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.ACK, rcv, nxt+9, 0)
	}},
	{"rcv ACK ancient", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.ACK, rcv, nxt-1<<20, 0)
	}},
	{"rcv text", func(p *pair, c *Conn, nxt, rcv uint32) { p.segment(wire.ACK, rcv, nxt, 10) }},
	{"rcv text early", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.ACK, rcv+10, nxt, 10)
	}},
	{"rcv text late", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.ACK, rcv-10, nxt, 10)
	}},
	{"rcv text without ACK", func(p *pair, c *Conn, nxt, rcv uint32) { p.segment(0, rcv, 0, 10) }},
	{"rcv text,FIN", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.FIN|wire.ACK, rcv, nxt, 10)
	}},
	{"rcv FIN", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.FIN|wire.ACK, rcv, nxt, 0)
	}},
	{"rcv FIN, no news", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.FIN|wire.ACK, rcv, c.una, 0)
	}},
	{"rcv FIN early", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.FIN|wire.ACK, rcv+10, nxt, 0)
	}},
	{"rcv FIN again", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.FIN|wire.ACK, rcv-1, nxt, 0)
	}},
	{"rcv RST", func(p *pair, c *Conn, nxt, rcv uint32) { p.segment(wire.RST, rcv, 0, 0) }},
	{"rcv RST,ACK", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.RST|wire.ACK, rcv, nxt, 0)
	}},
	{"rcv RST in window", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.RST, rcv+5, 0, 0)
	}},
	{"rcv RST outside", func(p *pair, c *Conn, nxt, rcv uint32) {
		p.segment(wire.RST, rcv-5, 0, 0)
	}},
	{"rcv nothing", func(p *pair, c *Conn, nxt, rcv uint32) { p.segment(0, rcv, 0, 0) }},
	{"host unreachable", func(p *pair, c *Conn, nxt, rcv uint32) {
		c.Unreachable(p.now, HostUnreachable)
	}},
	{"port unreachable", func(p *pair, c *Conn, nxt, rcv uint32) {
		c.Unreachable(p.now, PortUnreachable)
	}},
	{"packet too big", func(p *pair, c *Conn, nxt, rcv uint32) { c.PacketTooBig(p.now, 600) }},
	{"next timer", func(p *pair, c *Conn, nxt, rcv uint32) {
		if p.now < c.Next() && c.Next() < 1<<62 {
			p.now = c.Next()
		}
	}},
	{"silence", func(p *pair, c *Conn, nxt, rcv uint32) {
		for end := p.now.Add(time.Hour); c.Next() < end; {
			p.now = c.Next()
			quiet := p.log
			p.log = func(format string, args ...any) {
				if strings.Contains(format, "->") {
					quiet(format, args...)
				}
			}
			p.poll(0)
			p.log = quiet
		}
	}},
}

// pair is a network of which only end a has a connection.
type pair struct{ *testNet }

// segment delivers one from the peer.
func (p *pair) segment(flags wire.TCPFlags, seq, ack uint32, n int) {
	h := wire.TCP{SrcPort: 80, DstPort: 4000, Seq: seq, Ack: ack, Flags: flags, Window: 1000}
	p.deliver(&packet{to: 0, h: h, payload: streamAt(max(int(int32(seq-301)), 0), n)})
}

func (p *pair) establish() {
	p.connect(0)
	p.poll(0)
	p.segment(wire.SYN|wire.ACK, 300, 101, 0)
}

func (p *pair) finWait2() {
	p.establish()
	p.ends[0].conn.CloseWrite(p.now)
	p.poll(0)
	p.segment(wire.ACK, 301, 102, 0)
}

func (p *pair) closeWait() {
	p.establish()
	p.segment(wire.FIN|wire.ACK, 301, 101, 0)
}

// pairs prints what each event does in the state named by the argument: the changes of state, the
// segments sent, and the error that is left.
func pairs(t *testing.T, d *datadriven.TestData) string {
	state := d.CmdArgs[0].Key
	origin := origins[state]
	if origin == nil {
		d.Fatalf(t, "no state %s", state)
	}
	var out strings.Builder
	for _, event := range events {
		p := &pair{newTestNet()}
		origin(p)
		p.poll(0)
		c := p.ends[0].conn
		name, _, _ := strings.Cut(state+"-", "-simultaneous")
		if c.state.String() != strings.TrimSuffix(name, "-") {
			t.Fatalf("%s leads to %v", state, c.state)
		}
		p.ends[0].listening = false
		var lines []string
		p.log = func(format string, args ...any) {
			line := fmt.Sprintf(format, args...)
			_, line, _ = strings.Cut(line, " a")
			lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(line, ">b"), " "))
		}
		event.do(p, c, c.nxt, c.rcvNxt)
		p.poll(0)
		if c.err != nil {
			lines = append(lines, "Err: "+c.err.Error())
		}
		if len(lines) == 0 {
			lines = []string{"-"}
		}
		for i, line := range lines {
			name := event.name
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(&out, "%-21s%s\n", name, strings.TrimSpace(line))
		}
	}
	return out.String()
}

// TestTransitionsSeen says that the table of states holds nothing that cannot happen: every arrow
// in it is in the golden tables of pairs.
func TestTransitionsSeen(t *testing.T) {
	seen := map[string]bool{}
	for _, origin := range origins {
		for _, event := range events {
			p := &pair{newTestNet()}
			p.log = func(format string, args ...any) {
				if line := fmt.Sprintf(format, args...); strings.Contains(line, " -> ") {
					_, line, _ = strings.Cut(line, " a ")
					line, _, _ = strings.Cut(line, " (")
					seen[line] = true
				}
			}
			origin(p)
			p.poll(0)
			c := p.ends[0].conn
			event.do(p, c, c.nxt, c.rcvNxt)
			p.poll(0)
		}
	}
	for from, list := range transitions {
		for _, to := range list {
			arrow := State(from).String() + " -> " + to.String()
			if !seen[arrow] {
				t.Errorf("%s is in the table, and no event of this test does it", arrow)
			}
			delete(seen, arrow)
		}
	}
	for arrow := range seen {
		t.Errorf("%s happened and is not in the table", arrow)
	}
}
