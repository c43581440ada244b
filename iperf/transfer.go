package iperf

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// transfer is the part of a test in which data flows, the same at a client and at a server. One
// goroutine runs it; each stream has one more, but for those that a server's UDP socket feeds.
type transfer struct {
	test    *Test // with all defaults
	server  bool
	local   *Local
	result  *Result
	streams []*stream
	block   []byte // what senders write

	plan   plan
	expiry time.Duration // after which a server gives up, 0 for never
	off    time.Duration // the last boundary reported
	total  time.Duration // from start to finish

	failed  chan error    // the errors of streams
	reached chan struct{} // the amount that ends the test has moved
	sending atomic.Int32  // senders that have not sent their quota
	counted atomic.Int64  // bytes received

	cpuUser, cpuSystem time.Duration // used before the start
	cpu                CPU
	congestion         string // algorithm of this side's TCP
	remote             remote
}

// remote is what the other side says of itself as a whole.
type remote struct {
	hasRetransmits bool
	congestion     string
}

func newTransfer(t *Test, local *Local, server bool) *transfer {
	n := 2 * t.Streams
	return &transfer{
		test: t, server: server, local: local, result: &Result{Intervals: []Interval{}},
		block:  payload(t.BlockSize),
		failed: make(chan error, n), reached: make(chan struct{}, 1),
	}
}

// add puts up the next stream. At a client these that send come first, at a server those that
// receive, so that both count alike.
func (t *transfer) add(conn streamConn) *stream {
	i := len(t.streams)
	first := i < t.test.Streams
	sender := t.test.sends() != t.server
	if t.test.Bidirectional {
		sender = first != t.server
	}
	s := newStream(i, sender, conn)
	if sender && t.test.counted() && !t.server {
		s.quota = t.test.share(i)
	}
	t.streams = append(t.streams, s)
	return s
}

// want returns how many streams the test has.
func (t *transfer) want() int {
	if t.test.Bidirectional {
		return 2 * t.test.Streams
	}
	return t.test.Streams
}

// begin starts the clock and the receivers.
func (t *transfer) begin() {
	t.plan = plan{start: time.Now(), omit: t.test.Omit, interval: max(t.test.Interval, 0)}
	if !t.server && t.test.Duration > 0 {
		t.plan.end = t.test.Omit + t.test.Duration
	}
	if t.server && t.test.Duration > 0 {
		t.expiry = t.test.Omit + t.test.Duration + serverGrace
	}
	t.cpuUser, t.cpuSystem = t.local.cpu()
	for _, s := range t.streams {
		s.meter.begin(&t.plan)
		if info, ok := t.stats(s); ok {
			s.tcp.known, s.tcp.base, t.congestion = true, info.Retransmits, info.Congestion
		}
		if s.sender {
			t.sending.Add(1)
			continue
		}
		_, own := s.conn.(net.Conn)
		switch {
		case t.test.Protocol == TCP:
			t.start(func() error { return t.receiveTCP(s) }, s)
		case own: // else the server's one socket feeds it
			t.start(func() error { return t.receiveUDP(s) }, s)
		}
	}
}

// send starts the senders.
func (t *transfer) send() {
	var shared []*stream // by senders on one socket
	for _, s := range t.streams {
		_, own := s.conn.(net.Conn)
		switch {
		case !s.sender:
		case t.test.Protocol == TCP:
			t.start(func() error { return t.sendTCP(s) }, s)
		case own:
			t.start(func() error { return t.sendUDP(s) }, s)
		default:
			shared = append(shared, s)
		}
	}
	if shared != nil {
		t.start(func() error { return t.sendUDP(shared...) }, shared...)
	}
}

// start runs a goroutine for streams.
func (t *transfer) start(run func() error, streams ...*stream) {
	done := make(chan struct{})
	for _, s := range streams {
		s.done = done
	}
	go func() {
		defer close(done)
		if err := run(); err != nil {
			t.failed <- err // has room for every stream
		} else if streams[0].quota > 0 && t.sending.Add(-1) == 0 {
			t.reach()
		}
	}()
}

// stats asks a TCP stream's connection about itself.
func (t *transfer) stats(s *stream) (TCPInfo, bool) {
	conn, ok := s.conn.(net.Conn)
	if !ok || t.test.Protocol != TCP {
		return TCPInfo{}, false
	}
	return t.local.stats(conn)
}

