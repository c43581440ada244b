// Package fault is the vocabulary for what a link does to frames: one set of values, in the words
// of Linux's tc-netem, for what a link is like and for what goes wrong on it.
//
//	delay 20ms 5ms       every frame, and up to 5ms of jitter that never reorders
//	jitter 2ms           the same for the jitter alone
//	rate 50Mbit          of frames as captured
//	queue 64KiB          what may wait for the rate; also: queue 100frames, queue unlimited
//	mtu 1400             largest IP packet; also: mtu unlimited
//	taildrop             what the queue drops: what comes while it is full (default)
//	red 15KB 45KB 10%    early and at random by the average length, likelier from 15 to 45 KB
//	codel 5ms 100ms      at the head by the time that frames wait; also: codel
//	loss 0.5%            of all frames, each by itself
//	burst 1% 30%         Gilbert-Elliott: chance to begin a burst and to end it, for each frame;
//	                     with two more, the loss outside and inside one (else 0% and 100%)
//	duplicate 1%         one more of these frames
//	reorder 5% 10ms      hold these back for 10ms, so that others overtake them
//	corrupt 0.1%         flip one bit in these
//	drop 1,3             the first and the third frame
//	partition 10.0.0.1   what comes from these IP and MAC addresses
//
// [Parse] reads any number of them from a text, String writes them. Values of the first group
// change the [vnet.Settings] of a direction; those from loss on are a [vnet.Fault]. [On] puts both
// on a direction and takes any of them away again.
package fault

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/vnet"
)

// Units for rates and sizes: Rate(50*fault.Mbit), Queue(64*fault.KiB).
const (
	Kbit = 1000
	Mbit = 1000 * Kbit
	Gbit = 1000 * Mbit

	KiB = 1 << 10
	MiB = 1 << 20
)

// Value is one word of the vocabulary with its arguments.
type Value interface {
	// Apply changes the settings, or appends a fault.
	Apply(s *vnet.Settings, faults *[]vnet.Fault)
	// String returns the value in the words that Parse reads.
	String() string
}

// Apply returns what the values make of settings, in order, and the faults among them.
func Apply(s vnet.Settings, values ...Value) (vnet.Settings, []vnet.Fault) {
	var faults []vnet.Fault
	for _, v := range values {
		v.Apply(&s, &faults)
	}
	return s, faults
}

// String returns the values in the words that Parse reads, with a space between them.
func String(values ...Value) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = v.String()
	}
	return strings.Join(words, " ")
}

// probability panics unless p is one: a value in code with another is a mistake of who wrote it.
func probability(p float64) float64 {
	switch {
	case p > 1 && p <= 100:
		short := func(f float64) string { return strconv.FormatFloat(f, 'g', 12, 64) }
		panic(fmt.Sprintf("fault: a probability is 0..1; %s %% is %s", short(p), short(p/100)))
	case !(p >= 0 && p <= 1):
		panic(fmt.Sprintf("fault: a probability is 0..1, not %v", p))
	}
	return p
}

func duration(d time.Duration) time.Duration {
	if d < 0 || d > vnet.DelayMax {
		panic(fmt.Sprintf("fault: a time is 0 to %v, not %v", vnet.DelayMax, d))
	}
	return d
}
