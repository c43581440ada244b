package iperf

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var epoch = time.Unix(1000, 0)

func at(d time.Duration) time.Time { return epoch.Add(d) }

// Whether the stream or the report comes first at an instant does not change what belongs to which
// interval.
func TestMeterOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &plan{start: epoch, omit: time.Duration(rapid.IntRange(0, 2).Draw(t, "omit")) * time.Second,
			interval: 500 * time.Millisecond}
		var a, b meter
		a.begin(p)
		b.begin(p)
		var now, off time.Duration
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 8).Draw(t, "wait")) * 125 * time.Millisecond
			n := rapid.IntRange(1, 1000).Draw(t, "bytes")
			a.add(at(now), n, 1)
			for next := p.next(off); next <= now; next = p.next(off) {
				if x, y := a.take(at(now)), b.take(at(now)); x != y {
					t.Fatalf("at %v the interval to %v is %+v if the stream comes first, else %+v",
						now, next, x, y)
				}
				off = next
			}
			b.add(at(now), n, 1)
		}
		x, omittedX := a.freeze(at(now))
		y, omittedY := b.freeze(at(now))
		if x != y || omittedX != omittedY {
			t.Fatalf("ends with %+v, omitted %+v, and %+v, omitted %+v", x, omittedX, y, omittedY)
		}
	})
}

func TestMeterOmit(t *testing.T) {
	var m meter
	if m.add(at(0), 1, 1) || m.datagram(at(0), 1, 1, 0) {
		t.Error("counted before the start")
	}
	m.begin(&plan{start: epoch, omit: time.Second, interval: time.Second})
	if m.add(at(999*time.Millisecond), 100, 1) {
		t.Error("the omitted time counts")
	}
	if !m.add(at(time.Second), 10, 1) {
		t.Error("the first instant after the omitted time does not count")
	}
	all, omitted := m.freeze(at(1500 * time.Millisecond))
	if all.bytes != 110 || omitted.bytes != 100 || m.total() != 110 {
		t.Errorf("%+v, omitted %+v, want 110 bytes, 100 of them omitted", all, omitted)
	}
	if m.add(at(1600*time.Millisecond), 1, 1) || m.datagram(at(1700*time.Millisecond), 1, 9, 0) {
		t.Error("counted after the end")
	}
}

// Loss and order of datagrams, by their numbers.
func TestMeterDatagrams(t *testing.T) {
	for _, tt := range []struct {
		name    string
		numbers []int64
		want    totals
	}{
		{"in order", []int64{1, 2, 3}, totals{bytes: 30, packets: 3}},
		{"one lost", []int64{1, 3}, totals{bytes: 20, packets: 3, lost: 1}},
		{"the first lost", []int64{4}, totals{bytes: 10, packets: 4, lost: 3}},
		{"late, not lost", []int64{1, 3, 2, 4}, totals{bytes: 40, packets: 4, outOfOrder: 1}},
		{"a duplicate hides a loss", []int64{1, 3, 3}, totals{bytes: 30, packets: 3, outOfOrder: 1}},
		{"a duplicate without loss", []int64{1, 1}, totals{bytes: 20, packets: 1, outOfOrder: 1}},
		{"the largest number", []int64{math.MaxInt64, 1},
			totals{bytes: 20, packets: math.MaxInt64, lost: math.MaxInt64 - 2, outOfOrder: 1}},
	} {
		var m meter
		m.begin(&plan{start: epoch})
		for i, n := range tt.numbers {
			m.datagram(at(time.Duration(i)), 10, n, 0)
		}
		if got, _ := m.freeze(at(time.Second)); got.totals != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got.totals, tt.want)
		}
	}
}

// RFC 1889, appendix A.8: J += (|D| - J) / 16, whatever the clocks' difference.
func TestMeterJitter(t *testing.T) {
	for _, offset := range []time.Duration{0, time.Hour, -1000 * time.Hour} {
		var m meter
		m.begin(&plan{start: epoch})
		want := 0.0
		transits := []time.Duration{10, 12, 9, 9, 30}
		for i, d := range transits {
			m.datagram(at(time.Duration(i)), 10, int64(i+1), offset+d*time.Millisecond)
			if i > 0 {
				change := math.Abs(float64(d-transits[i-1])) / 1000
				want += (change - want) / 16
			}
		}
		got, _ := m.freeze(at(time.Second))
		if math.Abs(got.jitter-want) > 1e-9 {
			t.Errorf("clocks %v apart: jitter %v s, want %v", offset, got.jitter, want)
		}
	}
}
