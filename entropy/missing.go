package entropy

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/atoll-os/atoll/entropy/health"
)

// NotReadyError says what a system waits for.
type NotReadyError struct {
	CreditedBits, NeededBits int      // that count
	Noise                    int      // origins of noise that have been credited, of NoiseMin
	Sources                  []string // one line for each source that has not given its part
	Err                      error    // of the context
}

// NoiseMin is how many noise sources a seed needs, if the policy trusts none of them alone.
const NoiseMin = 2

func (e *NotReadyError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "entropy: not ready: %d of %d bits, from %d of %d noise sources",
		e.CreditedBits, e.NeededBits, e.Noise, NoiseMin)
	for _, line := range e.Sources {
		b.WriteString("; " + line)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap returns the error of the context.
func (e *NotReadyError) Unwrap() error { return e.Err }

// Missing returns what the system waits for, nil if it is ready.
func (s *System) Missing() *NotReadyError {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	return s.missing()
}

// missing is Missing with the lock held.
func (s *System) missing() *NotReadyError {
	if s.epoch.Load() != 0 {
		return nil
	}
	b := s.ledger.balance()
	e := &NotReadyError{CreditedBits: int(b.thousandths / health.Thousandths), NeededBits: ReadyBits,
		Noise: b.noise}
	for _, in := range s.intakes {
		if in.spec.Kind == Noise && !s.ledger.sated(in.index) {
			e.Sources = append(e.Sources, in.spec.Name+" "+in.describe())
		}
	}
	if len(s.intakes) == 0 {
		e.Sources = []string{"there are no sources"}
	}
	return e
}

// describe says in few words where a source stands and what went wrong with it.
func (in *intake) describe() string {
	state := in.stateName()
	if in.last != "" && in.absent == "" {
		return state + " (" + in.last + ")"
	}
	return state
}

// warnAfter is how long a read waits before the log says for what, and again each time it has
// waited twice as long.
const warnAfter = 10 * time.Second

// Ready returns a channel that is closed once the system is ready. After a copy it is another one.
func (s *System) Ready() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	return s.ready
}

// Wait blocks until the system is ready. If ctx ends first, the error is a [*NotReadyError]; if
// the system was closed, [ErrClosed].
func (s *System) Wait(ctx context.Context) error {
	ready := s.Ready()
	select {
	case <-ready:
		return nil
	default:
	}
	s.urge(ctx)
	for wait := warnAfter; ; wait *= 2 {
		timer := time.NewTimer(wait)
		select {
		case <-ready:
			timer.Stop()
			return nil
		case <-ctx.Done():
			timer.Stop()
			if e := s.Missing(); e != nil {
				e.Err = context.Cause(ctx)
				return e
			}
			return nil
		case <-s.ctx.Done():
			timer.Stop()
			return ErrClosed
		case <-timer.C:
			s.mu.Lock()
			if e := s.missing(); e != nil {
				s.say(slog.LevelWarn, "waiting for entropy", "for", e.Error())
			}
			s.mu.Unlock()
		}
	}
}

// urge lets the caller draw from prompt sources itself, as far as nobody else does: in the child
// of a fork nobody else is there.
func (s *System) urge(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	for _, in := range s.intakes {
		if !in.spec.Prompt {
			continue
		}
		select {
		case <-in.turn:
			if in.backoff == 0 && ctx.Err() == nil {
				s.drawWanted(ctx, in)
			}
			in.turn <- struct{}{}
		default:
		}
	}
}
