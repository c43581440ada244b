package entropy

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/atoll-os/atoll/entropy/health"
)

// seedSpec is what the stored seed counts as: 256 bits from a system that was ready.
var seedSpec = Spec{Name: seedName, Kind: Seed, SymbolBits: 8, Claim: 8 * health.Thousandths}

// seedInterval is how often a running system stores a new seed, for a run that ends without Close.
const seedInterval = time.Hour

// store is the seed's store and what became of the seed.
type store struct {
	keep    SeedStore
	index   int // in the ledger
	allowed health.Claim

	// with the system's lock
	state    string
	credited int64 // thousandths
	errors   uint64
	last     string
	saved    time.Time
}

// A stored seed is 80 bytes: a mark, what names the generation that wrote it, the seed, and a
// checksum that shows a torn or foreign one.
//
//	"atollsd1" 8 | SHA-256 of the generations' names 32 | seed 32 | SHA-256 of these, first 8
const (
	seedMark      = "atollsd1"
	seedFileBytes = len(seedMark) + sha256.Size + seedBytes + 8
)

// appendSeed writes the stored form.
func appendSeed(b []byte, names []byte, seed *[seedBytes]byte) []byte {
	from := len(b)
	b = append(b, seedMark...)
	digest := sha256.Sum256(names)
	b = append(b, digest[:]...)
	b = append(b, seed[:]...)
	sum := sha256.Sum256(b[from:])
	return append(b, sum[:8]...)
}

// Reasons not to credit a stored seed.
var (
	errSeedForm       = errors.New("is damaged or not a seed")
	errSeedGeneration = errors.New("was written in another generation")
)

// parseSeed reads the stored form and checks that it is of the generation of these names.
func parseSeed(b []byte, names []byte, seed *[seedBytes]byte) error {
	if len(b) != seedFileBytes || string(b[:len(seedMark)]) != seedMark {
		return errSeedForm
	}
	body := b[:len(b)-8]
	if sum := sha256.Sum256(body); !bytes.Equal(sum[:8], b[len(body):]) {
		return errSeedForm
	}
	if digest := sha256.Sum256(names); !bytes.Equal(digest[:], body[len(seedMark):][:sha256.Size]) {
		return errSeedGeneration
	}
	copy(seed[:], body[len(body)-seedBytes:])
	return nil
}

// load mixes the stored seed in. It is credited only after its successor has taken its place for
// good: otherwise a crash now would let it count twice.
func (s *System) load() {
	st := s.store
	text, err := st.keep.Load()
	if err == nil && len(text) == 0 {
		s.seedState("absent: none stored yet", nil)
		return
	}
	if err != nil {
		s.seedState("absent: unreadable", err)
		return
	}
	defer clear(text)
	var seed, mixed, next [seedBytes]byte
	err = parseSeed(text, s.names(), &seed)
	// Whatever it is, it does no harm in the pool; two seeds are made of it that nobody can compute
	// from each other.
	secret := sha256.Sum256(text)
	expand(&secret, "mixed", &mixed)
	expand(&secret, "next", &next)
	defer clear(mixed[:])
	s.mu.Lock()
	s.pool.mix(st.index, mixed[:])
	s.mu.Unlock()
	if err != nil {
		s.seedState("uncredited", fmt.Errorf("stored seed %w", err))
		return
	}
	if err := st.keep.Store(appendSeed(nil, s.names(), &next)); err != nil {
		s.seedState("uncredited", fmt.Errorf("overwrite stored seed: %w", err))
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	if s.generation > 0 {
		st.state = "uncredited"
		return
	}
	st.state = "credited"
	st.credited = int64(seedBytes) * int64(st.allowed)
	s.ledger.credit(st.index, seedBytes, st.allowed)
}

// seedState notes what became of the seed.
func (s *System) seedState(state string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store.state = state
	if err != nil {
		s.store.errors++
		s.store.last = err.Error()
		s.say(slog.LevelWarn, "entropy: stored seed", "state", state, "err", err)
	}
}

// saveDue stores a seed if it is time: once the system is ready, then every hour.
func (s *System) saveDue(now time.Time) {
	if s.store == nil {
		return
	}
	s.mu.Lock()
	saved := s.store.saved
	due := s.epoch.Load() != 0 && (saved.IsZero() || now.Sub(saved) >= seedInterval)
	s.mu.Unlock()
	if due {
		s.save()
	}
}

// save stores a seed of the root's output, if there is a store and the system is ready. What goes
// wrong is also in Status.
func (s *System) save() error {
	if s.store == nil {
		return nil
	}
	s.mu.Lock()
	s.look()
	if s.epoch.Load() == 0 {
		s.mu.Unlock()
		return nil
	}
	var seed [seedBytes]byte
	s.root.child("stored seed", 0, 0, s.generation, &seed)
	text := appendSeed(nil, s.names(), &seed)
	s.store.saved = time.Now()
	s.mu.Unlock()
	defer clear(text)
	clear(seed[:])
	err := s.store.keep.Store(text)
	if err != nil {
		err = fmt.Errorf("store seed: %w", err)
		s.seedState("unsaved", err)
	}
	return err
}

// status returns what became of the seed.
func (st *store) status() SourceStatus {
	return SourceStatus{Name: seedName, Kind: Seed.String(), State: st.state,
		Claimed: bitsOf(seedSpec.Claim), Allowed: bitsOf(st.allowed), SymbolBits: seedSpec.SymbolBits,
		Symbols: seedBytes, CreditedBits: int(st.credited / health.Thousandths), Failures: st.errors,
		LastFailure: st.last}
}
