package fault

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/vnet"
)

type loss struct{ p float64 }

// Loss drops each frame with probability p, from 0 to 1. It panics if p is not one.
func Loss(p float64) Value { return loss{probability(p)} }

func (l loss) Apply(_ *vnet.Settings, faults *[]vnet.Fault) { *faults = append(*faults, l) }

func (l loss) String() string { return "loss " + units.Probability(l.p) }

func (l loss) Judge(_ clock.Instant, _ *vnet.Frame, m *vnet.Memory) (v vnet.Verdict) {
	if m.Rand.Chance(l.p) {
		v.Drop = vnet.Lost
	}
	return v
}

// burst is the model of Gilbert (1960) and Elliott (1963): a chain of two states, each with a
// probability of loss. A frame is judged by the present state, and then the state may change.
type burst struct{ enter, leave, lossGood, lossBad float64 }

// Burst drops frames in bursts: after each frame a burst begins with probability enter, or ends
// with probability leave, so that it is 1/leave frames long in the mean. All frames of a burst are
// lost and no others, unless two more probabilities are given: the loss outside of bursts and
// inside. It panics if one is not in 0 to 1, or there are not none or two of these.
func Burst(enter, leave float64, loss ...float64) Value {
	b := burst{probability(enter), probability(leave), 0, 1}
	switch len(loss) {
	case 0:
	case 2:
		b.lossGood, b.lossBad = probability(loss[0]), probability(loss[1])
	default:
		panic("fault: Burst takes two probabilities or four")
	}
	return b
}

func (b burst) Apply(_ *vnet.Settings, faults *[]vnet.Fault) { *faults = append(*faults, b) }

func (b burst) String() string {
	s := "burst " + units.Probability(b.enter) + " " + units.Probability(b.leave)
	if b.lossGood != 0 || b.lossBad != 1 {
		s += " " + units.Probability(b.lossGood) + " " + units.Probability(b.lossBad)
	}
	return s
}

// The states of a burst's chain, in its Memory.
const (
	good = 0
	bad  = 1
)

func (b burst) Judge(_ clock.Instant, _ *vnet.Frame, m *vnet.Memory) (v vnet.Verdict) {
	lost, change, other := b.lossGood, b.enter, uint64(bad)
	if m.State == bad {
		lost, change, other = b.lossBad, b.leave, good
	}
	if m.Rand.Chance(lost) {
		v.Drop = vnet.Lost
	}
	if m.Rand.Chance(change) {
		m.State = other
	}
	return v
}
