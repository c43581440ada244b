package host

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip"
)

// PingTimeout bounds a ping whose context has no deadline.
const PingTimeout = 10 * time.Second

// ping is one echo request that waits for its reply.
type ping struct {
	host    *Host
	socket  *tcpip.EchoSocket
	touched bool

	mu      sync.Mutex
	changed sync.Cond
	sentAt  clock.Instant
	asked   bool
	done    bool
	after   time.Duration
	err     error
}

// Ping sends an ICMP echo request of 56 payload bytes to an address and returns the time until the
// reply came. Its error is what an ICMP error said, or why ctx ended.
func (h *Host) Ping(ctx context.Context, to netip.Addr) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, PingTimeout)
	defer cancel()
	fail := func(err error) (time.Duration, error) {
		return 0, &net.OpError{Op: "ping", Net: "ip", Addr: &net.IPAddr{IP: to.AsSlice()}, Err: err}
	}
	p, err := h.beginPing(to)
	if err != nil {
		return fail(systemError("connect", err))
	}
	n := h.network
	n.touched(p)
	stop := context.AfterFunc(ctx, p.wake)
	defer stop()
	after, err := p.await(ctx)
	n.touched(p) // closes the socket
	if err != nil {
		return fail(systemError("recvmsg", err))
	}
	return after, nil
}

// beginPing opens an echo socket; the request leaves once it is touched.
func (h *Host) beginPing(to netip.Addr) (*ping, error) {
	p := &ping{host: h}
	p.changed.L = &p.mu
	n := h.network
	n.mu.Lock()
	defer n.mu.Unlock()
	if h.stack == nil {
		return nil, net.ErrClosed
	}
	s, err := h.stack.OpenEcho(n.now(), to)
	if err != nil {
		return nil, err
	}
	p.socket, s.User = s, p
	h.open[p] = struct{}{}
	return p, nil
}

// await waits for the reply.
func (p *ping) await(ctx context.Context) (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.done && p.err == nil && ctx.Err() == nil {
		p.changed.Wait()
	}
	if !p.done && p.err == nil {
		p.err = contextError(ctx.Err())
	}
	p.done = true
	return p.after, p.err
}

func (p *ping) order() (int, uint64) { return p.host.index, p.socket.ID() }
func (p *ping) mark() *bool          { return &p.touched }

func (p *ping) push(now clock.Instant) {
	if p.host.still() || p.socket.User != p {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.done:
		p.socket.User = nil
		p.socket.Close(now)
		delete(p.host.open, p)
	case !p.asked:
		p.asked, p.sentAt = true, now
		if p.err = p.socket.Send(now, 1, pingPayload[:]); p.err != nil {
			p.host.network.wakes = append(p.host.network.wakes, p)
		}
	}
	p.host.at.Touch()
}

var pingPayload [56]byte

func (p *ping) pull() {
	n := p.host.network
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return
	}
	if r, ok := p.socket.Receive(); ok {
		p.done, p.after = true, r.At.Sub(p.sentAt)
	} else if err := p.socket.Err(); err != nil {
		p.err = err
	}
	n.wakes = append(n.wakes, p)
}

func (p *ping) wake() {
	p.mu.Lock()
	p.changed.Broadcast()
	p.mu.Unlock()
}

func (p *ping) fail() {
	p.mu.Lock()
	p.err = net.ErrClosed
	p.changed.Broadcast()
	p.mu.Unlock()
	p.socket.User = nil
}
