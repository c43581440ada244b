package health_test

import (
	"fmt"
	"testing"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/entropy/health/cutoff"
	"github.com/atoll-os/atoll/prng"
)

// monitor returns a new monitor for that claim.
func monitor(t testing.TB, claim health.Claim, symbolBits int) *health.Monitor {
	t.Helper()
	c, err := cutoff.For(claim, symbolBits)
	if err != nil {
		t.Fatal(err)
	}
	m := health.New(c)
	return &m
}

// start feeds a good source until the monitor is healthy.
func start(t testing.TB, m *health.Monitor, s *prng.Stream) {
	t.Helper()
	for range health.StartupSymbols {
		if m.Add(s.Uint64()) {
			t.Fatal("a symbol of the start-up counts")
		}
	}
	if m.State() != health.Healthy {
		t.Fatalf("state %v after a good start-up, %+v; want healthy", m.State(), m.Counts())
	}
}

// TestStartup: SP 800-90B §4.3: at least 1024 symbols pass before one is used.
func TestStartup(t *testing.T) {
	m, s := monitor(t, 8000, 8), prng.New(1)
	for i := range health.StartupSymbols {
		if got := m.State(); got != health.Startup {
			t.Fatalf("state %v after %d symbols; want startup", got, i)
		}
		m.Add(s.Uint64())
	}
	if !m.Add(s.Uint64()) {
		t.Error("the first symbol after start-up does not count")
	}
	if got := m.Counts(); got.Symbols != 1025 || got.Creditable != 1 || got.Last.Test != 0 {
		t.Errorf("counts %+v; want 1025 symbols, 1 creditable, no alarm", got)
	}
}

// TestRepetitionCatchesAtItsCutoff: a source that sticks is caught by the symbol that makes the
// cutoff, not one before and not one after; and condemned by the one that makes the permanent one.
func TestRepetitionCatchesAtItsCutoff(t *testing.T) {
	for _, claim := range []health.Claim{500, 1000, 2000, 4000, 8000} {
		m, s := monitor(t, claim, 8), prng.New(2)
		limits := m.Cutoffs()
		start(t, m, s)
		m.Add(8) // ends any run
		for i := 1; i <= limits.Permanent.Repetition; i++ {
			want := health.Healthy
			if i >= limits.Continuous.Repetition {
				want = health.Intermittent
			}
			if i == limits.Permanent.Repetition {
				want = health.Failed
			}
			counts := m.Add(7)
			if m.State() != want || counts != (want == health.Healthy) {
				t.Fatalf("claim %d: %v after %d equal symbols, counted %v; want %v", claim,
					m.State(), i, counts, want)
			}
		}
		want := health.Alarm{Test: health.TestRepetition,
			Symbol:   uint64(health.StartupSymbols + 1 + limits.Permanent.Repetition),
			Observed: limits.Permanent.Repetition, Limit: limits.Permanent.Repetition}
		if got := m.Counts().Last; got != want {
			t.Errorf("claim %d: last alarm %+v, want %+v", claim, got, want)
		}
	}
}

// TestProportionCatchesAtItsCutoff: a symbol that comes too often, never twice in a row. The
// windows are aligned to the beginning of the start-up.
func TestProportionCatchesAtItsCutoff(t *testing.T) {
	m := monitor(t, 3000, 8)
	limit, s := m.Cutoffs().Continuous.Proportion, prng.New(3)
	start(t, m, s)
	m.Add(200) // the window's first symbol
	for i := 2; i < limit; i++ {
		m.Add(uint64(i) & 127)
		if !m.Add(200) {
			t.Fatalf("alarm at count %d of %d: %+v", i, limit, m.Counts())
		}
	}
	m.Add(1)
	if m.Add(200) || m.State() != health.Intermittent {
		t.Errorf("state %v at count %d; want intermittent", m.State(), limit)
	}
	want := health.Alarm{Test: health.TestProportion, Symbol: m.Counts().Symbols,
		Observed: limit, Limit: limit}
	if got := m.Counts(); got.Last != want || got.Proportion != 1 || got.Repetition != 0 {
		t.Errorf("counts %+v; want last alarm %+v", got, want)
	}
}

// TestProportionWindow: what is counted is the window's first symbol, and a window ends.
func TestProportionWindow(t *testing.T) {
	test := health.Proportion{Window: 4}
	var got []int
	for _, symbol := range []uint64{5, 5, 1, 5, 1, 5, 5, 1, 9, 9} {
		got = append(got, test.Add(symbol))
	}
	if want := "[1 2 2 3 1 1 1 2 1 2]"; fmt.Sprint(got) != want {
		t.Errorf("counts %v, want %s", got, want)
	}
}

