package ip

import (
	"bytes"
	"net/netip"
	"slices"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/vnet"
	"github.com/atoll-os/atoll/wire"
)

// ReassemblyConfig holds the limits of a Reassembler. A zero field is its default.
type ReassemblyConfig struct {
	DatagramsMax            int           // packets under way at once; 256
	BytesMax                int           // memory for their fragments; 4 MiB
	FragmentsPerDatagramMax int           // 256: a packet of 64 KiB over links of 576 has 119
	Timeout                 time.Duration // from the first fragment to arrive; 60 s (RFC 8200 §4.5)
}

// Timeout4 is the Timeout for IPv4. RFC 1122 §3.3.2 wants 60 to 120 seconds, in a time of slow
// links; with 16 bits of identification, half a minute mixes up fewer packets (RFC 4963).
const Timeout4 = 30 * time.Second

// Verdict is what became of a fragment.
type Verdict uint8

const (
	// Waiting: it is kept until the others arrive.
	Waiting Verdict = iota
	// Whole: it was the last that was missing.
	Whole
	// Duplicate: the same bytes had arrived before; nothing has changed.
	Duplicate
	// Overlapping: it covers bytes of another one, or says that the packet ends elsewhere, now or
	// before: the whole packet is given up, and its later fragments too (RFC 5722 §4).
	Overlapping
	// Full: a limit was reached.
	Full
	// Malformed: it is no fragment, or an IPv4 one that nobody may send. Nothing is to be said.
	Malformed
	// BadLength: an IPv6 fragment that is not the last and is no multiple of eight bytes long. The
	// sender is to get a Parameter Problem, code 0, at the payload length (RFC 8200 §4.5).
	BadLength
	// TooLong: an IPv6 packet that would be longer than 65,535 bytes behind its header. Likewise,
	// at the fragment offset.
	TooLong
	// ShortFirst: a first IPv6 fragment that does not hold all headers. The sender is to get a
	// Parameter Problem, code 3 (RFC 7112 §5).
	ShortFirst
)

// String returns the verdict in words.
func (v Verdict) String() string {
	names := [...]string{"waiting", "whole", "duplicate", "overlapping", "full", "malformed",
		"bad length", "too long", "short first fragment"}
	return names[v]
}

// Expired is a packet whose time is up before it is whole.
type Expired struct {
	Port int
	// First is the fragment with offset 0 as far as it goes, from the IP header on, for a Time
	// Exceeded message, which only its sender gets (RFC 1122 §3.3.2, RFC 8200 §4.5). It is nil if
	// that fragment did not arrive, or if nothing is to be said. It is the caller's.
	First *vnet.Frame
}

// Reassembler puts the fragments of packets together: one for IPv4, one for IPv6. Memory is bounded
// by its limits; if they are reached, the packet whose first fragment is oldest goes.
type Reassembler struct {
	cfg           ReassemblyConfig
	datagrams     map[datagramKey]*datagram
	oldest, young *datagram
	bytes         int
}

// datagramKey is what the fragments of a packet have in common: RFC 791 §3.2, RFC 8200 §4.5.
type datagramKey struct {
	src, dst netip.Addr
	id       uint32
	link     int           // the port + 1, for link-local addresses: other links have them too
	protocol wire.Protocol // IPv4 only
}

// datagram is a packet under way.
type datagram struct {
	key          datagramKey
	port         int // of the fragment that came first
	created      clock.Instant
	pieces       []piece     // by offset, disjoint
	header       *vnet.Frame // all headers of the fragment with offset 0
	nextAt       int         // IPv6: as in fragment
	next         wire.Protocol
	total        int // bytes of data; -1 until the last fragment is here
	received     int
	bytes        int  // memory
	abandoned    bool // overlapping: swallow what still comes
	older, newer *datagram
}

// piece is the data of one fragment.
type piece struct {
	offset int
	frame  *vnet.Frame // Data is the piece alone
}

func (p *piece) end() int { return p.offset + len(p.frame.Data) }

// NewReassembler returns an empty one.
func NewReassembler(cfg ReassemblyConfig) *Reassembler {
	if cfg.DatagramsMax == 0 {
		cfg.DatagramsMax = 256
	}
	if cfg.BytesMax == 0 {
		cfg.BytesMax = 4 << 20
	}
	if cfg.FragmentsPerDatagramMax == 0 {
		cfg.FragmentsPerDatagramMax = 256
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 60 * time.Second
	}
	return &Reassembler{cfg: cfg, datagrams: make(map[datagramKey]*datagram)}
}

