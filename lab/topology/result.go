package topology

import (
	"strconv"
	"time"

	"github.com/atoll-os/atoll/iperf"
)

// Time is an instant since the run began, or a length of time. In JSON it is seconds.
type Time time.Duration

// Duration returns t for package time.
func (t Time) Duration() time.Duration { return time.Duration(t) }

// String returns t as package time writes it.
func (t Time) String() string { return time.Duration(t).String() }

// MarshalJSON returns seconds as a number.
func (t Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(t).Seconds(), 'f', -1, 64), nil
}

// Result is what became of a run. Two virtual runs with one file and one seed have the same.
type Result struct {
	Name         string       `json:"name"`
	Seed         uint64       `json:"seed"`
	OK           bool         `json:"ok"` // every expectation holds and nothing has failed
	Interrupted  bool         `json:"interrupted,omitempty"`
	Virtual      Time         `json:"virtual_seconds"` // how long it took, in the lab's time
	Frames       uint64       `json:"frames"`          // sent by all ports
	Digest       string       `json:"digest,omitempty"`
	Nodes        []Node       `json:"nodes"`
	Flows        []Flow       `json:"flows"`
	Transfers    []Transfer   `json:"transfers"`
	Expectations []Checked    `json:"expectations"`
	Failures     []string     `json:"failures"` // of the lab: services that ended with an error
	Marks        []Mark       `json:"marks"`
	Notes        []Note       `json:"notes"`
	Links        []LinkReport `json:"links"`
	Conns        []Conn       `json:"connections"`
	Series       []Series     `json:"series,omitempty"`
	Log          []Line       `json:"log"`
}

// Node is a machine or a switch.
type Node struct {
	Name  string   `json:"name"`
	Kind  string   `json:"kind"` // "host", "router", "switch"
	Runs  string   `json:"runs,omitempty"`
	Addrs []string `json:"addresses,omitempty"`
}

// Flow is the data of one iperf test in one direction.
type Flow struct {
	From          string        `json:"from"` // the host that sends the data
	To            string        `json:"to"`
	Protocol      string        `json:"protocol"` // "tcp", "udp"
	Streams       int           `json:"streams"`
	Start         Time          `json:"start"`   // when the data began to flow
	Bytes         int64         `json:"bytes"`   // received
	Seconds       float64       `json:"seconds"` // of the receiver
	BitsPerSecond float64       `json:"bits_per_second"`
	Retransmits   int64         `json:"retransmits"`
	RTT           Time          `json:"rtt_seconds"` // smoothed, mean over the intervals
	RTTMin        Time          `json:"rtt_min_seconds"`
	RTTMax        Time          `json:"rtt_max_seconds"`
	Datagrams     int64         `json:"datagrams,omitempty"`
	Lost          int64         `json:"lost,omitempty"`
	LostPercent   float64       `json:"lost_percent,omitempty"`
	Jitter        Time          `json:"jitter_seconds,omitempty"`
	Done          bool          `json:"done"`
	Ended         Time          `json:"ended"` // when the test was over, 0 if it was not
	Error         string        `json:"error,omitempty"`
	Report        *iperf.Result `json:"-"` // the client's; of a bidirectional test both flows have it
}

// Transfer is what one fetching host has got.
type Transfer struct {
	Host       string  `json:"host"`
	From       string  `json:"from"`
	Files      int     `json:"files"`       // fetched whole and with the right sum
	FilesTotal int     `json:"files_total"` // wanted, repeats counted
	Bytes      int64   `json:"bytes"`       // of those files
	Retries    int     `json:"retries"`
	Mismatches int     `json:"mismatches"` // files that came whole with another sum
	Done       bool    `json:"done"`
	Start      Time    `json:"start"`
	Seconds    float64 `json:"seconds"` // until it was done, or the run over
	Error      string  `json:"error,omitempty"`
}

// Checked is an expectation and what came of it.
type Checked struct {
	Text string `json:"text"`
	OK   bool   `json:"ok"`
	Got  string `json:"got"`
}

// Mark is what stood over a time: a cable pulled and plugged, a machine crashed and restarted.
type Mark struct {
	At    Time   `json:"at"`
	Until Time   `json:"until"` // the end of the run if nothing ended it; At for an instant
	Text  string `json:"text"`
}

// Note is one thing that was done to the lab.
type Note struct {
	At   Time   `json:"at"`
	Text string `json:"text"`
}

// LinkReport is what happened on a link.
type LinkReport struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
	AtoB Way    `json:"a_to_b"`
	BtoA Way    `json:"b_to_a"`
}

// Way is what happened in one direction of a link. Bytes are those of whole frames.
type Way struct {
	Values         string `json:"values"` // at the beginning, in fault's words
	Frames         uint64 `json:"frames"` // sent into it
	Bytes          uint64 `json:"bytes"`
	Delivered      uint64 `json:"delivered"` // frames that came out
	DeliveredBytes uint64 `json:"delivered_bytes"`
	Drops          []Drop `json:"drops,omitempty"`
	Duplicated     uint64 `json:"duplicated,omitempty"`
	Corrupted      uint64 `json:"corrupted,omitempty"`
	Held           uint64 `json:"held,omitempty"` // back by a fault, so that others overtook them
	QueueBytesMax  int    `json:"queue_bytes_max"`
}

// Drop is how many frames were lost for one reason.
type Drop struct {
	Reason string `json:"reason"`
	Frames uint64 `json:"frames"`
}

// Conn is one TCP connection as one of its ends saw it.
type Conn struct {
	Host             string `json:"host"`
	Local            string `json:"local"`
	Remote           string `json:"remote"`
	Peer             string `json:"peer"` // the host at the other end
	Opened           Time   `json:"opened"`
	Closed           Time   `json:"closed"` // the end of the run if it was open then
	BytesSent        uint64 `json:"bytes_sent"`
	BytesReceived    uint64 `json:"bytes_received"`
	SegmentsSent     uint64 `json:"segments_sent"`
	Retransmits      uint32 `json:"retransmits"`
	Timeouts         uint32 `json:"timeouts"`
	RTT              Time   `json:"rtt_seconds"` // smoothed, at the end
	RTTMin           Time   `json:"rtt_min_seconds"`
	CongestionWindow int    `json:"congestion_window"` // bytes, at the end
}

// The kinds of series.
const (
	Goodput  = "goodput"  // bit/s that programs received, by flow or transfer
	Cwnd     = "cwnd"     // bytes: the congestion window of a connection
	Ssthresh = "ssthresh" // bytes: where its slow start ends; it begins with tcp.CongestionWindowMax
	RTT      = "rtt"      // seconds: its smoothed round-trip time
	Queue    = "queue"    // bytes that wait in front of a link
)

// Series is one curve over time.
type Series struct {
	Kind   string  `json:"kind"`
	Name   string  `json:"name"` // "c > b", "c:49152 > b:5201"
	Points []Point `json:"points"`
}

// Point is a value at an instant.
type Point struct {
	At    Time    `json:"at"`
	Value float64 `json:"value"`
}

// Line is a line of a machine's log.
type Line struct {
	At   Time   `json:"at"`
	Host string `json:"host"`
	Text string `json:"text"`
}
