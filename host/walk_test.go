package host

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
)

// The proof that no wake-up can be lost, by walking.
//
// What a program does in a call is a row of steps, each whole by itself: those of Write are
// beginWrite, reserve, Append, commit, touchedSet.add, kick, endWrite. A turn of the engine has
// four parts: it empties the touched set, pushes what programs did, runs the network and pulls what
// arrived, and, when it has let go of its lock, wakes those who wait. Nothing stands between the
// instructions of a step or of what a part does to one endpoint: both are under the same lock, or
// look at nothing that the other changes. So all interleavings of a call with a turn are those of
// the steps with the parts, and all are walked, sleeping steps included: each call with each event
// that can come during it, about 6,600 interleavings. Those that differ only by the order of two
// neighbours without anything in common are one. After the turn the walk goes on once with an
// engine that looks only when the program sleeps, and once with one that looks after each step.
//
// The driver is the test: it looks only where it was kicked or where the network has said that it
// has something to do. What it is not told of stays undone, the call sleeps for ever, and
// synctest.Wait can tell.
//
// That the walk can fail was tried with the following changes, one at a time; each made it fail:
// wake, end, endWrite, endRead, CloseRead, CloseWrite or a deadline without Broadcast; waiting
// without writeWaits (Write, Dial), readWaits, readers or writers; Write or Read that does not look
// again after Wait; Accept that waits blindly, or for arrivals alone; a listener that does not
// count arrivals; a mark without the append, marks that stay set, marks cleared after the push;
// pull that leaves out space, failure, peerClosed or connected, or space without what is written or
// reserved; pull that wakes on data alone; push without Consumed, without touching the stack or the
// node; endRead that never tells the engine, or does not count; a close that leaves out what to do;
// a failed Dial that does not abort; datagrams that the stack has no room for left behind.

// manual is a driver that does nothing by itself.
type manual struct{ kicks atomic.Int64 }

func (m *manual) kick() { m.kicks.Add(1) }
func (m *manual) stop() {}

// Numbers of the rig. The timers of TCP, 200 ms and more, lie beyond the patience of the test, so
// that none of them makes good for a lost wake-up.
const (
	rigDelay    = time.Millisecond
	rigBuffer   = 8 << 10 // of sending and of receiving
	rigPatience = 50 * time.Millisecond
	rigLimit    = 100 * rigPatience // deadlines that must not help
)

// rig is two hosts and a driver that the test is. All of it runs in a bubble.
type rig struct {
	t        *testing.T
	n        *Network
	m        *manual
	a, b     *Host
	seen     int64 // kicks that were followed
	cleanups []func()

	link           *vnet.Link
	listener       *Listener
	client, server *TCPConn
	written, sent  int // bytes that writes of the client and of the server took
	taken, got     int // bytes that the server and the client have read of the other's
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, n: newNetwork(seed(1)), m: &manual{}}
	r.n.driver = r.m
	p := makePair(r.n, vnet.Settings{Delay: rigDelay, MTU: 1500}, tcp.Options{
		SendBuffer: rigBuffer, ReceiveBuffer: rigBuffer, NoDelayedAck: true,
	})
	r.a, r.b, r.link = p.a, p.b, p.link
	return r
}

// turn is a whole turn of the engine. Those who were woken run until they wait or are done.
func (r *rig) turn() {
	for _, part := range parts {
		part.do(r)
	}
}

// next returns when the driver would look again.
func (r *rig) next() clock.Instant {
	r.n.mu.Lock()
	defer r.n.mu.Unlock()
	if r.m.kicks.Load() != r.seen {
		return r.n.now()
	}
	return r.n.net.Next(r.n.now())
}

// run is the driver for some time.
func (r *rig) run(d time.Duration) {
	synctest.Wait()
	end := r.n.now().Add(d)
	for {
		next := r.next()
		if next > end {
			break
		}
		time.Sleep(next.Sub(r.n.now()))
		synctest.Wait()
		r.turn()
	}
	time.Sleep(end.Sub(r.n.now()))
	synctest.Wait()
}

// checkRoom fails if Write has taken, or may take, more than the send buffer has room for.
func (r *rig) checkRoom() {
	c := r.client
	if c == nil || c.closed || c.socket.State() == tcp.Closed {
		return
	}
	if taken, room := c.out.Len()+c.reserved, c.socket.SendSpace(); taken+max(c.space, 0) > room {
		r.t.Errorf("%d bytes are written and %d more are let in, with room for %d", taken, c.space,
			room)
	}
}

// settle does what is due now.
func (r *rig) settle() { r.run(0) }

// connect makes client and server.
func (r *rig) connect() {
	l, err := r.b.Listen("tcp", "10.0.0.2:80")
	if err != nil {
		r.t.Fatal(err)
	}
	r.client, err = r.a.beginTCP(l.Addr().(*net.TCPAddr).AddrPort())
	if err != nil {
		r.t.Fatal(err)
	}
	r.client.touch()
	r.run(10 * rigDelay)
	r.server = l.(*Listener).take()
	l.Close()
	r.run(10 * rigDelay)
	if r.server == nil || !r.client.connected {
		r.t.Fatal("the rig is not connected")
	}
}

// pattern returns the bytes of a stream from an offset on: each place has its own.
func pattern(offset, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		at := offset + i
		b[i] = byte(at*7 ^ at>>8)
	}
	return b
}

// clientWrites and serverWrites write what fits at once.
func (r *rig) clientWrites(n int) {
	if _, err := r.client.Write(pattern(r.written, n)); err != nil {
		r.t.Fatal(err)
	}
	r.written += n
}

func (r *rig) serverWrites(n int) {
	if _, err := r.server.Write(pattern(r.sent, n)); err != nil {
		r.t.Fatal(err)
	}
	r.sent += n
}

// close ends everything that the rig began.
func (r *rig) close() {
	r.n.Fail()
	for _, f := range r.cleanups {
		f()
	}
	synctest.Wait()
}

// reader takes a stream in a goroutine of its own, so that the rig's driver can go on.
type reader struct {
	got  bytes.Buffer
	err  error
	done atomic.Bool
}

func (r *rig) read(c *TCPConn) *reader {
	d := &reader{}
	go func() {
		_, d.err = d.got.ReadFrom(struct{ readerOnly }{c})
		d.done.Store(true)
	}()
	return d
}

// readerOnly hides WriteTo.
type readerOnly interface{ Read([]byte) (int, error) }

// want reports a stream that is not the pattern of so many bytes from an offset on.
func (d *reader) want(offset, n int) string {
	if got := d.got.Bytes(); !bytes.Equal(got, pattern(offset, n)) {
		return fmt.Sprintf("%d bytes arrived, or not the right ones, want %d", len(got), n)
	}
	return ""
}

var words = []struct {
	err  error
	word string
}{
	{net.ErrClosed, "closed"},
	{os.ErrDeadlineExceeded, "timeout"},
	{context.DeadlineExceeded, "timeout"},
	{context.Canceled, "canceled"},
	{syscall.ECONNRESET, "reset"},
	{syscall.EPIPE, "broken pipe"},
	{syscall.ECONNREFUSED, "refused"},
}
