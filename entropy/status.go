package entropy

import "time"

// Status is what a system and its sources are doing. It holds no secret.
type Status struct {
	Ready        bool           `json:"ready"`
	CreditedBits int            `json:"credited_bits"`     // in this generation
	NeededBits   int            `json:"needed_bits"`       // to be ready
	Waiting      string         `json:"waiting,omitempty"` // for what, if not ready
	Generation   uint64         `json:"generation"`        // copies seen since New
	Reseeds      uint64         `json:"reseeds"`
	LastReseed   time.Time      `json:"last_reseed,omitzero"`
	Dropped      uint64         `json:"dropped_events"`
	Sources      []SourceStatus `json:"sources"`
	Drains       []Drain        `json:"drains,omitempty"` // the latest, oldest first
}

// SourceStatus is one source of a [Status].
type SourceStatus struct {
	Name         string  `json:"name"`
	Kind         string  `json:"kind"`
	State        string  `json:"state"`   // of health.State, or "absent: ...", "timeout", "waiting"
	Claimed      float64 `json:"claimed"` // bits per symbol, by the source
	Allowed      float64 `json:"allowed"` // bits per symbol, after the policy
	SymbolBits   int     `json:"symbol_bits"`
	Symbols      uint64  `json:"symbols"`
	CreditedBits int     `json:"credited_bits"`
	Failures     uint64  `json:"failures"` // alarms of the tests, errors and time-outs
	LastFailure  string  `json:"last_failure,omitempty"`
}

// Drain says which Fortuna pools a reseed drained.
type Drain struct {
	Reseed uint64    `json:"reseed"`
	Time   time.Time `json:"time"`
	Pools  uint32    `json:"pools"` // bit i: pool i
	Events uint64    `json:"events"`
}
