package entropy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/health/cutoff"
)

// Limits of reading sources.
const (
	batchBytes = 1024 // at most, of one Sample
	backoffMin = 100 * time.Millisecond
	backoffMax = time.Minute
)

// intake is one source with its tests. What is below turn belongs to who holds the turn; what is
// below "system" to who holds the system's lock.
type intake struct {
	index   int
	source  Source
	spec    Spec
	allowed health.Claim
	tested  bool // noise and seeds are; nothing depends on the others

	turn    chan struct{} // holds one token: the right to call Sample
	buffer  []byte
	monitor health.Monitor
	backoff time.Duration

	// system
	state    health.State
	counts   health.Counts
	credited int64 // thousandths, since New
	absent   string
	overdue  bool   // a Sample takes too long right now
	errors   uint64 // and time-outs
	last     string // failure
	drawn    uint64 // the round of the latest draw, from 1; see System.round
	used     bool   // a Seed that was drawn
	symbols  uint64 // drawn since New
}

// newIntake prepares a source.
func newIntake(index int, source Source, spec Spec, allowed health.Claim) (*intake, error) {
	in := &intake{index: index, source: source, spec: spec, allowed: allowed,
		turn: make(chan struct{}, 1), buffer: make([]byte, batchBytes)}
	in.turn <- struct{}{}
	if spec.Kind == Noise {
		// Computing cutoffs takes some milliseconds; those of usual claims are in a table.
		cutoffs, ok := health.Tabulated(spec.Claim, spec.SymbolBits)
		if !ok || cutoffs.Claim != spec.Claim {
			var err error
			if cutoffs, err = cutoff.For(spec.Claim, spec.SymbolBits); err != nil {
				return nil, fmt.Errorf("entropy: check source %s: %w", spec.Name, err)
			}
		}
		in.monitor, in.tested = health.New(cutoffs), true
	}
	return in, nil
}

// draw has the source sample once and takes what comes: test, mix, credit. The caller holds the
// turn. It returns how many symbols came, and an error if the source failed in any way.
func (s *System) draw(ctx context.Context, in *intake) (symbols int, err error) {
	generation := s.Generation()
	n, err := s.sample(ctx, in)
	defer clear(in.buffer) // also what came too late, or was not told of
	raw := in.buffer[:n]
	var absent *AbsentError
	if errors.As(err, &absent) {
		s.mu.Lock()
		in.absent = absent.Reason
		s.mu.Unlock()
		return 0, err
	}
	symbols = n / in.spec.SymbolBytes()
	if err == nil && symbols == 0 {
		err = errEmpty
	}
	before := alarms(in.monitor.Counts())
	credit := s.test(in, raw)
	s.note(ctx, in, err)
	s.absorb(in, raw, credit, generation)
	if now := in.monitor.Counts(); alarms(now) > before {
		err = errors.Join(alarmError(now.Last), err)
	}
	if err == nil {
		in.backoff = 0
	} else if ctx.Err() == nil {
		s.restart(in)
	}
	return symbols, err
}

// Errors of sources that do not keep the contract.
var (
	errEmpty   = errors.New("sampled nothing, without an error")
	errLength  = errors.New("sampled a length that is impossible")
	errTimeout = errors.New("timeout")
)

// sample calls Sample and watches the time. What comes too late is thrown away.
func (s *System) sample(ctx context.Context, in *intake) (n int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var done, late bool // with the system's lock
	timer := time.AfterFunc(s.timeout, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if done {
			return
		}
		late, in.overdue = true, true
		in.fail(errTimeout)
		s.say(slog.LevelWarn, "entropy source takes too long", "source", in.spec.Name,
			"limit", s.timeout)
		cancel()
	})
	size := in.spec.SymbolBytes()
	n, err = in.source.Sample(ctx, in.buffer[:batchBytes/size*size])
	timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	done, in.overdue = true, false
	switch {
	case late:
		return 0, errTimeout
	case n < 0 || n > batchBytes || n%size != 0:
		return 0, errLength
	}
	return n, err
}

// fail notes a failure, with the system's lock held.
func (in *intake) fail(err error) {
	in.errors++
	in.last = err.Error()
}

// test returns how many symbols the tests let pass for credit.
func (s *System) test(in *intake, raw []byte) int {
	if in.tested {
		return in.monitor.Feed(raw)
	}
	if in.spec.Kind == Seed {
		return len(raw) / in.spec.SymbolBytes()
	}
	return 0
}

// alarms returns how often the tests alarmed.
func alarms(c health.Counts) uint64 { return c.Repetition + c.Proportion }

// alarmError puts an alarm into words.
func alarmError(a health.Alarm) error {
	return fmt.Errorf("%v %d of at most %d at symbol %d", a.Test, a.Observed, a.Limit-1, a.Symbol)
}

// restart starts a source anew after a failure, and its tests, and says how long to leave it alone.
func (s *System) restart(in *intake) {
	var err error
	if r, ok := in.source.(Restarter); ok {
		err = r.Restart()
	}
	if in.tested {
		in.monitor.Restart()
	}
	in.backoff = min(max(2*in.backoff, backoffMin), backoffMax)
	s.mu.Lock()
	defer s.mu.Unlock()
	in.state = in.monitor.State()
	if err != nil {
		in.fail(fmt.Errorf("restart: %w", err))
	}
}

// absorb mixes what came and credits what passed, if it was all drawn in the present generation:
// what was drawn before a copy was made is in both of them. It is the only place that credits.
func (s *System) absorb(in *intake, raw []byte, credit int, generation uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in.drawn = s.round
	in.symbols += uint64(len(raw) / in.spec.SymbolBytes())
	if in.spec.Kind == Ambient {
		s.fortuna.add(in.index, raw)
		return
	}
	s.pool.mix(in.index, raw)
	s.look()
	if in.spec.Kind == Seed && (in.used || s.generation > 0) {
		credit = 0 // once, and not in a copy
	}
	in.used = true
	if credit > 0 && in.allowed > 0 && generation == s.generation {
		s.ledger.credit(in.index, credit, in.allowed)
		in.credited += int64(credit) * int64(in.allowed)
	}
	if s.filling && s.ledger.enough() {
		s.reseed(time.Now())
	}
}

// note takes over what the tests say and what went wrong. That nobody waits for a sample any more
// is no failure of the source.
func (s *System) note(ctx context.Context, in *intake, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, alarmsBefore := in.state, alarms(in.counts)
	in.state, in.counts = in.monitor.State(), in.monitor.Counts()
	if err != nil && ctx.Err() == nil && !errors.Is(err, errTimeout) {
		in.fail(err)
	}
	if alarms(in.counts) > alarmsBefore {
		in.last = alarmError(in.counts.Last).Error()
	}
	if in.state != before {
		s.say(slog.LevelInfo, "entropy source", "source", in.spec.Name, "state", in.state.String(),
			"last", in.last)
	}
}

// wants tells whether a source should be asked, with the system's lock held. Each gives something
// to each round, also one that is worth nothing, and noise what the next seed needs.
func (s *System) wants(in *intake) bool {
	switch {
	case in.absent != "":
		return false
	case in.spec.Kind == Seed:
		return !in.used
	case in.drawn < s.round, in.tested && in.state == health.Startup:
		return true
	case !in.tested, in.allowed == 0, in.state == health.Failed:
		return false
	}
	return s.filling && !s.ledger.sated(in.index)
}
