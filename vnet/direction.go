package vnet

import (
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
)

// UnderWayMax bounds the frames that wait and fly on one direction at a time, whatever its queue
// may hold; more are dropped as by a full queue.
const UnderWayMax = 1 << 20

// Direction is one way of a link.
type Direction struct {
	network  *Network
	from, to *Port
	set      Settings
	down     bool
	event    entry

	rand    *prng.Stream // jitter and RED draw from it, faults from streams below it
	names   nameCount
	faults  []placedFault
	placed  uint64
	judging []judged // scratch
	held    heldList

	sending      *Frame // nil: the sender is idle, and nothing waits
	sentAt       clock.Instant
	fraction     int64 // of a nanosecond that sending took too short so far, in 1/Rate
	waiting      fifo[waitingFrame]
	waitingBytes int
	red          redState
	codel        codelState

	flying fifo[flight]
	last   clock.Instant // the latest arrival so far: jitter keeps the order
}

type waitingFrame struct {
	since clock.Instant
	f     *Frame
}

type flight struct {
	at clock.Instant
	f  *Frame
}

// From returns the port that sends into this direction.
func (d *Direction) From() *Port { return d.from }

// To returns the port that it leads to.
func (d *Direction) To() *Port { return d.to }

// Settings returns the settings in force.
func (d *Direction) Settings() Settings { return d.set }

// Set changes the settings for frames sent from now on. What waits or flies stays: nothing is
// overtaken. It changes nothing and returns the error of [Network.Check] if that refuses them.
func (d *Direction) Set(s Settings) error {
	if err := d.network.Check(s); err != nil {
		return err
	}
	d.change(s)
	return nil
}

func (d *Direction) change(s Settings) {
	defer d.schedule() // a shorter delay is seen sooner
	if s.Rate != d.set.Rate {
		d.fraction = 0
	}
	if s.Discipline != d.set.Discipline {
		d.red, d.codel = redState{}, codelState{}
	}
	d.set, d.red.RED, d.codel.CoDel = s, s.RED.filled(s), s.CoDel.filled()
}

// Down reports whether the cable is pulled.
func (d *Direction) Down() bool { return d.down }

// SetDown pulls the cable or plugs it in. What is under way when it is pulled is lost.
func (d *Direction) SetDown(now clock.Instant, down bool) {
	if down {
		d.clear(now, LinkDown)
	}
	d.down = down
}

// Queued returns how many frames and bytes wait now, without the one that is being sent.
func (d *Direction) Queued() (frames, bytes int) { return d.waiting.len(), d.waitingBytes }

// UnderWay returns how many frames are in the direction now: held back by faults, waiting, being
// sent, flying.
func (d *Direction) UnderWay() int {
	n := d.held.n + d.waiting.len() + d.flying.len()
	if d.sending != nil {
		n++
	}
	return n
}

// clear drops all that is under way.
func (d *Direction) clear(now clock.Instant, r Reason) {
	drop := func(f *Frame) {
		d.network.drop(&Event{At: now, Port: d.from, Reason: r, Frame: f})
	}
	for d.flying.len() > 0 {
		drop(d.flying.pop().f)
	}
	if d.sending != nil {
		drop(d.sending)
		d.sending = nil
	}
	for d.waiting.len() > 0 {
		drop(d.waiting.pop().f)
	}
	for d.held.n > 0 {
		drop(d.held.first.release(d.network))
	}
	d.waitingBytes, d.fraction = 0, 0
	d.schedule()
}

// send takes a frame that the port's node has sent.
func (d *Direction) send(now clock.Instant, f *Frame) {
	switch {
	case d.down:
		d.network.drop(&Event{At: now, Port: d.from, Reason: LinkDown, Frame: f})
	case len(d.faults) > 0:
		d.judge(now, f)
	default:
		d.enqueue(now, f)
	}
}

const ethernetHeader = 14

