package tcp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// TestRecoveryScripts runs testdata/recovery/*.txt: a recovery with no network, in which segments
// are named by number: segment n is the n-th of 1000 bytes, from 0. Commands:
//
//	new [cc=reno] [nosack] [nots] [super=BYTES] [cwnd=SEGMENTS] [ssthresh=SEGMENTS]
//	                        a connection that is open; its round trip was 100 ms
//	send [N] [all] [size=BYTES]  N segments of new data, or as many as may go
//	poll [unsent=N]         what a connection does: probe, retransmissions, then N new segments
//	ack N [sack=(3-5,7)] [dsack=2] [echo=TIME] [data]  the receiver expects segment N; it has 3, 4
//	                        and 7 already; 2 came twice; the timestamp echoed is TIME's
//	advance D               time passes; what is due is done and polled
//	resize BYTES, fin       another segment size; a segment is sent with FIN
//
// Each transmission is a line, and the last line tells the state.
func TestRecoveryScripts(t *testing.T) {
	datadriven.Walk(t, "testdata/recovery", func(t *testing.T, path string) {
		if strings.HasSuffix(path, "throughput.txt") {
			return // TestThroughput
		}
		r := &rig{}
		datadriven.RunTest(t, path, r.command)
	})
}

const rigMSS = 1000

type rig struct {
	recovery
	now    clock.Instant
	out    strings.Builder
	unsent int
}

func (r *rig) command(t *testing.T, d *datadriven.TestData) string {
	r.out.Reset()
	switch d.Cmd {
	case "new":
		r.create(t, d)
	case "send":
		r.send(t, d)
	case "poll":
		r.unsent = 0
		d.MaybeScanArgs(t, "unsent", &r.unsent)
		r.poll()
	case "ack":
		r.acknowledge(t, d)
	case "advance":
		by, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		until := r.now.Add(by)
		for r.next() <= until {
			r.now = r.next()
			r.timeout(r.now)
			r.poll()
		}
		r.now = until
	case "resize":
		n, _ := strconv.Atoi(d.CmdArgs[0].Key)
		r.resize(n)
		r.poll()
	case "fin":
		r.transmit(r.nxt, r.nxt+rigMSS+1, newData)
		r.finSent()
	default:
		t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
	}
	if err := r.check(); err != nil {
		t.Fatalf("%s: %v", d.Pos, err)
	}
	return r.out.String() + r.state()
}

func (r *rig) create(t *testing.T, d *datadriven.TestData) {
	var cc string
	var super, cwnd, ssthresh int
	d.MaybeScanArgs(t, "cc", &cc)
	d.MaybeScanArgs(t, "super", &super)
	kind := CUBIC
	if cc == "reno" {
		kind = NewReno
	}
	r.now = 0
	r.init(recoveryConfig{congestion: kind, iss: 1<<32 - 5001, mss: 536, segmentMax: super})
	r.sent(0, r.iss, 1, newData)
	r.now = clock.Instant(100 * time.Millisecond)
	r.negotiated(rigMSS, !d.HasArg("nosack"), !d.HasArg("nots"))
	r.ack(r.now, &wire.TCP{Ack: r.iss + 1, HasTimestamps: true, TSEcr: 0}, true)
	r.now = clock.Instant(time.Second)
	r.lastSent = r.now
	if d.MaybeScanArgs(t, "cwnd", &cwnd) {
		r.cc.window = cwnd * rigMSS
	}
	if d.MaybeScanArgs(t, "ssthresh", &ssthresh) {
		r.cc.threshold = ssthresh * rigMSS
	}
}

func (r *rig) send(t *testing.T, d *datadriven.TestData) {
	size := rigMSS
	d.MaybeScanArgs(t, "size", &size)
	n := 1 << 20
	if !d.HasArg("all") {
		n = 1
		for _, a := range d.CmdArgs {
			if v, err := strconv.Atoi(a.Key); err == nil {
				n = v
			}
		}
	}
	for ; n > 0 && r.sendQuota(r.now) >= size; n-- {
		r.transmit(r.nxt, r.nxt+uint32(size), newData)
	}
}

