package tcp

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/buffer"
	"github.com/atoll-os/atoll/wire"
)

// established returns a connection whose peer the test plays, without options: our ISS is 100, the
// peer's 300.
func established(t *testing.T) *pair {
	t.Helper()
	p := &pair{newTestNet()}
	p.establish()
	p.poll(0)
	return p
}

// input hands a segment over without a Poll.
func (p *pair) input(flags wire.TCPFlags, seq, ack uint32, n int) {
	h := wire.TCP{Seq: seq, Ack: ack, Flags: flags, Window: 1000}
	p.ends[0].conn.Input(p.now, &h, make([]byte, n))
}

func (p *pair) drain() (segments []Segment) {
	var s Segment
	for p.ends[0].conn.Poll(p.now, &s) {
		segments = append(segments, s)
	}
	return segments
}

// Text in order that comes in one batch is acknowledged once; each segment out of order has an ACK
// of its own, since the peer counts them (RFC 5681 §3.2).
func TestAcksOfABatch(t *testing.T) {
	p := established(t)
	for i := range uint32(10) {
		p.input(wire.ACK, 301+1000*i, 101, 1000)
	}
	if got := p.drain(); len(got) != 1 || got[0].Ack != 10301 {
		t.Errorf("10 segments in order in one batch got %d ACKs, expected one of 10301", len(got))
	}
	for i := range uint32(10) {
		p.input(wire.ACK, 11301+1000*i, 101, 1000)
	}
	if got := p.drain(); len(got) != 10 {
		t.Errorf("10 segments out of order got %d ACKs, expected 10", len(got))
	}
	for range 10 * DuplicateACKsMax {
		p.input(wire.ACK, 11301, 101, 1000)
	}
	if got := p.drain(); len(got) != DuplicateACKsMax {
		t.Errorf("%d ACKs are owed at a time, expected DuplicateACKsMax", len(got))
	}
}

// The number of ranges out of order has a limit; what is beyond is not acknowledged and can come
// again.
func TestReassemblyRangesMax(t *testing.T) {
	p := &pair{newTestNet()}
	p.ends[0].cfg.ReceiveBuffer = 1 << 16
	p.establish()
	c := p.ends[0].conn
	for i := range uint32(ReassemblyRangesMax + 100) {
		p.input(wire.ACK, 302+2*i, 101, 1)
	}
	if info := c.Info(); info.OutOfOrder != ReassemblyRangesMax || info.ReassemblyDrops != 100 {
		t.Fatalf("%d ranges wait and %d were dropped, expected %d and 100", info.OutOfOrder,
			info.ReassemblyDrops, ReassemblyRangesMax)
	}
	p.input(wire.ACK, 301, 101, 2*ReassemblyRangesMax+200)
	if c.Received() != 2*ReassemblyRangesMax+200 || c.Info().OutOfOrder != 0 {
		t.Errorf("%d bytes are ready, and %d ranges wait, after all holes were filled",
			c.Received(), c.Info().OutOfOrder)
	}
}

// The send buffer is the program's to respect: SendSpace says what is free, and never less than
// none.
func TestSendSpace(t *testing.T) {
	p := established(t)
	c := p.ends[0].conn
	c.SetSendBuffer(3000)
	if c.SendBuffer() != 3000 || c.SendSpace() != 3000 {
		t.Fatalf("an empty send buffer of 3000 has space for %d", c.SendSpace())
	}
	p.write(0, 2000)
	if c.SendSpace() != 1000 {
		t.Errorf("SendSpace is %d with 2000 of 3000 bytes queued", c.SendSpace())
	}
	p.write(0, 2000)
	if c.SendSpace() != 0 {
		t.Errorf("SendSpace is %d with 4000 of 3000 bytes queued, expected 0", c.SendSpace())
	}
	p.poll(0)
	for c.una != c.nxt {
		p.segment(wire.ACK, 301, c.nxt, 0)
		if want := max(0, 3000-4000+int(c.una-101)); c.SendSpace() != want {
			t.Errorf("SendSpace is %d with %d of 4000 bytes acknowledged, expected %d",
				c.SendSpace(), c.una-101, want)
		}
	}
	c.SetSendBuffer(0)
	if c.SendBuffer() != DefaultSendBuffer || c.ReceiveBuffer() != DefaultReceiveBuffer {
		t.Errorf("the defaults are %d and %d", c.SendBuffer(), c.ReceiveBuffer())
	}
}

