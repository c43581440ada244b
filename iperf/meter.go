package iperf

import (
	"sync"
	"time"
)

// totals are what a stream has counted since its start, the omitted time included. At a receiver
// of datagrams, packets is the highest number seen.
type totals struct {
	bytes, packets, lost, outOfOrder int64
}

func (t totals) minus(u totals) totals {
	return totals{t.bytes - u.bytes, t.packets - u.packets, t.lost - u.lost,
		t.outOfOrder - u.outOfOrder}
}

// mark is a stream's figures at a boundary of the plan.
type mark struct {
	totals
	jitter float64 // seconds
}

// meter counts what one stream sends or receives.
//
// Whoever touches it first at or after a boundary, the stream that counts or the test that reports,
// closes the interval. So what belongs to which interval depends on the time alone, and not on
// which of two goroutines that wake at the same instant runs first.
type meter struct {
	mu       sync.Mutex // held for some additions, never over I/O
	plan     *plan
	running  bool // between begin and freeze; else nothing counts
	boundary time.Duration
	now      mark
	omitted  totals
	marks    []mark // closed and not yet taken
	transit  time.Duration
	heard    bool // transit holds one
}

func (m *meter) begin(p *plan) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plan, m.running, m.boundary = p, true, p.next(0)
}

// roll closes the intervals that end at now or before and returns the time since the start. The
// caller holds mu.
func (m *meter) roll(now time.Time) time.Duration {
	elapsed := now.Sub(m.plan.start)
	for m.boundary <= elapsed {
		m.marks = append(m.marks, m.now)
		if m.boundary == m.plan.omit {
			m.omitted, m.now.jitter = m.now.totals, 0
		}
		m.boundary = m.plan.next(m.boundary)
	}
	return elapsed
}

// add counts bytes and packets that moved at now. It reports whether they count beyond the omitted
// time.
func (m *meter) add(now time.Time, bytes, packets int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.running {
		return false
	}
	elapsed := m.roll(now)
	m.now.bytes += int64(bytes)
	m.now.packets += int64(packets)
	return elapsed >= m.plan.omit
}

// datagram counts a datagram of so many bytes that came at now, bears this number and was under
// way for transit, by clocks that need not agree. It reports what add does.
//
// A gap in the numbers is a loss, and a late packet takes one loss back; so does a duplicate, as
// nothing but the highest number is remembered. Jitter is that of RFC 1889, appendix A.8.
func (m *meter) datagram(now time.Time, bytes int, number int64, transit time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.running {
		return false
	}
	elapsed := m.roll(now)
	m.now.bytes += int64(bytes)
	if number > m.now.packets {
		m.now.lost += number - 1 - m.now.packets
		m.now.packets = number
	} else {
		m.now.outOfOrder++
		m.now.lost = max(m.now.lost-1, 0)
	}
	if m.heard {
		d := (transit - m.transit).Abs().Seconds()
		m.now.jitter += (d - m.now.jitter) / 16
	}
	m.transit, m.heard = transit, true
	return elapsed >= m.plan.omit
}

// take returns the figures of the oldest boundary not yet taken. It lies at now or before.
func (m *meter) take(now time.Time) mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.roll(now)
	k := m.marks[0]
	m.marks = append(m.marks[:0], m.marks[1:]...)
	return k
}

// freeze ends the count at now and returns all figures and those of the omitted time.
func (m *meter) freeze(now time.Time) (all mark, omitted totals) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running {
		m.roll(now)
		m.running = false
	}
	return m.now, m.omitted
}

// total returns all bytes so far.
func (m *meter) total() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now.bytes
}
