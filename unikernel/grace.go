package unikernel

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// GraceDefault is how long a service may take to stop where nothing else is said.
const GraceDefault = 10 * time.Second

// graceContext ends the grace period after the machine's stop began. Its error is
// [context.DeadlineExceeded], so that a shutdown that runs into it looks like what it is.
type graceContext struct {
	period atomic.Int64 // nanoseconds; set before the stop begins
	done   chan struct{}

	mu       sync.Mutex
	deadline time.Time // zero until the stop begins
}

// newGrace returns the grace context of a machine whose service runs under ctx.
func newGrace(ctx context.Context, period time.Duration) *graceContext {
	g := &graceContext{done: make(chan struct{})}
	g.period.Store(int64(period))
	context.AfterFunc(ctx, func() {
		period := time.Duration(g.period.Load())
		if errors.Is(context.Cause(ctx), ErrKilled) {
			period = 0
		}
		g.mu.Lock()
		g.deadline = time.Now().Add(period)
		g.mu.Unlock()
		if period <= 0 {
			close(g.done)
			return
		}
		time.AfterFunc(period, func() { close(g.done) })
	})
	return g
}

func (g *graceContext) Deadline() (time.Time, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.deadline, !g.deadline.IsZero()
}

func (g *graceContext) Done() <-chan struct{} { return g.done }

func (g *graceContext) Err() error {
	select {
	case <-g.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func (g *graceContext) Value(any) any { return nil }
