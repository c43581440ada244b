package tcp

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// end is one end of a test network: a program of the simplest kind and its connection.
type end struct {
	name      string
	cfg       Config
	conn      *Conn
	listening bool
	manual    bool // the program reads only when told

	sent     int          // segments sent since the last reset of the count
	written  int          // bytes of the stream handed to Send
	read     int          // bytes of the peer's stream read and found right
	unread   buffer.Queue // taken by Receive and not yet Consumed
	segments int
}

// packet is a segment on its way.
type packet struct {
	at      clock.Instant
	order   int
	to      int
	h       wire.TCP
	payload []byte
}

// verdict is what a fault decides about a segment.
type verdict struct {
	drop, twice bool
	late        time.Duration
}

// testNet joins two ends by a wire with a delay and no other property, and carries the faults that
// a test asks for.
type testNet struct {
	now    clock.Instant
	delay  time.Duration
	ends   [2]*end
	flight []packet // by (at, order)
	order  int
	fault  func(from, n int, s *Segment) verdict
	log    func(format string, args ...any)
}

var testStream = func() []byte {
	b := make([]byte, 1<<16+251)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}()

// streamAt is the bytes of every test stream from offset off.
func streamAt(off, n int) []byte {
	p := make([]byte, n)
	for i := 0; i < n; {
		i += copy(p[i:], testStream[(off+i)%len(testStream):])
	}
	return p
}

func newTestNet() *testNet {
	t := &testNet{delay: 10 * time.Millisecond, log: func(string, ...any) {}}
	a, b := netip.MustParseAddrPort("10.0.0.1:4000"), netip.MustParseAddrPort("10.0.0.2:80")
	t.ends[0] = &end{name: "a", cfg: Config{Local: a, Remote: b, MSS: 1460, ISS: 100}}
	t.ends[1] = &end{name: "b", cfg: Config{Local: b, Remote: a, MSS: 1460, ISS: 300}}
	for i, e := range t.ends {
		e.cfg.TSOffset = uint32(1000 * (i + 1))
		e.cfg.NoDelay = true
		e.cfg.Trace = func(now clock.Instant, from, to State, why string) {
			t.log("%v %s %v -> %v (%s)", now, e.name, from, to, why)
		}
	}
	return t
}

func (t *testNet) connect(i int) { t.ends[i].conn = Connect(t.now, &t.ends[i].cfg) }

// write sends n more bytes of the stream.
func (t *testNet) write(i, n int) {
	e := t.ends[i]
	var q buffer.Queue
	q.Append(streamAt(e.written, n))
	e.written += n
	e.conn.Send(&q)
}

// take reads up to n bytes and checks them.
func (t *testNet) take(i, n int) int {
	e := t.ends[i]
	e.conn.Receive(&e.unread)
	p := make([]byte, min(n, e.unread.Len()))
	e.unread.Read(p)
	if want := streamAt(e.read, len(p)); string(p) != string(want) {
		panic(fmt.Sprintf("%s read wrong bytes at offset %d of the stream", e.name, e.read))
	}
	e.read += len(p)
	e.conn.Consumed(len(p))
	return len(p)
}

// poll lets the end send what it has to send.
func (t *testNet) poll(i int) {
	e := t.ends[i]
	if e.conn == nil {
		return
	}
	var s Segment
	for n := 0; e.conn.Poll(t.now, &s); n++ {
		if n > 1<<16 {
			panic("Poll does not end")
		}
		t.transmit(i, &s)
	}
	if next := e.conn.Next(); next <= t.now {
		panic(fmt.Sprintf("%s: Next is %v after Poll at %v", e.name, next, t.now))
	}
}

func (t *testNet) transmit(from int, s *Segment) {
	e := t.ends[from]
	e.sent++
	e.segments++
	p := make([]byte, s.Len)
	if s.Len > 0 {
		e.conn.Copy(p, s)
	}
	v := verdict{}
	if t.fault != nil {
		v = t.fault(from, e.sent, s)
	}
	line := fmt.Sprintf("%v %s>%s %s", t.now, e.name, t.ends[1-from].name, s.Describe(s.Len))
	switch {
	case v.drop:
		t.log("%s DROPPED", line)
		return
	case v.late > 0:
		t.log("%s LATE by %v", line, v.late)
	case v.twice:
		t.log("%s TWICE", line)
		t.send(1-from, s.TCP, p, t.delay)
	default:
		t.log("%s", line)
	}
	t.send(1-from, s.TCP, p, t.delay+v.late)
}

// send puts a segment on the wire to an end.
func (t *testNet) send(to int, h wire.TCP, p []byte, delay time.Duration) {
	t.order++
	x := packet{at: t.now.Add(delay), order: t.order, to: to, h: h, payload: p}
	i := len(t.flight)
	for i > 0 && t.flight[i-1].at > x.at {
		i--
	}
	t.flight = append(t.flight, packet{})
	copy(t.flight[i+1:], t.flight[i:])
	t.flight[i] = x
}

// deliver hands the segment to its end, which may be listening or have no connection.
func (t *testNet) deliver(x *packet) {
	e := t.ends[x.to]
	h := x.h
	switch {
	case e.conn != nil && e.conn.State() == TimeWait && e.listening && e.conn.CanReuse(&h):
		t.log("%v %s accepts a new connection in TIME-WAIT", t.now, e.name)
		e.conn = Accept(t.now, &e.cfg, &h)
	case e.conn != nil && e.conn.State() != Closed:
		e.conn.Input(t.now, &h, x.payload)
	case e.listening && h.Flags&(wire.SYN|wire.ACK|wire.RST) == wire.SYN:
		e.conn = Accept(t.now, &e.cfg, &h)
	case h.Flags&wire.RST == 0:
		s := Segment{TCP: Reset(&h, len(x.payload))}
		t.transmit(x.to, &s)
	}
	if e.conn != nil {
		if !e.manual {
			t.take(x.to, 1<<30)
		}
		t.poll(x.to)
	}
}

// next returns when something happens next.
func (t *testNet) next() clock.Instant {
	at := clock.Never
	if len(t.flight) > 0 {
		at = t.flight[0].at
	}
	for _, e := range t.ends {
		if e.conn != nil {
			at = min(at, e.conn.Next())
		}
	}
	return at
}

// step goes to the next event that is not after end and does it; false if there is none.
func (t *testNet) step(end clock.Instant) bool {
	at := t.next()
	if at == clock.Never || at > end {
		return false
	}
	t.now = max(t.now, at)
	if len(t.flight) > 0 && t.flight[0].at <= t.now {
		x := t.flight[0]
		t.flight = t.flight[1:]
		t.deliver(&x)
		return true
	}
	for i, e := range t.ends {
		if e.conn != nil && e.conn.Next() <= t.now {
			t.poll(i)
		}
	}
	return true
}

// run goes on for d.
func (t *testNet) run(d time.Duration) {
	end := t.now.Add(d)
	for n := 0; t.step(end); n++ {
		if n > 1<<20 {
			panic("the network does not come to rest")
		}
	}
	t.now = end
}

// settle goes on until nothing is on the wire and no timer is due within a second, which leaves
// out TIME-WAIT, keepalive and the like.
func (t *testNet) settle() {
	for n := 0; t.step(t.now.Add(time.Second)); n++ {
		if n > 1<<20 {
			panic("the network does not come to rest")
		}
	}
}
