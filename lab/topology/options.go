package topology

import (
	"io/fs"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/atoll-os/atoll/unikernel"
)

// RunOptions say how a file is run. The zero value is a virtual run with the file's seed.
type RunOptions struct {
	Seed       uint64        // 0: the file's
	Real       bool          // real time, not in a bubble; with Digest it is an error
	Digest     bool          // compute Result.Digest
	Dir        string        // record capture.pcapng, capture.txt, events.jsonl there; empty: nowhere
	CaptureAll bool          // at every port, not once each
	Stop       *atomic.Bool  // set from outside: the run ends at once, Result.Interrupted
	Progress   *Progress     // nil: nobody wants to know
	Sample     time.Duration // how often Result.Series are read; 0: there are none
	Replay     string        // the command that a failure prints as the way to see it again

	// Services are what hosts may run besides what the package has, by name.
	Services map[string]unikernel.Service
	// Roots are trees for hosts that run Web, by the host's name; they come before Web.Root.
	Roots map[string]fs.FS
	// Handlers serve such a tree instead of the package's own way, by the host's name. The bytes of
	// each file must be those of the tree: who fetches compares.
	Handlers map[string]http.Handler
	// Machines are virtual machines that take the places of hosts, by the host's name. They need
	// real time.
	Machines map[string]Machine
}

// Progress is how far a run is. It may be read from outside the bubble.
type Progress struct {
	now    atomic.Int64
	frames atomic.Uint64
	what   atomic.Pointer[string]
}

// Now returns the lab's time.
func (p *Progress) Now() time.Duration { return time.Duration(p.now.Load()) }

// Frames returns how many frames were sent.
func (p *Progress) Frames() uint64 { return p.frames.Load() }

// What returns the last thing that was done to the lab, such as "pull gw-far".
func (p *Progress) What() string {
	if s := p.what.Load(); s != nil {
		return *s
	}
	return ""
}
