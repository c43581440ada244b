package entropytest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/health"
)

// recorder is a test that notes what it is told instead of failing.
type recorder struct {
	testing.TB
	lines   []string
	skipped bool
}

func (r *recorder) Helper()       {}
func (r *recorder) Failed() bool  { return len(r.lines) > 0 }
func (r *recorder) Skipped() bool { return r.skipped }
func (r *recorder) Errorf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}
func (r *recorder) Skipf(string, ...any) { r.skipped = true }

// odd is a source made of a function.
type odd struct {
	spec   func() entropy.Spec
	sample func(ctx context.Context, raw []byte) (int, error)
}

func (o *odd) Spec() entropy.Spec { return o.spec() }
func (o *odd) Sample(ctx context.Context, raw []byte) (int, error) {
	return o.sample(ctx, raw)
}

func TestConformTakesGoodSources(t *testing.T) {
	seed := uint64(0)
	for _, spec := range []entropy.Spec{Spec("a", 1, 900), Spec("b", 8, 500), Spec("c", 12, 8000),
		Spec("d", 32, 32000), Spec("e", 64, 64000)} {
		Conform(t, func() entropy.Source {
			seed++
			return Good(spec, seed)
		})
	}
	spec := entropy.Spec{Name: "x", Kind: entropy.Identity, SymbolBits: 8}
	Conform(t, func() entropy.Source { return Good(spec, 1) })
}

// TestConformFindsFaults has one source for each thing that the kit checks.
//
//tidy:long a table
func TestConformFindsFaults(t *testing.T) {
	spec := Spec("bad", 16, 500)
	fixed := func() entropy.Spec { return spec }
	seed := uint64(0)
	fresh := func() entropy.Source {
		seed++
		return Good(spec, seed)
	}
	// bend returns a source of which one thing is wrong.
	bend := func(f func(good entropy.Source, ctx context.Context, raw []byte) (int, error),
	) func() entropy.Source {
		return func() entropy.Source {
			good := fresh()
			return &odd{fixed, func(ctx context.Context, raw []byte) (int, error) {
				return f(good, ctx, raw)
			}}
		}
	}
	var kept []byte
	calls := 0
	for _, c := range []struct {
		want string
		open func() entropy.Source
	}{
		{"Spec is impossible", func() entropy.Source { return Good(Spec("bad", 8, 9000), 1) }},
		{"Spec is impossible", func() entropy.Source { return Good(Spec("bad", 65, 1000), 1) }},
		{"it never changes", func() entropy.Source {
			good := fresh()
			return &odd{func() entropy.Spec {
				calls++
				s := spec
				s.Claim += health.Claim(calls)
				return s
			}, good.Sample}
		}},
		{"returned 2000", bend(func(entropy.Source, context.Context, []byte) (int, error) {
			return 2000, nil
		})},
		{"returned -1", bend(func(entropy.Source, context.Context, []byte) (int, error) {
			return -1, nil
		})},
		{"symbols have 2", bend(func(g entropy.Source, ctx context.Context, raw []byte) (int, error) {
			n, err := g.Sample(ctx, raw)
			return n - 1, err
		})},
		{"none and no error", bend(func(entropy.Source, context.Context, []byte) (int, error) {
			return 0, nil
		})},
		{"is dead", bend(func(entropy.Source, context.Context, []byte) (int, error) {
			return 0, ErrDead
		})},
		{"wrote behind", bend(func(g entropy.Source, ctx context.Context, raw []byte) (int, error) {
			raw[:len(raw)+1][len(raw)] = 0
			return g.Sample(ctx, raw)
		})},
		{"wrote into the bytes of the Sample before", bend(
			func(g entropy.Source, ctx context.Context, raw []byte) (int, error) {
				if kept != nil {
					kept[0]++
				}
				kept = raw
				return g.Sample(ctx, raw)
			})},
		{"Spec says Prompt", bend(func(g entropy.Source, ctx context.Context, raw []byte) (int, error) {
			time.Sleep(conformPrompt + time.Millisecond)
			return g.Sample(ctx, raw)
		})},
		{"context that had ended returned 0, <nil>", bend(
			func(g entropy.Source, ctx context.Context, raw []byte) (int, error) {
				n, _ := g.Sample(ctx, raw)
				return n, nil
			})},
		{"more than 12 bits", func() entropy.Source {
			return &odd{func() entropy.Spec { return Spec("bad", 12, 500) }, fresh().Sample}
		}},
		{"the repetition test saw", func() entropy.Source { return Stuck(fresh(), 10_000) }},
		{"same first 1024 bytes", func() entropy.Source { return Good(spec, 1) }},
		{"Restart: ", func() entropy.Source { return &stubborn{fresh()} }},
	} {
		r := &recorder{TB: t}
		kept, calls = nil, 0
		Conform(r, c.open)
		if got := strings.Join(r.lines, "\n"); !strings.Contains(got, c.want) {
			t.Errorf("found %q, want %q", got, c.want)
		}
	}
}

// stubborn is a source that does not restart.
type stubborn struct{ entropy.Source }

func (*stubborn) Restart() error { return ErrDead }

func TestConformSkipsAbsentSources(t *testing.T) {
	r := &recorder{TB: t}
	Conform(r, func() entropy.Source {
		return &odd{func() entropy.Spec { return Spec("absent", 8, 500) },
			func(context.Context, []byte) (int, error) {
				return 0, &entropy.AbsentError{Reason: "permission"}
			}}
	})
	if !r.skipped || len(r.lines) > 0 {
		t.Errorf("skipped %v, found %q; want a skip", r.skipped, r.lines)
	}
}
