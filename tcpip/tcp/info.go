package tcp

import "time"

// counters are kept for Info.
type counters struct {
	segmentsIn, segmentsOut              uint64
	bytesSent, bytesAcked, bytesReceived uint64
	retransmits, delayedACKs             uint32
	challengeACKs, dsacksSent, pawsDrops uint32
	reassemblyDrops, windowProbes        uint32
}

// Info is what a connection knows about itself. Sizes are bytes.
type Info struct {
	State                    State
	RTT, RTTVar, MinRTT, RTO time.Duration
	CongestionWindow         int
	SlowStartThreshold       int
	BytesInFlight            int
	Reordering               bool   // the path was seen to reorder segments
	BytesSent                uint64 // of new data
	BytesAcked               uint64 // SYN and FIN included
	BytesReceived            uint64
	SegmentsSent             uint64
	SegmentsReceived         uint64
	Retransmits              uint32 // segments sent again, probes included
	Timeouts                 uint32 // retransmission timeouts
	Undos                    uint32 // reductions of the window taken back
	SendWindow               int    // what the peer offers
	ReceiveWindow            int    // what we offer
	MSS                      int    // payload of a full segment we send
	Unsent                   int    // queued and not sent
	OutOfOrder               int    // ranges that wait for a hole to be filled
	DelayedACKs              uint32
	ChallengeACKs            uint32
	DSACKs                   uint32 // duplicates reported
	PAWSDrops                uint32
	ReassemblyDrops          uint32 // segments beyond ReassemblyRangesMax
	WindowProbes             uint32
}

// Info returns the connection's figures.
func (c *Conn) Info() Info {
	r := c.rec.info()
	holes := 0
	if c.reassembly != nil {
		holes = len(c.reassembly.spans)
	}
	return Info{
		State: c.state,
		RTT:   r.rtt, RTTVar: r.rttVar, MinRTT: r.minRTT, RTO: r.rto,
		CongestionWindow:   r.window,
		SlowStartThreshold: r.threshold,
		BytesInFlight:      r.inFlight,
		Reordering:         r.reordering,
		BytesSent:          c.counters.bytesSent,
		BytesAcked:         c.counters.bytesAcked,
		BytesReceived:      c.counters.bytesReceived,
		SegmentsSent:       c.counters.segmentsOut,
		SegmentsReceived:   c.counters.segmentsIn,
		Retransmits:        c.counters.retransmits,
		Timeouts:           r.timeouts,
		Undos:              r.undone,
		SendWindow:         int(c.wnd),
		ReceiveWindow:      int(int32(c.rcvAdv - c.rcvNxt)),
		MSS:                c.mss,
		Unsent:             max(0, c.unsent()),
		OutOfOrder:         holes,
		DelayedACKs:        c.counters.delayedACKs,
		ChallengeACKs:      c.counters.challengeACKs,
		DSACKs:             c.counters.dsacksSent,
		PAWSDrops:          c.counters.pawsDrops,
		ReassemblyDrops:    c.counters.reassemblyDrops,
		WindowProbes:       c.counters.windowProbes,
	}
}
