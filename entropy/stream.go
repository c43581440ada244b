package entropy

import (
	"context"
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"unsafe"

	"github.com/atoll-os/atoll/entropy/drbg"
)

// stripesMax is how many generators one stream has at most.
const stripesMax = 64

// Stream is a stream of random bytes for one purpose. It has no seed, no state that can be read
// and no reseed: there is nothing to do wrong. It is safe for concurrent use.
//
// Behind it are as many generators as processors, each made when it is first used, so that readers
// seldom meet. Each takes its own key from the root, and a new one after every reseed and whenever
// the system finds itself in a copy.
type Stream struct {
	s        *System
	label    string
	ordinal  uint64  // of the streams of that label, in a still system
	children []child // a power of two
}

// child is one generator of a stream. It fills cache lines of its own.
type child struct {
	mu        sync.Mutex
	generator drbg.Generator
	stripe    uint64
	_         [128 - 24]byte
}

// stripes returns how many generators a stream has: the power of two at or above the number of
// processors.
func stripes() int {
	return min(4<<bits.Len(uint(runtime.GOMAXPROCS(0)-1)), stripesMax)
}

// Stream returns a new stream. Streams are independent of each other, also those of one label; the
// label says what the stream is for and is part of what it is made of. A stream takes 16 KiB for
// each processor that reads it: one for each purpose is meant, not one for each use.
func (s *System) Stream(label string) *Stream {
	st := &Stream{s: s, label: label}
	if s.still { // otherwise the root never gives the same key twice, and labels may be many
		s.mu.Lock()
		st.ordinal = s.labels[label]
		s.labels[label]++
		s.mu.Unlock()
	}
	st.children = make([]child, s.stripes)
	for i := range st.children {
		st.children[i].stripe = uint64(i)
	}
	runtime.AddCleanup(st, wipe, st.children)
	return st
}

// wipe overwrites the generators of a stream that nobody has any more.
func wipe(children []child) {
	for i := range children {
		children[i].generator.Wipe()
	}
}

// Read fills p and returns len(p) and no error, always. Until the system is ready, and again when
// it finds itself in a copy of the machine, Read waits; [System.Missing] says for what. If the
// system was closed before it was ready, or is a copy and closed, Read never returns: whoever
// forgets to look at an error must not go on with a p that nobody filled.
func (st *Stream) Read(p []byte) (int, error) {
	if st.read(p) {
		return len(p), nil
	}
	if _, err := st.ReadContext(context.Background(), p); err != nil {
		select {}
	}
	return len(p), nil
}

// ReadContext is Read for who looks at errors. It stops to wait when ctx ends, with a
// [*NotReadyError] that names what is missing, and when the system is closed, with [ErrClosed]. It
// does not look at ctx where it need not wait. With an error, nothing was read.
func (st *Stream) ReadContext(ctx context.Context, p []byte) (int, error) {
	for !st.read(p) {
		if err := st.s.Wait(ctx); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// read reports whether it could fill p, by one of the generators. It looks afterwards whether this
// is a copy: what was made before one was taken is not handed out in it. Most reads call nothing
// but the generator and the generations.
func (st *Stream) read(p []byte) bool {
	// A goroutine begins to look where no other does: its stack lies where no other's can.
	var here byte
	from := int(uintptr(unsafe.Pointer(&here)) >> 13)
	c := &st.children[from&(len(st.children)-1)]
	if !c.mu.TryLock() {
		c = st.take(from)
	}
	s := st.s
	epoch := s.epoch.Load()
	filled := epoch != 0 && c.generator.Read(p, epoch)
	if !filled {
		epoch, filled = st.readAnew(c, p)
	}
	if filled && (s.count() != s.seen.Load() || s.epoch.Load() != epoch) {
		clear(p)
		filled = false
	}
	c.mu.Unlock()
	return filled
}

// take returns a generator that nobody else uses, if there is any, and locks it.
func (st *Stream) take(from int) *child {
	last := len(st.children) - 1
	for i := range st.children {
		if c := &st.children[(from+i)&last]; c.mu.TryLock() {
			return c
		}
	}
	c := &st.children[from&last]
	c.mu.Lock()
	return c
}

// readAnew reads with a key of the present epoch, and returns that.
func (st *Stream) readAnew(c *child, p []byte) (epoch uint64, filled bool) {
	epoch = st.rekey(c)
	return epoch, epoch != 0 && c.generator.Read(p, epoch)
}

// rekey gives a generator a key of the present epoch and returns that, or 0 if the system is not
// ready.
func (st *Stream) rekey(c *child) uint64 {
	s := st.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.look()
	epoch := s.epoch.Load()
	if epoch == 0 {
		c.generator.Wipe()
		return 0
	}
	var key [drbg.SeedBytes]byte
	s.root.child(st.label, st.ordinal, c.stripe, s.generation, &key)
	c.generator.Reseed(&key, epoch)
	clear(key[:])
	return epoch
}

// Format prints what the stream is for, and nothing of what is in it.
func (st *Stream) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "entropy.Stream(%q)", st.label) }
