package entropy

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/prng"
)

type healthClaim = health.Claim

// fakeGeneration is a generation that a test changes.
type fakeGeneration struct {
	n  atomic.Uint64
	id atomic.Pointer[[]byte]
}

func (g *fakeGeneration) Name() string  { return "fake" }
func (g *fakeGeneration) Count() uint64 { return g.n.Load() }
func (g *fakeGeneration) ID() []byte {
	if id := g.id.Load(); id != nil {
		return *id
	}
	return nil
}

// fakeSource is a source that a test makes.
type fakeSource struct {
	spec   Spec
	sample func(ctx context.Context, raw []byte) (int, error)
}

func (f *fakeSource) Spec() Spec { return f.spec }
func (f *fakeSource) Sample(ctx context.Context, raw []byte) (int, error) {
	return f.sample(ctx, raw)
}

// good returns a source of 8-bit noise that claims a bit for each symbol and has eight.
func good(name string, seed uint64) *fakeSource {
	stream := prng.New(seed)
	return &fakeSource{Spec{Name: name, Kind: Noise, SymbolBits: 8, Claim: 1000},
		func(_ context.Context, raw []byte) (int, error) { return stream.Read(raw) }}
}

// compose starts a system and closes it with the test.
func compose(t testing.TB, c Config) *System {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
