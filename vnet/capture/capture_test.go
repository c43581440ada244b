package capture_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/capture"
	"github.com/atoll-os/atoll/wire"
)

// node sends what the test gives it. While it is off it drops what it gets.
type node struct {
	at  *vnet.Attachment
	out []*vnet.Frame
	off bool
}

func (n *node) Input(now clock.Instant, port int, f *vnet.Frame) {
	if n.off {
		n.at.Drop(now, port, vnet.NodeDown, f)
		return
	}
	f.Release()
}

func (n *node) Poll(_ clock.Instant, out []*vnet.Frame) ([]*vnet.Frame, clock.Instant) {
	out = append(out, n.out...)
	n.out = nil
	return out, clock.Never
}

// once is a fault for the next frame.
type once struct {
	name string
	vnet.Verdict
}

func (o *once) Judge(clock.Instant, *vnet.Frame, *vnet.Memory) vnet.Verdict {
	v := o.Verdict
	o.Verdict = vnet.Verdict{}
	return v
}

func (o *once) String() string { return o.name }

// world is web and db on a switch, and what they say in the tests.
type world struct {
	net     *vnet.Network
	web, db *node
	webLink *vnet.Link
	dbLink  *vnet.Link
	now     clock.Instant
	seq     uint32
}

func newWorld(s vnet.Settings) *world {
	w := &world{net: vnet.New(prng.New(1)), web: &node{}, db: &node{}, seq: 1}
	w.web.at, w.db.at = w.net.Attach("web", w.web), w.net.Attach("db", w.db)
	sw := vnet.NewSwitch(w.net, "sw1")
	w.webLink = w.net.Connect(w.web.at.AddPort("eth0"), sw.AddPort("p0"), s)
	w.dbLink = w.net.Connect(w.db.at.AddPort("eth0"), sw.AddPort("p1"), s)
	return w
}

// advance runs the network for a while.
func (w *world) advance(d time.Duration) {
	end := w.now.Add(d)
	for next := w.net.Run(w.now); next <= end; next = w.net.Run(w.now) {
		w.now = next
	}
	w.now = end
}

// segment returns a TCP segment from web to db, without its checksum.
func (w *world) segment(payload int) *vnet.Frame {
	f := vnet.NewFrame(payload + 54)
	e := wire.Ethernet{Dst: wire.MAC{2, 5: 2}, Src: wire.MAC{2, 5: 1}, Type: wire.TypeIPv4}
	tcp := wire.TCP{SrcPort: 80, DstPort: 40000, Seq: w.seq, Ack: 1, Flags: wire.ACK | wire.PSH,
		Window: 65535}
	ip := wire.IPv4{TTL: 64, Protocol: wire.ProtoTCP, Src: netip.MustParseAddr("10.0.0.1"),
		Dst: netip.MustParseAddr("10.0.0.2")}
	f.Data = tcp.Append(ip.Append(e.Append(f.Data), tcp.Size()+payload))
	f.Data = append(f.Data, make([]byte, payload)...)
	f.Unsummed = true
	w.seq += uint32(payload)
	return f
}

func (n *node) send(frames ...*vnet.Frame) {
	n.out = append(n.out, frames...)
	n.at.Touch()
}

func arp() *vnet.Frame {
	f := vnet.NewFrame(60)
	e := wire.Ethernet{Dst: wire.Broadcast, Src: wire.MAC{2, 0, 0, 0, 0, 2}, Type: wire.TypeARP}
	h := wire.ARP{Op: wire.ARPRequest, SenderMAC: e.Src, SenderIP: netip.MustParseAddr("10.0.0.2"),
		TargetIP: netip.MustParseAddr("10.0.0.1")}
	f.Data = h.Append(e.Append(f.Data))
	return f
}

