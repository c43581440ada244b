package entropy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
	"github.com/atoll-os/atoll/entropy/health"
)

// absent is a source that is not there.
func absent(name, reason string) entropy.Source {
	return entropytest.Symbols(entropytest.Spec(name, 8, 1000),
		func(context.Context) (uint64, error) { return 0, &entropy.AbsentError{Reason: reason} })
}

// of gives a source another origin or kind.
func of(source entropy.Source, change func(s *entropy.Spec)) entropy.Source {
	spec := source.Spec()
	change(&spec)
	return changed{source, spec}
}

type changed struct {
	entropy.Source
	spec entropy.Spec
}

func (c changed) Spec() entropy.Spec { return c.spec }

func TestWhatMakesASystemReady(t *testing.T) {
	spec := entropytest.Spec("x", 8, 1000)
	cpu := func(s *entropy.Spec) { s.Origin = "cpu" }
	seed := func(s *entropy.Spec) { s.Kind, s.Claim = entropy.Seed, 8000 }
	ambient := func(s *entropy.Spec) { s.Kind, s.Claim = entropy.Ambient, 0 }
	named := func(s *entropy.Spec) { s.Kind, s.Claim = entropy.Identity, 0 }
	for _, c := range []struct {
		why     string
		sources []entropy.Source
		policy  entropy.Policy
		missing string // a part of the reason; empty: ready
	}{
		{"two noise sources", pair(), entropy.Policy{}, ""},
		{"no sources", nil, entropy.Policy{},
			"not ready: 0 of 320 bits, from 0 of 2 noise sources; there are no sources"},
		{"one noise source counts for half", []entropy.Source{good("a", 1)}, entropy.Policy{},
			"160 of 320 bits, from 1 of 2 noise sources"},
		{"one trusted alone", []entropy.Source{good("a", 1)}, entropy.Policy{Trust: []string{"a"}}, ""},
		{"trusted, but stuck", []entropy.Source{entropytest.Stuck(good("a", 1), 0)},
			entropy.Policy{Trust: []string{"a"}}, "0 of 2 noise sources; a failed (repetition"},
		{"two of one origin", []entropy.Source{of(good("a", 1), cpu), of(good("b", 2), cpu)},
			entropy.Policy{}, "160 of 320 bits, from 1 of 2"},
		{"one is absent", []entropy.Source{good("a", 1), absent("b", "permission")}, entropy.Policy{},
			"b absent: permission"},
		{"one is stuck", []entropy.Source{good("a", 1), entropytest.Stuck(good("b", 2), 3000)},
			entropy.Policy{}, ""}, // it had given its part before
		{"one is stuck from the start", []entropy.Source{good("a", 1),
			entropytest.Stuck(good("b", 2), 10)}, entropy.Policy{}, "b failed (repetition 61"},
		{"one dies early", []entropy.Source{good("a", 1), entropytest.Dying(good("b", 2), 1000)},
			entropy.Policy{}, "b startup (entropytest: source is dead)"},
		{"one hangs", []entropy.Source{good("a", 1), entropytest.Slow(good("b", 2), time.Hour)},
			entropy.Policy{}, "b startup"},
		{"one of three is enough to fail", append(pair(), entropytest.Stuck(good("c", 3), 0)),
			entropy.Policy{}, ""},
		{"the policy takes one's credit", pair(), claim("b", 0), "160 of 320 bits, from 1 of 2"},
		{"the policy lowers a claim", pair(), claim("b", 1), ""},
		{"a seed is no noise", []entropy.Source{good("a", 1), of(good("s", 2), seed)},
			entropy.Policy{}, "from 1 of 2"},
		{"ambient counts for nothing", []entropy.Source{good("a", 1), of(good("e", 2), ambient)},
			entropy.Policy{}, "160 of 320 bits"},
		{"identity counts for nothing", []entropy.Source{good("a", 1), of(good("i", 2), named)},
			entropy.Policy{}, "160 of 320 bits"},
		{"recorded symbols run out", []entropy.Source{good("a", 1),
			entropytest.Replay(spec, make([]byte, 20))}, entropy.Policy{}, "x startup (EOF)"},
	} {
		t.Run(c.why, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := compose(t, entropy.Config{Sources: c.sources, Policy: c.policy})
				is := ready(s)
				missing := s.Missing()
				if is != (c.missing == "") || is != (missing == nil) {
					t.Fatalf("ready %v, missing %v; want %q", is, missing, c.missing)
				}
				if missing != nil && !strings.Contains(missing.Error(), c.missing) {
					t.Errorf("waits for %q, want %q in it", missing, c.missing)
				}
				if st := s.Status(); st.Ready != is || (st.Waiting == "") != is {
					t.Errorf("status says ready %v, waiting for %q", st.Ready, st.Waiting)
				}
			})
		})
	}
}

// TestReadWaitsAndSaysWhatFor covers both forms of Read before readiness.
func TestReadWaitsAndSaysWhatFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		held := entropytest.Symbols(entropytest.Spec("held", 8, 1000), gated(gate, 7))
		s := compose(t, entropy.Config{Sources: []entropy.Source{good("a", 1), held},
			SampleTimeout: time.Hour})
		st := s.Stream("test")
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		p := []byte("untouched")
		n, err := st.ReadContext(ctx, p)
		var missing *entropy.NotReadyError
		if n != 0 || !errors.As(err, &missing) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("ReadContext = %d, %v; want a NotReadyError of the deadline", n, err)
		}
		if missing.CreditedBits != 160 || missing.NeededBits != 320 || missing.Noise != 1 {
			t.Errorf("missing %+v, want 160 of 320 bits of 1 source", missing)
		}
		const want = "entropy: not ready: 160 of 320 bits, from 1 of 2 noise sources; " +
			"held startup: context deadline exceeded"
		if missing.Error() != want {
			t.Errorf("error is\n%s, want\n%s", missing, want)
		}
		if string(p) != "untouched" {
			t.Error("a read that gave up wrote into p")
		}
		time.AfterFunc(time.Hour/2, func() { close(gate) })
		begin := time.Now()
		read(t, st, 100)
		if waited := time.Since(begin); waited != time.Hour/2 {
			t.Errorf("Read waited %v, want until the gate opened", waited)
		}
		select {
		case <-s.Ready():
		default:
			t.Error("Ready is open although a read was served")
		}
	})
}

