package health

import (
	"strings"
	"testing"
)

var eventNames = [events]string{"passed", "alarmed", "evidence", "repeated", "restart", "retest",
	"reset"}

// TestAllPairs walks every state and event, the ignored ones included.
func TestAllPairs(t *testing.T) {
	const want = `
		startup      passed   healthy
		startup      alarmed  intermittent
		startup      evidence failed
		startup      repeated failed
		startup      restart  startup
		startup      retest   startup
		startup      reset    startup
		healthy      passed   healthy
		healthy      alarmed  intermittent
		healthy      evidence failed
		healthy      repeated failed
		healthy      restart  startup
		healthy      retest   startup
		healthy      reset    startup
		intermittent passed   intermittent
		intermittent alarmed  intermittent
		intermittent evidence failed
		intermittent repeated failed
		intermittent restart  startup
		intermittent retest   intermittent
		intermittent reset    startup
		failed       passed   failed
		failed       alarmed  failed
		failed       evidence failed
		failed       repeated failed
		failed       restart  failed
		failed       retest   failed
		failed       reset    startup`
	var got strings.Builder
	for s := range State(states) {
		for e := range event(events) {
			m := Monitor{state: s, startup: 5, cutoffs: Cutoffs{Window: 512,
				Startup: Limits{1, 1}, Continuous: Limits{2, 2}, Permanent: Limits{3, 3}}}
			m.handle(e)
			got.WriteString("\n\t\t" + pad(s.String(), 13) + pad(eventNames[e], 9) + m.state.String())
			switch {
			case m.state == Startup && (m.limits.Repetition != 1 || m.startup != StartupSymbols):
				t.Errorf("%v on %s: start-up does not begin afresh", s, eventNames[e])
			case m.state == Healthy && m.limits.Repetition != 2,
				m.state == Intermittent && m.limits.Repetition != 3:
				t.Errorf("%v on %s: limits %v of another state", s, eventNames[e], m.limits)
			}
		}
	}
	if got.String() != want {
		t.Errorf("the machine is%s", &got)
	}
}

func pad(s string, n int) string { return s + strings.Repeat(" ", n-len(s)) }

func TestNames(t *testing.T) {
	for s, want := range []string{"startup", "healthy", "intermittent", "failed", "unknown"} {
		if got := State(s).String(); got != want {
			t.Errorf("State(%d) is %q, want %q", s, got, want)
		}
	}
	for test, want := range []string{"none", "repetition", "proportion", "unknown"} {
		if got := Test(test).String(); got != want {
			t.Errorf("Test(%d) is %q, want %q", test, got, want)
		}
	}
}

// TestBothTestsAtOnce: a permanent proportion is seen also where the run alarms first.
func TestBothTestsAtOnce(t *testing.T) {
	m := New(Cutoffs{SymbolBits: 8, Window: 512,
		Startup: Limits{2, 9}, Continuous: Limits{2, 9}, Permanent: Limits{9, 2}})
	m.Add(1)
	if m.Add(1); m.state != Failed || m.counts.Last.Test != TestRepetition {
		t.Errorf("state %v, %+v; want failed", m.state, m.counts)
	}
}

// TestLongRun: a run as long as can be does not wrap round to a short one.
func TestLongRun(t *testing.T) {
	test := Repetition{last: 3, run: Never - 2}
	for range 3 {
		if got := test.Add(3); got != Never-1 {
			t.Errorf("run of %d, want %d", got, Never-1)
		}
	}
}
