package entropy

import "github.com/atoll-os/atoll/entropy/health"

// account is what one source has been credited, in thousandths of a bit.
type account struct {
	kind    Kind
	origin  int // index of the origin
	trusted bool

	fresh int64 // since the pool was last extracted
	total int64 // in this generation
}

// ledger says whether what was credited is enough. Only the system writes to it, after the tests.
type ledger struct {
	accounts []account
	origins  int
}

// Of one origin, half of what is needed counts, unless the policy trusts a source of it alone. So
// if any one origin is worthless, 160 bits of others are in the seed, and nobody guesses those.
const (
	readyThousandths  = int64(ReadyBits * health.Thousandths)
	originThousandths = readyThousandths / 2
)

// newLedger opens an account for each source, with the policy's trust.
func newLedger(specs []Spec, trust map[string]bool) *ledger {
	l := &ledger{}
	origins := map[string]int{}
	for _, spec := range specs {
		name := spec.Origin
		if name == "" {
			name = spec.Name
		}
		at, ok := origins[name]
		if !ok {
			at = len(origins)
			origins[name] = at
		}
		l.accounts = append(l.accounts, account{kind: spec.Kind, origin: at, trusted: trust[spec.Name]})
	}
	l.origins = len(origins)
	return l
}

// credit adds what a source's symbols are worth.
func (l *ledger) credit(source, symbols int, claim health.Claim) {
	worth := int64(symbols) * int64(claim)
	l.accounts[source].fresh += worth
	l.accounts[source].total += worth
}

// spent says that the pool was extracted: what was credited is in a seed now.
func (l *ledger) spent() {
	for i := range l.accounts {
		l.accounts[i].fresh = 0
	}
}

// forget says that the system runs in a copy: somebody else knows all that was credited.
func (l *ledger) forget() {
	for i := range l.accounts {
		l.accounts[i].fresh, l.accounts[i].total = 0, 0
	}
}

// balance is what counts of the fresh credit.
type balance struct {
	thousandths int64
	noise       int  // origins of credited noise sources
	alone       bool // a trusted source has all that is needed
}

// balance adds up.
func (l *ledger) balance() (b balance) {
	for origin := range l.origins {
		var untrusted, trusted int64
		noise := false
		for i := range l.accounts {
			a := &l.accounts[i]
			if a.origin != origin || a.fresh == 0 {
				continue
			}
			noise = noise || a.kind == Noise
			if !a.trusted {
				untrusted += a.fresh
				continue
			}
			trusted += a.fresh
			b.alone = b.alone || a.kind == Noise && a.fresh >= readyThousandths
		}
		b.thousandths += trusted + min(untrusted, originThousandths)
		if noise {
			b.noise++
		}
	}
	return b
}

// enough tells whether a seed may be made of what is fresh: the needed bits of at least two noise
// sources, or of one that the policy trusts alone.
func (l *ledger) enough() bool {
	b := l.balance()
	return b.thousandths >= readyThousandths && (b.noise >= 2 || b.alone)
}

// sated tells whether more of a source would count for nothing towards the next seed.
func (l *ledger) sated(source int) bool {
	a := &l.accounts[source]
	if a.trusted {
		return a.fresh >= readyThousandths
	}
	return a.fresh >= originThousandths
}

// totalBits returns what was credited in this generation.
func (l *ledger) totalBits() int {
	var sum int64
	for i := range l.accounts {
		sum += l.accounts[i].total
	}
	return int(sum / health.Thousandths)
}
