package iperf

import "encoding/json"

// secondsMax bounds what a peer may say of a time; an int64 of nanoseconds holds it.
const secondsMax = 1e9

// results is the JSON by which each side tells the other what it has counted.
type results struct {
	CPUTotal             *float64        `json:"cpu_util_total"` // per cent
	CPUUser              *float64        `json:"cpu_util_user"`
	CPUSystem            *float64        `json:"cpu_util_system"`
	SenderHasRetransmits *integer        `json:"sender_has_retransmits"` // 1, 0; -1: I do not send
	CongestionUsed       string          `json:"congestion_used,omitempty"`
	ServerOutputText     string          `json:"server_output_text,omitempty"`
	ServerOutputJSON     json.RawMessage `json:"server_output_json,omitempty"`
	Streams              []streamResult  `json:"streams"`
}

// streamResult is what one side has counted of a stream. Packets and errors include those of the
// omitted time, bytes do not. The omitted counts are always sent: without them clients since 3.17
// show no loss at all (esnet/iperf#2055).
type streamResult struct {
	ID             *integer `json:"id"`
	Bytes          *integer `json:"bytes"`
	Retransmits    *integer `json:"retransmits"` // -1: not known
	Jitter         *float64 `json:"jitter"`      // seconds
	Errors         *integer `json:"errors"`      // datagrams lost
	OmittedErrors  *integer `json:"omitted_errors"`
	Packets        *integer `json:"packets"`
	OmittedPackets *integer `json:"omitted_packets"`
	StartTime      *float64 `json:"start_time"` // seconds
	EndTime        *float64 `json:"end_time"`
}

// peerResult is a streamResult that has been checked.
type peerResult struct {
	bytes, retransmits int64
	packets, lost      int64 // the omitted time's not included
	jitter, seconds    float64
}

// check looks for what may not be missing and for values that cannot be.
func (r *results) check() error {
	if r.CPUTotal == nil || r.CPUUser == nil || r.CPUSystem == nil ||
		r.SenderHasRetransmits == nil || r.Streams == nil {
		return fail(CodeResults, "CPU figures, sender_has_retransmits or streams are missing")
	}
	if len(r.Streams) > 2*StreamsMax {
		return fail(CodeResults, "%d streams, want at most %d", len(r.Streams), 2*StreamsMax)
	}
	return nil
}

// result checks what the peer has counted of a stream. own is how many packets of the omitted time
// this side has counted: iperf3 3.12 and older send no figures of that time, and count what was
// lost in it among the rest.
func (s *streamResult) result(own int64) (*peerResult, error) {
	if s.Bytes == nil || s.Retransmits == nil || s.Jitter == nil || s.Errors == nil ||
		s.Packets == nil || (s.OmittedErrors == nil) != (s.OmittedPackets == nil) {
		return nil, fail(CodeResults, "stream %d: a figure is missing", *s.ID)
	}
	omitted, omittedLost := integer(own), integer(0)
	if s.OmittedPackets != nil {
		omitted, omittedLost = *s.OmittedPackets, *s.OmittedErrors
	}
	if min(*s.Bytes, *s.Packets, *s.Errors, omitted, omittedLost) < 0 || *s.Retransmits < -1 {
		return nil, fail(CodeResults, "stream %d: a count is negative", *s.ID)
	}
	p := &peerResult{
		bytes:       int64(*s.Bytes),
		retransmits: int64(*s.Retransmits),
		packets:     int64(max(*s.Packets-omitted, 0)),
		lost:        int64(max(*s.Errors-omittedLost, 0)), // late packets take losses back
		jitter:      *s.Jitter,
	}
	if s.StartTime != nil && s.EndTime != nil { // peers before 3.2 send no times
		p.seconds = *s.EndTime - *s.StartTime
	}
	if p.seconds < 0 || p.seconds > secondsMax || p.jitter < 0 || p.jitter > secondsMax {
		return nil, fail(CodeResults, "stream %d: time or jitter out of range", *s.ID)
	}
	return p, nil
}
