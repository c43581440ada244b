package iperf

import "time"

// flow is a stream at the end of a test, from both sides' counts.
type flow struct {
	sent, received               Span
	sentPackets, receivedPackets int64
	lost, outOfOrder             int64
	jitter                       float64 // seconds
	tcp                          *TCPTotals
}

// lasted returns the time that counts on this side.
func (t *transfer) lasted() time.Duration { return max(t.total-t.plan.omit, 0) }

// flow puts together what this side has counted of a stream and, if it is known, the other.
func (t *transfer) flow(s *stream) flow {
	own := s.final.minus(s.omitted)
	own.lost = max(own.lost, 0) // late packets of the omitted time took losses back
	theirs := time.Duration(s.peer.seconds * float64(time.Second))
	if theirs == 0 {
		theirs = t.lasted() // old peers do not say
	}
	if s.sender {
		f := flow{
			sent: span(0, t.lasted(), own.bytes), sentPackets: own.packets,
			received: span(0, theirs, s.peer.bytes), receivedPackets: s.peer.packets,
			lost: s.peer.lost, jitter: s.peer.jitter,
		}
		if s.tcp.known {
			f.tcp = s.tcp.totals()
		}
		return f
	}
	f := flow{
		sent: span(0, theirs, s.peer.bytes), sentPackets: s.peer.packets,
		received: span(0, t.lasted(), own.bytes), receivedPackets: own.packets,
		lost: own.lost, outOfOrder: own.outOfOrder, jitter: s.final.jitter,
	}
	if t.remote.hasRetransmits && s.peer.retransmits >= 0 {
		f.tcp = &TCPTotals{Retransmits: s.peer.retransmits}
	}
	return f
}

// end sums the test up. It may be called again when more is known of the other side.
func (t *transfer) end() End {
	var e End
	for d, streams := range t.directions() {
		sent, received := &SumEnd{}, &SumEnd{}
		sum := udpSums{streams: len(streams)}
		var sentPackets int64
		for _, s := range streams {
			f := t.flow(s)
			e.Streams = append(e.Streams, f.report(s, t.test.Protocol))
			sent.Span, received.Span = join(sent.Span, f.sent), join(received.Span, f.received)
			sentPackets += f.sentPackets
			sum.add(totals{packets: f.receivedPackets, lost: f.lost}, f.jitter)
			if f.tcp != nil {
				sent.Retransmits = addTo(sent.Retransmits, f.tcp.Retransmits)
			}
		}
		var both *SumEnd
		if t.test.Protocol == UDP {
			both = udpSum(sent, received, sentPackets, &sum)
			both.Sender = streams[0].sender
		} else {
			sent.Sender, received.Sender = streams[0].sender, streams[0].sender
		}
		if d == 0 {
			e.Sum, e.SumSent, e.SumReceived = both, sent, received
		} else {
			e.SumBidirReverse, e.SumSentBidirReverse, e.SumReceivedBidirReverse = both, sent, received
		}
	}
	e.CPU = new(t.cpu)
	e.SenderTCPCongestion, e.ReceiverTCPCongestion = t.congestion, t.remote.congestion
	if !t.streams[0].sender {
		e.SenderTCPCongestion, e.ReceiverTCPCongestion = t.remote.congestion, t.congestion
	}
	return e
}

// udpSum fills in both sides' sums and returns the one that joins them. That has the receiver's
// bytes and time, and the sender's count of packets, of which the losses are a part.
func udpSum(sent, received *SumEnd, sentPackets int64, sum *udpSums) *SumEnd {
	all := sentPackets
	if all == 0 {
		all = sum.packets
	}
	totals := UDPTotals{
		JitterMS: sum.jitter() * 1000, LostPackets: sum.lost, Packets: sum.packets,
		LostPercent: percent(sum.lost, all),
	}
	sent.UDPTotals, sent.Sender = &UDPTotals{Packets: sentPackets}, true
	received.UDPTotals = new(totals)
	totals.Packets = all
	return &SumEnd{Span: received.Span, UDPTotals: &totals}
}

