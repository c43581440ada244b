package entropy

import (
	"bytes"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// memoryStore is a store that remembers what happened to it.
type memoryStore struct {
	mu          sync.Mutex
	seed        []byte
	calls       []string
	loads, full error
	during      func() // called in Store
}

func (m *memoryStore) Load() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, "load")
	return bytes.Clone(m.seed), m.loads
}

func (m *memoryStore) Store(seed []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, "store")
	if m.during != nil {
		m.during()
	}
	if m.full != nil {
		return m.full
	}
	m.seed = bytes.Clone(seed)
	return nil
}

func (m *memoryStore) happened() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

// seedStatus returns the stored seed's line of a status.
func seedStatus(t *testing.T, s *System) SourceStatus {
	t.Helper()
	for _, source := range s.Status().Sources {
		if source.Name == "seed" {
			return source
		}
	}
	t.Fatal("status has no seed")
	return SourceStatus{}
}

// written returns a stored seed of a generation's names.
func written(names []byte) []byte {
	return appendSeed(nil, names, &[seedBytes]byte{1, 2, 3})
}

// of returns a generation with an identifier, and the names that a seed of it is written with.
func of(id string) (g *fakeGeneration, names []byte) {
	g = new(fakeGeneration)
	b := []byte(id)
	g.id.Store(&b)
	return g, append([]byte{byte(len(id))}, id...)
}

func TestSeedIsCreditedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, names := of("here")
		_, elsewhere := of("elsewhere")
		old := written(names)
		damaged := bytes.Clone(old)
		damaged[50] ^= 1
		for _, c := range []struct {
			why    string
			store  *memoryStore
			state  string
			bits   int
			last   string
			policy Policy
		}{
			{"there is none", &memoryStore{}, "absent: none stored yet", 0, "", Policy{}},
			{"it is good", &memoryStore{seed: old}, "credited", 256, "", Policy{}},
			{"the policy lowers it", &memoryStore{seed: old}, "credited", 32, "",
				Policy{Claims: map[string]healthClaim{"seed": 1000}}},
			{"its successor cannot be stored", &memoryStore{seed: old, full: errors.New("disk full")},
				"uncredited", 0, "overwrite stored seed: disk full", Policy{}},
			{"it cannot be read", &memoryStore{loads: errors.New("bad disk")}, "absent: unreadable", 0,
				"bad disk", Policy{}},
			{"it is damaged", &memoryStore{seed: damaged}, "uncredited", 0,
				"stored seed is damaged or not a seed", Policy{}},
			{"it is too short", &memoryStore{seed: old[:79]}, "uncredited", 0,
				"stored seed is damaged or not a seed", Policy{}},
			{"it is of another generation", &memoryStore{seed: written(elsewhere)}, "uncredited", 0,
				"stored seed was written in another generation", Policy{}},
			{"the machine is copied meanwhile", &memoryStore{seed: old, during: func() { g.n.Add(1) }},
				"uncredited", 0, "", Policy{}},
		} {
			s := compose(t, Config{Seed: c.store, Policy: c.policy, Generations: []Generation{g}})
			got := seedStatus(t, s)
			if got.State != c.state || got.CreditedBits != c.bits || got.LastFailure != c.last ||
				got.Kind != "seed" {
				t.Errorf("%s: %+v; want state %s, %d bits, failure %q", c.why, got, c.state, c.bits, c.last)
			}
			if want := c.bits + s.Status().CreditedBits; c.bits > 0 && want != 2*c.bits {
				t.Errorf("%s: %d bits credited in all, want %d", c.why, want-c.bits, c.bits)
			}
			c.store.during = nil
			s.Close()
		}
	})
}

// TestSeedIsReplacedBeforeItCounts holds the order of events: load, store, and only then credit.
func TestSeedIsReplacedBeforeItCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := written(nil)
		store := &memoryStore{seed: old}
		var s *System
		store.during = func() {
			if bytes.Equal(store.seed, old) && s != nil {
				t.Error("credited before the successor was stored")
			}
		}
		s = compose(t, Config{Seed: store})
		if got := store.happened(); !slices.Equal(got, []string{"load", "store"}) {
			t.Errorf("the store saw %v, want load, store", got)
		}
		store.mu.Lock()
		defer store.mu.Unlock()
		var seed, next [seedBytes]byte
		if err := parseSeed(store.seed, nil, &next); err != nil {
			t.Fatalf("the successor: %v", err)
		}
		parseSeed(old, nil, &seed)
		if seed == next {
			t.Error("the successor is the same seed")
		}
	})
}

// TestSeedIsStored watches when a running system stores seeds.
func TestSeedIsStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memoryStore{}
		s := compose(t, Config{Sources: []Source{good("a", 1), good("b", 2)}, Seed: store})
		time.Sleep(time.Second)
		if got := store.happened(); !slices.Equal(got, []string{"load", "store"}) {
			t.Errorf("once ready, the store saw %v; want load, store", got)
		}
		time.Sleep(2*time.Hour + time.Minute)
		if got := len(store.happened()); got != 4 {
			t.Errorf("two hours later the store saw %d calls, want 2 more", got)
		}
		store.mu.Lock()
		last := store.seed
		store.mu.Unlock()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if got := len(store.happened()); got != 5 || bytes.Equal(last, store.seed) {
			t.Errorf("after Close the store saw %d calls, want one more, with another seed", got)
		}
	})
}

func TestSeedThatCannotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memoryStore{full: errors.New("disk full")}
		s := compose(t, Config{Sources: []Source{good("a", 1), good("b", 2)}, Seed: store})
		time.Sleep(time.Second)
		if got := seedStatus(t, s); got.State != "unsaved" || got.LastFailure != "store seed: disk full" {
			t.Errorf("status %+v, want unsaved", got)
		}
		if err := s.Close(); !errors.Is(err, store.full) {
			t.Errorf("Close = %v, want disk full", err)
		}
	})
}

// TestSeedCarriesOver restarts a system without any noise but one source: the seed shortens what
// is needed of it, and is credited in one run only when the machine is copied from disk.
func TestSeedCarriesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memoryStore{}
		first := compose(t, Config{Sources: []Source{good("a", 1), good("b", 2)}, Seed: store})
		time.Sleep(time.Second)
		first.Close()
		disk := bytes.Clone(store.seed)
		for i, want := range []string{"credited", "credited"} { // a copied disk: nothing can tell
			s := compose(t, Config{Seed: &memoryStore{seed: disk}})
			if got := seedStatus(t, s).State; got != want {
				t.Errorf("run %d of one disk without generations: %s, want %s", i, got, want)
			}
			s.Close()
		}
		g, _ := of("another machine")
		s := compose(t, Config{Seed: &memoryStore{seed: disk}, Generations: []Generation{g}})
		if got := seedStatus(t, s).State; got != "uncredited" {
			t.Errorf("a disk copied to another generation: %s, want uncredited", got)
		}
		s.Close()
	})
}

func FuzzParseSeed(f *testing.F) {
	f.Add(written(nil), []byte{})
	f.Add(written([]byte("\x04here")), []byte("\x04here"))
	f.Add([]byte("atollsd1"), []byte{})
	f.Add([]byte{}, []byte("x"))
	f.Fuzz(func(t *testing.T, text, names []byte) {
		var seed [seedBytes]byte
		err := parseSeed(text, names, &seed)
		if again := appendSeed(nil, names, &seed); err == nil && !bytes.Equal(again, text) {
			t.Errorf("%x parses and is written as %x", text, again)
		}
		if err != nil && seed != [seedBytes]byte{} {
			t.Errorf("%x is refused (%v) and gave a seed", text, err)
		}
	})
}
