// Package vnet is a virtual network: nodes with ports, links between them, one event queue.
//
// A [Network] is a pure state machine. Run(now) does everything that is due and says when to come
// back; it reads no clock, starts no goroutine and takes no lock: a shell (package host) brings
// the lock and the time. What happens depends on the calls and their instants alone.
//
//	node ── Poll ──> port ──> direction: faults, MTU, queue, rate, delay ──> port ── Input ──> node
//
// Frames move by handing them over. A node never calls another: it returns frames from Poll, and
// the network carries them. Everything that happens to a frame is one [Event] for one observer.
package vnet

import (
	"fmt"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/prng"
)

// Node is a thing with ports: a host, a switch, a device.
type Node interface {
	// Input takes a frame that arrived at one of the node's ports, and owns it from here on.
	Input(now clock.Instant, port int, f *Frame)
	// Poll appends the frames that the node sends now, each with its Port, to out. It says when
	// it wants to be polled next, clock.Never for not before an Input or a Touch.
	Poll(now clock.Instant, out []*Frame) (frames []*Frame, next clock.Instant)
}

// EventsPerInstantMax bounds the steps that one instant may take: a network in which something
// answers itself without a delay would never come to rest.
const EventsPerInstantMax = 10_000_000

// StormError says that one instant took more than EventsPerInstantMax steps.
type StormError struct {
	At    clock.Instant
	Where string // the node, or the direction of a link, whose turn it was
}

// Error names the instant, the place, and the usual cause.
func (e *StormError) Error() string {
	return fmt.Sprintf("vnet: more than %d events at %v, the last at %s: is there a circle of "+
		"links without a delay?", EventsPerInstantMax, e.At, e.Where)
}

// Network holds the nodes, the links and what is going to happen.
type Network struct {
	rand     *prng.Stream
	observer Observer
	queue    eventQueue
	touched  fifo[*Attachment]
	names    nameCount
	delayMin time.Duration
	out      []*Frame   // scratch for Poll
	spare    *heldFrame // free ones, linked by next
	now      clock.Instant
	steps    int // at this instant
	err      error
	frames   uint64
}

// New returns an empty network whose faults and jitter draw from rand.
func New(rand *prng.Stream) *Network { return &Network{rand: rand} }

// Observe sets the one observer; nil for none.
func (n *Network) Observe(o Observer) { n.observer = o }

// RequireDelay makes a link with a delay below d an error: see [DelayMin].
func (n *Network) RequireDelay(d time.Duration) { n.delayMin = d }

// Check reports why a link of this network cannot have such settings. The error has a hint.
func (n *Network) Check(s Settings) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if s.Delay < n.delayMin {
		d := units.Duration(n.delayMin)
		return invalid(units.Duration(s.Delay), "the delay of a link is below "+d,
			"a link in virtual time needs a delay: write delay "+d+" or more")
	}
	return nil
}

// Err returns a *StormError once the network has stopped for that, else nil.
func (n *Network) Err() error { return n.err }

// Frames returns how many frames were sent so far, by all ports.
func (n *Network) Frames() uint64 { return n.frames }

// Attachment is a node's place in a network.
type Attachment struct {
	network *Network
	name    string
	node    Node
	ports   []*Port
	timer   entry
	touched bool
}

// Attach adds a node.
func (n *Network) Attach(name string, node Node) *Attachment {
	a := &Attachment{network: n, name: name, node: node}
	a.timer.fire = a
	return a
}

// Name returns the name given to Attach.
func (a *Attachment) Name() string { return a.name }

// Touch asks for the node to be polled by the next Run.
func (a *Attachment) Touch() {
	if !a.touched {
		a.touched = true
		a.network.touched.push(a)
	}
}

func (a *Attachment) fire(n *Network, now clock.Instant) {
	n.queue.set(&a.timer, clock.Never)
	a.Touch()
}

func (a *Attachment) what() string { return a.name }

// Drop is for the node to say that it drops a frame which came in by a port, since nobody is there
// to take it. It releases the frame.
func (a *Attachment) Drop(now clock.Instant, port int, r Reason, f *Frame) {
	a.network.drop(&Event{At: now, Port: a.ports[port], Reason: r, Frame: f})
}

// Ports returns the node's ports by index. The slice is not to be changed.
func (a *Attachment) Ports() []*Port { return a.ports }

// AddPort adds the node's next port; its index is the number of ports before it. The name is that
// of the interface, "eth0"; the port's own is "web.eth0".
func (a *Attachment) AddPort(name string) *Port {
	p := &Port{node: a, index: len(a.ports), name: a.name + "." + name}
	a.ports = append(a.ports, p)
	return p
}

// Port is where a link ends at a node.
type Port struct {
	node     *Attachment
	index    int
	name     string
	out      *Direction // nil: nothing is plugged in
	counters Counters
}