// story makes everything happen that a capture has words for.
func story(w *world) {
	webOut, swOut := w.webLink.Directions[0], w.dbLink.Directions[1]
	next := func(d *vnet.Direction, name string, v vnet.Verdict) {
		d.Add(&once{name, v})
		w.web.send(w.segment(100))
		w.advance(100 * time.Millisecond)
	}
	w.db.send(arp())
	w.advance(100 * time.Millisecond)
	w.web.send(w.segment(1000))
	w.advance(100 * time.Millisecond)
	next(webOut, "loss 1%", vnet.Verdict{Drop: vnet.Lost})
	next(webOut, "reorder 1% 40ms", vnet.Verdict{Delay: 40 * time.Millisecond})
	next(webOut, "corrupt 1%", vnet.Verdict{Flip: 1 + 61})
	next(webOut, "corrupt 1%", vnet.Verdict{Flip: 1 + 800, Delay: 10 * time.Millisecond})
	next(webOut, "duplicate 1%", vnet.Verdict{Copies: 1})
	next(swOut, "loss 1%", vnet.Verdict{Drop: vnet.Lost})
	next(swOut, "partition 10.0.0.1", vnet.Verdict{Drop: vnet.Partitioned})
	next(swOut, "corrupt 1%", vnet.Verdict{Flip: 1 + 800})
	next(swOut, "reorder 1% 40ms", vnet.Verdict{Delay: 40 * time.Millisecond})
	next(swOut, "duplicate 1%", vnet.Verdict{Copies: 1})
	w.db.off = true
	w.web.send(w.segment(100))
	w.advance(100 * time.Millisecond)
	w.db.off = false
	w.web.send(w.segment(100))
	w.advance(time.Millisecond)
	w.webLink.SetDown(w.now, true)
	w.web.send(w.segment(100))
	w.advance(100 * time.Millisecond)
	w.webLink.Unplug(w.now)
	w.web.send(w.segment(100))
	w.advance(100 * time.Millisecond)
}

// superStory is one super-segment over links that let it pass whole.
func superStory(w *world) {
	f := w.segment(4000)
	f.SegmentSize = 1460
	w.db.send(arp())
	w.advance(100 * time.Millisecond)
	w.web.send(f)
	w.advance(100 * time.Millisecond)
	odd := arp()
	odd.SegmentSize = 1460 // says that it is a super-segment, and is none
	w.db.send(odd)
	w.advance(100 * time.Millisecond)
}

// The script: text [all] [super] prints the text capture of a story.
func TestText(t *testing.T) {
	datadriven.RunTest(t, "testdata/text.txt", func(t *testing.T, d *datadriven.TestData) string {
		tell, scope := story, capture.EachOnce
		w := newWorld(vnet.Settings{Delay: 10 * time.Millisecond})
		if d.HasArg("super") {
			tell = superStory
		}
		if d.HasArg("all") {
			scope = capture.All
		}
		var out strings.Builder
		text := capture.NewText(&out, scope)
		w.net.Observe(text.Observe)
		tell(w)
		if err := text.Flush(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	})
}

func TestDigest(t *testing.T) {
	digest := func(tell func(*world), observers ...vnet.Observer) (string, uint64) {
		w, d := newWorld(vnet.Settings{Delay: 10 * time.Millisecond}), capture.NewDigest()
		w.net.Observe(capture.Tee(append(observers, d.Observe)...))
		tell(w)
		return d.Sum(), d.Frames()
	}
	first, frames := digest(story)
	if again, _ := digest(story); again != first {
		t.Error("the same story has another digest")
	}
	if other, _ := digest(func(w *world) { w.advance(1); story(w) }); other == first {
		t.Error("the same story a nanosecond later has the same digest")
	}
	w := newWorld(vnet.Settings{Delay: 10 * time.Millisecond})
	story(w)
	if frames != w.net.Frames() {
		t.Errorf("the digest is over %d frames, the network sent %d", frames, w.net.Frames())
	}
	// A capture changes nothing, also not the frames that are hashed after it.
	pcapng := capture.NewPcapng(&bytes.Buffer{}, capture.PcapngOptions{Scope: capture.All})
	text := capture.NewText(&bytes.Buffer{}, capture.All)
	if with, _ := digest(story, pcapng.Observe, text.Observe); with != first {
		t.Error("a capture changed the run")
	}
}

func TestTee(t *testing.T) {
	if capture.Tee() != nil || capture.Tee(nil, nil) != nil {
		t.Error("a Tee of nothing is nil, which a network takes for none")
	}
	var got []string
	mark := func(name string) vnet.Observer {
		return func(e vnet.Event) { got = append(got, fmt.Sprint(name, e.Kind)) }
	}
	capture.Tee(nil, mark("a "))(vnet.Event{})
	capture.Tee(mark("b "), nil, mark("c "))(vnet.Event{Kind: vnet.Dropped})
	if s := strings.Join(got, ", "); s != "a sent, b dropped, c dropped" {
		t.Errorf("heard %s", s)
	}
}

func TestAt(t *testing.T) {
	w := newWorld(vnet.Settings{Delay: 10 * time.Millisecond})
	var out strings.Builder
	text := capture.NewText(&out, capture.EachOnce)
	w.net.Observe(capture.At(func(p *vnet.Port) bool { return p.Node() == w.db.at }, text.Observe))
	story(w)
	if err := text.Flush(); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if !strings.Contains(line, " db.eth0 ") {
			t.Errorf("line of another port: %s", line)
		}
	}
	if !strings.Contains(out.String(), "arp") {
		t.Error("db's request is missing")
	}
}