// What is sent after CloseWrite is dropped and the caller's queue emptied.
func TestSendAfterClose(t *testing.T) {
	p := established(t)
	c := p.ends[0].conn
	c.CloseWrite(p.now)
	var q buffer.Queue
	q.Append(make([]byte, 100))
	c.Send(&q)
	if q.Len() != 0 {
		t.Errorf("%d bytes stay in the queue", q.Len())
	}
	if got := p.drain(); len(got) != 1 || got[0].Flags != wire.FIN|wire.ACK || got[0].Len != 0 {
		t.Errorf("sent %v, expected FIN alone", got)
	}
}

// ICMP about what is not in flight is forged or late (RFC 5927 §4.1).
func TestSeqInFlight(t *testing.T) {
	p := established(t)
	p.write(0, 500)
	p.poll(0)
	c := p.ends[0].conn
	for seq, want := range map[uint32]bool{100: false, 101: true, 600: true, 601: false} {
		if c.SeqInFlight(seq) != want {
			t.Errorf("SeqInFlight(%d) is %v with 101 to 600 in flight", seq, !want)
		}
	}
}

// The options that can be changed while the connection stands.
func TestChangeOptions(t *testing.T) {
	p := established(t)
	c := p.ends[0].conn
	if c.Next() != clock.Never {
		t.Fatalf("an idle connection wants to be called at %v", c.Next())
	}
	c.SetKeepAlive(KeepAlive{Idle: 7 * time.Second})
	if want := clock.Instant(7 * time.Second); c.Next() != want {
		t.Errorf("keepalive is due at %v, expected %v", c.Next(), want)
	}
	c.SetKeepAlive(KeepAlive{})
	c.SetUserTimeout(50 * time.Millisecond)
	p.write(0, 10)
	p.poll(0)
	if want := clock.Instant(50 * time.Millisecond); c.Next() != want {
		t.Errorf("the user timeout is due at %v, expected %v", c.Next(), want)
	}
}

// A peer that takes its window back to nothing with data in flight, and answers, is not given up
// (RFC 9293 §3.8.6.1 MUST-37).
func TestZeroWindowIsNotSilence(t *testing.T) {
	p := established(t)
	p.write(0, 500)
	p.poll(0)
	c := p.ends[0].conn
	for range 4 * RetransmitsMax {
		p.now = c.Next()
		p.poll(0)
		h := wire.TCP{Seq: 301, Ack: 101, Flags: wire.ACK}
		c.Input(p.now, &h, nil)
		p.poll(0)
	}
	if c.State() != Established {
		t.Fatalf("%v with %v, though the peer answers each time", c.State(), c.Err())
	}
	for range 2 * RetransmitsMax {
		p.now = min(c.Next(), p.now.Add(time.Hour))
		p.poll(0)
	}
	if c.Err() != ErrTimeout {
		t.Errorf("%v with %v, after the peer fell silent", c.State(), c.Err())
	}
}

// RFC 9293 §3.10.7.1.
func TestReset(t *testing.T) {
	for _, x := range []struct {
		in   wire.TCP
		n    int
		want string
	}{
		{wire.TCP{Seq: 7, Ack: 9, Flags: wire.ACK}, 5, "R 9:9(0) win 0"},
		{wire.TCP{Seq: 7, Flags: wire.SYN}, 0, "R. 0:0(0) ack 8 win 0"},
		{wire.TCP{Seq: 7, Flags: wire.FIN}, 5, "R. 0:0(0) ack 13 win 0"},
		{wire.TCP{Seq: 7}, 5, "R. 0:0(0) ack 12 win 0"},
	} {
		x.in.SrcPort, x.in.DstPort = 1, 2
		got := Reset(&x.in, x.n)
		if got.String() != x.want || got.SrcPort != 2 || got.DstPort != 1 {
			t.Errorf("%v is answered with %v from %d to %d, expected %s from 2 to 1",
				x.in.Describe(x.n), got.String(), got.SrcPort, got.DstPort, x.want)
		}
	}
}

