package entropytest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-os/atoll/entropy"
)

// sample samples once and wants it to work.
func sample(t *testing.T, source entropy.Source, n int) []byte {
	t.Helper()
	raw := make([]byte, n)
	m, err := source.Sample(t.Context(), raw)
	if err != nil {
		t.Fatal(err)
	}
	return raw[:m]
}

func TestGoodHasWhatItClaims(t *testing.T) {
	for _, spec := range []entropy.Spec{Spec("a", 8, 1000), Spec("a", 8, 4000), Spec("a", 1, 500)} {
		counts := map[byte]int{}
		const n = 100_000
		for _, symbol := range sample(t, Good(spec, 1), n) {
			counts[symbol]++
		}
		top := 0
		for _, c := range counts {
			top = max(top, c)
		}
		got, want := -math.Log2(float64(top)/n), float64(spec.Claim)/1000
		if math.Abs(got-want) > 0.05 {
			t.Errorf("claims %v bits and has %v", want, got)
		}
	}
	wide := sample(t, Good(Spec("a", 64, 64000), 1), 1024)
	if bytes.Contains(wide, make([]byte, 8)) {
		t.Error("full entropy of 64 bits gives 0")
	}
}

func TestReplay(t *testing.T) {
	spec := Spec("recorded", 16, 1000)
	source := Replay(spec, []byte("abcdefg"))
	if got := sample(t, source, 4); string(got) != "abcd" {
		t.Errorf("replayed %q, want abcd", got)
	}
	raw := make([]byte, 10)
	if n, err := source.Sample(t.Context(), raw); string(raw[:n]) != "ef" || err != io.EOF {
		t.Errorf("replayed %q, %v; want the last whole symbol and EOF", raw[:n], err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := Good(spec, 1).Sample(ctx, raw); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("a sample that nobody wants: %d, %v", n, err)
	}
}

func TestTwins(t *testing.T) {
	a, b := Twins(Spec("twin", 8, 8000), 1, 100)
	if !bytes.Equal(sample(t, a, 100), sample(t, b, 100)) {
		t.Error("twins differ before they part")
	}
	if x, y := sample(t, a, 100), sample(t, b, 100); bytes.Equal(x, y) {
		t.Errorf("twins are the same after they parted: %x", x)
	}
}

func TestFaultySources(t *testing.T) {
	spec := Spec("x", 8, 8000)
	stuck := sample(t, Stuck(Good(spec, 1), 10), 30)
	if !bytes.Equal(stuck[9:], bytes.Repeat(stuck[9:10], 21)) ||
		bytes.Equal(stuck[:10], stuck[10:20]) {
		t.Errorf("stuck after 10: %x", stuck)
	}
	repeats := 0
	symbols := sample(t, Repeating(Good(Spec("x", 8, 8000), 1), 2, 10), 10_000)
	for i := 1; i < len(symbols); i++ {
		if symbols[i] == symbols[i-1] {
			repeats++
		}
	}
	if repeats < 900 || repeats > 1200 { // 1000, and 39 by chance
		t.Errorf("one in 10 repeats: %d of 10,000 do", repeats)
	}
	if got := sample(t, Alternating(spec), 6); !bytes.Equal(got, []byte{1, 0, 1, 0, 1, 0}) {
		t.Errorf("alternating: %x", got)
	}
	if got := sample(t, Counter(Spec("x", 2, 100)), 6); !bytes.Equal(got, []byte{1, 2, 3, 0, 1, 2}) {
		t.Errorf("counting in 2 bits: %x", got)
	}
	dying := Dying(Good(spec, 1), 5)
	if n, err := dying.Sample(t.Context(), make([]byte, 10)); n != 5 || !errors.Is(err, ErrDead) {
		t.Errorf("dying after 5: %d, %v", n, err)
	}
	empty := &odd{func() entropy.Spec { return spec },
		func(context.Context, []byte) (int, error) { return 0, nil }}
	if _, err := Stuck(empty, 1).Sample(t.Context(), make([]byte, 1)); err == nil {
		t.Error("a source that gives nothing behind a fault: no error")
	}
}

func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := Slow(Good(Spec("x", 8, 1000), 1), time.Minute)
		if slow.Spec().Prompt {
			t.Error("a slow source says Prompt")
		}
		begin := time.Now()
		sample(t, slow, 10)
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("took %v, want a minute", took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if n, err := slow.Sample(ctx, make([]byte, 1)); n != 0 || err != context.DeadlineExceeded {
			t.Errorf("a sample that nobody waits for: %d, %v", n, err)
		}
	})
}

func TestGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGeneration()
		id := string(g.ID())
		s := Deterministic(t, "seed", g)
		if got := s.Status().Generations; len(got) != 1 || got[0] != "test" {
			t.Errorf("generations %v, want test", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		changes, ended := 0, make(chan error)
		go func() { ended <- g.Watch(ctx, func() { changes++ }) }()
		g.Copy()
		synctest.Wait()
		g.Copy()
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil || changes != 2 {
			t.Errorf("heard of %d copies, %v; want 2", changes, err)
		}
		if g.Count() != 2 || string(g.ID()) == id || s.Generation() != 1 {
			t.Errorf("count %d, id %x, generation of the system %d; want 2, another, 1", g.Count(),
				g.ID(), s.Generation())
		}
	})
}

// TestDeterministicIsRepeatable also shows that a test that ends closes the system.
func TestDeterministicIsRepeatable(t *testing.T) {
	var got [2][16]byte
	for i := range got {
		t.Run("", func(t *testing.T) {
			st := Deterministic(t, "seed").Stream("label")
			st.Read(got[i][:])
		})
	}
	if got[0] != got[1] {
		t.Errorf("two runs gave %x and %x", got[0], got[1])
	}
}

// TestFaultsInASystem holds those rows of the table that no test of symbols catches.
func TestFaultsInASystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := func(name string) entropy.Spec { return Spec(name, 8, 500) }
		g := &Generation{}
		s, err := entropy.New(entropy.Config{Generations: []entropy.Generation{g},
			Sources: []entropy.Source{Good(spec("a"), 1), Good(spec("b"), 2),
				Slow(Good(spec("slow"), 3), time.Hour), Dying(Good(spec("dying"), 4), 100)}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		st := s.Stream("x")
		st.Read(make([]byte, 16))
		time.Sleep(entropy.SampleTimeoutDefault + time.Second)
		for _, source := range s.Status().Sources[2:] {
			want := map[string]string{"slow": "timeout", "dying": ErrDead.Error()}[source.Name]
			if source.LastFailure != want || source.Failures == 0 {
				t.Errorf("%s: %+v; want failures: %s", source.Name, source, want)
			}
		}
		g.Copy()
		st.Read(make([]byte, 16))
		if got := s.Status().Generation; got != 1 {
			t.Errorf("after a copy, the next read is of generation %d, want 1", got)
		}
	})
}
