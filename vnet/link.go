package vnet

import (
	"strconv"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
)

// HeldMax bounds the frames that faults hold back on one direction at a time.
const HeldMax = 10_000

// MTUUnlimited lets super-segments pass whole.
const MTUUnlimited = 0

// Settings are what a direction of a link is like.
type Settings struct {
	Delay       time.Duration // from the end of sending to arrival
	Jitter      time.Duration // added to Delay, uniform in [0, Jitter]; never reorders
	Rate        int64         // bits a second of the frame as captured; 0 is unlimited
	QueueBytes  int           // waiting frames, while Rate is limited; 0 is unlimited
	QueueFrames int           // likewise, by count
	MTU         int           // largest IP packet in bytes; MTUUnlimited
}

// Verdict is what a fault wants done with one frame.
type Verdict struct {
	Drop   Reason        // not NoReason: drop it
	Copies int           // further frames like it
	Flip   int           // 1 + index of the bit to flip; 0 for none
	Delay  time.Duration // hold it that much longer than the link does; others overtake it
}

// Fault decides about each frame that enters a direction, from a stream of its own.
type Fault interface {
	Judge(now clock.Instant, f *Frame, rand *prng.Stream) Verdict
	String() string // in the words that parse to it
}

// Link joins two ports. Each direction has settings and faults of its own.
type Link struct{ Directions [2]*Direction }

// Direction is one way of a link.
type Direction struct {
	network  *Network
	from, to *Port
	set      Settings
	down     bool
	faults   []placedFault
	rand     *prng.Stream
	event    entry

	waiting      fifo[*Frame] // for the sender; the first is being sent, until sentAt
	waitingBytes int
	sentAt       clock.Instant
	flying       fifo[flight]
	held         int
	last         clock.Instant // the latest arrival so far: jitter keeps the order
}

type placedFault struct {
	fault Fault
	rand  *prng.Stream
	id    int
}

type flight struct {
	at clock.Instant
	f  *Frame
}

// Connect plugs a link between two free ports, with the same settings in both directions.
func (n *Network) Connect(a, b *Port, s Settings) *Link {
	if a.out != nil || b.out != nil {
		panic("vnet: a port takes one link")
	}
	l := &Link{}
	for i, ends := range [2][2]*Port{{a, b}, {b, a}} {
		d := &Direction{network: n, from: ends[0], to: ends[1], set: s}
		d.event.fire = d
		d.rand = n.rand.Split("link " + strconv.Itoa(len(n.links)) + " " + strconv.Itoa(i))
		ends[0].out, l.Directions[i] = d, d
	}
	n.links = append(n.links, l)
	return l
}

// Settings returns the settings in force.
func (d *Direction) Settings() Settings { return d.set }

// Set changes the settings for frames sent from now on.
func (d *Direction) Set(s Settings) { d.set = s }

// SetDown pulls the cable or plugs it in. What is under way when it is pulled is lost.
func (d *Direction) SetDown(now clock.Instant, down bool) {
	d.down = down
	for down && d.waiting.len() > 0 {
		d.network.drop(now, d.from, LinkDown, d.waiting.pop())
	}
	for down && d.flying.len() > 0 {
		d.network.drop(now, d.from, LinkDown, d.flying.pop().f)
	}
	if down {
		d.waitingBytes = 0
	}
	d.schedule()
}

// Add puts a fault behind those in place and returns what takes it out again.
func (d *Direction) Add(f Fault) (undo func()) {
	id := 0
	for _, p := range d.faults {
		id = max(id, p.id+1)
	}
	d.faults = append(d.faults, placedFault{f, d.rand.Split(f.String()), id})
	return func() {
		for i, p := range d.faults {
			if p.id == id && p.fault == f {
				d.faults = append(d.faults[:i:i], d.faults[i+1:]...)
				return
			}
		}
	}
}

func (d *Direction) send(now clock.Instant, f *Frame) {
	d.enqueue(now, f)
}

func (d *Direction) enqueue(now clock.Instant, f *Frame) {
	n := d.network
	switch {
	case d.down:
		n.drop(now, d.from, LinkDown, f)
	case d.set.MTU > 0 && len(f.Data)-ethernetHeader > d.set.MTU:
		n.drop(now, d.from, TooBig, f)
	case d.set.Rate == 0:
		d.fly(now, f)
	case d.full(f):
		n.drop(now, d.from, QueueFull, f)
	default:
		d.waiting.push(f)
		d.waitingBytes += len(f.Data)
		if d.waiting.len() == 1 {
			d.sentAt = now.Add(d.sendTime(f))
		}
	}
	d.schedule()
}

const ethernetHeader = 14

func (d *Direction) full(f *Frame) bool {
	return d.set.QueueFrames > 0 && d.waiting.len() >= d.set.QueueFrames ||
		d.set.QueueBytes > 0 && d.waitingBytes+len(f.Data) > d.set.QueueBytes
}

func (d *Direction) sendTime(f *Frame) time.Duration {
	return time.Duration(int64(len(f.Data)) * 8 * int64(time.Second) / d.set.Rate)
}

// fly puts a frame that has been sent onto the wire.
func (d *Direction) fly(now clock.Instant, f *Frame) {
	at := now.Add(d.set.Delay)
	if d.set.Jitter > 0 {
		at = at.Add(time.Duration(d.rand.Float64() * float64(d.set.Jitter+1)))
	}
	d.last = max(d.last, at)
	d.flying.push(flight{d.last, f})
}

func (d *Direction) schedule() {
	at := clock.Never
	if d.waiting.len() > 0 {
		at = d.sentAt
	}
	if d.flying.len() > 0 {
		at = min(at, d.flying.peek().at)
	}
	d.network.queue.set(&d.event, at)
}

// fire sends what the rate allows and delivers what has arrived.
func (d *Direction) fire(n *Network, now clock.Instant) {
	for d.waiting.len() > 0 && d.sentAt <= now {
		f := d.waiting.pop()
		d.waitingBytes -= len(f.Data)
		d.fly(d.sentAt, f)
		if d.waiting.len() > 0 {
			d.sentAt = d.sentAt.Add(d.sendTime(*d.waiting.peek()))
		}
	}
	for d.flying.len() > 0 && d.flying.peek().at <= now {
		n.deliver(now, d.to, d.flying.pop().f)
	}
	d.schedule()
}
