package entropy

import (
	"context"
	"log/slog"
)

// Watcher is a [Generation] that hears of a copy from somebody, such as the kernel, instead of
// looking at each call. The system runs Watch until its context ends.
type Watcher interface {
	// Watch calls changed after Count has grown. It returns when ctx ends, or with an error if
	// there is nothing to hear any more.
	Watch(ctx context.Context, changed func()) error
}

// cloneFunc is one call of OnClone.
type cloneFunc struct{ call func(generation uint64) }

// count adds the counts of all generations up: none of them ever shrinks, so that the sum has
// grown if any of them has.
func (s *System) count() (sum uint64) {
	for _, g := range s.generations {
		sum += g.Count()
	}
	return sum
}

// Generation looks whether the system runs in a copy of the machine or process, and returns how
// many times it has found that since New. Who holds secrets that must not be used twice (session
// tickets, nonces) can compare it at each use; nobody hears of a copy earlier.
func (s *System) Generation() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	return s.generation
}

// OnClone calls f with the number of the new generation whenever the system finds itself in a
// copy: all secrets of before are somebody else's too. Calls come one at a time, from a goroutine
// of their own, while streams may still wait for a new seed. Cancel ends that; a call may be under
// way when it returns.
func (s *System) OnClone(f func(generation uint64)) (cancel func()) {
	c := &cloneFunc{f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clones = append(s.clones, c)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for i, each := range s.clones {
			if each == c {
				s.clones = append(s.clones[:i:i], s.clones[i+1:]...)
				return
			}
		}
	}
}

// look finds out whether this is a copy, with the lock held. If so, all credit is gone, streams
// stop until there is a new seed, and whoever asked hears of it.
//
// The epoch changes before seen does: a reader that still holds bytes of the old epoch compares in
// the other order, and so notices one or the other.
func (s *System) look() {
	now := s.count()
	if now == s.seen.Load() {
		return
	}
	s.generation++
	s.say(slog.LevelWarn, "entropy: this is a copy of the machine or process",
		"generation", s.generation)
	s.ledger.forget()
	if s.still {
		s.advance()
	} else {
		if s.epoch.Swap(0) != 0 {
			s.ready = make(chan struct{})
		}
		s.pause = 0
		s.fill()
	}
	s.seen.Store(now)
	if len(s.clones) > 0 {
		s.announcements = append(s.announcements, s.generation)
		if len(s.announcements) == 1 {
			go s.announce()
		}
	}
	s.signal()
}

// announce tells all that asked, one after the other, until nothing is left to tell.
func (s *System) announce() {
	for {
		s.mu.Lock()
		if len(s.announcements) == 0 {
			s.mu.Unlock()
			return
		}
		generation, clones := s.announcements[0], append([]*cloneFunc(nil), s.clones...)
		s.mu.Unlock()
		for _, c := range clones {
			c.call(generation)
		}
		s.mu.Lock()
		s.announcements = s.announcements[1:]
		s.mu.Unlock()
	}
}

// watch runs a generation's watcher.
func (s *System) watch(name string, w Watcher) {
	err := w.Watch(s.ctx, func() { s.Generation() })
	if err != nil && s.ctx.Err() == nil {
		s.mu.Lock()
		s.say(slog.LevelWarn, "entropy: cannot hear of copies any more", "generation", name, "err", err)
		s.mu.Unlock()
	}
}
