package health_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/entropy/health"
	"github.com/atoll-os/atoll/prng"
	"github.com/cockroachdb/datadriven"
)

// TestScripts runs the stories of testdata: what is fed to a monitor, and every change of its
// state. Commands:
//
//	new claim=1000 bits=8       a monitor; prints the limits of its three levels
//	random n=100                symbols of a good source
//	stuck n=100 symbol=7        one symbol again and again
//	biased n=100 symbol=7 percent=40   that symbol so often, and otherwise a good source's
//	restart, retest, reset      the calls of these names
//	status                      state and counts
//
// go test -run TestScripts -rewrite writes what they print.
func TestScripts(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		s := script{source: prng.New(1)}
		datadriven.RunTest(t, path, s.run)
	})
}

type script struct {
	monitor *health.Monitor
	source  *prng.Stream
	out     strings.Builder
}

func (s *script) run(t *testing.T, d *datadriven.TestData) string {
	s.out.Reset()
	var n, symbol, percent int
	for name, to := range map[string]*int{"n": &n, "symbol": &symbol, "percent": &percent} {
		if d.HasArg(name) {
			d.ScanArgs(t, name, to)
		}
	}
	switch d.Cmd {
	case "new":
		var claim, bits int
		d.ScanArgs(t, "claim", &claim)
		d.ScanArgs(t, "bits", &bits)
		s.monitor = monitor(t, health.Claim(claim), bits)
		c := s.monitor.Cutoffs()
		fmt.Fprintf(&s.out, "window %d, limits %v %v %v\n", c.Window, c.Startup, c.Continuous,
			c.Permanent)
	case "random":
		s.feed(n, func() uint64 { return s.source.Uint64() })
	case "stuck":
		s.feed(n, func() uint64 { return uint64(symbol) })
	case "biased":
		s.feed(n, func() uint64 {
			if s.source.IntN(100) < percent {
				return uint64(symbol)
			}
			return s.source.Uint64()
		})
	case "restart":
		s.call(s.monitor.Restart)
	case "retest":
		s.call(s.monitor.Retest)
	case "reset":
		s.call(s.monitor.Reset)
	case "status":
		fmt.Fprintf(&s.out, "%v %+v\n", s.monitor.State(), s.monitor.Counts())
	default:
		d.Fatalf(t, "no command %s", d.Cmd)
	}
	return s.out.String()
}

func (s *script) call(f func()) {
	before := s.monitor.State()
	f()
	fmt.Fprintf(&s.out, "%v -> %v\n", before, s.monitor.State())
}

// feed adds n symbols and prints each change of state.
func (s *script) feed(n int, next func() uint64) {
	counted := 0
	for range n {
		before, alarms := s.monitor.State(), s.monitor.Counts()
		if s.monitor.Add(next()) {
			counted++
		}
		after, counts := s.monitor.State(), s.monitor.Counts()
		if before == after {
			continue
		}
		fmt.Fprintf(&s.out, "symbol %d: %v -> %v", counts.Symbols, before, after)
		if last := counts.Last; last != alarms.Last {
			fmt.Fprintf(&s.out, ", %v %d of %d", last.Test, last.Observed, last.Limit)
		}
		s.out.WriteString("\n")
	}
	fmt.Fprintf(&s.out, "%d of %d count\n", counted, n)
}
