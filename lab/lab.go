package lab

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/host"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/tcpip/tcp"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/vnet/capture"
)

// T is what a lab needs of a test; testing.TB has it.
type T interface {
	Name() string
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Failed() bool
	Cleanup(f func())
	Output() io.Writer
}

// Lab is a network of hosts on one clock.
type Lab struct {
	t          T
	opt        options
	rand       *prng.Stream
	network    *host.Network
	limitTimer *time.Timer
	ctx        context.Context
	cancel     context.CancelCauseFunc
	timeline

	mu        sync.Mutex
	hosts     []*Host
	switches  []*Switch
	links     []*Link
	segments  int
	names     table
	started   bool
	closed    bool
	told      bool            // what stood where at the first failure, and how to see it again
	waiting   []chan struct{} // for Settle
	checks    []*check
	scratch   []*check
	standing  []string // faults in force, for the failure table
	recorder  *recorder
	authority *authority
}

type options struct {
	seed      uint64
	limit     time.Duration
	virtual   bool
	epoch     time.Time
	tcp       tcp.Options
	replay    string
	observe   []vnet.Observer
	record    string // directory; empty: record nothing
	prefix    string // of the names of the files recorded
	scope     capture.Scope
	stop      *atomic.Bool
	sometimes *sometimes
}

// Option changes a lab.
type Option func(*options)

// Seed sets the seed; without it, it is ATOLL_SEED or a hash of the test's name.
func Seed(seed uint64) Option { return func(o *options) { o.seed = seed } }

// Limit sets how much time a lab may take before it fails: 10 minutes at the start. In virtual time
// a network that never comes to rest reaches it within seconds.
func Limit(d time.Duration) Option { return func(o *options) { o.limit = d } }

// Epoch sets the wall clock's time at the start of a virtual lab; without it, 2026-01-01 UTC.
func Epoch(t time.Time) Option { return func(o *options) { o.epoch = t } }

// Virtual runs the lab in the virtual time of the testing/synctest bubble that New is called in.
// Test and Seeds do so by themselves.
func Virtual() Option { return func(o *options) { o.virtual = true } }

// TCP sets the options of all connections; zero fields are the lab's defaults.
func TCP(t tcp.Options) Option { return func(o *options) { o.tcp = t } }

// Observe adds an observer of everything that happens to frames. It runs inside the engine and must
// neither block nor change the frame.
func Observe(f vnet.Observer) Option {
	return func(o *options) { o.observe = append(o.observe, f) }
}

// Replay sets the command line that a failure prints as the way to see it again.
func Replay(line string) Option { return func(o *options) { o.replay = line } }

// Record writes capture.pcapng, capture.txt and events.jsonl to a directory when the lab closes.
func Record(dir string) Option { return func(o *options) { o.record = dir } }

// RecordScope sets at which ports the recorded captures see frames: capture.EachOnce at the start.
func RecordScope(s capture.Scope) Option { return func(o *options) { o.scope = s } }

// Interrupt has the lab fail, and its network close, as soon as stop is true: the way in for a
// signal that is waited for outside the bubble.
func Interrupt(stop *atomic.Bool) Option { return func(o *options) { o.stop = stop } }

// ErrInterrupted is the cause of everything that ends because of Interrupt.
var ErrInterrupted = errors.New("lab: interrupted")

// SendBufferVirtual is a connection's send buffer in virtual time, allocated as used: so large that
// Write seldom waits, since the standard library holds mutexes across Write.
const SendBufferVirtual = 16 << 20

// LimitDefault is the time limit of a lab.
const LimitDefault = 10 * time.Minute