// pacer returns the pacer of one sender. Only UDP has a limit of blocks in a tick: TCP's writes
// wait by themselves.
func (t *transfer) pacer() pacer {
	burst := max(t.test.Burst, 1)
	p := pacer{rate: t.test.rate(), unit: int64(len(t.block)) * int64(burst)}
	if t.test.Protocol == UDP {
		p.perTick = max(udpBurstMax, burst)
	}
	return p
}

// over says whether the test's time is up. Senders ask before each block, so that what is sent
// at the last instant does not depend on who wakes first.
func (t *transfer) over(now time.Time) bool {
	return t.plan.end > 0 && now.Sub(t.plan.start) >= t.plan.end
}

// progress counts bytes that were received after the omitted time.
func (t *transfer) progress(n int) {
	if t.test.counted() && t.counted.Add(int64(n)) >= t.test.amount() {
		t.reach()
	}
}

func (t *transfer) reach() {
	select {
	case t.reached <- struct{}{}:
	default:
	}
}

// wait reports interval by interval until the test is over or something ends it: a message from
// the other side, the failure of a stream, the end of ctx. With no message and no error the test
// has reached its end, which only a client's can.
func (t *transfer) wait(ctx context.Context, heard <-chan message) (*message, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	reached := t.reached
	if t.server {
		reached = nil // it is for drain
	}
	var moved int64         // bytes received
	var since time.Duration // when that was last seen to change
	for {
		now := time.Now()
		elapsed := now.Sub(t.plan.start)
		t.report(now)
		if n, receiver := t.received(); n != moved || !receiver {
			moved, since = n, elapsed
		}
		switch {
		case t.over(now):
			return nil, nil
		case t.expiry > 0 && elapsed >= t.expiry:
			return nil, &Error{Code: CodeExpired}
		case elapsed-since >= receiveIdleMax:
			return nil, &Error{Code: CodeIdle}
		}
		timer.Reset(t.wake(since+receiveIdleMax) - elapsed)
		select {
		case <-timer.C:
		case m := <-heard:
			return &m, m.err
		case err := <-t.failed:
			return nil, err
		case <-reached:
			return nil, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// wake returns when wait has something to do next, idle at the latest.
func (t *transfer) wake(idle time.Duration) time.Duration {
	next := min(t.plan.next(t.off), idle)
	if t.plan.end > 0 {
		next = min(next, t.plan.end)
	}
	if t.expiry > 0 {
		next = min(next, t.expiry)
	}
	return next
}

// received returns the bytes received so far, and whether this side receives at all.
func (t *transfer) received() (n int64, receiver bool) {
	for _, s := range t.streams {
		if !s.sender {
			n, receiver = n+s.meter.total(), true
		}
	}
	return n, receiver
}

const (
	drainIdleMax = time.Second      // without a byte
	drainMax     = 10 * time.Second // in all
)

// drain lets a server receive the rest of a counted TCP test: the client has written all of it, but
// the word of that, on another connection, may overtake the data. iperf3's server does not wait and
// reports less.
func (t *transfer) drain(ctx context.Context) {
	if !t.test.counted() || t.test.Protocol != TCP || !t.test.sends() {
		return
	}
	moved := int64(-1)
	for limit := time.Now().Add(drainMax); time.Now().Before(limit); {
		n, _ := t.received()
		if n == moved {
			return
		}
		moved = n
		select {
		case <-t.reached:
			return
		case <-ctx.Done():
			return
		case <-time.After(drainIdleMax):
		}
	}
}

// finish ends the test: senders stop, nothing counts any more, the last interval is reported.
// Receivers read on until close.
func (t *transfer) finish() {
	passInstant()
	for _, s := range t.streams {
		close(s.stop)
	}
	for _, s := range t.streams {
		if s.sender {
			s.halt()
		}
	}
	now := time.Now()
	t.total = now.Sub(t.plan.start)
	for _, s := range t.streams {
		s.final, s.omitted = s.meter.freeze(now)
	}
	t.report(now)
	t.reportLast()
	t.useCPU()
}

// passInstant waits until whatever else happens at this instant of virtual time has happened. The
// word that ends a test may come at the same instant as data; then two goroutines wake, and chance
// would decide whether the data still counts, or is read before its connection is closed.
func passInstant() { time.Sleep(time.Nanosecond) }

// close ends all streams.
func (t *transfer) close() {
	for _, s := range t.streams {
		s.close()
	}
}
