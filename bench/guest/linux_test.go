package guest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/image/machine"
	"github.com/atoll-os/atoll/iperf"
	"github.com/atoll-os/atoll/prng"
)

// The programs, from Atoll's folder.
const (
	hello     = "./examples/hello"
	measurer  = "./examples/iperf"
	helloPort = 80
	iperfPort = 5201
)

// How long one turn of a machine is.
const (
	turn     = 3 * time.Second
	idleTurn = 5 * time.Second
	settle   = 2 * time.Second // until a machine that has started has nothing more to do
)

// BenchmarkLinux compares Atoll with Debian's Linux. Its loop is over rounds, in which each has its
// turn.
func BenchmarkLinux(b *testing.B) {
	b.Run("start", benchmarkStart)
	b.Run("http", benchmarkHTTP)
	b.Run("iperf", benchmarkIperf)
	b.Run("idle", benchmarkIdle)
}

// kinds returns both with a program, or skips the benchmark.
func kinds(b *testing.B, pattern string) []kind {
	b.Helper()
	h, err := machine.Find(b.Context(), machine.QEMU)
	if errors.Is(err, machine.ErrNoHypervisor) {
		b.Skipf("%v, by the package %s", err, machine.QEMUPackage)
	} else if err != nil {
		b.Fatal(err)
	}
	linux := newDebian(b, h.Path, pattern)
	return []kind{newAtoll(b, h, pattern), linux}
}

// benchmarkStart measures from the start of QEMU to the first answer of HTTP.
func benchmarkStart(b *testing.B) {
	all := kinds(b, hello)
	var times series
	for b.Loop() {
		for i, k := range all {
			g := boot(b, k, helloPort)
			if err := g.first(b.Context()); err != nil {
				g.fail(b, err)
			}
			times.add(i, float64(time.Since(g.begun).Microseconds())/1000)
			g.kill()
		}
	}
	times.report(b, "ms", 1, 0)
	for _, k := range all {
		b.ReportMetric(float64(k.bytes())/1e6, k.name()+"-image-MB")
	}
}

// booted starts a machine of each kind; they wait while it is not their turn.
func booted(b *testing.B, pattern string, port uint16) []*guest {
	b.Helper()
	var all []*guest
	for _, k := range kinds(b, pattern) {
		g := boot(b, k, port)
		if pattern == hello {
			if err := g.first(b.Context()); err != nil {
				g.fail(b, err)
			}
		}
		all = append(all, g)
	}
	return all
}

// benchmarkHTTP measures requests over connections that stay.
func benchmarkHTTP(b *testing.B) {
	all := booted(b, hello, helloPort)
	for _, g := range all {
		if _, err := g.load(b.Context(), turn/3); err != nil { // programs grow to their size first
			g.fail(b, err)
		}
	}
	var rates series
	for b.Loop() {
		for i, g := range all {
			rate, err := g.load(b.Context(), turn)
			if err != nil {
				g.fail(b, err)
			}
			rates.add(i, rate)
		}
	}
	rates.report(b, "requests/s", 0, 1)
	for _, g := range all {
		b.ReportMetric(g.resident(b), g.kind.name()+"-qemu-MB")
	}
}

// benchmarkIperf measures TCP to the machine and from it.
func benchmarkIperf(b *testing.B) {
	all := booted(b, measurer, iperfPort)
	for _, g := range all {
		begun := time.Now()
		for { // until it listens
			if _, err := g.iperf(b, false, turn/3); err == nil {
				break
			} else if time.Since(begun) > answerWait {
				g.fail(b, err)
			}
		}
	}
	var in, out series
	for b.Loop() {
		for i, g := range all {
			for direction, s := range []*series{&in, &out} {
				rate, err := g.iperf(b, direction == 1, turn)
				if err != nil {
					g.fail(b, err)
				}
				s.add(i, rate)
			}
		}
	}
	in.report(b, "in-Mbit/s", 0, 1)
	out.report(b, "out-Mbit/s", 0, 1)
}

// iperf measures TCP to the machine, or from it, in Mbit/s.
func (g *guest) iperf(b *testing.B, reverse bool, d time.Duration) (float64, error) {
	c := iperf.Client{Dialer: &net.Dialer{}, Addr: g.addr, Cookie: prng.New(3)}
	r, err := c.Run(b.Context(), iperf.Test{Duration: d, Reverse: reverse, Interval: -1})
	if err != nil {
		return 0, err
	}
	return r.End.SumReceived.BitsPerSecond / 1e6, nil
}

// benchmarkIdle measures the processor's time that a machine takes while nobody asks it.
func benchmarkIdle(b *testing.B) {
	all := booted(b, hello, helloPort)
	time.Sleep(settle)
	var used series
	for b.Loop() {
		for i, g := range all {
			before := g.cpu(b)
			time.Sleep(idleTurn)
			used.add(i, float64((g.cpu(b)-before).Milliseconds())/idleTurn.Seconds())
		}
	}
	used.report(b, "cpu-ms/s", 1, 0)
}

// series are the figures of both kinds, of a round each.
type series [2][]float64

func (s *series) add(kind int, figure float64) { s[kind] = append(s[kind], figure) }

// report reports the median of each kind, and that of the rounds' ratios: figure of kind `over` by
// that of kind `under`.
func (s *series) report(b *testing.B, unit string, over, under int) {
	var ratios []float64
	for i := range s[0] {
		ratios = append(ratios, s[over][i]/max(s[under][i], 0.1))
	}
	b.Logf("%s: atoll %.0f, linux %.0f", unit, s[0], s[1])
	b.ReportMetric(median(s[0]), "atoll-"+unit)
	b.ReportMetric(median(s[1]), "linux-"+unit)
	b.ReportMetric(median(ratios), "x-"+unit) // how many times better Atoll is
	b.ReportMetric(0, "ns/op")                // a round's length says nothing
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// cpu returns the processor's time that the hypervisor has taken.
func (g *guest) cpu(b *testing.B) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", g.pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest) // field 3 is the first
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	const tick = 10 * time.Millisecond
	return time.Duration(user+system) * tick
}

// resident returns the memory that the hypervisor has, in megabytes.
func (g *guest) resident(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	var kilobytes float64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes * 1024 / 1e6
}