// New returns an empty lab, in real time unless Virtual is given. It is closed by t.Cleanup.
// In real time services start with Start.
func New(t T, opts ...Option) *Lab {
	t.Helper()
	o := options{limit: LimitDefault, sometimes: &sometimes{},
		epoch: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	o.seed = seedFor(t)
	for _, f := range opts {
		f(&o)
	}
	l := &Lab{t: t, opt: o, rand: prng.New(o.seed), names: table{}}
	if o.replay == "" {
		l.opt.replay = replayLine(t, o.seed)
	}
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
	if o.virtual {
		time.Sleep(time.Until(o.epoch)) // no cost: nothing runs yet
		l.opt.tcp.SendBuffer = or(o.tcp.SendBuffer, SendBufferVirtual)
		l.network = host.Virtual(l.rand.Split("network"))
		l.network.Do(func(_ clock.Instant, n *vnet.Network) { n.RequireDelay(vnet.DelayMin) })
		l.network.OnQuiet(l.quiet)
	} else {
		l.network = host.Real(l.rand.Split("network"))
	}
	l.record()
	l.timeline.start(l)
	l.limit()
	if l.opt.stop != nil && !l.opt.virtual {
		go l.watchStop()
	}
	t.Cleanup(l.Close)
	return l
}

func or(n, otherwise int) int {
	if n != 0 {
		return n
	}
	return otherwise
}

// Seed returns the seed of the run.
func (l *Lab) Seed() uint64 { return l.opt.seed }

// Now returns the time since the lab began.
func (l *Lab) Now() time.Duration { return time.Duration(l.network.Now()) }

// Network returns the network that the lab's hosts are on.
func (l *Lab) Network() *host.Network { return l.network }

// Start starts the services of all hosts added so far. A virtual lab does so by itself when the
// function that builds it first waits.
func (l *Lab) Start() {
	l.mu.Lock()
	l.started = true
	hosts := append([]*Host(nil), l.hosts...)
	l.mu.Unlock()
	for _, h := range hosts {
		h.launch()
	}
}

// Settle waits until everything that can happen at this instant has happened.
func (l *Lab) Settle() {
	if !l.opt.virtual {
		time.Sleep(time.Millisecond)
		return
	}
	done := make(chan struct{})
	l.mu.Lock()
	l.waiting = append(l.waiting, done)
	l.mu.Unlock()
	l.network.Do(func(clock.Instant, *vnet.Network) {}) // wakes the engine
	<-done
}

// quiet is called by the engine whenever no goroutine of the bubble can run.
func (l *Lab) quiet(now clock.Instant) (again bool) {
	if stop := l.opt.stop; stop != nil && stop.Load() && l.ctx.Err() == nil {
		l.interrupt()
		again = true
	}
	if err := l.network.Err(); err != nil && l.ctx.Err() == nil {
		l.Errorf("lab: %v", err)
		l.cancel(err)
		l.network.Fail()
		again = true
	}
	l.mu.Lock()
	waiting, start := l.waiting, !l.started
	l.waiting = nil
	l.mu.Unlock()
	if start {
		l.Start()
		again = true
	}
	for _, done := range waiting {
		close(done)
		again = true
	}
	return l.runChecks() || again
}

// watchStop looks for Interrupt in real time.
func (l *Lab) watchStop() {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !l.opt.stop.Load() {
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			return
		}
	}
	l.interrupt()
}

func (l *Lab) interrupt() {
	l.cancel(ErrInterrupted)
	l.network.Fail()
}

// errClosed is the cause with which a service's context ends when the lab closes.
var errClosed = errors.New("lab: closed")

// Close stops every service, gives it its grace, and ends the network and all goroutines of the
// lab. Test and New arrange for it.
func (l *Lab) Close() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	hosts := append([]*Host(nil), l.hosts...)
	l.mu.Unlock()
	if l.t.Failed() {
		l.tell()
	}
	l.timeline.stop()
	l.limitTimer.Stop()
	l.cancel(errClosed)
	for _, h := range hosts {
		h.stopAll(errClosed)
	}
	for _, h := range hosts {
		h.awaitEnd()
	}
	for _, h := range hosts {
		if h.card != nil {
			h.card.Close()
		}
	}
	l.network.Close()
	l.finishRecording()
	if l.opt.virtual {
		l.awaitGoroutines()
	}
}
