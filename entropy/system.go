package entropy

import "context"

// System takes sources in and gives streams out. It is safe for concurrent use.
type System struct{}

// New starts a system. It does not wait for its sources.
func New(c Config) (*System, error) { return &System{}, nil }

// Close ends the system's goroutines and writes the seed. Streams of a ready system go on.
func (s *System) Close() error { return nil }

// Stream returns a new stream of random bytes.
func (s *System) Stream(label string) *Stream { return &Stream{} }

// Ready returns a channel that is closed once the system is ready.
func (s *System) Ready() <-chan struct{} { return nil }

// Wait blocks until the system is ready. If ctx ends first, the error is a [*NotReadyError].
func (s *System) Wait(ctx context.Context) error { return nil }

// Missing returns what the system waits for, nil if it is ready.
func (s *System) Missing() *NotReadyError { return nil }

// OnClone calls f with the number of the new generation whenever the system finds that it runs in
// a copy, until cancel is called.
func (s *System) OnClone(f func(generation uint64)) (cancel func()) { return func() {} }

// Push mixes an event in. It neither blocks nor allocates.
func (s *System) Push(e Event) {}

// Examine draws symbols from the named source through its tests, on demand.
func (s *System) Examine(ctx context.Context, name string, symbols int) error { return nil }

// Status returns what the system and its sources are doing. It holds no secret.
func (s *System) Status() Status { return Status{} }
