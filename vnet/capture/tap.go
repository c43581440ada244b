// Package capture records what passes the ports of a virtual network: as pcapng for Wireshark
// ([Pcapng]), as text with one frame a line ([Text]), and as one number to compare runs by
// ([Digest]). Each is an observer of the network's events; [Tee] gives it several.
//
// A capture never changes a run: it cuts super-segments and fills in checksums on a copy of its
// own. None is safe for concurrent use: observers run under the lock of the network's owner.
package capture

import (
	"fmt"
	"slices"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// Scope says at which ports frames are recorded.
type Scope uint8

// The scopes.
const (
	// EachOnce records a frame at the host's or router's port that sent it, and in its place, as a
	// dropped frame, if it was lost there and then. At a port of a switch it records what befalls a
	// frame only: that it is dropped, held, corrupted or doubled.
	EachOnce Scope = iota
	// All records every frame at every port that it leaves and that it comes to.
	All
)

// record is one frame as it is written.
type record struct {
	at      clock.Instant
	port    *vnet.Port
	peer    *vnet.Port // at the other end of the link then; nil if there was none
	inbound bool       // it came to the port; else it leaves
	dropped bool
	notes   []string // what faults and queues did to it
	data    []byte   // as it was sent, with checksums
}

// tap makes records of events. What happens to a frame as it is sent comes in events behind its
// Sent (see vnet.Event), so a record waits until the next event is about something else.
type tap struct {
	scope Scope
	sums  bool // fill in checksums
	write func(*record)

	frame   *vnet.Frame // of the last Sent, Duplicated or Delivered; only compared
	at      clock.Instant
	port    *vnet.Port
	pending bool // rec is of that frame, and not written yet
	rec     record
	size    int    // segment size of a super-segment in rec, else 0
	segment []byte // scratch for one of its segments
}

func (t *tap) observe(e *vnet.Event) {
	switch e.Kind {
	case vnet.Corrupted, vnet.Held, vnet.Dropped:
		if e.Frame != t.frame || e.Port != t.port || e.At != t.at {
			t.flush()
			t.frame, t.port, t.at = e.Frame, e.Port, e.At
		}
		if !t.pending {
			t.begin(e)
			if e.Kind == vnet.Corrupted {
				t.rec.data[e.Bit/8] ^= 0x80 >> (e.Bit % 8) // as it was sent
			}
		}
		t.rec.notes = append(t.rec.notes, note(e))
		t.rec.dropped = t.rec.dropped || e.Kind == vnet.Dropped
		return
	}
	t.flush()
	t.frame, t.port, t.at = e.Frame, e.Port, e.At
	switch {
	case e.Kind == vnet.Duplicated:
		t.begin(e)
		t.rec.notes = append(t.rec.notes, "duplicate")
	case t.scope == All || e.Kind == vnet.Sent && !e.Port.OfSwitch():
		t.begin(e)
	}
}

// begin makes a record of an event's frame.
func (t *tap) begin(e *vnet.Event) {
	r := &t.rec
	r.at, r.port, r.peer, r.dropped = e.At, e.Port, e.Port.Peer(), false
	r.inbound = e.Kind == vnet.Delivered ||
		e.Reason == vnet.NodeDown || e.Reason == vnet.Unforwarded
	r.notes = r.notes[:0]
	r.data = append(r.data[:0], e.Frame.Data...)
	t.size = e.Frame.SegmentSize
	if t.sums && e.Frame.Unsummed && t.size == 0 {
		wire.FinishChecksum(r.data)
	}
	t.pending = true
}

// flush writes the record that waits, a super-segment as the frames that it stands for.
func (t *tap) flush() {
	if !t.pending {
		return
	}
	t.pending = false
	if t.size == 0 {
		t.write(&t.rec)
		return
	}
	segments, err := wire.Split(t.rec.data, t.size)
	if err != nil {
		t.write(&t.rec)
		return
	}
	whole := t.rec.data
	for segments.More() {
		t.segment = segments.Append(t.segment[:0])
		t.rec.data = t.segment
		t.write(&t.rec)
	}
	t.rec.data = whole
}

// note says in a few words what happened.
func note(e *vnet.Event) string {
	switch {
	case e.Kind == vnet.Corrupted:
		return fmt.Sprintf("corrupted bit %d", e.Bit)
	case e.Kind == vnet.Held:
		return fmt.Sprintf("held %v", e.Delay)
	case e.Reason == vnet.Lost && e.Fault != nil:
		return "dropped: " + e.Fault.String()
	}
	return "dropped: " + e.Reason.String()
}

// Tee returns an observer that hands each event to all of these, in order; nil ones are left out.
// It returns nil if there are none.
func Tee(observers ...vnet.Observer) vnet.Observer {
	observers = slices.Clone(observers)
	observers = slices.DeleteFunc(observers, func(o vnet.Observer) bool { return o == nil })
	switch len(observers) {
	case 0:
		return nil
	case 1:
		return observers[0]
	}
	return func(e vnet.Event) {
		for _, o := range observers {
			o(e)
		}
	}
}

// At returns an observer of the events at some ports alone.
func At(ports func(*vnet.Port) bool, o vnet.Observer) vnet.Observer {
	return func(e vnet.Event) {
		if ports(e.Port) {
			o(e)
		}
	}
}
