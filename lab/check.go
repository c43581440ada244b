package lab

import (
	"errors"
	"sync"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
)

// errViolated is the cause of everything that ends because an Always no longer holds.
var errViolated = errors.New("lab: an Always no longer holds")

// check is a predicate that the engine asks between events.
type check struct {
	what   string
	ok     func() bool
	always bool
	held   chan struct{} // eventually: closed when ok held
	done   bool          // held, violated or given up; guarded by the lab's lock
}

// pollEvery is how often predicates are asked beside the network's events; a program may change
// what they read without a word to the network.
const pollEvery = 10 * time.Millisecond

// Always fails the test as soon as ok is false, and closes the network, so that the test ends by
// errors. ok is asked between the network's events, when all goroutines wait, and every
// 10 ms, until the lab closes. It must not block, and must read what services write through a mutex
// or an atomic.
func (l *Lab) Always(what string, ok func() bool) {
	c := &check{what: what, ok: ok, always: true}
	l.addCheck(c)
}

// Eventually waits until ok holds, and fails the test if it does not within a time from now. ok is
// asked as for Always.
func (l *Lab) Eventually(within time.Duration, what string, ok func() bool) bool {
	l.t.Helper()
	from := l.Now()
	c := &check{what: what, ok: ok, held: make(chan struct{})}
	l.addCheck(c)
	timeout := time.NewTimer(within)
	defer timeout.Stop()
	select {
	case <-c.held:
		return true
	case <-timeout.C:
	case <-l.ctx.Done():
	}
	l.mu.Lock()
	given := c.done
	c.done = true
	l.mu.Unlock()
	if given { // it held at the last moment
		return true
	}
	l.Errorf("%s: still false %v after %v", what, l.Now()-from, from)
	return false
}

// Sometimes says that seen must hold at least once: in this run, or under Seeds in one of them.
func (l *Lab) Sometimes(what string, seen bool) { l.opt.sometimes.record(what, seen) }

func (l *Lab) addCheck(c *check) {
	l.mu.Lock()
	l.checks = append(l.checks, c)
	l.mu.Unlock()
	go l.pollCheck(c)
}

// pollCheck has one predicate asked, by the engine in virtual time, until it is settled.
func (l *Lab) pollCheck(c *check) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if l.opt.virtual {
			l.network.Do(func(clock.Instant, *vnet.Network) {}) // wakes the engine
		} else {
			l.ask(c)
		}
		l.mu.Lock()
		done := c.done
		l.mu.Unlock()
		if done {
			return
		}
		select {
		case <-tick.C:
		case <-l.ctx.Done():
			return
		}
	}
}

// runChecks asks all predicates; it reports whether somebody may go on.
func (l *Lab) runChecks() (again bool) {
	l.mu.Lock()
	if len(l.checks) == 0 {
		l.mu.Unlock()
		return false
	}
	checks := append(l.scratch[:0], l.checks...)
	l.scratch = checks
	l.mu.Unlock()
	for _, c := range checks {
		again = l.ask(c) || again
	}
	l.mu.Lock()
	kept := l.checks[:0]
	for _, c := range l.checks {
		if !c.done {
			kept = append(kept, c)
		}
	}
	clear(l.checks[len(kept):])
	l.checks = kept
	l.mu.Unlock()
	return again
}

// ask evaluates one predicate; true if it settled something.
func (l *Lab) ask(c *check) bool {
	l.mu.Lock()
	done := c.done || l.closed
	l.mu.Unlock()
	if done || c.ok() == c.always {
		return false
	}
	l.mu.Lock()
	done, c.done = c.done, true
	l.mu.Unlock()
	if done {
		return false
	}
	if !c.always {
		close(c.held)
		return true
	}
	l.Errorf("%s: no longer true", c.what)
	l.cancel(errViolated)
	l.network.Fail()
	return true
}

// sometimes collects what was seen in the runs of one test.
type sometimes struct {
	mu   sync.Mutex
	seen map[string]bool
	all  []string // in the order in which they were first asked
}

func (s *sometimes) record(what string, seen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	if _, known := s.seen[what]; !known {
		s.all = append(s.all, what)
	}
	s.seen[what] = s.seen[what] || seen
}

func (s *sometimes) never() (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, what := range s.all {
		if !s.seen[what] {
			list = append(list, what)
		}
	}
	return list
}
