package iperf

import "encoding/json"

// Result is what one side knows after a test. It marshals to the JSON of iperf3 -J: the same
// names, nested the same way. Times are seconds and rates bit/s, unless a name says otherwise.
type Result struct {
	Start            Start           `json:"start"`
	Intervals        []Interval      `json:"intervals"`
	End              End             `json:"end"`
	Error            string          `json:"error,omitempty"`
	Title            string          `json:"title,omitempty"`
	ExtraData        string          `json:"extra_data,omitempty"`
	ServerOutputJSON json.RawMessage `json:"server_output_json,omitempty"`
	ServerOutputText string          `json:"server_output_text,omitempty"`
}

// Start is what stands before the data flows.
type Start struct {
	Connected          []Connected `json:"connected"`
	Version            string      `json:"version"`
	SystemInfo         string      `json:"system_info"`
	Timestamp          *Timestamp  `json:"timestamp,omitempty"`
	ConnectingTo       *Endpoint   `json:"connecting_to,omitempty"`       // at a client
	AcceptedConnection *Endpoint   `json:"accepted_connection,omitempty"` // at a server
	Cookie             string      `json:"cookie,omitempty"`
	TCPMSS             *int        `json:"tcp_mss,omitempty"`         // bytes, asked for
	TCPMSSDefault      *int        `json:"tcp_mss_default,omitempty"` // bytes, found
	TargetBitrate      int64       `json:"target_bitrate"`
	FQRate             int64       `json:"fq_rate"`
	SockBufsize        int         `json:"sock_bufsize"`  // bytes, asked for
	SndbufActual       int         `json:"sndbuf_actual"` // bytes, 0 if not known
	RcvbufActual       int         `json:"rcvbuf_actual"`
	TestStart          *TestStart  `json:"test_start,omitempty"`
}

// Connected is one stream. Socket is its number in the test; iperf3 has a file descriptor there.
type Connected struct {
	Socket     int    `json:"socket"`
	LocalHost  string `json:"local_host"`
	LocalPort  int    `json:"local_port"`
	RemoteHost string `json:"remote_host"`
	RemotePort int    `json:"remote_port"`
}

// Timestamp is when a test began.
type Timestamp struct {
	Time          string `json:"time"` // RFC 1123, GMT
	TimeSecs      int64  `json:"timesecs"`
	TimeMillisecs int64  `json:"timemillisecs"` // since 1970, as TimeSecs
}

// Endpoint is the other side of the control connection.
type Endpoint struct {
	Host string `json:"host"`
	Port int    `json:"port"`
}

// TestStart is what was agreed.
type TestStart struct {
	Protocol      string  `json:"protocol"` // TCP or UDP
	NumStreams    int     `json:"num_streams"`
	BlkSize       int     `json:"blksize"` // bytes
	Omit          int64   `json:"omit"`
	Duration      float64 `json:"duration"` // iperf3's are whole
	Bytes         int64   `json:"bytes"`
	Blocks        int64   `json:"blocks"`
	Reverse       int     `json:"reverse"` // 0 or 1
	TOS           int     `json:"tos"`
	TargetBitrate int64   `json:"target_bitrate"`
	Bidir         int     `json:"bidir"` // 0 or 1
	FQRate        int64   `json:"fqrate"`
	Interval      float64 `json:"interval"`
}

// Span is an amount over a time. Start and End count from the end of the omitted time, and those
// of an omitted interval from the start.
type Span struct {
	Start         float64 `json:"start"`
	End           float64 `json:"end"`
	Seconds       float64 `json:"seconds"`
	Bytes         int64   `json:"bytes"`
	BitsPerSecond float64 `json:"bits_per_second"`
}

// Interval is one report while data flows. Sum is the first direction, from client to server if
// there are two; SumBidirReverse is the second.
type Interval struct {
	Streams         []StreamInterval `json:"streams"`
	Sum             SumInterval      `json:"sum"`
	SumBidirReverse *SumInterval     `json:"sum_bidir_reverse,omitempty"`
}

// StreamInterval is a stream in an interval.
type StreamInterval struct {
	Socket int `json:"socket"`
	Span
	*TCPSample // at a TCP sender that has statistics
	*UDPSample
	Omitted bool `json:"omitted"`
	Sender  bool `json:"sender"`
}

// TCPSample is the state of a sending connection at the end of an interval.
type TCPSample struct {
	Retransmits int64 `json:"retransmits"` // in the interval
	SndCwnd     int64 `json:"snd_cwnd"`    // bytes
	SndWnd      int64 `json:"snd_wnd"`     // bytes
	RTT         int64 `json:"rtt"`         // µs
	RTTVar      int64 `json:"rttvar"`      // µs
	PMTU        int   `json:"pmtu"`        // bytes
	Reorder     int   `json:"reorder"`
}

