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
	"github.com/atoll-os/atoll/clock"
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

// EventsPerInstantMax bounds the steps that one instant may take before Run gives up: a network in
// which something answers itself without a delay would never come to rest.
const EventsPerInstantMax = 10_000_000

// Network holds the nodes, the links and what is going to happen.
type Network struct {
	rand     *prng.Stream
	observer Observer
	queue    eventQueue
	touched  fifo[*Attachment]
	nodes    []*Attachment
	links    []*Link
	out      []*Frame // scratch for Poll
	now      clock.Instant
	steps    int // at this instant
	frames   uint64
}

// New returns an empty network whose faults and jitter draw from rand.
func New(rand *prng.Stream) *Network { return &Network{rand: rand} }

// Observe sets the one observer; nil for none.
func (n *Network) Observe(o Observer) { n.observer = o }

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
	n.nodes = append(n.nodes, a)
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

func (a *Attachment) fire(n *Network, now clock.Instant) { a.Touch() }

// AddPort adds the node's next port; its index is the number of ports before it. The name is that
// of the interface, "eth0"; the port's own is "web.eth0".
func (a *Attachment) AddPort(name string) *Port {
	p := &Port{node: a, index: len(a.ports), name: a.name + "." + name}
	a.ports = append(a.ports, p)
	return p
}

// Port is where a link ends at a node.
type Port struct {
	node  *Attachment
	index int
	name  string
	out   *Direction // nil: nothing is plugged in
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

// Next returns the instant of the next thing to do: now if a node is touched.
func (n *Network) Next(now clock.Instant) clock.Instant {
	if n.touched.len() > 0 {
		return now
	}
	return n.queue.next()
}

// Step does one thing that is due: it polls a touched node, or lets the earliest event happen. It
// reports whether there was one.
func (n *Network) Step(now clock.Instant) bool {
	if now > n.now {
		n.now, n.steps = now, 0
	}
	if n.steps++; n.steps > EventsPerInstantMax {
		panic("vnet: more than EventsPerInstantMax events at one instant: is a link without delay in a circle?")
	}
	if n.touched.len() > 0 {
		n.poll(now, n.touched.pop())
		return true
	}
	if n.queue.next() > now {
		return false
	}
	e := n.queue.pop()
	e.fire.fire(n, now)
	return true
}

// Run does all that is due at now and returns the instant to be called again at.
func (n *Network) Run(now clock.Instant) clock.Instant {
	for n.Step(now) {
	}
	return n.queue.next()
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
		next = now
		a.Touch()
		return
	}
	n.queue.set(&a.timer, next)
}

func (n *Network) send(now clock.Instant, a *Attachment, f *Frame) {
	n.frames++
	p := a.ports[f.Port]
	n.event(now, p, Sent, NoReason, f)
	if p.out == nil {
		n.drop(now, p, Unplugged, f)
		return
	}
	p.out.send(now, f)
}

func (n *Network) event(now clock.Instant, p *Port, k Kind, r Reason, f *Frame) {
	if n.observer != nil {
		n.observer(Event{At: now, Port: p, Kind: k, Reason: r, Frame: f})
	}
}

func (n *Network) drop(now clock.Instant, p *Port, r Reason, f *Frame) {
	n.event(now, p, Dropped, r, f)
	f.Release()
}

func (n *Network) deliver(now clock.Instant, to *Port, f *Frame) {
	n.event(now, to, Delivered, NoReason, f)
	to.node.node.Input(now, to.index, f)
	to.node.Touch()
}
