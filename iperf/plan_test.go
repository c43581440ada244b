package iperf

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPlan(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name string
		plan plan
		want string
	}{
		{"each second, the last not: the test's own end closes it",
			plan{interval: time.Second, end: 3 * time.Second}, "[1s 2s]"},
		{"a server does not know the end", plan{interval: time.Second}, "[1s 2s 3s 4s]"},
		{"the omitted time starts the count anew",
			plan{omit: 2 * time.Second, interval: 1500 * ms, end: 5 * time.Second}, "[1.5s 2s 3.5s]"},
		{"and ends an interval where there are none", plan{omit: 2 * time.Second}, "[2s]"},
		{"nothing at all", plan{end: time.Second}, "[]"},
		{"longer than the test", plan{interval: 10 * time.Second, end: time.Second}, "[]"},
	} {
		var got []time.Duration
		for b := tt.plan.next(0); b != never && len(got) < 4; b = tt.plan.next(b) {
			got = append(got, b)
		}
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}

// A pacer never lets more through than its rate and one unit, keeps up with the rate if nothing
// holds the sender up, and wakes it no more than once a tick.
func TestPacer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		block := rapid.IntRange(16, 128<<10).Draw(t, "block")
		burst := rapid.IntRange(1, 10).Draw(t, "burst")
		p := pacer{rate: rapid.Int64Range(1000, 1e10).Draw(t, "rate"), unit: int64(block * burst)}
		rate := p.rate
		now := time.Duration(0)
		last, wakes := time.Duration(-1), 0
		for range rapid.IntRange(1, 300).Draw(t, "blocks") {
			for d := p.wait(now); d > 0; d = p.wait(now) {
				now += d
				if now-last < paceTick && last >= 0 && transmitTime(p.unit, rate) < paceTick {
					wakes++
				}
				last = now
			}
			allowed := float64(rate)*now.Seconds()/8 + float64(p.unit) + 1
			if p.add(now, block); float64(p.sent) > allowed {
				t.Fatalf("%d bytes after %v, want at most %.0f", p.sent, now, allowed)
			}
			if late := now - transmitTime(p.sent-int64(block), rate); late > paceTick {
				t.Fatalf("a block left %v late, want at most a tick", late)
			}
		}
		if wakes > 1 {
			t.Fatalf("%d wakes came less than a tick after the one before", wakes)
		}
	})
}

func TestPacerTick(t *testing.T) {
	for _, rate := range []int64{0, 1e15} { // none, and one that no network has
		p := pacer{rate: rate, unit: 1000, perTick: 3}
		now, sent := time.Duration(0), 0
		for now < 10*paceTick {
			if d := p.wait(now); d > 0 {
				now += d
				continue
			}
			p.add(now, 1000)
			sent++
		}
		if sent != 30 {
			t.Errorf("rate %d: %d datagrams in 10 ticks, want 3 in each", rate, sent)
		}
	}
	free := pacer{unit: 1000}
	for range 1000 {
		if d := free.wait(0); d != 0 {
			t.Fatalf("wait %v without any limit", d)
		}
		free.add(0, 1000)
	}
}

func TestTransmitTime(t *testing.T) {
	for _, tt := range []struct {
		n, rate int64
		want    time.Duration
	}{
		{1250, 10e6, time.Millisecond},
		{1 << 60, 1, never},
		{0, 1, 0},
		{1 << 40, 1 << 43, time.Second},
		{1 << 60, 8e9, time.Duration(1) << 60},
	} {
		if got := transmitTime(tt.n, tt.rate); got != tt.want {
			t.Errorf("%d bytes at %d bit/s take %v, want %v", tt.n, tt.rate, got, tt.want)
		}
	}
}
