package entropy_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
	"github.com/atoll-os/atoll/entropy/health"
)

// compose starts a system and closes it with the test.
func compose(t testing.TB, c entropy.Config) *entropy.System {
	t.Helper()
	s, err := entropy.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// good returns a source that has what it claims: a bit a byte.
func good(name string, seed uint64) entropy.Source {
	return entropytest.Good(entropytest.Spec(name, 8, 1000), seed)
}

// pair returns two such sources.
func pair() []entropy.Source { return []entropy.Source{good("a", 1), good("b", 2)} }

// status returns one source of a status.
func status(t testing.TB, s *entropy.System, name string) entropy.SourceStatus {
	t.Helper()
	for _, source := range s.Status().Sources {
		if source.Name == name {
			return source
		}
	}
	t.Fatalf("status has no source %s", name)
	return entropy.SourceStatus{}
}

// ready waits for a system for at most a second and tells whether it is ready.
func ready(s *entropy.System) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return s.Wait(ctx) == nil
}

// read returns n bytes of a stream.
func read(t testing.TB, st *entropy.Stream, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	if m, err := st.Read(p); m != n || err != nil {
		t.Fatalf("Read of %d bytes = %d, %v; want all and no error", n, m, err)
	}
	return p
}

// bubble runs a test in virtual time.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

// counted wraps a source and counts its samples.
type counted struct {
	entropy.Source
	samples func()
}

func (c counted) Sample(ctx context.Context, raw []byte) (int, error) {
	c.samples()
	return c.Source.Sample(ctx, raw)
}

// claim is a policy that lowers one claim.
func claim(name string, c health.Claim) entropy.Policy {
	return entropy.Policy{Claims: map[string]health.Claim{name: c}}
}
