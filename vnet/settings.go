package vnet

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/internal/units"
)

// Limits of settings.
const (
	// DelayMin is what to ask of links in virtual time by [Network.RequireDelay]: an answer that
	// needs no time could else come back for ever at one instant.
	DelayMin = time.Microsecond
	// DelayMax bounds delay and jitter; light needs 22 minutes from Mars at most.
	DelayMax = time.Hour
	// RateMax bounds a rate, so that times to send stay exact.
	RateMax = 1e15
	// MTUMin is the least MTU of an IPv4 link (RFC 791 §3.2); IPv6 needs 1,280 (RFC 8200 §5).
	MTUMin = 68
	// MTUMax is the longest IPv4 packet, and as much as a super-segment carries.
	MTUMax = 65535
	// MTUUnlimited lets super-segments pass whole.
	MTUUnlimited = 0
)

// Settings are what a direction of a link is like. The zero value is a perfect link. They compare
// with ==.
type Settings struct {
	Delay       time.Duration // from the end of sending to arrival
	Jitter      time.Duration // added to Delay, uniform in [0, Jitter]; never reorders
	Rate        int64         // bits a second of the frame as captured; 0 is unlimited
	QueueBytes  int           // that may wait while another frame is sent at Rate; 0 is unlimited
	QueueFrames int           // likewise, by count
	MTU         int           // largest IP packet in bytes; MTUUnlimited

	Discipline Discipline // what the queue drops, and when
	RED        RED        // parameters of DisciplineRED
	CoDel      CoDel      // parameters of DisciplineCoDel
}

// Discipline is how a queue chooses what it drops.
type Discipline uint8

// The queue disciplines.
const (
	TailDrop        Discipline = iota // drop what comes while the queue is full
	DisciplineRED                     // and early, by the average queue length: see RED
	DisciplineCoDel                   // and at the head, by the time frames waited: see CoDel
)

// Validate reports the first setting that makes no sense; the error has a hint beside its text.
// Whether a setting is valid does not depend on the others.
func (s Settings) Validate() error {
	switch {
	case s.Delay < 0 || s.Jitter < 0:
		return invalid(s.String(), "the delay of a link is negative", "leave it out for none")
	case s.Delay > DelayMax || s.Jitter > DelayMax:
		return invalid(units.Duration(max(s.Delay, s.Jitter)), "the delay of a link is above "+
			units.Duration(DelayMax), "write a shorter delay and jitter")
	case s.Rate < 0 || s.Rate > RateMax:
		return invalid(units.Rate(s.Rate), "the rate of a link is not in 0 to "+units.Rate(RateMax),
			"leave it out for an unlimited one")
	case s.QueueBytes < 0 || s.QueueFrames < 0:
		return invalid(s.String(), "the queue of a link is negative",
			"leave it out for an unlimited one")
	case s.MTU != MTUUnlimited && s.MTU < MTUMin:
		return invalid(strconv.Itoa(s.MTU), fmt.Sprintf("the MTU of a link is below %d", MTUMin),
			"IPv4 needs 68 bytes, IPv6 1280; the usual MTU is 1500")
	case s.MTU > MTUMax:
		return invalid(strconv.Itoa(s.MTU), fmt.Sprintf("the MTU of a link is above %d", MTUMax),
			"write mtu unlimited to let super-segments pass whole")
	case s.Discipline > DisciplineCoDel:
		return invalid(strconv.Itoa(int(s.Discipline)), "there is no such queue discipline",
			"there are taildrop, red and codel")
	}
	if err := s.RED.validate(); err != nil {
		return err
	}
	return s.CoDel.validate()
}

func invalid(input, problem, hint string) error {
	return &units.Error{Input: input, Problem: problem, Hint: hint}
}

// String returns the settings in the words of package fault: "delay 20ms 5ms rate 50Mbit queue
// 64KiB mtu 1500"; a perfect link is "".
func (s Settings) String() string {
	var words []string
	add := func(present bool, name string, values ...string) {
		if present {
			words = append(append(words, name), values...)
		}
	}
	switch {
	case s.Delay != 0 && s.Jitter != 0:
		add(true, "delay", units.Duration(s.Delay), units.Duration(s.Jitter))
	default:
		add(s.Delay != 0, "delay", units.Duration(s.Delay))
		add(s.Jitter != 0, "jitter", units.Duration(s.Jitter))
	}
	add(s.Rate != 0, "rate", units.Rate(s.Rate))
	add(s.QueueBytes != 0, "queue", units.Size(int64(s.QueueBytes)))
	add(s.QueueFrames != 0, "queue", strconv.Itoa(s.QueueFrames)+"frames")
	add(s.MTU != MTUUnlimited, "mtu", strconv.Itoa(s.MTU))
	add(s.Discipline == DisciplineRED, "red", s.RED.words()...)
	add(s.Discipline == DisciplineCoDel, "codel", s.CoDel.words()...)
	return strings.Join(words, " ")
}
