package entropy

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/internal/still"
)

// ReadyBits is how many credited bits make a system ready: 64 more than the 256 of its
// conditioned seed, which then has full entropy (SP 800-90B §3.1.5.1.2).
const ReadyBits = 320

// Limits of a composition.
const (
	SourcesMax     = 64
	EventsNamesMax = 64
	GenerationsMax = 8
)

// Defaults of a [Config].
const (
	SampleTimeoutDefault  = 10 * time.Second
	ReseedIntervalDefault = time.Minute
)

// Policy is what the owner of a program thinks of its sources. It can lower what they claim and
// never raise it.
type Policy struct {
	// Trust names noise sources that may make the system ready alone. Of any other origin, at most
	// half of ReadyBits counts.
	Trust []string

	// Claims lowers the claims of sources, by name; 0 takes all credit. A number above the
	// source's own claim is an error. The health tests still hold a source to its own word. The
	// name "seed" stands for the stored seed, which claims 8000 for each of its 32 bytes.
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

	// Still is for entropytest, which alone can make one: a deterministic system.
	Still *still.Mode
}

// nameBytesMax is how long a source's name may be.
const nameBytesMax = 32

// isName tells whether a text is a name for a source: a-z, 0-9 and, between these, dots,
// underscores and hyphens. A regular expression would say it in a line, and link package regexp
// into every image.
func isName(s string) bool {
	for i, c := range []byte(s) {
		inner := i > 0 && i < len(s)-1 && (c == '.' || c == '_' || c == '-')
		if !inner && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= nameBytesMax
}

// seedName is the stored seed's name in Policy and Status.
const seedName = "seed"

// check returns the sources' specs and what is wrong with the composition: all of it.
func (c *Config) check() (specs []Spec, err error) {
	var problems []error
	complain := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("entropy: check config: "+format, args...))
	}
	if n := len(c.Sources); n > SourcesMax {
		complain("%d sources, at most %d", n, SourcesMax)
	}
	if n := len(c.Events); n > EventsNamesMax {
		complain("%d names of events, at most %d", n, EventsNamesMax)
	}
	if n := len(c.Generations); n > GenerationsMax {
		complain("%d generations, at most %d", n, GenerationsMax)
	}
	named := map[string]Spec{}
	name := func(spec Spec) {
		if !isName(spec.Name) {
			complain("name %q: want lower case letters, digits and dashes", spec.Name)
		} else if _, ok := named[spec.Name]; ok {
			complain("two sources are called %s", spec.Name)
		}
		named[spec.Name] = spec
	}
	for _, source := range c.Sources {
		spec := source.Spec()
		specs = append(specs, spec)
		name(spec)
		if err := spec.Check(); err != nil {
			problems = append(problems, err)
		}
	}
	if c.Seed != nil {
		name(seedSpec)
	}
	for _, event := range c.Events {
		name(Spec{Name: event, Kind: Ambient})
	}
	for _, trusted := range c.Policy.Trust {
		if spec, ok := named[trusted]; !ok {
			complain("policy trusts %s: no such source", trusted)
		} else if spec.Kind != Noise {
			complain("policy trusts %s alone: it is of kind %v, not noise", trusted, spec.Kind)
		}
	}
	for _, lowered := range slices.Sorted(maps.Keys(c.Policy.Claims)) {
		claim := c.Policy.Claims[lowered]
		if spec, ok := named[lowered]; !ok {
			complain("policy has a claim for %s: no such source", lowered)
		} else if claim < 0 || claim > spec.Claim {
			complain("policy claims %d for %s: want 0 to its own claim, %d", claim, lowered, spec.Claim)
		}
	}
	return specs, errors.Join(problems...)
}

// Check returns what is impossible about a spec, such as a claim of more bits than a symbol has.
func (s Spec) Check() error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("entropy: check source %s: "+format, append([]any{s.Name}, args...)...)
	}
	switch s.Kind {
	case Noise, Seed:
		if s.Claim <= 0 {
			return bad("kind %v claims nothing", s.Kind)
		}
	case Ambient, Identity:
		if s.Claim != 0 {
			return bad("kind %v claims %d: it is never credited", s.Kind, s.Claim)
		}
	default:
		return bad("%v is no kind", s.Kind)
	}
	if s.SymbolBits < 1 || s.SymbolBits > health.SymbolBitsMax {
		return bad("symbols of %d bits: want 1 to %d", s.SymbolBits, health.SymbolBitsMax)
	}
	if int(s.Claim) > s.SymbolBits*health.Thousandths {
		return bad("claims %d for symbols of %d bits", s.Claim, s.SymbolBits)
	}
	return nil
}

// allowed returns what the policy allows a source to be credited for each symbol.
func (p *Policy) allowed(spec Spec) health.Claim {
	if claim, ok := p.Claims[spec.Name]; ok {
		return min(claim, spec.Claim)
	}
	return spec.Claim
}