// enqueue takes a frame that the faults let pass.
func (d *Direction) enqueue(now clock.Instant, f *Frame) {
	reason := NoReason
	switch {
	case d.set.MTU > 0 && len(f.Data)-ethernetHeader > d.set.MTU:
		reason = TooBig
	case d.sending == nil && d.set.Rate == 0 && d.flying.len() < UnderWayMax:
		d.fly(now, f)
	case d.set.Discipline == DisciplineRED && d.redDrops(now):
		reason = EarlyDrop
	case d.sending == nil && d.flying.len() < UnderWayMax:
		d.begin(now, f)
	case d.full(f):
		reason = QueueFull
	default:
		d.waiting.push(waitingFrame{now, f})
		d.waitingBytes += len(f.Data)
		c := &d.from.counters
		c.QueueBytesMax = max(c.QueueBytesMax, d.waitingBytes)
		return // what is being sent is scheduled
	}
	if reason != NoReason {
		d.network.drop(&Event{At: now, Port: d.from, Reason: reason, Frame: f})
		return
	}
	d.schedule()
}

func (d *Direction) full(f *Frame) bool {
	return d.set.QueueFrames > 0 && d.waiting.len() >= d.set.QueueFrames ||
		d.set.QueueBytes > 0 && d.waitingBytes+len(f.Data) > d.set.QueueBytes ||
		d.waiting.len()+d.flying.len() >= UnderWayMax
}

// begin sends f, which is at the head of the queue.
func (d *Direction) begin(at clock.Instant, f *Frame) {
	d.sending = f
	d.sentAt = at.Add(d.sendTime(len(f.Data)))
}

// sendTime returns how long size bytes take. What rounding to nanoseconds cuts off is added to the
// next frame, so that a busy link carries exactly its rate.
func (d *Direction) sendTime(size int) time.Duration {
	if d.set.Rate == 0 {
		return 0
	}
	work := int64(size)*8*int64(time.Second) + d.fraction
	d.fraction = work % d.set.Rate
	return time.Duration(work / d.set.Rate)
}

// fly puts a frame that has been sent onto the wire.
func (d *Direction) fly(sent clock.Instant, f *Frame) {
	at := sent.Add(d.set.Delay)
	if d.set.Jitter > 0 {
		at = at.Add(time.Duration(d.rand.Float64() * float64(d.set.Jitter+1)))
	}
	d.last = max(d.last, at)
	d.flying.push(flight{d.last, f})
}

func (d *Direction) schedule() {
	at, seen := clock.Never, clock.Never
	if d.sending != nil {
		at, seen = d.sentAt, d.sentAt.Add(d.set.Delay)
	}
	if d.flying.len() > 0 {
		arrival := d.flying.peek().at
		at, seen = min(at, arrival), min(seen, arrival)
	}
	d.network.queue.setSeen(&d.event, at, seen)
}

// fire sends what the rate allows and delivers what has arrived.
func (d *Direction) fire(n *Network, now clock.Instant) {
	for d.sending != nil && d.sentAt <= now {
		f := d.sending
		d.sending = nil
		d.fly(d.sentAt, f)
		d.sendNext(d.sentAt)
	}
	for d.flying.len() > 0 && d.flying.peek().at <= now {
		n.deliver(now, d.to, d.flying.pop().f)
	}
	d.schedule()
}

// sendNext begins with the next waiting frame that the discipline lets through.
func (d *Direction) sendNext(at clock.Instant) {
	f := d.dequeue(at)
	switch {
	case f != nil:
		d.begin(at, f)
	default:
		d.fraction = 0
		d.red.idle(at)
	}
}

// dequeue takes the next frame to send out of the queue; nil if there is none.
func (d *Direction) dequeue(at clock.Instant) *Frame {
	if d.set.Discipline == DisciplineCoDel {
		return d.codelDequeue(at)
	}
	if d.waiting.len() == 0 {
		return nil
	}
	return d.take().f
}

func (d *Direction) take() waitingFrame {
	w := d.waiting.pop()
	d.waitingBytes -= len(w.f.Data)
	return w
}

func (d *Direction) what() string { return d.from.name + " > " + d.to.name }
