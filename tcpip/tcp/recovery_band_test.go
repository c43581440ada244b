package tcp

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-os/atoll/clock"
)

// measure returns the goodput in Mbit/s over the seconds after the first, and the model.
func measure(c modelConfig, seconds int) (float64, *model) {
	m := newModel(c)
	m.run(clock.Instant(time.Second))
	n := m.run(clock.Instant(seconds) * clock.Instant(time.Second))
	return float64(n) * 8 / float64(seconds-1) / 1e6, m
}

// TestBand holds recovery against what Linux and gVisor reach on a path of 20 ms with independent
// loss in each direction, segments of 1448 bytes and no limit of rate: the median of five seeds
// over 60 s.
func TestBand(t *testing.T) {
	for _, c := range []struct {
		loss     float64
		min, max float64
	}{
		{0.001, 20, 30},  // Linux 24.9
		{0.01, 5.7, 9},   // Linux 7.24
		{0.03, 2.2, 3.6}, // Linux 2.76
	} {
		var all []float64
		for seed := range uint64(5) {
			got, m := measure(modelConfig{
				path: path{delay: 10 * ms, loss: c.loss}, seed: seed + 1,
			}, bandSeconds)
			all = append(all, got)
			if limit := time.Second; m.stalled > limit {
				t.Errorf("loss %v seed %d: nothing arrived for %v, want less than %v: %v", c.loss, seed+1,
					m.stalled, limit, m)
			}
		}
		sort.Float64s(all)
		if got := all[2]; got < c.min || got > c.max {
			t.Errorf("loss %v: %.2f Mbit/s, want %v to %v (all: %.2f)", c.loss, got, c.min, c.max, all)
		}
	}
	got, m := measure(modelConfig{path: path{delay: 10 * ms, rate: 100e6, queue: 250000}}, bandSeconds)
	if got < 93 {
		t.Errorf("100 Mbit/s and a queue of one bandwidth-delay product: %.2f, want more than 93: %v",
			got, m)
	}
}

// TestThroughput prints testdata/recovery/throughput.txt, so that a change in recovery that costs
// or gains throughput is a difference in review. Arguments: cc, nosack, rtt=(…) and window=(…) KiB,
// which make the columns, loss=(…) in percent, which make the rows, reorder in percent; the rate is
// 50 Mbit/s with a queue of one bandwidth-delay product, and a cell is ten seconds.
func TestThroughput(t *testing.T) {
	if raceEnabled {
		t.Skip("long, and the same code as TestBand")
	}
	datadriven.RunTest(t, "testdata/recovery/throughput.txt",
		func(t *testing.T, d *datadriven.TestData) string {
			var c modelConfig
			var cc string
			var reorder float64
			d.ScanArgs(t, "cc", &cc)
			if cc == "reno" {
				c.cc = NewReno
			}
			c.noSACK, c.noTS = d.HasArg("nosack"), d.HasArg("nots")
			if d.HasArg("reorder") {
				d.ScanArgs(t, "reorder", &reorder)
			}
			var b strings.Builder
			fmt.Fprintf(&b, "%-6s", "loss")
			each(t, d, func(rtt time.Duration, window int) {
				fmt.Fprintf(&b, " %9s", fmt.Sprintf("%v/%dK", rtt, window>>10))
			})
			for _, v := range values(d, "loss") {
				loss, err := strconv.ParseFloat(v, 64)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(&b, "\n%-6s", v+"%")
				each(t, d, func(rtt time.Duration, window int) {
					c.path = path{
						delay: rtt / 2, loss: loss / 100, rate: 50e6,
						queue: int(rtt.Seconds() * 50e6 / 8), reorder: reorder / 100, late: rtt / 8,
					}
					c.window, c.seed = window, 7
					got, _ := measure(c, 11)
					fmt.Fprintf(&b, " %9.2f", got)
				})
			}
			return b.String() + "\n"
		})
}

func values(d *datadriven.TestData, key string) []string {
	for _, a := range d.CmdArgs {
		if a.Key == key {
			return a.Vals
		}
	}
	return nil
}

// each calls f for each column of the table.
func each(t *testing.T, d *datadriven.TestData, f func(rtt time.Duration, window int)) {
	for _, v := range values(d, "rtt") {
		rtt, err := time.ParseDuration(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range values(d, "window") {
			n, err := strconv.Atoi(w)
			if err != nil {
				t.Fatal(err)
			}
			f(rtt, n<<10)
		}
	}
}
