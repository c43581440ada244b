package topology

import (
	"time"

	"github.com/atoll-os/atoll/vnet/fault"
)

// File is a lab: what a topology file says, or what a program puts together.
type File struct {
	Name     string
	Seed     uint64        // 0: SeedDefault
	Duration time.Duration // virtual time that a run takes at most; 0: see Length
	Defaults []fault.Value // of all links, before their own
	Hosts    []Host
	Routers  []string
	Switches []string
	Links    []Link
	At       []Action // by time; those of one instant in their order
	Expect   []Expectation

	places map[string]Position // of the names of routers and switches
}

// What holds where a file says nothing.
const (
	SeedDefault     = 1
	DurationDefault = time.Minute // after the last thing that is planned
)

// Length returns how long a run takes at most: Duration or, if that is 0, DurationDefault more
// than the last action and the end of the last iperf test.
func (f *File) Length() time.Duration {
	if f.Duration > 0 {
		return f.Duration
	}
	var last time.Duration
	for i := range f.Hosts {
		if r, ok := f.Hosts[i].Run.(*Iperf); ok {
			last = max(last, r.last())
		}
	}
	for _, a := range f.At {
		last = max(last, a.At)
	}
	return min(last+DurationDefault, DurationMax)
}

// Host is a machine, or a group of equal ones.
type Host struct {
	Name     string
	Count    int // 0: one machine with this name; else Name0, Name1 and so on
	Run      Run // nil: it does nothing by itself
	Position Position

	places map[string]Position // of the values of its keys
	broken bool                // it could not be read whole
}

// place returns where the value of a key stands.
func (h *Host) place(key string) Position {
	if at, ok := h.places[key]; ok {
		return at
	}
	return h.Position
}

// Run is what a machine runs: *[Web], *[Fetch], *[IperfServer], *[Iperf] or *[Service].
type Run interface {
	kind() string // as it stands in a file
}

// Web serves the files of a directory tree over HTTP/1.1, on port 80, or 443 with TLS. The tree is
// read into memory when the run begins.
type Web struct {
	Root   string // directory; RunOptions.Roots can give a tree in its place
	Sample int64  // bytes of a generated tree; instead of Root
	TLS    bool   // with a certificate of the lab's authority
}

// Fetch gets files from a Web host and compares their SHA-256 sums with those of the server's tree.
type Fetch struct {
	From        string        // the Web host, or a group of them
	Files       []string      // patterns of path.Match, of whole paths or last elements; nil: all
	Connections int           // side by side; 0 is 1
	Repeat      int           // how often all files are fetched; 0 is 1
	NoRetry     bool          // the first failure ends the transfer
	Start       time.Duration // after the lab's
}

// IperfServer serves iperf3 clients on port 5201 and, if several name it, those that follow.
type IperfServer struct{}

// Iperf measures by the iperf3 protocol.
type Iperf struct {
	To            string        // the IperfServer, or a group of them
	Time          time.Duration // 0 is 10 s
	Start         time.Duration // after the lab's
	Omit          time.Duration // left out at the start; whole seconds, not part of Time
	Parallel      int           // streams in each direction; 0 is 1
	Reverse       bool          // the server sends
	Bidirectional bool          // both send
	UDP           bool
	Rate          int64  // bit/s of each stream; 0: no limit for TCP, 1 Mibit/s for UDP
	Congestion    string // "cubic", "reno"; "" is cubic
}

// Service is a unikernel service that the caller of File.Run knows by name.
type Service struct {
	Name   string
	Config map[string]string // its settings
}

func (*Web) kind() string         { return "web" }
func (*Fetch) kind() string       { return "fetch" }
func (*IperfServer) kind() string { return "iperf-server" }
func (*Iperf) kind() string       { return "iperf" }
func (s *Service) kind() string   { return s.Name }

// Link is a cable. One end may be a group: each machine of it then has a cable to the other end. If
// both are, the i-th of one goes to the i-th of the other.
type Link struct {
	Ends     [2]string
	Values   []fault.Value // both directions
	Forward  []fault.Value // besides, from the first end to the second
	Backward []fault.Value
	Position Position

	ends   [2]Position
	broken bool
}

// end returns where an end's name stands.
func (l *Link) end(i int) Position {
	if l.ends[i].File != "" {
		return l.ends[i]
	}
	return l.Position
}

// Action is something that happens at a set time; the package comment has the words.
type Action struct {
	At       time.Duration
	Do       string // "pull gw-far"
	Position Position
}

// Expectation is something that is to hold at the end; the package comment has the words.
type Expectation struct {
	What     string // "goodput c > b"
	Band     string // "5Mbit..9Mbit"; empty where none is needed
	Position Position

	band Position
}

// String returns the expectation as it stands in a file.
func (e Expectation) String() string {
	if e.Band == "" {
		return e.What
	}
	return e.What + ": " + e.Band
}
