package vnet

import (
	"time"

	"github.com/atoll-os/atoll/clock"
)

// Limits of a switch's address table.
const (
	// MACTableMax bounds the addresses that a switch knows. While all of them are fresh it learns
	// no others, and floods what goes to them.
	MACTableMax = 8192
	// MACAgeing is how long an address is known after it last sent (IEEE 802.1D-2004 §7.9.2).
	MACAgeing = 300 * time.Second
)

// mac is a MAC address as a number.
type mac uint64

func macKey(b []byte) mac {
	_ = b[5]
	return mac(b[0])<<40 | mac(b[1])<<32 | mac(b[2])<<24 | mac(b[3])<<16 | mac(b[4])<<8 | mac(b[5])
}

// group reports whether the address is a multicast one or the broadcast.
func (m mac) group() bool { return m>>40&1 == 1 }

const unknownPort = -1

// macTable is addresses by port, in the order in which they were last seen. It allocates for a new
// address only.
type macTable struct {
	index   map[mac]int32 // in entries
	entries []macEntry
	ends    macEntry // next: the one seen longest ago; prev: the latest; as index + 1
}

type macEntry struct {
	mac        mac
	port       int
	seen       clock.Instant
	prev, next int32 // index + 1; 0 is the table's ends
}

func (t *macTable) at(link int32) *macEntry {
	if link == 0 {
		return &t.ends
	}
	return &t.entries[link-1]
}

// learn notes that an address sends by a port, which may be another one than before.
func (t *macTable) learn(now clock.Instant, m mac, port int) {
	i, known := t.index[m]
	switch {
	case known:
		if e := &t.entries[i]; e.next == 0 { // the latest already
			e.port, e.seen = port, now
			return
		}
		t.unlink(i)
	case len(t.entries) < MACTableMax:
		if t.index == nil {
			t.index = map[mac]int32{}
		}
		i = int32(len(t.entries))
		t.entries = append(t.entries, macEntry{})
	default:
		oldest := t.ends.next
		if t.at(oldest).fresh(now) {
			return
		}
		i = oldest - 1
		t.unlink(i)
		delete(t.index, t.entries[i].mac)
	}
	if !known {
		t.index[m] = i
	}
	e := &t.entries[i]
	*e = macEntry{mac: m, port: port, seen: now, prev: t.ends.prev}
	t.at(e.prev).next = i + 1
	t.ends.prev = i + 1
}

func (t *macTable) unlink(i int32) {
	e := t.entries[i]
	t.at(e.prev).next = e.next
	t.at(e.next).prev = e.prev
}

// lookup returns the port of an address, or unknownPort.
func (t *macTable) lookup(now clock.Instant, m mac) int {
	i, known := t.index[m]
	if !known || !t.entries[i].fresh(now) {
		return unknownPort
	}
	return t.entries[i].port
}

func (e *macEntry) fresh(now clock.Instant) bool { return now.Sub(e.seen) < MACAgeing }
