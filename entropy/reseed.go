package entropy

import (
	"log/slog"
	"math"
	"time"

	"github.com/atoll-os/atoll/entropy/assess"
	"github.com/atoll-os/atoll/entropy/health"
)

// Times of the keeper.
const (
	reseedIntervalMin = time.Second // after the first seed; doubles up to Config.ReseedInterval
	tickInterval      = time.Second // between looks at events and generations
)

// fill begins to gather a seed, with the lock held.
func (s *System) fill() {
	s.filling = true
	s.round++
	s.changed.Broadcast()
}

// reseed makes a seed of what was credited, with the lock held. It happens only when there is
// enough for a whole one: a root that takes entropy by the spoonful lets who knows its state guess
// each spoonful.
func (s *System) reseed(now time.Time) {
	s.seedBits = s.conditioned()
	var seed [seedBytes]byte
	s.pool.extract(&seed)
	s.ledger.spent()
	s.reseeds++
	more := s.fortuna.drain(s.names(), now, s.reseeds)
	s.root.seed(&seed, more)
	clear(seed[:])
	clear(more)
	s.filling = false
	s.reseeded = now
	s.pause = min(max(2*s.pause, reseedIntervalMin), s.interval)
	s.due = now.Add(s.pause)
	s.advance()
	s.signal()
}

// conditioned returns the min-entropy in bits that SHA-256 leaves of what is in the pool: the
// vetted conditioning arithmetic of SP 800-90B §3.1.5.1.2.
func (s *System) conditioned() float64 {
	inputBits := min(8*s.pool.bytes, assess.ConditioningBitsMax)
	if inputBits == 0 {
		return 0
	}
	var credited float64
	for i := range s.ledger.accounts {
		credited += float64(s.ledger.accounts[i].fresh) / health.Thousandths
	}
	sha256 := assess.Conditioning{InputBits: int(inputBits), OutputBits: 8 * seedBytes,
		NarrowBits: 8 * seedBytes, InputEntropy: min(credited, float64(inputBits))}
	out, err := sha256.Output()
	if err != nil {
		panic("entropy: BUG: " + err.Error())
	}
	return out.Entropy
}

// names returns what tells this generation from others, which goes into every seed uncredited.
func (s *System) names() []byte {
	var names []byte
	for _, g := range s.generations {
		id := g.ID()
		names = append(names, byte(len(id)))
		names = append(names, id...)
	}
	return names
}

// advance begins a new epoch: every stream takes a new key before its next byte.
func (s *System) advance() {
	s.epochs++
	if s.epoch.Swap(s.epochs) == 0 {
		close(s.ready)
		s.say(slog.LevelInfo, "entropy ready", "credited_bits", s.ledger.totalBits(),
			"generation", s.generation)
	}
}

// signal wakes the keeper, if it sleeps.
func (s *System) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// keep looks at the clock: when to gather the next seed, to mix events in, to store a seed.
func (s *System) keep() {
	for {
		timer := time.NewTimer(s.tick(time.Now()))
		select {
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
		case <-s.ctx.Done():
			timer.Stop()
			return
		}
		s.saveDue(time.Now())
		s.speak()
	}
}

// tick does what is due and returns how long nothing will be.
func (s *System) tick(now time.Time) time.Duration {
	s.takeEvents()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	ready := s.epoch.Load() != 0
	if ready && !s.filling && !now.Before(s.due) {
		s.fill()
	}
	if ready && s.fortuna.due(now) {
		s.stir(now)
	}
	next := time.Duration(math.MaxInt64)
	if ready && !s.filling {
		next = s.due.Sub(now)
	}
	if len(s.generations) > 0 || len(s.events) > 0 {
		next = min(next, tickInterval)
	}
	return next
}

// stir reseeds with ambient events alone. They are not counted on, but should the root's state be
// known to somebody, they may end that earlier than the next seed does.
func (s *System) stir(now time.Time) {
	s.reseeds++
	more := s.fortuna.drain(nil, now, s.reseeds)
	s.root.stir(more)
	clear(more)
	s.advance()
}

// Push mixes an event in. It takes no lock and no memory: an interrupt handler or the path of a
// packet can call it. When too many wait, or Event.Source is not in Config.Events, the event is
// dropped and counted.
func (s *System) Push(e Event) {
	if int(e.Source) >= len(s.events) || s.still {
		s.ring.dropped.Add(1)
		return
	}
	s.ring.push(&e)
}

// takeEvents moves waiting events from the ring to Fortuna's pools.
func (s *System) takeEvents() {
	s.taking.Lock()
	defer s.taking.Unlock()
	var e Event
	var data [8 + len(e.Data)]byte
	for range EventsMax {
		if !s.ring.take(&e) {
			return
		}
		n := copy(data[8:], e.Data[:min(int(e.N), len(e.Data))])
		for i := range 8 {
			data[i] = byte(e.Time >> (8 * i))
		}
		s.mu.Lock()
		s.fortuna.add(len(s.intakes)+int(e.Source), data[:8+n])
		s.pushed[e.Source]++
		s.mu.Unlock()
	}
}
