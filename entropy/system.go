package entropy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/internal/still"
)

// System takes sources in and gives streams out: it samples, tests, credits, reseeds, and tells
// who wants to know when it finds itself in a copy of the machine. It is safe for concurrent use.
type System struct {
	// The read path. A stream reads these and takes no lock that another stream takes.
	epoch       atomic.Uint64 // of the root's seed; 0: not ready
	seen        atomic.Uint64 // sum of the generations' counts that epoch belongs to
	generations []Generation

	intakes  []*intake
	events   []string
	ring     *ring
	timeout  time.Duration
	interval time.Duration
	log      *slog.Logger
	still    bool
	stripes  int

	ctx    context.Context // ends at Close
	cancel context.CancelFunc
	work   sync.WaitGroup
	wake   chan struct{} // the keeper has something to do
	taking sync.Mutex    // of events from the ring

	mu            sync.Mutex
	changed       sync.Cond // filling began, or the system closed
	root          *root
	pool          *pool
	fortuna       *fortuna
	ledger        *ledger
	filling       bool   // a seed is being gathered
	round         uint64 // of filling, from 1
	epochs        uint64
	generation    uint64 // copies seen
	ready         chan struct{}
	reseeds       uint64
	reseeded      time.Time
	pause         time.Duration // to the next round
	due           time.Time     // of the next round
	seedBits      float64       // min-entropy of the latest seed
	labels        map[string]uint64
	clones        []*cloneFunc
	announcements []uint64 // generations that clones must still hear of
	pushed        []uint64 // events by name
	store         *store
	messages      []message // for the log
	closed        bool
}

// New starts a system. It does not wait for its sources. An error lists all that is wrong with the
// composition.
func New(c Config) (*System, error) {
	specs, err := c.check()
	if err != nil {
		return nil, err
	}
	s := &System{
		generations: c.Generations, events: c.Events, ring: newRing(), timeout: c.SampleTimeout,
		interval: c.ReseedInterval, log: c.Log, still: c.Still != nil, stripes: stripes(),
		wake: make(chan struct{}, 1), root: &root{}, pool: newPool(), fortuna: newFortuna(),
		ready: make(chan struct{}), labels: map[string]uint64{}, pushed: make([]uint64, len(c.Events)),
	}
	if s.timeout <= 0 {
		s.timeout = SampleTimeoutDefault
	}
	if s.interval <= 0 {
		s.interval = ReseedIntervalDefault
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.changed.L = &s.mu
	s.ctx, s.cancel = context.WithCancel(context.Background())
	for i, source := range c.Sources {
		in, err := newIntake(i, source, specs[i], c.Policy.allowed(specs[i]))
		if err != nil {
			return nil, err
		}
		s.intakes = append(s.intakes, in)
	}
	trust := map[string]bool{}
	for _, name := range c.Policy.Trust {
		trust[name] = true
	}
	if c.Seed != nil {
		specs = append(specs, seedSpec)
		s.store = &store{keep: c.Seed, index: len(specs) - 1, allowed: c.Policy.allowed(seedSpec)}
	}
	s.ledger = newLedger(specs, trust)
	s.seen.Store(s.count())
	if c.Still != nil {
		s.stand(c.Still)
		return s, nil
	}
	s.start()
	return s, nil
}

// stand makes s a still system: ready, without sources and goroutines.
func (s *System) stand(mode *still.Mode) {
	seed := mode.Seed
	s.stripes, s.root.still = 1, &seed
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
}

// start begins to gather the first seed.
func (s *System) start() {
	if s.store != nil {
		s.load()
	}
	s.mu.Lock()
	s.fill()
	s.mu.Unlock()
	for _, in := range s.intakes {
		// Names first: machines that see the same noise must not have the same first seed.
		if in.spec.Kind == Identity && in.spec.Prompt {
			<-in.turn
			s.drawWanted(s.ctx, in)
			in.turn <- struct{}{}
		}
	}
	for _, in := range s.intakes {
		s.work.Go(func() { s.run(in) })
	}
	s.work.Go(s.keep)
	for _, g := range s.generations {
		if w, ok := g.(Watcher); ok {
			s.work.Go(func() { s.watch(g.Name(), w) })
		}
	}
}

// run samples one source whenever it is wanted, until Close.
func (s *System) run(in *intake) {
	for s.await(in) {
		select {
		case <-in.turn:
		case <-s.ctx.Done():
			return
		}
		s.drawWanted(s.ctx, in)
		pause := in.backoff
		in.turn <- struct{}{}
		if pause > 0 {
			s.sleep(pause)
		}
	}
}

// await blocks until the source is wanted, and reports false if it never will be again.
func (s *System) await(in *intake) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.closed && in.absent == "" {
		if s.wants(in) {
			return true
		}
		s.changed.Wait()
	}
	return false
}

// drawWanted draws until the source is sated or fails. The caller holds the turn.
func (s *System) drawWanted(ctx context.Context, in *intake) {
	for {
		s.mu.Lock()
		wanted := !s.closed && s.wants(in)
		s.mu.Unlock()
		if !wanted {
			return
		}
		if _, err := s.draw(ctx, in); err != nil {
			return
		}
	}
}

// sleep waits, or until Close.
func (s *System) sleep(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

// ErrClosed: the system was closed and cannot make a seed any more.
var ErrClosed = errors.New("entropy: system closed before it was ready")

// closeWait is how long Close waits for a Sample that hangs.
const closeWait = time.Second

// Close stores a seed for the next run and ends the system's goroutines; only a Sample that hangs
// may outlive it. Streams of a ready system go on, without reseeds, until the machine is copied.
// Others never give anything any more: Wait and [Stream.ReadContext] return [ErrClosed].
func (s *System) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.changed.Broadcast()
	s.mu.Unlock()
	s.cancel()
	ended := make(chan struct{})
	go func() {
		s.work.Wait()
		close(ended)
	}()
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
	err := s.save()
	s.speak()
	if err != nil {
		return fmt.Errorf("entropy: close system: %w", err)
	}
	return nil
}

// Examine tests a source on demand (SP 800-90B §4.3): it draws so many symbols, start-up tests
// first. The error says what the tests found, or why the source does not deliver.
func (s *System) Examine(ctx context.Context, name string, symbols int) error {
	var in *intake
	for _, each := range s.intakes {
		if each.spec.Name == name {
			in = each
		}
	}
	if in == nil {
		return fmt.Errorf("entropy: examine %s: no such source", name)
	}
	select {
	case <-in.turn:
	case <-ctx.Done():
		return fmt.Errorf("entropy: examine %s: %w", name, ctx.Err())
	}
	defer func() { in.turn <- struct{}{} }()
	in.monitor.Retest()
	for symbols > 0 {
		n, err := 0, ErrClosed
		if s.ctx.Err() == nil {
			n, err = s.draw(ctx, in)
		}
		if err != nil {
			return fmt.Errorf("entropy: examine %s: %w", name, err)
		}
		symbols -= n
	}
	if in.tested && in.monitor.State() == health.Failed {
		return fmt.Errorf("entropy: examine %s: failed: %w", name, alarmError(in.monitor.Counts().Last))
	}
	return nil
}