// RFC 6191, and RFC 9293 §3.6.1 for a peer without timestamps.
func TestCanReuse(t *testing.T) {
	p := &pair{newTestNet()}
	p.finWait2()
	c := p.ends[0].conn
	syn := wire.TCP{Seq: 90000, Flags: wire.SYN}
	if c.CanReuse(&syn) {
		t.Error("a connection in FIN-WAIT-2 may not be reused")
	}
	p.segment(wire.FIN|wire.ACK, 301, 102, 0)
	for seq, want := range map[uint32]bool{301: false, 302: true, 90000: true, 200: false} {
		syn.Seq = seq
		if c.CanReuse(&syn) != want {
			t.Errorf("CanReuse for a SYN at %d is %v; the old FIN was at 301", seq, !want)
		}
	}
	syn.Flags |= wire.ACK
	if c.CanReuse(&syn) {
		t.Error("a SYN-ACK may not reuse a connection")
	}
	if c.ReuseISS() != 103 {
		t.Errorf("ReuseISS is %d, expected 103: our FIN was 101", c.ReuseISS())
	}
	if c.CanRedial(p.now.Add(time.Hour)) {
		t.Error("without timestamps the peer could not tell the new connection from the old")
	}
}

// With timestamps our own side may dial again once the clock of the timestamps has ticked.
func TestCanRedial(t *testing.T) {
	n := newTestNet()
	n.ends[1].listening = true
	n.connect(0)
	n.poll(0)
	n.settle()
	n.ends[0].conn.CloseWrite(n.now)
	n.poll(0)
	n.settle()
	n.ends[1].conn.CloseWrite(n.now)
	n.poll(1)
	n.settle()
	c := n.ends[0].conn
	if c.State() != TimeWait {
		t.Fatalf("the state is %v", c.State())
	}
	began := c.lingerAt.Add(-DefaultTimeWait)
	if c.CanRedial(began) || !c.CanRedial(began.Add(2*time.Millisecond)) {
		t.Error("a new connection is safe two ticks of the timestamp clock later, and not before")
	}
}

// A peer on IPv6 without an MSS option can receive 1220 bytes (RFC 9293 §3.7.1), and PMTU has its
// own least value there (RFC 8200 §5).
func TestIPv6(t *testing.T) {
	cfg := Config{
		Local:  netip.MustParseAddrPort("[fd00::1]:4000"),
		Remote: netip.MustParseAddrPort("[fd00::2]:80"),
		MSS:    1440,
	}
	c := Accept(0, &cfg, &wire.TCP{Seq: 7, Flags: wire.SYN, Window: 60000})
	if c.Info().MSS != 1220 {
		t.Errorf("the MSS is %d, expected 1220", c.Info().MSS)
	}
	c = Accept(0, &cfg, &wire.TCP{Seq: 7, Flags: wire.SYN, Window: 60000, MSS: 1440})
	c.PacketTooBig(0, 600)
	if c.Info().MSS != 1280-60 {
		t.Errorf("the MSS is %d after a forged MTU of 600, expected that of 1280", c.Info().MSS)
	}
}

func TestNames(t *testing.T) {
	if got := State(77).String(); got != "STATE(77)" {
		t.Errorf("State(77) is %s", got)
	}
	if got := Unreachability(9).String(); got != "unreachable(9)" {
		t.Errorf("Unreachability(9) is %s", got)
	}
}

// Our own mistakes are told apart from the peer's.
func TestBugs(t *testing.T) {
	p := established(t)
	c := p.ends[0].conn
	for name, f := range map[string]func(){
		"MSS":           func() { Connect(0, &Config{}) },
		"consumed":      func() { c.Consumed(1) },
		"send queue":    func() { c.Copy(make([]byte, 5), &Segment{Len: 5}) },
		"-> SYN-SENT: ": func() { c.setState(0, SynSent, "") },
	} {
		func() {
			defer func() {
				text, _ := recover().(string)
				if !strings.HasPrefix(text, "tcp: BUG: ") || !strings.Contains(text, name) {
					t.Errorf("the panic for %q says %q", name, text)
				}
			}()
			f()
		}()
	}
}
