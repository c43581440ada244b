package entropy_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/atoll-os/atoll/entropy"
	"github.com/atoll-os/atoll/entropy/entropytest"
)

// commonBlocks returns how many blocks of 16 bytes of a are also in b, at multiples of 16.
func commonBlocks(a, b []byte) (common int) {
	blocks := map[string]bool{}
	for block := range slices.Chunk(a, 16) {
		blocks[string(block)] = true
	}
	for block := range slices.Chunk(b, 16) {
		if blocks[string(block)] {
			common++
		}
	}
	return common
}

// TestCopiesPart copies a machine with all its state: two systems that saw the same noise. Until
// the copies are told that they are copies they give the same bytes, and from the next byte on they
// have nothing in common.
func TestCopiesPart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const untilReady = 2048 // symbols: a start-up and what is needed
		spec := entropytest.Spec("noise", 8, 1000)
		noiseA, noiseB := entropytest.Twins(spec, 1, untilReady)
		var streams [2]*entropy.Stream
		var generations [2]*entropytest.Generation
		for i, noise := range []entropy.Source{noiseA, noiseB} {
			generations[i] = &entropytest.Generation{}
			s := compose(t, entropy.Config{Sources: []entropy.Source{noise},
				Generations: []entropy.Generation{generations[i]},
				Policy:      entropy.Policy{Trust: []string{"noise"}}})
			streams[i] = s.Stream("test")
			read(t, streams[i], 1)
			if got := status(t, s, "noise").Symbols; got != untilReady {
				t.Fatalf("%d symbols until ready, want %d: the test's noise ends elsewhere", got, untilReady)
			}
		}
		// What no detector sees in time is the same: this is the window.
		for range 10 {
			if a, b := read(t, streams[0], 1000), read(t, streams[1], 1000); !bytes.Equal(a, b) {
				t.Fatalf("copies of one state differ before they know; the test copies something else")
			}
		}
		for i := range generations {
			generations[i].Copy()
		}
		a, b := read(t, streams[0], 1<<20), read(t, streams[1], 1<<20)
		if n := commonBlocks(a, b); n != 0 {
			t.Errorf("copies that know have %d blocks in common in 1 MiB, want none", n)
		}
	})
}

// TestCopyWaitsForANewSeed closes the sources, copies, and wants reads to wait.
func TestCopyWaitsForANewSeed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var closed atomic.Bool
		gated := func(name string, seed uint64) entropy.Source {
			source := good(name, seed)
			return entropytest.Symbols(source.Spec(), func(ctx context.Context) (uint64, error) {
				if closed.Load() {
					return 0, entropytest.ErrDead
				}
				var b [1]byte
				_, err := source.Sample(ctx, b[:])
				return uint64(b[0]), err
			})
		}
		g := &entropytest.Generation{}
		s := compose(t, entropy.Config{Generations: []entropy.Generation{g},
			Sources: []entropy.Source{gated("a", 1), gated("b", 2)}})
		st := s.Stream("test")
		read(t, st, 10)
		closed.Store(true)
		read(t, st, 100000) // dead sources do not disturb a ready system
		before := s.Ready()
		g.Copy()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		var missing *entropy.NotReadyError
		if n, err := st.ReadContext(ctx, make([]byte, 10)); n != 0 || !errors.As(err, &missing) {
			t.Fatalf("a read in a copy without noise = %d, %v; want to wait", n, err)
		}
		if missing.CreditedBits != 0 {
			t.Errorf("%d bits of before the copy still count", missing.CreditedBits)
		}
		if s.Ready() == before {
			t.Error("Ready is the channel of before the copy")
		}
		if got := s.Status(); got.Ready || got.CreditedBits != 0 || got.Generation != 1 {
			t.Errorf("status in a copy: %+v; want not ready, no credit, generation 1", got)
		}
		closed.Store(false)
		read(t, st, 10)
		s.Close()
		g.Copy()
		n, err := st.ReadContext(t.Context(), make([]byte, 10))
		if n != 0 || !errors.Is(err, entropy.ErrClosed) {
			t.Errorf("a read of a closed system in a copy = %d, %v; want ErrClosed", n, err)
		}
	})
}

// flip is a generation that changes at one look.
type flip struct {
	entropytest.Generation
	at    int64
	looks atomic.Int64
}

func (f *flip) Count() uint64 {
	if f.looks.Add(1) == f.at {
		f.Copy()
	}
	return f.Generation.Count()
}

