package iperf

import (
	"fmt"
	"time"
)

// Protocol is what a test's streams run over.
type Protocol string

// The protocols. SCTP is not offered.
const (
	TCP Protocol = "tcp"
	UDP Protocol = "udp"
)

// Unlimited as a Test's Bandwidth sends UDP as fast as one burst of datagrams a millisecond goes.
const Unlimited = -1

const (
	durationDefault     = 10 * time.Second
	intervalDefault     = time.Second
	intervalMin         = time.Millisecond
	blockSizeDefault    = 128 << 10 // bytes, TCP
	datagramSizeDefault = 1460      // bytes, where the control connection's segment size is not known
	bandwidthUDP        = 1 << 20   // bit/s
	sendBufferDefault   = 256 << 10 // bytes, on connections that are not the kernel's
)

// Test is what a client asks for. The zero value sends over one TCP stream for ten seconds.
type Test struct {
	Protocol Protocol // TCP if empty

	// One of these ends the test; with none it lasts ten seconds.
	Duration time.Duration // at most DurationMax
	Bytes    int64         // sent by all streams together
	Blocks   int64         // of BlockSize, sent by all streams together

	Streams       int  // in each direction; 1 if 0, at most StreamsMax
	Reverse       bool // the server sends
	Bidirectional bool // both send

	BlockSize int           // bytes a write; 128 KiB for TCP, the segment size for UDP if 0
	Bandwidth int64         // bit/s of each stream; 0: no limit for TCP, 1 Mibit/s for UDP
	Burst     int           // blocks sent back to back under a Bandwidth; 1 if 0
	Omit      time.Duration // left out at the start; whole seconds, not part of Duration
	Interval  time.Duration // between reports; 1 s if 0, none if negative

	NoDelay    bool   // no Nagle algorithm on TCP streams
	MSS        int    // bytes; needs Local.Tune
	Window     int    // bytes of both socket buffers
	Congestion string // algorithm; needs Local.Tune

	UDP64BitCounters bool
	GetServerOutput  bool // the server's own report comes back with the results

	Title     string
	ExtraData string
}

// rate returns the limit in bit/s, 0 for none.
func (t *Test) rate() int64 { return max(t.Bandwidth, 0) }

// counted says whether an amount ends the test.
func (t *Test) counted() bool { return t.Bytes > 0 || t.Blocks > 0 }

// amount returns the bytes that end a counted test.
func (t *Test) amount() int64 {
	if t.Bytes > 0 {
		return t.Bytes
	}
	return t.Blocks * int64(t.BlockSize)
}

// share returns the bytes that the i-th of a counted test's streams sends. The amount is divided
// beforehand, so that no race between streams decides who sends the last piece. Datagrams are
// always whole.
func (t *Test) share(i int) int64 {
	n, unit := t.amount(), int64(1)
	if t.Blocks > 0 || t.Protocol == UDP {
		unit = int64(t.BlockSize)
	}
	pieces, streams := (n-1)/unit+1, int64(t.Streams)
	own := pieces / streams
	if int64(i) < pieces%streams {
		own++
	}
	return own * unit
}

// sends says whether the client of this test sends.
func (t *Test) sends() bool { return !t.Reverse || t.Bidirectional }

// check fills in the defaults that do not depend on a connection and refuses what cannot be.
func (t *Test) check() error {
	if t.Protocol == "" {
		t.Protocol = TCP
	}
	if t.Protocol != TCP && t.Protocol != UDP {
		return fmt.Errorf("iperf: protocol %q, want %q or %q", t.Protocol, TCP, UDP)
	}
	if n := count(t.Duration > 0, t.Bytes > 0, t.Blocks > 0); n > 1 {
		return fmt.Errorf("iperf: a test ends after a duration, bytes or blocks: %d are given", n)
	} else if n == 0 {
		t.Duration = durationDefault
	}
	if t.Streams == 0 {
		t.Streams = 1
	}
	if t.Interval == 0 {
		t.Interval = intervalDefault
	}
	if t.BlockSize == 0 && t.Protocol == TCP {
		t.BlockSize = blockSizeDefault
	}
	if t.Bandwidth == 0 && t.Protocol == UDP {
		t.Bandwidth = bandwidthUDP
	}
	if t.Omit%time.Second != 0 {
		return fmt.Errorf("iperf: omit %v, want whole seconds", t.Omit)
	}
	if t.Interval > 0 && t.Interval < intervalMin {
		return fmt.Errorf("iperf: interval %v, want at least %v", t.Interval, intervalMin)
	}
	if t.Duration < 0 || t.Bandwidth < Unlimited {
		return fmt.Errorf("iperf: duration %v or bandwidth %d is negative", t.Duration, t.Bandwidth)
	}
	// The server's own check of what it will be sent says the rest.
	if _, err := t.params("").test(); err != nil {
		return err
	}
	return nil
}

func count(given ...bool) int {
	n := 0
	for _, g := range given {
		if g {
			n++
		}
	}
	return n
}