// TestRepetitionRuns includes zero, which is also the zero value's last symbol.
func TestRepetitionRuns(t *testing.T) {
	var test health.Repetition
	var got []int
	for _, symbol := range []uint64{0, 0, 3, 3, 3, 0} {
		got = append(got, test.Add(symbol))
	}
	if want := "[1 2 1 2 3 1]"; fmt.Sprint(got) != want {
		t.Errorf("runs %v, want %s", got, want)
	}
}

// TestThreeFailuresAreOne: alarms that come back after each restart are permanent.
func TestThreeFailuresAreOne(t *testing.T) {
	m := monitor(t, 8000, 8)
	limit := m.Cutoffs().Startup.Repetition
	for i := 1; i <= health.FailuresMax; i++ {
		for range limit {
			m.Add(1)
		}
		want := health.Intermittent
		if i == health.FailuresMax {
			want = health.Failed
		}
		if m.State() != want {
			t.Fatalf("state %v after failure %d; want %v", m.State(), i, want)
		}
		m.Restart()
	}
	before := m.Counts()
	if m.Restart(); m.State() != health.Failed || m.Add(2) || m.Counts() != before {
		t.Errorf("state %v, counts %+v; want a failed source to stay so", m.State(), m.Counts())
	}
	m.Reset()
	start(t, m, prng.New(4))
	fail := func() {
		for range m.Cutoffs().Continuous.Repetition {
			m.Add(1)
		}
	}
	if fail(); m.State() != health.Intermittent {
		t.Errorf("state %v; want Reset to forget the row of failures", m.State())
	}
}

// TestFailuresAreForgiven after a long time without one.
func TestFailuresAreForgiven(t *testing.T) {
	m, s := monitor(t, 4000, 8), prng.New(5)
	for round := range health.FailuresMax + 1 {
		start(t, m, s)
		for range health.ForgiveSymbols + 1 {
			m.Add(s.Uint64())
		}
		m.Add(^s.Uint64())
		for range m.Cutoffs().Continuous.Repetition {
			m.Add(1)
		}
		if m.State() != health.Intermittent {
			t.Fatalf("state %v at failure %d; want intermittent", m.State(), round+1)
		}
		m.Restart()
	}
}

// TestRetest: on demand, a healthy source passes start-up again or is caught there.
func TestRetest(t *testing.T) {
	m, s := monitor(t, 1000, 8), prng.New(6)
	start(t, m, s)
	m.Retest()
	if m.State() != health.Startup {
		t.Fatalf("state %v; want startup", m.State())
	}
	start(t, m, s)
	m.Retest()
	for range m.Cutoffs().Startup.Repetition {
		m.Add(0)
	}
	if m.State() != health.Intermittent {
		t.Errorf("state %v; want the retest at the strict cutoff", m.State())
	}
	m.Retest()
	if m.State() != health.Intermittent {
		t.Errorf("state %v; want a retest not to mend a failed source", m.State())
	}
}

// TestBrokenRDSEED is a CPU whose 32-bit RDSEED repeats one draw in 800: two equal symbols in a
// row refute a claim of 32 bits.
func TestBrokenRDSEED(t *testing.T) {
	caught := 0
	for seed := range uint64(100) {
		m, s := monitor(t, 32000, 32), prng.New(seed)
		var last uint64
		for range 20_000 {
			if !s.Chance(1.0 / 800) {
				last = s.Uint64()
			}
			if m.Add(last); m.State() == health.Intermittent {
				m.Restart()
			}
		}
		if m.State() == health.Failed {
			caught++
		}
	}
	if caught != 100 {
		t.Errorf("%d of 100 broken sources failed within 20,000 draws; want all", caught)
	}
}

// TestFalseAlarms: a source exactly as good as its claim lives. 4 million fair bits at α = 2^-30
// alarm with a chance of 1 in 500.
func TestFalseAlarms(t *testing.T) {
	m, s := monitor(t, 1000, 1), prng.New(7)
	for range 1 << 16 {
		for word, i := s.Uint64(), 0; i < 64; i++ {
			m.Add(word >> i)
		}
	}
	if got := m.Counts(); m.State() != health.Healthy || got.Last.Test != health.TestNone {
		t.Errorf("state %v, %+v; want no alarm", m.State(), got)
	}
}

// TestMask: bits above the symbol do not hide that it is stuck.
func TestMask(t *testing.T) {
	m := monitor(t, 1000, 4)
	for i := range uint64(64) {
		m.Add(i<<4 | 5)
	}
	if m.State() == health.Startup {
		t.Error("a stuck source of 4 bits passes as one of 8")
	}
}

// TestZero: a monitor that nobody made trusts nothing.
func TestZero(t *testing.T) {
	var m health.Monitor
	if m.Add(1) || m.State() != health.Failed {
		t.Errorf("state %v; want failed", m.State())
	}
}
