package iperf

import "github.com/atoll-os/atoll/internal/terminal"

// printInterval prints one interval, after the columns' names if it is the first and after a rule
// if it has sums to set apart.
func (t *Text) printInterval(iv *Interval) {
	if len(iv.Streams) == 0 {
		return
	}
	first := iv.Streams[0]
	switch {
	case t.intervals == 0 || first.Start == 0:
		t.intervalHeader(iv)
	case t.sums():
		t.printf("%s", rule)
	}
	n := t.start.TestStart.NumStreams
	for i, s := range iv.Streams {
		t.intervalRow(s.Socket, s.Span, s.TCPSample, s.UDPSample, s.Omitted, s.Sender)
		switch last := (i+1)%n == 0 && t.sums(); {
		case last && i < n:
			t.sumRow(&iv.Sum)
		case last && iv.SumBidirReverse != nil:
			t.sumRow(iv.SumBidirReverse)
		}
	}
}

func (t *Text) intervalHeader(iv *Interval) {
	retransmits := false
	for _, s := range iv.Streams {
		retransmits = retransmits || s.TCPSample != nil
	}
	switch {
	case t.udp() && iv.Streams[0].Sender && !t.bidir():
		t.header("         Total Datagrams")
	case t.udp():
		t.header("         Jitter    Lost/Total Datagrams")
	case retransmits:
		t.header("         Retr  Cwnd")
	default:
		t.header("")
	}
}

func (t *Text) intervalRow(id int, s Span, tcp *TCPSample, udp *UDPSample, omitted, sender bool) {
	note := ""
	if omitted {
		note = "(omitted)"
	}
	switch {
	case udp != nil && sender:
		t.udpSenderRow(id, s, udp.Packets, note)
	case udp != nil:
		t.row(id, sender, s, "  %5.3f ms  %d/%d (%.2g%%)  %s",
			*udp.JitterMS, *udp.LostPackets, udp.Packets, *udp.LostPercent, note)
	case tcp != nil:
		t.row(id, sender, s, "  %3d   %ss       %s", tcp.Retransmits,
			bytesText(float64(tcp.SndCwnd)), note)
	default:
		t.row(id, sender, s, "                  %s", note)
	}
}

func (t *Text) sumRow(s *SumInterval) {
	note := ""
	if s.Omitted {
		note = "(omitted)"
	}
	if s.Retransmits != nil {
		t.row(0, s.Sender, s.Span, "  %3d             %s", *s.Retransmits, note)
		return
	}
	t.intervalRow(0, s.Span, nil, s.UDPSample, s.Omitted, s.Sender)
}

// udpSenderRow leaves room for the jitter where the other direction's lines have one.
func (t *Text) udpSenderRow(id int, s Span, packets int64, note string) {
	room := ""
	if t.bidir() {
		room = "          "
	}
	t.row(id, true, s, " %s %d  %s", room, packets, note)
}

// printEnd prints the sums of the test. A server prints its own side only, as it did before it
// knew the other's.
func (t *Text) printEnd(r *Result) {
	if len(r.End.Streams) == 0 {
		return
	}
	t.printf("%s", rule)
	t.endHeader(&r.End)
	n := t.start.TestStart.NumStreams
	for i := range r.End.Streams {
		t.streamEnd(&r.End.Streams[i])
		switch last := (i+1)%n == 0 && t.sums(); {
		case last && i < n:
			t.sumEnd(r.End.SumSent, r.End.SumReceived, r.End.Sum)
		case last:
			t.sumEnd(r.End.SumSentBidirReverse, r.End.SumReceivedBidirReverse, r.End.SumBidirReverse)
		}
	}
	if t.server {
		return
	}
	if r.ServerOutputText != "" {
		t.printf("\nServer output:\n%s\n", terminal.Text(r.ServerOutputText))
	}
	if r.ServerOutputJSON != nil {
		t.printf("\nServer JSON output:\n%s\n", terminal.Text(string(r.ServerOutputJSON)))
	}
	if r.Error == "" {
		t.printf("\niperf Done.\n")
	}
}

func (t *Text) endHeader(e *End) {
	retransmits := false
	for _, s := range e.Streams {
		if s.Sender != nil && s.Sender.TCPTotals != nil && (!t.server || s.Sender.Sender) {
			retransmits = true
		}
	}
	switch {
	case t.udp():
		t.header("         Jitter    Lost/Total Datagrams")
	case retransmits:
		t.header("         Retr")
	default:
		t.header("")
	}
}

func (t *Text) streamEnd(s *StreamEnd) {
	if u := s.UDP; u != nil {
		if !t.server || u.Sender {
			t.row(u.Socket, u.Sender, u.Sent, "  %5.3f ms  %d/%d (%.2g%%)  %s",
				0.0, 0, u.SentPackets, 0.0, "sender")
		}
		if u.OutOfOrder > 0 {
			t.printf("[SUM]%s %4.1f-%4.1f sec  %d datagrams received out-of-order\n",
				t.role(u.Sender), u.Start, u.End, u.OutOfOrder)
		}
		if !t.server || !u.Sender {
			t.row(u.Socket, u.Sender, u.Received, "  %5.3f ms  %d/%d (%.2g%%)  %s", u.JitterMS,
				u.LostPackets, u.ReceivedPackets, percent(u.LostPackets, u.ReceivedPackets),
				"receiver")
		}
		return
	}
	if x := s.Sender; !t.server || x.Sender {
		if x.TCPTotals != nil {
			t.row(x.Socket, x.Sender, x.Span, "  %3d             %s", x.Retransmits, "sender")
		} else {
			t.row(x.Socket, x.Sender, x.Span, "                  %s", "sender")
		}
	}
	if x := s.Receiver; !t.server || !x.Sender {
		t.row(x.Socket, x.Sender, x.Span, "                  %s", "receiver")
	}
}

func (t *Text) sumEnd(sent, received, both *SumEnd) {
	sender := sent.Sender
	if both != nil { // UDP: sent and received say whose they are
		sender = both.Sender
	}
	for _, s := range []struct {
		*SumEnd
		name string
		here bool
	}{{sent, "sender", sender}, {received, "receiver", !sender}} {
		switch {
		case t.server && !s.here:
		case s.UDPTotals != nil:
			t.row(0, sender, s.Span, "  %5.3f ms  %d/%d (%.2g%%)  %s", s.JitterMS, s.LostPackets,
				s.Packets, s.LostPercent, s.name)
		case s.Retransmits != nil:
			t.row(0, sender, s.Span, "  %3d             %s", *s.Retransmits, s.name)
		default:
			t.row(0, sender, s.Span, "                  %s", s.name)
		}
	}
}