// UDPSample is what happened to datagrams. A sender knows only Packets.
type UDPSample struct {
	JitterMS    *float64 `json:"jitter_ms,omitempty"`
	LostPackets *int64   `json:"lost_packets,omitempty"`
	Packets     int64    `json:"packets"`
	LostPercent *float64 `json:"lost_percent,omitempty"`
}

// SumInterval is all streams of one direction in an interval. JitterMS is their mean.
type SumInterval struct {
	Span
	Retransmits *int64 `json:"retransmits,omitempty"`
	*UDPSample
	Omitted bool `json:"omitted"`
	Sender  bool `json:"sender"`
}

// End is the sum of a test, in the first direction and, for a bidirectional one, in the second.
//
// SumReceived is the goodput: the receiver's bytes over the receiver's time. So is the UDP Sum,
// where iperf3 has the sender's bytes beside the receiver's losses (esnet/iperf#1784).
type End struct {
	Streams                 []StreamEnd `json:"streams,omitempty"`
	Sum                     *SumEnd     `json:"sum,omitempty"` // UDP
	SumSent                 *SumEnd     `json:"sum_sent,omitempty"`
	SumReceived             *SumEnd     `json:"sum_received,omitempty"`
	SumBidirReverse         *SumEnd     `json:"sum_bidir_reverse,omitempty"` // UDP
	SumSentBidirReverse     *SumEnd     `json:"sum_sent_bidir_reverse,omitempty"`
	SumReceivedBidirReverse *SumEnd     `json:"sum_received_bidir_reverse,omitempty"`
	CPU                     *CPU        `json:"cpu_utilization_percent,omitempty"`
	SenderTCPCongestion     string      `json:"sender_tcp_congestion,omitempty"`
	ReceiverTCPCongestion   string      `json:"receiver_tcp_congestion,omitempty"`
}

// StreamEnd is the sum of a stream: Sender and Receiver of a TCP one, UDP of the other kind.
type StreamEnd struct {
	Sender   *SenderEnd   `json:"sender,omitempty"`
	Receiver *ReceiverEnd `json:"receiver,omitempty"`
	UDP      *UDPEnd      `json:"udp,omitempty"`
}

// SenderEnd is what the sender of a TCP stream has sent. Sender, here and in ReceiverEnd, says
// whether that is this side.
type SenderEnd struct {
	Socket int `json:"socket"`
	Span
	*TCPTotals      // if the sender has statistics
	Sender     bool `json:"sender"`
}

// TCPTotals are the statistics of a sending connection. All but Retransmits are 0 unless it is
// this side's.
type TCPTotals struct {
	Retransmits int64 `json:"retransmits"`
	Reorder     int   `json:"reorder"`
	MaxSndCwnd  int64 `json:"max_snd_cwnd"` // bytes
	MaxSndWnd   int64 `json:"max_snd_wnd"`  // bytes
	MaxRTT      int64 `json:"max_rtt"`      // µs
	MinRTT      int64 `json:"min_rtt"`      // µs
	MeanRTT     int64 `json:"mean_rtt"`     // µs
}

// ReceiverEnd is what the receiver of a TCP stream has received.
type ReceiverEnd struct {
	Socket int `json:"socket"`
	Span
	Sender bool `json:"sender"`
}

// UDPEnd is a UDP stream as iperf3 sums it up: the sender's Span and Packets, or if it cannot know
// them the receiver's, with the receiver's losses.
type UDPEnd struct {
	Socket int `json:"socket"`
	Span
	UDPTotals
	OutOfOrder int64 `json:"out_of_order"`
	Sender     bool  `json:"sender"`

	// Not part of the JSON, which lacks them: both sides apart.
	Sent, Received               Span  `json:"-"`
	SentPackets, ReceivedPackets int64 `json:"-"`
}

// UDPTotals are the figures of a receiver of datagrams, or a sender's Packets and zeros.
type UDPTotals struct {
	JitterMS    float64 `json:"jitter_ms"`
	LostPackets int64   `json:"lost_packets"`
	Packets     int64   `json:"packets"`
	LostPercent float64 `json:"lost_percent"`
}

// SumEnd is the sum of all streams of one direction.
type SumEnd struct {
	Span
	Retransmits *int64 `json:"retransmits,omitempty"`
	*UDPTotals
	Sender bool `json:"sender"`
}

// CPU is the processor time of both sides in per cent of the test's time.
type CPU struct {
	HostTotal    float64 `json:"host_total"`
	HostUser     float64 `json:"host_user"`
	HostSystem   float64 `json:"host_system"`
	RemoteTotal  float64 `json:"remote_total"`
	RemoteUser   float64 `json:"remote_user"`
	RemoteSystem float64 `json:"remote_system"`
}