// gated returns symbols once a gate is open.
func gated(gate chan struct{}, seed uint64) func(context.Context) (uint64, error) {
	source := good("gated", seed)
	return func(ctx context.Context) (uint64, error) {
		select {
		case <-gate:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		var b [1]byte
		_, err := source.Sample(ctx, b[:])
		return uint64(b[0]), err
	}
}

func TestCloseEndsWaits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{Sources: []entropy.Source{good("a", 1)}})
		failed := make(chan error)
		go func() {
			_, err := s.Stream("test").ReadContext(t.Context(), make([]byte, 10))
			failed <- err
		}()
		time.Sleep(time.Second)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-failed; !errors.Is(err, entropy.ErrClosed) {
			t.Errorf("a waiting read returned %v, want ErrClosed", err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("second Close: %v", err)
		}
		if err := s.Examine(context.Background(), "a", 1); !errors.Is(err, entropy.ErrClosed) {
			t.Errorf("Examine after Close: %v, want ErrClosed", err)
		}
	})
}

// TestReadNeverReturnsUnfilled has a reader who does not look at errors, and a system that was
// closed before it was ready.
func TestReadNeverReturnsUnfilled(t *testing.T) {
	s, err := entropy.New(entropy.Config{Sources: []entropy.Source{good("a", 1)}})
	if err != nil {
		t.Fatal(err)
	}
	returned := make(chan []byte, 1)
	go func() {
		p := make([]byte, 10)
		s.Stream("test").Read(p)
		returned <- p
	}()
	s.Close()
	select {
	case p := <-returned:
		t.Errorf("Read of a closed system returned, with %x", p)
	case <-time.After(50 * time.Millisecond):
	}
}

func TestStreamsGoOnAfterClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{Sources: pair()})
		st := s.Stream("test")
		read(t, st, 10)
		s.Close()
		read(t, st, 100000)
		read(t, s.Stream("later"), 10)
	})
}

func TestHangingSourceDoesNotKeepClose(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		hangs := entropytest.Symbols(entropytest.Spec("hangs", 8, 1000),
			func(context.Context) (uint64, error) { <-gate; return 0, nil })
		s := compose(t, entropy.Config{Sources: append(pair(), hangs)})
		time.Sleep(entropy.SampleTimeoutDefault + time.Second)
		if got := status(t, s, "hangs"); got.State != "timeout" || got.Failures != 1 ||
			got.LastFailure != "timeout" {
			t.Errorf("a source that hangs is %+v, want timeout, once", got)
		}
		begin := time.Now()
		s.Close()
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("Close took %v", took)
		}
		close(gate) // or its goroutine outlives the bubble
	})
}

func TestLateSampleIsThrownAway(t *testing.T) {
	bubble(t, func(t *testing.T) {
		slow := entropytest.Slow(good("slow", 3), 2*time.Second)
		late := entropytest.Symbols(entropytest.Spec("late", 8, 1000),
			func(ctx context.Context) (uint64, error) { time.Sleep(3 * time.Millisecond); return 1, nil })
		s := compose(t, entropy.Config{Sources: append(pair(), slow, late), SampleTimeout: time.Second})
		read(t, s.Stream("test"), 10)
		time.Sleep(time.Minute)
		if got := status(t, s, "slow"); got.Symbols != 0 || got.Failures < 5 || got.CreditedBits != 0 {
			t.Errorf("a source that is too slow: %+v, want nothing credited, several failures", got)
		}
		if got := status(t, s, "late"); got.Symbols != 0 || got.State == "healthy" {
			t.Errorf("a source that returns its symbols too late: %+v, want them thrown away", got)
		}
	})
}

func TestWaitWarns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		log, lines := logger()
		s := compose(t, entropy.Config{Sources: []entropy.Source{good("a", 1)}, Log: log})
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		s.Wait(ctx)
		time.Sleep(time.Second)
		text := lines()
		// After 10 s, and 20 s later; the next would be 40 s later.
		if got := strings.Count(text, "waiting for entropy"); got != 2 {
			t.Errorf("the log says %d times what is waited for, want 2:\n%s", got, text)
		}
		if !strings.Contains(text, "160 of 320 bits, from 1 of 2 noise sources") {
			t.Errorf("the log does not say what is missing:\n%s", text)
		}
	})
}

func TestPolicyNeverRaises(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{Sources: pair(), Policy: claim("b", 250)})
		if !ready(s) {
			t.Fatal(s.Missing())
		}
		a, b := status(t, s, "a"), status(t, s, "b")
		if a.Claimed != 1 || a.Allowed != 1 || b.Claimed != 1 || b.Allowed != 0.25 {
			t.Errorf("claims %v, %v, allowed %v, %v; want 1, 1, 1, 0.25", a.Claimed, b.Claimed,
				a.Allowed, b.Allowed)
		}
		if want := int(b.Symbols-health.StartupSymbols) / 4; b.CreditedBits != want {
			t.Errorf("b is credited %d bits for %d symbols, %d of them for start-up; want %d",
				b.CreditedBits, b.Symbols, health.StartupSymbols, want)
		}
	})
}
