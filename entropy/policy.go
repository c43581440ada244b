package entropy

import (
	"log/slog"
	"time"

	"github.com/atoll-os/atoll/entropy/health"
)

// ReadyBits is how many credited bits make a system ready: 64 more than the 256 of its
// conditioned seed, which then has full entropy (SP 800-90C §3.2.2.2).
const ReadyBits = 320

// Policy is what the owner of a program thinks of its sources. It can lower what they claim and
// never raise it.
type Policy struct {
	// Trust names noise sources that may make the system ready alone. Of any other source, at most
	// half of ReadyBits counts.
	Trust []string

	// Claims lowers the claims of sources, by name; 0 takes all credit. A number above the
	// source's own claim is an error. The health tests still hold a source to its own word.
	Claims map[string]health.Claim
}

// Config composes a system. Only the main of a program has one.
type Config struct {
	Sources     []Source     // pulled by the system
	Generations []Generation // what tells copies apart
	Events      []string     // names of those who may Push; an Event's Source is the index
	Policy      Policy
	Seed        SeedStore    // nil: no seed is kept
	Log         *slog.Logger // nil: nothing is logged

	SampleTimeout  time.Duration // what a Sample may take; 0: SampleTimeoutDefault
	ReseedInterval time.Duration // between reseeds, once reached; 0: ReseedIntervalDefault
}

// Defaults of a [Config].
const (
	SampleTimeoutDefault  = 10 * time.Second
	ReseedIntervalDefault = time.Minute
)
