package health

// StartupSymbols is how many symbols must pass before the first one counts (SP 800-90B §4.3).
const StartupSymbols = 1024

// FailuresMax is how many intermittent failures in a row are a permanent one. A source exactly as
// good as its claim alarms in at most 1 of 1000 start-ups, so three in a row are no accident.
const FailuresMax = 3

// ForgiveSymbols is how many healthy symbols without an alarm end the row of failures.
const ForgiveSymbols = 1 << 20

// Test names one of the tests.
type Test uint8

// The tests; TestNone before any alarm.
const (
	TestNone Test = iota
	TestRepetition
	TestProportion
)

func (t Test) String() string {
	switch t {
	case TestNone:
		return "none"
	case TestRepetition:
		return "repetition"
	case TestProportion:
		return "proportion"
	}
	return "unknown"
}

// Alarm is one alarm of a test: Observed reached Limit.
type Alarm struct {
	Test     Test
	Symbol   uint64 // which, counted from 1 since New
	Observed int
	Limit    int
}

// Counts are what a source has done since New.
type Counts struct {
	Symbols    uint64 // fed while not Failed
	Creditable uint64
	Repetition uint64 // intermittent and permanent failures by this test
	Proportion uint64 // by this one
	Last       Alarm
}

// Monitor is the health of one source. Make it with [New]; the zero value fails at its first
// symbol.
type Monitor struct {
	cutoffs    Cutoffs
	limits     Limits // of the state
	mask       uint64 // the bits of a symbol
	repetition Repetition
	proportion Proportion
	state      State
	startup    int // symbols still to pass
	failures   int // in a row
	clean      int // healthy symbols since the last alarm
	counts     Counts
}

// New returns the monitor of a source, in state Startup.
func New(c Cutoffs) Monitor {
	m := Monitor{cutoffs: c, mask: 1<<uint(c.SymbolBits) - 1} // 64: all bits
	m.handle(reset)
	return m
}

// State returns where the source stands.
func (m *Monitor) State() State { return m.state }

// Counts returns what the source has done.
func (m *Monitor) Counts() Counts { return m.counts }

// Cutoffs returns what New was given.
func (m *Monitor) Cutoffs() Cutoffs { return m.cutoffs }

// Restart says that the source was started again, or, with a source that has no such thing, that
// its failure is to be forgiven. It does not help a Failed source.
func (m *Monitor) Restart() { m.handle(restart) }

// Retest tests a healthy source on demand: it must pass start-up again. In states other than
// Healthy and Startup it changes nothing.
func (m *Monitor) Retest() { m.handle(retest) }

// Reset puts even a Failed source back to Startup and forgets its row of failures. It is for a
// person who has looked at the source, never for a program's own decision (SP 800-90B §4.3).
func (m *Monitor) Reset() {
	m.failures = 0
	m.handle(reset)
}

// Add tests one symbol, of which only the lowest SymbolBits bits are looked at. It tells whether
// the symbol may be credited. At its claim, a source alarms falsely about once in 2^30 symbols.
func (m *Monitor) Add(symbol uint64) bool {
	if m.state == Failed {
		return false
	}
	symbol &= m.mask
	m.counts.Symbols++
	run, count := m.repetition.Add(symbol), m.proportion.Add(symbol)
	if run >= m.limits.Repetition || count >= m.limits.Proportion {
		m.alarm(run, count)
		return false
	}
	switch m.state {
	case Healthy:
		m.counts.Creditable++
		if m.clean < ForgiveSymbols {
			m.clean++
		} else {
			m.failures = 0
		}
		return true
	case Startup:
		if m.startup--; m.startup == 0 {
			m.handle(passed)
		}
	}
	return false
}

// Feed tests the symbols of raw, each of [SymbolBytes] bytes, lowest first, and returns how many
// of them may be credited: none if one of them raised an alarm, also if it was the last. Bytes
// that make no whole symbol are not looked at.
func (m *Monitor) Feed(raw []byte) (creditable int) {
	before := m.counts.Repetition + m.counts.Proportion
	switch SymbolBytes(m.cutoffs.SymbolBits) {
	case 1:
		for _, b := range raw {
			if m.Add(uint64(b)) {
				creditable++
			}
		}
	case 2:
		for ; len(raw) >= 2; raw = raw[2:] {
			if m.Add(uint64(raw[0]) | uint64(raw[1])<<8) {
				creditable++
			}
		}
	case 4:
		for ; len(raw) >= 4; raw = raw[4:] {
			if m.Add(uint64(little32(raw))) {
				creditable++
			}
		}
	default:
		for ; len(raw) >= 8; raw = raw[8:] {
			if m.Add(uint64(little32(raw)) | uint64(little32(raw[4:]))<<32) {
				creditable++
			}
		}
	}
	if m.counts.Repetition+m.counts.Proportion != before {
		m.counts.Creditable -= uint64(creditable)
		return 0
	}
	return creditable
}

// SymbolBytes returns how many bytes of raw data hold one symbol: 1, 2, 4 or 8.
func SymbolBytes(symbolBits int) int {
	switch {
	case symbolBits <= 8:
		return 1
	case symbolBits <= 16:
		return 2
	case symbolBits <= 32:
		return 4
	}
	return 8
}

func little32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// alarm handles a symbol at which a test reached its limit.
func (m *Monitor) alarm(run, count int) {
	last := Alarm{TestProportion, m.counts.Symbols, count, m.limits.Proportion}
	if run >= m.limits.Repetition {
		last = Alarm{TestRepetition, m.counts.Symbols, run, m.limits.Repetition}
		m.counts.Repetition++
	} else {
		m.counts.Proportion++
	}
	m.counts.Last = last
	m.failures++
	m.clean = 0
	permanent := &m.cutoffs.Permanent
	switch {
	case run >= permanent.Repetition || count >= permanent.Proportion:
		m.handle(evidence)
	case m.failures >= FailuresMax:
		m.handle(repeated)
	default:
		m.handle(alarmed)
	}
}
