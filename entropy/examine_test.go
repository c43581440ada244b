package entropy_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
	"github.com/atoll-os/atoll/internal/golden"
)

func TestExamine(t *testing.T) {
	bubble(t, func(t *testing.T) {
		// The processor whose RDSEED gives one value in 800 twice.
		broken := entropytest.Good(entropytest.Spec("broken", 32, 32000), 3)
		broken = entropytest.Repeating(broken, 4, 800)
		s := compose(t, entropy.Config{Sources: append(pair(), broken,
			entropytest.Dying(good("dead", 5), 0),
			of(good("counts", 6), func(s *entropy.Spec) { s.Kind, s.Claim = entropy.Ambient, 0 }))})
		ctx := t.Context()
		if err := s.Examine(ctx, "a", 20000); err != nil {
			t.Errorf("a good source: %v", err)
		}
		if got := status(t, s, "a"); got.Symbols < 20000 || got.Failures != 0 {
			t.Errorf("after 20,000 symbols the status says %+v", got)
		}
		var err error
		for try := 0; err == nil && try < 5; try++ {
			err = s.Examine(ctx, "broken", 20000)
		}
		if err == nil || !strings.Contains(err.Error(), "repetition 2 of at most 1") {
			t.Errorf("a source that repeats: %v; want repetition", err)
		}
		if got := status(t, s, "broken"); got.Failures == 0 || got.State == "healthy" {
			t.Errorf("a source that repeats: %+v; want a failure", got)
		}
		// Evidence for good: the same alarm again and again.
		for range 5 {
			err = s.Examine(ctx, "broken", 20000)
		}
		if got := status(t, s, "broken"); err == nil || got.State != "failed" {
			t.Errorf("after many alarms: %v, %+v; want failed", err, got)
		}
		if err := s.Examine(ctx, "dead", 1); !errors.Is(err, entropytest.ErrDead) {
			t.Errorf("a dead source: %v", err)
		}
		if err := s.Examine(ctx, "counts", 100); err != nil {
			t.Errorf("an ambient source: %v", err)
		}
		if err := s.Examine(ctx, "nobody", 1); err == nil || !strings.Contains(err.Error(), "no such") {
			t.Errorf("a source that is not there: %v", err)
		}
	})
}

func TestExamineGivesUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		hangs := entropytest.Symbols(entropytest.Spec("hangs", 8, 1000),
			func(context.Context) (uint64, error) { <-gate; return 0, nil })
		s := compose(t, entropy.Config{Sources: append(pair(), hangs)})
		time.Sleep(time.Second) // the system's own sample hangs
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Examine(ctx, "hangs", 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Examine of a source that hangs: %v, want the deadline", err)
		}
		close(gate)
	})
}

// contract is a source that does not keep the contract.
type contract struct {
	entropy.Source
	n   int
	err error
}

func (c contract) Sample(context.Context, []byte) (int, error) { return c.n, c.err }

func (contract) Restart() error { return errors.New("no") }

func TestSourcesThatBreakTheContract(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, c := range []struct {
			n    int
			want string
		}{{-1, "a length that is impossible"}, {1 << 20, "a length that is impossible"},
			{3, "a length that is impossible"}, {0, "sampled nothing, without an error"}} {
			wide := entropytest.Good(entropytest.Spec("bad", 16, 1000), 3)
			s := compose(t, entropy.Config{Sources: append(pair(), contract{wide, c.n, nil})})
			if err := s.Examine(t.Context(), "bad", 1); err == nil ||
				!strings.Contains(err.Error(), c.want) {
				t.Errorf("a source that returns %d: %v; want %q", c.n, err, c.want)
			}
			if got := status(t, s, "bad"); got.LastFailure != "restart: no" || got.Failures < 2 {
				t.Errorf("a source that cannot restart: %+v", got)
			}
			s.Close()
		}
	})
}

// TestStatusText holds the form of Status as JSON, which programs read.
func TestStatusText(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := compose(t, entropy.Config{
			Sources: []entropy.Source{good("a", 1), absent("hwrng", "permission"),
				entropytest.Stuck(entropytest.Good(entropytest.Spec("cpu", 32, 32000), 2), 100)},
			Events:      []string{"packets"},
			Generations: []entropy.Generation{&entropytest.Generation{}},
		})
		time.Sleep(10 * time.Second)
		got, err := json.MarshalIndent(s.Status(), "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, '\n')
		golden.Check(t, "testdata/status.json", got)
	})
}