// TestCopyWithinARead copies the machine after bytes were made and before they are handed out, at
// every look that a read makes: what is handed out is never what the original hands out.
func TestCopyWithinARead(t *testing.T) {
	original := read(t, entropytest.Deterministic(t, "x", &entropytest.Generation{}).Stream("y"), 100)
	copies := 0
	for at := int64(1); at < 20; at++ {
		f := &flip{at: at}
		s := entropytest.Deterministic(t, "x", f)
		st := s.Stream("y")
		got := read(t, st, 100)
		if looks := f.looks.Load(); looks < at {
			break
		}
		copied := f.Generation.Count() > 0 && s.Generation() > 0
		if copied {
			copies++
		}
		if copied && bytes.Equal(got, original) {
			t.Errorf("copied at look %d, a read gave what the original gives", at)
		}
	}
	if copies < 2 {
		t.Errorf("%d copies within a read; the test has lost its hold", copies)
	}
}

// TestSymbolsOfBeforeACopyAreWorthNothing copies the machine while a source samples: what it
// returns is in both copies.
func TestSymbolsOfBeforeACopyAreWorthNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		g := &entropytest.Generation{}
		var samples atomic.Int64
		source := counted{good("a", 1), func() {
			if samples.Add(1) == 3 {
				g.Copy()
			}
		}}
		s := compose(t, entropy.Config{Sources: []entropy.Source{source, good("b", 2)},
			Generations: []entropy.Generation{g}})
		time.Sleep(10 * time.Minute)
		const batch = 1024 // symbols, each worth a bit
		want := int(samples.Load()-2) * batch
		if got := status(t, s, "a").CreditedBits; got != want || samples.Load() < 5 {
			t.Errorf("%d bits credited of %d batches, want %d: one was start-up, one crossed the copy",
				got, samples.Load(), want)
		}
	})
}

func TestOnClone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		g := entropytest.NewGeneration()
		s := compose(t, entropy.Config{Sources: pair(), Generations: []entropy.Generation{g}})
		st := s.Stream("test")
		var mu sync.Mutex
		var heard []uint64
		cancel := s.OnClone(func(generation uint64) {
			read(t, st, 16) // may use all of the system
			s.Status()
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, generation)
		})
		forgotten := s.OnClone(func(uint64) { t.Error("a cancelled callback was called") })
		forgotten()
		forgotten()
		read(t, st, 16)
		for range 3 {
			g.Copy() // nobody reads: the generation tells
			time.Sleep(time.Second)
		}
		mu.Lock()
		if !slices.Equal(heard, []uint64{1, 2, 3}) {
			t.Errorf("heard of generations %v, want 1, 2, 3", heard)
		}
		mu.Unlock()
		cancel()
		g.Copy()
		time.Sleep(time.Second)
		if got := s.Generation(); len(heard) != 3 || got != 4 {
			t.Errorf("after cancel: heard of %d, generation %d; want 3, 4", len(heard), got)
		}
	})
}

// TestCopyIsFoundByLooking has a generation that tells nobody: the keeper looks every second.
func TestCopyIsFoundByLooking(t *testing.T) {
	bubble(t, func(t *testing.T) {
		g := &entropytest.Generation{}
		s := compose(t, entropy.Config{Sources: pair(), Generations: []entropy.Generation{g}})
		heard := make(chan uint64, 1)
		s.OnClone(func(n uint64) { heard <- n })
		read(t, s.Stream("test"), 1)
		time.Sleep(10 * time.Second)
		g.Copy()
		begin := time.Now()
		if n := <-heard; n != 1 || time.Since(begin) > time.Second {
			t.Errorf("heard of generation %d after %v, want 1 within a second", n, time.Since(begin))
		}
		s.Generation()
		if s.Generation() != 1 {
			t.Error("one copy counts more than once")
		}
	})
}

// TestStillSystemGoesOnInACopy is for consumers' own tests.
func TestStillSystemGoesOnInACopy(t *testing.T) {
	g := &entropytest.Generation{}
	s := entropytest.Deterministic(t, "seed", g)
	st := s.Stream("tickets")
	heard := make(chan uint64, 1)
	s.OnClone(func(n uint64) { heard <- n })
	before := read(t, st, 32)
	g.Copy()
	after := read(t, st, 32)
	if <-heard != 1 || bytes.Equal(before, after) {
		t.Error("a copy gives the bytes of the original")
	}
	g = &entropytest.Generation{}
	st = entropytest.Deterministic(t, "seed", g).Stream("tickets")
	read(t, st, 32)
	g.Copy()
	if !bytes.Equal(read(t, st, 32), after) {
		t.Error("the copy's bytes do not follow from seed and generation")
	}
}

type failingWatcher struct{ entropytest.Generation }

func (*failingWatcher) Watch(context.Context, func()) error { return entropytest.ErrDead }

func TestWatcherThatFailsIsLogged(t *testing.T) {
	bubble(t, func(t *testing.T) {
		log, lines := logger()
		compose(t, entropy.Config{Sources: pair(), Log: log,
			Generations: []entropy.Generation{&failingWatcher{}}})
		time.Sleep(time.Second)
		if !bytes.Contains([]byte(lines()), []byte("cannot hear of copies any more")) {
			t.Errorf("the log does not say that a watcher failed:\n%s", lines())
		}
	})
}
