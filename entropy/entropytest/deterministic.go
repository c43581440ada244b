package entropytest

import (
	"crypto/sha256"
	"testing"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/internal/still"
)

// Deterministic returns a system whose streams follow from the seed: the n-th stream of a label
// gives the same bytes in every run, in whatever order streams are made and read. It is ready at
// once, has no sources and no goroutine, and can be used inside and outside a bubble of
// testing/synctest. The test closes it.
//
// Two goroutines that read one stream share its bytes in the order in which they come: give each
// its own. With generations, a copy goes on with bytes that follow from the seed and the number of
// the generation.
func Deterministic(t testing.TB, seed string, generations ...entropy.Generation) *entropy.System {
	t.Helper()
	if !testing.Testing() {
		panic("entropytest: a deterministic system exists only in tests")
	}
	mode := &still.Mode{Seed: sha256.Sum256([]byte("atoll deterministic " + seed))}
	s, err := entropy.New(entropy.Config{Still: mode, Generations: generations})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
