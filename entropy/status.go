package entropy

import (
	"time"

	"github.com/atoll-os/atoll/entropy/health"
)

// Status is what a system and its sources are doing. It holds no secret. It is about streams alone:
// crypto/rand, keys and TLS draw from the operating system, unless the program was built with the
// overlay and has installed a stream; overlay.Report says so.
type Status struct {
	Ready         bool           `json:"ready"`
	CreditedBits  int            `json:"credited_bits"`     // in this generation
	NeededBits    int            `json:"needed_bits"`       // for each seed
	SeedBits      float64        `json:"seed_bits"`         // min-entropy of the latest seed
	Waiting       string         `json:"waiting,omitempty"` // for what, if not ready
	Deterministic bool           `json:"deterministic,omitempty"`
	Generation    uint64         `json:"generation"`  // copies seen since New
	Generations   []string       `json:"generations"` // what they are told by
	Reseeds       uint64         `json:"reseeds"`
	LastReseed    time.Time      `json:"last_reseed,omitzero"`
	DroppedEvents uint64         `json:"dropped_events"`
	Sources       []SourceStatus `json:"sources"`
	Drains        []Drain        `json:"drains"` // the latest of Fortuna's pools, oldest first
}

// SourceStatus is one source of a [Status].
type SourceStatus struct {
	Name         string  `json:"name"`
	Kind         string  `json:"kind"`
	State        string  `json:"state"`   // of the tests, or: timeout, "absent: why", mixed, pushed
	Claimed      float64 `json:"claimed"` // bits per symbol, by the source
	Allowed      float64 `json:"allowed"` // bits per symbol, after the policy
	SymbolBits   int     `json:"symbol_bits"`
	Symbols      uint64  `json:"symbols"`
	CreditedBits int     `json:"credited_bits"` // since New
	Failures     uint64  `json:"failures"`      // alarms of the tests, errors and time-outs
	LastFailure  string  `json:"last_failure,omitempty"`
}

// Drain says which of Fortuna's pools a reseed drained.
type Drain struct {
	Reseed uint64    `json:"reseed"`
	Time   time.Time `json:"time"`
	Pools  uint32    `json:"pools"` // bit i: pool i
	Events uint64    `json:"events"`
}

// Status returns what the system and its sources are doing.
func (s *System) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	status := Status{
		Ready: s.epoch.Load() != 0, CreditedBits: s.ledger.totalBits(), NeededBits: ReadyBits,
		SeedBits: s.seedBits, Deterministic: s.still, Generation: s.generation,
		Generations: []string{}, Reseeds: s.reseeds, LastReseed: s.reseeded,
		DroppedEvents: s.ring.dropped.Load(), Sources: []SourceStatus{},
		Drains: append([]Drain{}, s.fortuna.log...),
	}
	if e := s.missing(); e != nil {
		status.Waiting = e.Error()
	}
	for _, g := range s.generations {
		status.Generations = append(status.Generations, g.Name())
	}
	for _, in := range s.intakes {
		status.Sources = append(status.Sources, in.status())
	}
	for i, name := range s.events {
		status.Sources = append(status.Sources, SourceStatus{Name: name, Kind: Ambient.String(),
			State: "pushed", SymbolBits: 8, Symbols: s.pushed[i]})
	}
	if s.store != nil {
		status.Sources = append(status.Sources, s.store.status())
	}
	return status
}

// status returns where a source stands, with the system's lock held.
func (in *intake) status() SourceStatus {
	return SourceStatus{
		Name: in.spec.Name, Kind: in.spec.Kind.String(), State: in.stateName(),
		Claimed: bitsOf(in.spec.Claim), Allowed: bitsOf(in.allowed), SymbolBits: in.spec.SymbolBits,
		Symbols: in.symbols, CreditedBits: int(in.credited / health.Thousandths),
		Failures: alarms(in.counts) + in.errors, LastFailure: in.last,
	}
}

// stateName returns the state of a source as people and programs read it.
func (in *intake) stateName() string {
	switch {
	case in.absent != "":
		return "absent: " + in.absent
	case in.overdue:
		return errTimeout.Error()
	case in.tested:
		return in.state.String()
	case in.symbols == 0:
		return "waiting"
	}
	return "mixed"
}

// bitsOf returns a claim in bits.
func bitsOf(c health.Claim) float64 { return float64(c) / health.Thousandths }