// report returns the flow as iperf3 reports a stream.
func (f *flow) report(s *stream, p Protocol) StreamEnd {
	if p == TCP {
		return StreamEnd{
			Sender:   &SenderEnd{Socket: s.id, Span: f.sent, TCPTotals: f.tcp, Sender: s.sender},
			Receiver: &ReceiverEnd{Socket: s.id, Span: f.received, Sender: s.sender},
		}
	}
	u := &UDPEnd{
		Socket: s.id, Span: f.sent, OutOfOrder: f.outOfOrder, Sender: s.sender,
		Sent: f.sent, Received: f.received,
		SentPackets: f.sentPackets, ReceivedPackets: f.receivedPackets,
	}
	u.UDPTotals = UDPTotals{JitterMS: f.jitter * 1000, LostPackets: f.lost, Packets: f.sentPackets}
	if f.sentPackets == 0 {
		u.Span, u.Packets = f.received, f.receivedPackets
	}
	u.LostPercent = percent(f.lost, u.Packets)
	return StreamEnd{UDP: u}
}

// join adds the bytes of b to a. Streams of one direction begin together; the longest counts.
func join(a, b Span) Span {
	to := max(a.End, b.End)
	return span(0, time.Duration(to*float64(time.Second)+0.5), a.Bytes+b.Bytes)
}

// useCPU works out what this side has used of the processor.
func (t *transfer) useCPU() {
	user, system := t.local.cpu()
	if t.total <= 0 {
		return
	}
	user, system = user-t.cpuUser, system-t.cpuSystem
	t.cpu.HostTotal = 100 * float64(user+system) / float64(t.total)
	t.cpu.HostUser = 100 * float64(user) / float64(t.total)
	t.cpu.HostSystem = 100 * float64(system) / float64(t.total)
}

// results returns what this side tells the other.
func (t *transfer) results() *results {
	r := &results{
		CPUTotal: new(t.cpu.HostTotal), CPUUser: new(t.cpu.HostUser), CPUSystem: new(t.cpu.HostSystem),
		SenderHasRetransmits: new(integer(-1)), CongestionUsed: t.congestion,
	}
	for _, s := range t.streams {
		own := s.final.minus(s.omitted)
		again := integer(-1)
		if s.sender {
			if *r.SenderHasRetransmits = 0; s.tcp.known {
				again, *r.SenderHasRetransmits = integer(s.tcp.retransmits), 1
			}
		}
		r.Streams = append(r.Streams, streamResult{
			ID:             new(integer(s.id)),
			Bytes:          new(integer(own.bytes)),
			Retransmits:    new(again),
			Jitter:         new(s.final.jitter),
			Errors:         new(integer(s.final.lost)),
			OmittedErrors:  new(integer(s.omitted.lost)),
			Packets:        new(integer(s.final.packets)),
			OmittedPackets: new(integer(s.omitted.packets)),
			StartTime:      new(0.0),
			EndTime:        new(micros(t.lasted())),
		})
	}
	return r
}

// merge takes in what the other side tells.
func (t *transfer) merge(r *results) error {
	if err := r.check(); err != nil {
		return err
	}
	byID := make(map[integer]*streamResult, len(r.Streams))
	for i := range r.Streams {
		if id := r.Streams[i].ID; id != nil {
			byID[*id] = &r.Streams[i]
		}
	}
	if len(byID) != len(t.streams) {
		return fail(CodeStreamID, "results of %d streams, want %d", len(byID), len(t.streams))
	}
	for _, s := range t.streams {
		theirs := byID[integer(s.id)]
		if theirs == nil {
			return fail(CodeStreamID, "no results of stream %d", s.id)
		}
		p, err := theirs.result(s.omitted.packets)
		if err != nil {
			return err
		}
		s.peer = *p
	}
	t.cpu.RemoteTotal, t.cpu.RemoteUser, t.cpu.RemoteSystem = *r.CPUTotal, *r.CPUUser, *r.CPUSystem
	t.remote = remote{*r.SenderHasRetransmits > 0, r.CongestionUsed}
	return nil
}
