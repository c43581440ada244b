package entropytest

import (
	"context"
	"encoding/binary"
	"sync/atomic"

	"github.com/atoll-os/atoll/entropy"
)

// Generation is an [entropy.Generation] that a test changes. Its zero value is the original.
type Generation struct {
	copies atomic.Uint64
	heard  chan struct{}
}

// NewGeneration returns a generation that also says when it changes, as a kernel does: then a
// system hears of a copy although nobody reads.
func NewGeneration() *Generation { return &Generation{heard: make(chan struct{}, 1)} }

// Copy makes the present machine a copy.
func (g *Generation) Copy() {
	g.copies.Add(1)
	if g.heard != nil {
		select {
		case g.heard <- struct{}{}:
		default:
		}
	}
}

// Name is "test".
func (g *Generation) Name() string { return "test" }

// Count returns how often Copy was called.
func (g *Generation) Count() uint64 { return g.copies.Load() }

// ID is another one after each Copy.
func (g *Generation) ID() []byte { return binary.BigEndian.AppendUint64(nil, g.copies.Load()) }

// Watch tells of copies until ctx ends.
func (g *Generation) Watch(ctx context.Context, changed func()) error {
	for {
		select {
		case <-g.heard:
			changed()
		case <-ctx.Done():
			return nil
		}
	}
}

var _ entropy.Watcher = (*Generation)(nil)
