package vnet

import "github.com/atoll-os/atoll/clock"

// Kind is what happened to a frame.
type Kind uint8

const (
	Sent       Kind = iota // handed to its link by the port that sent it
	Delivered              // handed to the node at the other end
	Dropped                // gone, for Reason
	Duplicated             // a fault made one more
	Corrupted              // a fault flipped a bit
	Held                   // a fault delays it beyond its link
)

// Reason says why a frame was dropped.
type Reason uint8

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
	reasonCount
)

// Event is one happening at one port; capture, digest, counters and reports are made of these.
type Event struct {
	At     clock.Instant
	Port   *Port // the sending port for Sent and drops on the way, the receiving one for Delivered
	Kind   Kind
	Reason Reason
	Frame  *Frame // valid during the call only
}

// An Observer sees every event in order. It must neither change nor keep the frame.
type Observer func(Event)
