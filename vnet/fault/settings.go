package fault

import (
	"strconv"
	"time"

	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/vnet"
)

// setting is a value that changes settings. It holds what it sets, so that values compare with ==.
type setting struct {
	word string
	set  vnet.Settings
}

func (v setting) Apply(s *vnet.Settings, _ *[]vnet.Fault) {
	switch v.word {
	case "delay":
		s.Delay = v.set.Delay
		if v.set.Jitter > 0 {
			s.Jitter = v.set.Jitter
		}
	case "jitter":
		s.Jitter = v.set.Jitter
	case "rate":
		s.Rate = v.set.Rate
	case "queue":
		s.QueueBytes, s.QueueFrames = v.set.QueueBytes, v.set.QueueFrames
	case "mtu":
		s.MTU = v.set.MTU
	default:
		s.Discipline, s.RED, s.CoDel = v.set.Discipline, v.set.RED, v.set.CoDel
	}
}

func (v setting) String() string {
	zero := v.set == vnet.Settings{}
	switch v.word {
	case "delay", "jitter":
		if v.set.Delay == 0 && v.set.Jitter == 0 {
			return v.word + " 0s"
		}
		if v.set.Delay == 0 && v.word == "delay" {
			return "delay 0s " + units.Duration(v.set.Jitter)
		}
	case "rate", "queue", "mtu":
		if zero {
			return v.word + " unlimited"
		}
	case "taildrop":
		return v.word
	}
	return v.set.String()
}

// Delay makes every frame arrive d later, and with a jitter up to that much later still, uniformly
// and without a change of order. Without one, or with 0, the jitter in force stays. It panics with
// more than one.
func Delay(d time.Duration, jitter ...time.Duration) Value {
	v := setting{"delay", vnet.Settings{Delay: duration(d)}}
	switch len(jitter) {
	case 0:
	case 1:
		v.set.Jitter = duration(jitter[0])
	default:
		panic("fault: Delay takes one jitter")
	}
	return v
}

// Jitter sets the jitter alone; 0 takes it away.
func Jitter(d time.Duration) Value {
	return setting{"jitter", vnet.Settings{Jitter: duration(d)}}
}

// Rate sets how many bits a second the link carries, counted over whole frames as captured; 0 is
// unlimited.
func Rate(bitsPerSecond int64) Value {
	if bitsPerSecond < 0 || bitsPerSecond > vnet.RateMax {
		panic("fault: a rate is 0 to " + units.Rate(vnet.RateMax) +
			", not " + units.Rate(bitsPerSecond))
	}
	return setting{"rate", vnet.Settings{Rate: bitsPerSecond}}
}

// Queue sets how many bytes may wait while a frame is being sent; 0 is unlimited.
func Queue(bytes int) Value {
	if bytes < 0 {
		panic("fault: a queue is not negative")
	}
	return setting{"queue", vnet.Settings{QueueBytes: bytes}}
}

// QueueFrames sets how many frames may wait while another is being sent; 0 is unlimited.
func QueueFrames(n int) Value {
	if n < 0 {
		panic("fault: a queue is not negative")
	}
	return setting{"queue", vnet.Settings{QueueFrames: n}}
}

// MTU sets the largest IP packet that the link carries, in bytes; 0 is unlimited, so that
// super-segments pass whole.
func MTU(bytes int) Value {
	if bytes != vnet.MTUUnlimited && (bytes < vnet.MTUMin || bytes > vnet.MTUMax) {
		panic("fault: an MTU is 68 to 65535, not " + strconv.Itoa(bytes))
	}
	return setting{"mtu", vnet.Settings{MTU: bytes}}
}

// TailDrop lets the queue drop only what comes while it is full.
func TailDrop() Value { return setting{word: "taildrop"} }

// RED lets the queue drop at random by its average length; zero parameters are its defaults.
func RED(p vnet.RED) Value {
	return setting{"red", vnet.Settings{Discipline: vnet.DisciplineRED, RED: p}}
}

// CoDel lets the queue drop by the time that frames wait; zero parameters are its defaults.
func CoDel(p vnet.CoDel) Value {
	return setting{"codel", vnet.Settings{Discipline: vnet.DisciplineCoDel, CoDel: p}}
}