func (r *rig) poll() {
	if left, right, fresh, ok := r.probe(r.now, r.unsent > 0); ok {
		if fresh {
			left, right = r.nxt, r.nxt+rigMSS
			r.unsent--
			r.transmit(left, right, probeNew)
		} else {
			r.transmit(left, right, probeOld)
		}
	}
	for {
		left, right, ok := r.retransmit()
		if !ok {
			break
		}
		r.transmit(left, right, retransmission)
	}
	for r.unsent > 0 && r.sendQuota(r.now) >= rigMSS {
		r.unsent--
		r.transmit(r.nxt, r.nxt+rigMSS, newData)
	}
}

func (r *rig) transmit(left, right uint32, kind sendKind) {
	fmt.Fprintf(&r.out, "%v > %s%s\n", r.now, r.name(left, right),
		[...]string{"", " again", " probe", " probe again"}[kind])
	r.sent(r.now, left, right-left, kind)
}

// name prints a range as segments: "3", "3-5" (both included), or with bytes beside them "3+200".
func (r *rig) name(left, right uint32) string {
	a, b := left-r.iss-1, right-r.iss-1
	at := func(n uint32) string {
		if n%rigMSS != 0 {
			return fmt.Sprintf("%d+%d", n/rigMSS, n%rigMSS)
		}
		return strconv.Itoa(int(n / rigMSS))
	}
	switch {
	case a%rigMSS == 0 && b == a+rigMSS:
		return at(a)
	case a%rigMSS == 0 && b%rigMSS == 0:
		return at(a) + "-" + at(b-rigMSS)
	}
	return at(a) + ".." + at(b)
}

// edge returns the sequence number at the beginning of a segment.
func (r *rig) edge(n int) uint32 { return r.iss + 1 + uint32(n*rigMSS) }

func (r *rig) acknowledge(t *testing.T, d *datadriven.TestData) {
	n, err := strconv.Atoi(d.CmdArgs[0].Key)
	if err != nil {
		t.Fatalf("%s: %v", d.Pos, err)
	}
	h := wire.TCP{Ack: r.edge(n), HasTimestamps: true, TSEcr: timestamp(r.now, 0) - 100}
	if h.Ack-r.una > r.nxt-r.una {
		h.Ack = r.nxt // FIN included
	}
	for _, key := range []string{"dsack", "sack"} {
		for _, arg := range d.CmdArgs {
			if arg.Key != key {
				continue
			}
			for _, v := range arg.Vals {
				first, last, ok := strings.Cut(v, "-")
				if !ok {
					last = first
				}
				a, _ := strconv.Atoi(first)
				b, _ := strconv.Atoi(last)
				h.SACK[h.SACKCount] = wire.SACKBlock{Left: r.edge(a), Right: r.edge(b + 1)}
				h.SACKCount++
			}
		}
	}
	var echo string
	if d.MaybeScanArgs(t, "echo", &echo) {
		at, err := time.ParseDuration(echo)
		if err != nil {
			t.Fatal(err)
		}
		h.TSEcr = timestamp(clock.Instant(at), 0)
	}
	res := r.ack(r.now, &h, d.HasArg("data"))
	if res.undone {
		fmt.Fprintf(&r.out, "%v undone\n", r.now)
	}
	r.poll()
}

// state prints what matters: sizes in segments.
func (r *rig) state() string {
	var b strings.Builder
	seg := func(n int) string {
		return strconv.FormatFloat(float64(n)/rigMSS, 'g', 6, 64)
	}
	fmt.Fprintf(&b, "%v una %s nxt %s %s cwnd %s", r.now, seg(int(r.una-r.iss-1)),
		seg(int(r.nxt-r.iss-1)), [...]string{"open", "fast", "timeout"}[r.phase], seg(r.cc.window))
	if r.cc.threshold < CongestionWindowMax {
		fmt.Fprintf(&b, " ssthresh %s", seg(r.cc.threshold))
	}
	fmt.Fprintf(&b, " pipe %s", seg(r.pipe()))
	if r.sackedBytes > 0 {
		fmt.Fprintf(&b, " sacked %s", seg(r.sackedBytes))
	}
	if r.lostBytes > 0 {
		fmt.Fprintf(&b, " lost %s", seg(r.lostBytes))
	}
	for _, timer := range []struct {
		name string
		at   clock.Instant
	}{{"rto", r.rtoAt}, {"pto", r.probeAt}, {"reo", r.reorderAt}} {
		if timer.at != clock.Never {
			fmt.Fprintf(&b, " %s %v", timer.name, timer.at)
		}
	}
	return b.String() + "\n"
}
