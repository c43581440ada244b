package report

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestUnitText(t *testing.T) {
	for _, c := range []struct {
		unit  Unit
		value float64
		want  string
	}{
		{BitsPerSecond, 0, "0 bit/s"},
		{BitsPerSecond, 24_123_456, "24.1 Mbit/s"},
		{BitsPerSecond, 7_240_000, "7.24 Mbit/s"},
		{BitsPerSecond, 999_900, "1 Mbit/s"}, // not 1000 kbit/s
		{BitsPerSecond, 93e6, "93 Mbit/s"},
		{BitsPerSecond, 1e15, "1000 Tbit/s"},
		{Bytes, 512, "512 B"},
		{Bytes, 65_536, "64 KiB"},
		{Bytes, 1 << 30, "1 GiB"},
		{Bytes, -2048, "-2 KiB"},
		{Seconds, 0, "0 s"},
		{Seconds, 0.0203, "20.3 ms"},
		{Seconds, 31e-6, "31 µs"},
		{Seconds, 90, "90 s"},
		{Count, 1_234_567, "1,234,567"},
		{Count, -999, "-999"},
		{Count, -0.2, "0"},
		{unitCount, 1000, "1,000"}, // unknown: a number
		{Bytes, math.NaN(), "–"},
		{Count, math.Inf(1), "–"},
	} {
		if got := c.unit.Text(c.value); got != c.want {
			t.Errorf("Unit(%d).Text(%v) = %q, want %q", c.unit, c.value, got, c.want)
		}
	}
}

func labels(ticks []tick) string {
	var out []string
	for _, t := range ticks {
		out = append(out, t.label)
	}
	return strings.Join(out, " ")
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		unit   Unit
		want   string
	}{
		{0, 0, BitsPerSecond, "bit/s: 0 0.2 0.4 0.6 0.8 1"},
		{0, 24.1e6, BitsPerSecond, "Mbit/s: 0 5 10 15 20 25"},
		{20e6, 24.1e6, BitsPerSecond, "Mbit/s: 0 5 10 15 20 25"}, // zero is always seen
		{0, 1.2e9, BitsPerSecond, "Gbit/s: 0 0.5 1 1.5"},
		{0, 300 << 10, Bytes, "KiB: 0 100 200 300"},
		{0, 0.0521, Seconds, "ms: 0 20 40 60"},
		{0, 12_000, Count, ": 0 5000 10000 15000"},
		{0, 2_500_000, Count, "M: 0 0.5 1 1.5 2 2.5"},
		{-3, 5, Count, ": -4 -2 0 2 4 6"},
		{0, ValueMax, Seconds, "s: 0 200000000000000 400000000000000 600000000000000 " +
			"800000000000000 1000000000000000"},
	} {
		s := valueScale(c.lo, c.hi, c.unit)
		if got := s.unit + ": " + labels(s.ticks); got != c.want {
			t.Errorf("axis from %v to %v: %q, want %q", c.lo, c.hi, got, c.want)
		}
	}
	for _, c := range []struct {
		until time.Duration
		want  string
	}{
		{1, "0s 1ns"},
		{20 * time.Millisecond, "0s 2ms 4ms 6ms 8ms 10ms 12ms 14ms 16ms 18ms 20ms"},
		{10 * time.Second, "0s 1s 2s 3s 4s 5s 6s 7s 8s 9s 10s"},
		{61 * time.Second, "0s 10s 20s 30s 40s 50s 1m"},
		{5 * time.Minute, "0s 30s 1m 1m30s 2m 2m30s 3m 3m30s 4m 4m30s 5m"},
		{100 * time.Hour, "0s 12h 24h 36h 48h 60h 72h 84h 96h"},
	} {
		if got := labels(timeTicks(c.until, timeTicksMax)); got != c.want {
			t.Errorf("axis of time to %v: %q, want %q", c.until, got, c.want)
		}
	}
}

// An axis has room for its labels and shows all of what it is for.
func TestAnyAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(-ValueMax, ValueMax).Draw(t, "lo")
		hi := rapid.Float64Range(-ValueMax, ValueMax).Draw(t, "hi")
		lo, hi = min(lo, hi), max(lo, hi)
		s := valueScale(lo, hi, Unit(rapid.Uint8Range(0, 5).Draw(t, "unit")))
		if s.lo > lo || s.hi < hi || s.lo > 0 || s.hi < 0 || s.lo >= s.hi {
			t.Fatalf("axis from %v to %v for %v to %v", s.lo, s.hi, lo, hi)
		}
		if n := len(s.ticks); n < 2 || n > valueTicksMax+2 {
			t.Fatalf("%d ticks: %v", n, s.ticks)
		}
		until := time.Duration(rapid.Int64Range(1, math.MaxInt64).Draw(t, "until"))
		if n := len(timeTicks(until, timeTicksMax)); n > timeTicksMax+1 {
			t.Fatalf("%d ticks of time for %v", n, until)
		}
	})
}

func TestKind(t *testing.T) {
	for k, want := range []string{"host", "switch", "router", "node"} {
		if got := Kind(k).String(); got != want {
			t.Errorf("Kind(%d) = %q, want %q", k, got, want)
		}
	}
}