// Input takes a packet that is a fragment and arrived at a port, from the IP header on and without
// padding. It keeps no reference to it. With Whole comes the packet that the fragments make, from
// the IP header on, in a frame that is the caller's.
func (r *Reassembler) Input(now clock.Instant, port int, packet []byte) (*vnet.Frame, Verdict) {
	p, verdict := parseFragment(packet)
	if verdict != Waiting {
		return nil, verdict
	}
	if p.key.src.IsLinkLocalUnicast() || p.key.dst.IsLinkLocalUnicast() || p.key.dst.IsMulticast() {
		p.key.link = port + 1
	}
	if p.offset == 0 && !p.more {
		// RFC 6946 §4: an atomic fragment is whole, whatever else is under way.
		f := beginWhole(p.header, p.nextAt, p.next, len(p.data))
		f.Data = append(f.Data, p.data...)
		endWhole(f.Data)
		return f, Whole
	}
	d := r.datagrams[p.key]
	if d == nil {
		d = r.create(now, p.key)
		d.port = port
	}
	if verdict = r.add(d, &p); verdict != Whole {
		return nil, verdict
	}
	whole := d.join()
	r.remove(d)
	return whole, Whole
}

// add puts a fragment into its packet.
func (r *Reassembler) add(d *datagram, p *fragment) Verdict {
	if d.abandoned {
		return Overlapping
	}
	start, end := p.offset, p.offset+len(p.data)
	at, found := slices.BinarySearchFunc(d.pieces, start, func(q piece, start int) int {
		return q.offset - start
	})
	if found && bytes.Equal(d.pieces[at].frame.Data, p.data) && p.more == (end != d.total) {
		return Duplicate
	}
	if d.total >= 0 && (end > d.total || !p.more && end != d.total) ||
		!p.more && len(d.pieces) > 0 && d.pieces[len(d.pieces)-1].end() > end ||
		at > 0 && d.pieces[at-1].end() > start ||
		at < len(d.pieces) && d.pieces[at].offset < end {
		r.abandon(d)
		return Overlapping
	}
	if len(d.pieces) >= r.cfg.FragmentsPerDatagramMax {
		r.remove(d)
		return Full
	}
	f := vnet.NewFrame(len(p.data))
	f.Data = append(f.Data, p.data...)
	d.pieces = slices.Insert(d.pieces, at, piece{start, f})
	d.received += len(p.data)
	r.charge(d, cap(f.Data))
	if !p.more {
		d.total = end
	}
	if start == 0 {
		d.header = vnet.NewFrame(len(p.header))
		d.header.Data = append(d.header.Data, p.header...)
		d.nextAt, d.next = p.nextAt, p.next
		r.charge(d, cap(d.header.Data))
	}
	if d.total == d.received {
		if !d.fits() {
			r.abandon(d)
			return Malformed
		}
		return Whole
	}
	for r.bytes > r.cfg.BytesMax {
		gone := r.oldest
		r.remove(gone)
		if gone == d {
			return Full
		}
	}
	return Waiting
}

// Poll returns the next packet whose time is up; call it until it reports false.
func (r *Reassembler) Poll(now clock.Instant) (Expired, bool) {
	d := r.oldest
	if d == nil || now < d.created.Add(r.cfg.Timeout) {
		return Expired{}, false
	}
	e := Expired{Port: d.port}
	if d.header != nil {
		first := d.pieces[0].frame.Data
		e.First = vnet.NewFrame(len(d.header.Data) + len(first))
		e.First.Data = append(append(e.First.Data, d.header.Data...), first...)
	}
	r.remove(d)
	return e, true
}

// Next returns when Poll has something to say, clock.Never if no packet is under way.
func (r *Reassembler) Next() clock.Instant {
	if r.oldest == nil {
		return clock.Never
	}
	return r.oldest.created.Add(r.cfg.Timeout)
}

// Bytes returns how much memory fragments take now.
func (r *Reassembler) Bytes() int { return r.bytes }

// create begins a packet.
func (r *Reassembler) create(now clock.Instant, key datagramKey) *datagram {
	if len(r.datagrams) >= r.cfg.DatagramsMax {
		r.remove(r.oldest)
	}
	d := &datagram{key: key, created: now, total: -1, older: r.young}
	if r.young != nil {
		r.young.newer = d
	} else {
		r.oldest = d
	}
	r.young = d
	r.datagrams[key] = d
	return d
}

// charge adds to the memory of d.
func (r *Reassembler) charge(d *datagram, n int) {
	d.bytes += n
	r.bytes += n
}

// abandon gives a packet up but remembers it, so that the fragments still to come are dropped too.
func (r *Reassembler) abandon(d *datagram) {
	d.abandoned = true
	r.release(d)
}

// release frees the memory of d's fragments.
func (r *Reassembler) release(d *datagram) {
	for _, p := range d.pieces {
		p.frame.Release()
	}
	if d.header != nil {
		d.header.Release()
	}
	d.pieces, d.header = nil, nil
	r.charge(d, -d.bytes)
}

func (r *Reassembler) remove(d *datagram) {
	r.release(d)
	if d.older != nil {
		d.older.newer = d.newer
	} else {
		r.oldest = d.newer
	}
	if d.newer != nil {
		d.newer.older = d.older
	} else {
		r.young = d.older
	}
	delete(r.datagrams, d.key)
}
