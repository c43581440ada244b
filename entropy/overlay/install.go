package overlay

import (
	"crypto/fips140"
	"crypto/rand"
	"errors"
	"sync"
	"unsafe"
)

// Errors of [Install]. After each of them the program's keys come from where they came before.
var (
	// ErrAbsent: the program was built without the overlay or without its tag.
	ErrAbsent = errors.New("overlay: this program was built without the overlay")
	// ErrFIPS: with GODEBUG=fips140=on (or only), Go's own generator makes the keys and takes
	// from below only 16 bytes a draw, which it does not count as entropy.
	ErrFIPS = errors.New("overlay: GODEBUG=fips140 is on: " +
		"Go's own generator makes all keys and would take only uncredited bytes")
	// ErrBypassed: crypto/rand does not end where the overlay is.
	ErrBypassed = errors.New("overlay: crypto/rand does not draw from here: " +
		"crypto/rand.Reader was replaced, or testing/cryptotest or BoringCrypto is in use")
	// ErrInstalled: there is a generator already, and it stays.
	ErrInstalled = errors.New("overlay: a generator is installed already")
)

// Status is what the overlay does in this program.
type Status struct {
	Compiled      bool   `json:"compiled"`       // the program was built with the overlay
	Installed     bool   `json:"installed"`      // all draws go to what Install was given
	BeforeInstall uint64 `json:"before_install"` // draws that the operating system answered
}

// point is the place where draws pass.
type point struct {
	set    func(hook *func(b []byte) bool)
	missed func() uint64

	mu        sync.Mutex
	installed bool
}

// here is nil in a program without the overlay.
var here = compiled()

// Install puts read under crypto/rand and all keys of the program, for good. Only a program's main
// calls it, as early as it can: what is drawn before goes to the operating system, and [Report]
// counts it.
//
// The function read fills all of the slice that it is given and never fails; it may block until
// it can. It is called by many goroutines at once, with at most [DrawBytesMax] bytes. It must not
// itself use crypto/rand, directly or by a key: a source that asks the operating system does so
// by its system call. Install checks that draws pass here, without calling read.
func Install(read func(b []byte)) error { return here.install(read, fips140.Enabled, draw) }

// Report returns what the overlay does in this program.
func Report() Status { return here.report() }

// draw draws as a program does.
func draw(b []byte) {
	// Reader and not Read: if a program replaced it, an error of theirs must not end the process.
	_, _ = rand.Reader.Read(b)
}

func (p *point) install(read func([]byte), fips func() bool, draw func([]byte)) error {
	if p == nil {
		return ErrAbsent
	}
	if fips() {
		return ErrFIPS
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.installed {
		return ErrInstalled
	}
	if !p.passes(draw) {
		p.set(nil)
		return ErrBypassed
	}
	hook := through(read)
	p.set(&hook)
	p.installed = true
	return nil
}

// passes tells whether draw ends here. The draws of others meanwhile go where they went before:
// its own it knows by the address of the bytes.
func (p *point) passes(draw func([]byte)) bool {
	own, arrived := make([]byte, 1), false
	hook := func(b []byte) bool {
		if unsafe.SliceData(b) != unsafe.SliceData(own) {
			return false
		}
		arrived = true
		return true
	}
	p.set(&hook)
	draw(own)
	return arrived
}

func (p *point) report() Status {
	if p == nil {
		return Status{}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return Status{Compiled: true, Installed: p.installed, BeforeInstall: p.missed()}
}
