package source

import (
	"encoding/binary"

	"github.com/atoll-os/atoll/entropy"
)

// Timing is an ambient source of instants: when packets arrive, when interrupts, keys or disks
// call. It claims nothing. Who shares a network knows roughly when packets pass; the rest of the
// counter's bits is what makes it worth mixing in.
type Timing struct {
	push  func(entropy.Event)
	index uint8
}

// NewTiming returns the ambient source that is called Config.Events[index] and pushes to push,
// which is the Push of a system.
func NewTiming(push func(entropy.Event), index uint8) *Timing { return &Timing{push, index} }

// Note notes that something happens now. What says what it is, in a number: a packet's length, an
// interrupt's line. It costs some 50 ns, allocates nothing, and any goroutine may call it.
func (t *Timing) Note(what uint64) {
	e := entropy.Event{Source: t.index, N: 8, Time: counter()}
	binary.LittleEndian.PutUint64(e.Data[:], what)
	t.push(e)
}
