package entropy

import (
	"context"
	"fmt"

	"github.com/atoll-os/atoll/entropy/health"
)

// Kind says what a source's symbols are, and so whether they can be worth anything. It is the
// kind, never a number from the source, that decides about credit.
type Kind uint8

const (
	// Noise: symbols that can be drawn again and again and that nobody outside knows, of a
	// physical process or of a generator on the other side of a border. Credited by claim, policy
	// and tests.
	Noise Kind = iota + 1
	// Seed: a secret that was handed over once, such as by a boot loader. Mixed and credited once,
	// never across a change of generation, and it does not count as a noise source.
	Seed
	// Ambient: what happens around the system: packets, interrupts. Mixed, never credited.
	Ambient
	// Identity: what tells machines apart and is no secret: addresses, serial numbers. Mixed,
	// never credited.
	Identity
)

func (k Kind) String() string {
	switch k {
	case Noise:
		return "noise"
	case Seed:
		return "seed"
	case Ambient:
		return "ambient"
	case Identity:
		return "identity"
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Spec is what a source says about itself. It never changes.
type Spec struct {
	Name       string // lower case, unique in a system: "jitter"
	Kind       Kind
	SymbolBits int          // 1 to 64; a symbol takes health.SymbolBytes(SymbolBits) bytes
	Claim      health.Claim // min-entropy per symbol; 0 for kinds that are never credited

	// Origin names the one thing in the world that several sources read, such as "cpu": sources
	// of one origin count as one. Empty: the source's own name.
	Origin string

	// Prompt promises that Sample returns within milliseconds and waits for nobody. A reader that
	// finds itself in a copy of the machine draws from such sources itself.
	Prompt bool
}

// SymbolBytes returns how many bytes of raw data hold one symbol: 1, 2, 4 or 8.
func (s Spec) SymbolBytes() int { return health.SymbolBytes(s.SymbolBits) }

// Source delivers raw symbols. It does not test, whiten or count them: the system does, and it is
// the only one that credits.
//
// The system calls Sample from one goroutine at a time, and never calls it again after Close of
// the system has returned, unless it hangs.
type Source interface {
	// Spec returns what the source claims to be.
	Spec() Spec

	// Sample fills raw, or the front of it, with symbols as they come: SymbolBytes each, lowest
	// byte first, unused high bits zero. It returns how many bytes it filled, a multiple of
	// SymbolBytes, and an error if that is less than it could have been. len(raw) is at least
	// SymbolBytes. It does not keep raw, and it returns soon after ctx ended.
	//
	// An [*AbsentError] says that there is no such source on this machine: the system does not ask
	// again. After any other error it restarts the source and its tests.
	Sample(ctx context.Context, raw []byte) (n int, err error)
}

// Restarter is a [Source] that can be started anew after a failure. The system calls Restart when
// it goes back to start-up testing.
type Restarter interface {
	Restart() error
}

// AbsentError says that a source does not exist here. The reason is one of few words, such as
// "permission", for Status.
type AbsentError struct{ Reason string }

func (e *AbsentError) Error() string { return "absent: " + e.Reason }

// Generation tells a copy of a machine, or of a process, from its original: a virtual machine's
// generation identifier, a page that fork wipes.
type Generation interface {
	// Name says what is watched: "vmgenid", "fork".
	Name() string

	// Count returns a number that has grown once the caller runs in a copy. Streams call it twice
	// for every read: it must cost nanoseconds and be safe for concurrent use.
	Count() uint64

	// ID returns what names the present generation also after a restart, or nil if nothing does.
	// A seed file is not credited in another generation than that which wrote it.
	ID() []byte
}

// Event is something that happened at an instant that nobody outside knows exactly: a packet, an
// interrupt. It is mixed in and never credited.
type Event struct {
	Source uint8    // index into Config.Events
	N      uint8    // bytes of Data that count
	Time   uint64   // the finest counter at hand
	Data   [16]byte // what happened
}

// SeedStore keeps one seed from run to run: a file, a block of a disk.
type SeedStore interface {
	// Load returns what was stored last; nothing and no error if there is none.
	Load() ([]byte, error)

	// Store replaces the seed, and returns without error only when the old one cannot come back,
	// not even if the power fails now.
	Store(seed []byte) error
}