// Name returns node and interface: "web.eth0".
func (p *Port) Name() string { return p.name }

// Index returns the port's number at its node.
func (p *Port) Index() int { return p.index }

// Node returns the place of the port's node.
func (p *Port) Node() *Attachment { return p.node }

// Peer returns the port at the other end of the link, nil if nothing is plugged in.
func (p *Port) Peer() *Port {
	if p.out == nil {
		return nil
	}
	return p.out.to
}

// Out returns the direction that the port sends into, nil if nothing is plugged in.
func (p *Port) Out() *Direction { return p.out }

// OfSwitch reports whether the port's node is a switch, which only passes on what others sent.
func (p *Port) OfSwitch() bool {
	_, is := p.node.node.(*Switch)
	return is
}

// At lets fn run at an instant, in sequence with the other events; at once if that is in the past.
func (n *Network) At(at clock.Instant, fn func(now clock.Instant)) {
	a := &appointment{fn: fn}
	a.entry.fire = a
	n.queue.set(&a.entry, at)
}

type appointment struct {
	entry entry
	fn    func(now clock.Instant)
}

func (a *appointment) fire(n *Network, now clock.Instant) {
	n.queue.set(&a.entry, clock.Never)
	a.fn(now)
}

func (a *appointment) what() string { return "a call set by At" }

// Next returns when Step is to be called again: now if a node is touched, else the earliest instant
// of which a node can see something. Before that, frames may leave their queues; it is enough to
// let this happen, each at its own instant, when it is somebody's turn: see CatchUp.
func (n *Network) Next(now clock.Instant) clock.Instant {
	if n.err != nil {
		return clock.Never
	}
	if n.touched.len() > 0 {
		return now
	}
	return n.queue.nextSeen()
}

// CatchUp lets happen what Next did not announce and is over by now. To be called before one looks
// at queues or changes links at an instant for which Step has not been called.
func (n *Network) CatchUp(now clock.Instant) {
	for n.err == nil && n.unseen(now) {
		n.queue.heap[0].fire.fire(n, n.queue.heap[0].at)
	}
}

// unseen reports whether the earliest event lies behind and was none that Next announced.
func (n *Network) unseen(now clock.Instant) bool {
	return n.queue.next() < now && n.queue.heap[0].seen > n.queue.heap[0].at
}

// Step does one thing that is due: it polls a touched node, or lets the earliest event happen. It
// reports whether there was one.
func (n *Network) Step(now clock.Instant) bool {
	if now > n.now {
		n.now, n.steps = now, 0
	}
	if n.steps++; n.steps > EventsPerInstantMax {
		n.storm(now)
	}
	switch {
	case n.err != nil:
		return false
	case n.unseen(now):
		n.queue.heap[0].fire.fire(n, n.queue.heap[0].at)
		return true
	case n.touched.len() > 0:
		n.poll(now, n.touched.pop())
		return true
	case n.queue.next() <= now:
		// The event takes itself out of the queue or sets itself anew.
		n.queue.heap[0].fire.fire(n, now)
		return true
	}
	return false
}

func (n *Network) storm(now clock.Instant) {
	e := &StormError{At: now}
	switch {
	case n.touched.len() > 0:
		e.Where = (*n.touched.peek()).what()
	case n.queue.next() <= now:
		e.Where = n.queue.heap[0].fire.what()
	default:
		return // that was the last one
	}
	n.err = e
}

// Run does all that is due at now and returns the instant to be called again at.
func (n *Network) Run(now clock.Instant) clock.Instant {
	for n.Step(now) {
	}
	return n.Next(now)
}

func (n *Network) poll(now clock.Instant, a *Attachment) {
	a.touched = false
	frames, next := a.node.Poll(now, n.out[:0])
	for i, f := range frames {
		n.send(now, a, f)
		frames[i] = nil
	}
	n.out = frames
	if next <= now {
		a.Touch()
		return
	}
	n.queue.set(&a.timer, next)
}

func (n *Network) send(now clock.Instant, a *Attachment, f *Frame) {
	p := a.ports[f.Port]
	if f.SegmentSize > 0 && p.out != nil && p.out.cuts() {
		n.cut(now, p, f)
		return
	}
	n.launch(now, p, f)
}

// launch hands a frame to the link of its port.
func (n *Network) launch(now clock.Instant, p *Port, f *Frame) {
	n.event(&Event{At: now, Port: p, Kind: Sent, Frame: f})
	if p.out == nil {
		n.drop(&Event{At: now, Port: p, Reason: Unplugged, Frame: f})
		return
	}
	p.out.send(now, f)
}

func (n *Network) deliver(now clock.Instant, to *Port, f *Frame) {
	n.event(&Event{At: now, Port: to, Kind: Delivered, Frame: f})
	to.node.node.Input(now, to.index, f)
	to.node.Touch()
}
