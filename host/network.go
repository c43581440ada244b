package host

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/vnet"
)

// Network is a virtual network that programs can use: a vnet.Network with a lock and a driver.
type Network struct {
	driver driver

	mu      sync.Mutex // guards net, hosts and the stacks below them
	net     *vnet.Network
	hosts   []*Host
	wakes   []waiter  // whom to wake after unlock
	batch   []toucher // between takeMarked and pushMarked
	scratch []byte    // for one datagram
	started time.Time

	touch touchedSet
}

// driver decides who runs the network, and when.
type driver interface {
	kick() // something was touched
	stop() // ends the driver's goroutine and waits for its end
}

// toucher is an endpoint that a program can change.
type toucher interface {
	order() (host int, id uint64)
	mark() *bool // whether it lies in the touched set; guarded by the set's lock
	// push hands to the stack what the program did. The network's lock is held.
	push(now clock.Instant)
}

// waiter is an endpoint on which programs wait.
type waiter interface{ wake() }

// touchedSet holds the endpoints that programs changed since the engine last looked.
type touchedSet struct {
	mu     sync.Mutex
	marked []toucher
	closed bool
	busy   bool // real driver: somebody runs the network and will look again before it rests
	again  bool // real driver: look again, although nothing is marked
}

func newNetwork(rand *prng.Stream) *Network {
	return &Network{net: vnet.New(rand), started: time.Now(),
		scratch: make([]byte, DatagramMax)}
}

// now is the time of the run: virtual in a bubble.
func (n *Network) now() clock.Instant { return clock.Instant(time.Since(n.started)) }

// Now returns the instant: nanoseconds since the network was made.
func (n *Network) Now() clock.Instant { return n.now() }

// Err returns why the network has stopped by itself, a *vnet.StormError; nil while it has not.
func (n *Network) Err() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.net.Err()
}

// Do calls f with the network's lock held, then lets the network run. It is the way to change
// links, faults and nodes while programs use them. f must not block.
func (n *Network) Do(f func(now clock.Instant, net *vnet.Network)) {
	n.mu.Lock()
	now := n.now()
	n.net.CatchUp(now)
	f(now, n.net)
	wakes := n.takeWakes(nil)
	n.mu.Unlock()
	wakeAll(wakes)
	n.driver.kick()
}

// touched puts e into the touched set and wakes the engine.
func (n *Network) touched(e toucher) {
	n.touch.add(e)
	n.driver.kick()
}

func (t *touchedSet) add(e toucher) {
	t.mu.Lock()
	if m := e.mark(); !*m {
		*m = true
		t.marked = append(t.marked, e)
	}
	t.mu.Unlock()
}

// takeTouched hands to the stacks what programs did. The lock is held.
func (n *Network) takeTouched(now clock.Instant) {
	n.takeMarked()
	n.pushMarked(now)
}

// takeMarked empties the touched set into n.batch, in canonical order: the order in which
// goroutines ran within one instant cannot matter. Who is touched from here on is marked again.
func (n *Network) takeMarked() {
	n.touch.mu.Lock()
	n.batch = append(n.batch[:0], n.touch.marked...)
	clear(n.touch.marked)
	n.touch.marked = n.touch.marked[:0]
	for _, e := range n.batch {
		*e.mark() = false
	}
	n.touch.mu.Unlock()
	if len(n.batch) > 1 {
		slices.SortFunc(n.batch, func(a, b toucher) int {
			hostA, idA := a.order()
			hostB, idB := b.order()
			return cmp.Or(cmp.Compare(hostA, hostB), cmp.Compare(idA, idB))
		})
	}
}

func (n *Network) pushMarked(now clock.Instant) {
	for i, e := range n.batch {
		e.push(now)
		n.batch[i] = nil
	}
	n.batch = n.batch[:0]
}

// takeWakes appends to list whom to wake after unlock. The lock is held.
func (n *Network) takeWakes(list []waiter) []waiter {
	list = append(list, n.wakes...)
	clear(n.wakes)
	n.wakes = n.wakes[:0]
	return list
}

func wakeAll(wakes []waiter) {
	for i, w := range wakes {
		w.wake()
		wakes[i] = nil // a driver keeps the slice
	}
}

// Fail makes every endpoint fail with net.ErrClosed, so that programs end by errors.
func (n *Network) Fail() {
	n.mu.Lock()
	for _, h := range n.hosts {
		h.fail()
	}
	wakes := n.takeWakes(nil)
	n.mu.Unlock()
	wakeAll(wakes)
}

// Close ends the network: every endpoint fails with net.ErrClosed, and every goroutine that the
// network began has ended when Close returns.
func (n *Network) Close() error {
	n.Fail()
	n.driver.stop()
	return nil
}
