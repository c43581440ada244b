package vnet

import (
	"time"

	"github.com/atoll-os/atoll/clock"
)

// Kind is what happened to a frame.
type Kind uint8

// The kinds of events.
const (
	Sent       Kind = iota // handed to its link by the port that sent it
	Delivered              // handed to the node at the other end
	Dropped                // gone, for Reason
	Duplicated             // a fault made this one more
	Corrupted              // a fault flipped a bit
	Held                   // a fault holds it back before its link; others overtake it
	kindCount
)

var kindNames = [kindCount]string{"sent", "delivered", "dropped", "duplicated", "corrupted", "held"}

// String returns the kind in one word: "sent".
func (k Kind) String() string { return kindNames[k] }

// Reason says why a frame was dropped.
type Reason uint8

// The reasons for a drop.
const (
	NoReason    Reason = iota
	Unplugged          // its port has no link
	LinkDown           // the cable is pulled
	QueueFull          // tail drop: the direction's queue is at its limit
	EarlyDrop          // RED or CoDel
	TooBig             // larger than the link's MTU
	Lost               // a fault: independent or burst loss
	Partitioned        // a fault: these hosts may not talk
	NodeDown           // the receiving machine is off
	HeldTooMany        // more than HeldMax frames were held back by faults
	Unforwarded        // a switch had nowhere else to send it
	ReasonCount        // how many reasons there are; none itself
)

var reasonNames = [ReasonCount]string{"no reason", "unplugged", "link down", "queue full",
	"early drop", "too big", "lost", "partitioned", "node down", "too many held", "unforwarded"}

// String returns the reason in words: "queue full".
func (r Reason) String() string { return reasonNames[r] }

// Event is one happening at one port; capture, digest, counters and reports are made of these.
//
// What happens to a frame as it is sent follows its Sent at once, with nothing in between: for the
// same frame Corrupted, Held and Dropped, and Duplicated for each copy of it, with what happens to
// that. Drops by a queue's discipline, by a pulled cable or at the other end come later.
type Event struct {
	At     clock.Instant
	Port   *Port // the receiving port for Delivered and drops at a node, else the sending one
	Kind   Kind
	Reason Reason        // of Dropped
	Frame  *Frame        // valid during the call only
	Fault  Fault         // the fault that did it; nil if it was none
	Bit    int           // of Corrupted: which one; the top bit of the frame's first byte is 0
	Delay  time.Duration // of Held: for how long
}

// An Observer sees every event in order. It must neither change nor keep the frame.
type Observer func(Event)
