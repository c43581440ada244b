package vnet

import (
	"strconv"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/prng"
	"github.com/atoll-os/atoll/wire"
)

// Limits of what faults may do.
const (
	// CopiesMax bounds the copies that all faults of a direction make of one frame together.
	CopiesMax = 16
	// HeldMax bounds the frames that faults hold back on one direction at a time.
	HeldMax = 10_000
)

// Verdict is what a fault wants done with one frame. The zero Verdict lets it pass.
type Verdict struct {
	Drop   Reason        // not NoReason: drop it
	Copies int           // further frames like it, which the faults behind this one judge apart
	Flip   int           // 1 + index of the bit to flip, see Event.Bit; 0 for none
	Delay  time.Duration // hold it back that long before the link; others overtake it
}

// Fault decides about each frame that enters a direction. It is a value without a state: the same
// one may be placed many times, what it remembers is in the Memory of each place.
type Fault interface {
	Judge(now clock.Instant, f *Frame, m *Memory) Verdict
	String() string // in the words that parse to it
}

// Memory is what a fault knows at one place.
type Memory struct {
	Rand   *prng.Stream // a stream of this place's own
	Frames uint64       // how many frames it has judged here before
	State  uint64       // for the fault's use; begins as 0
}

type placedFault struct {
	fault  Fault
	memory Memory
	id     uint64
}

// Add puts a fault behind those in place and returns what takes it out again.
func (d *Direction) Add(f Fault) (undo func()) {
	d.placed++
	id := d.placed
	m := Memory{Rand: d.rand.Split(d.names.next("fault " + f.String()))}
	d.faults = append(d.faults, placedFault{f, m, id})
	return func() {
		for i := range d.faults {
			if d.faults[i].id == id {
				d.faults = append(d.faults[:i:i], d.faults[i+1:]...)
				return
			}
		}
	}
}

// Faults returns the faults in place, in order.
func (d *Direction) Faults() []Fault {
	faults := make([]Fault, len(d.faults))
	for i := range d.faults {
		faults[i] = d.faults[i].fault
	}
	return faults
}

// nameCount makes names different, so that two faults in the same words, or a link plugged in
// again, draw from different streams.
type nameCount map[string]int

func (c *nameCount) next(name string) string {
	if *c == nil {
		*c = nameCount{}
	}
	(*c)[name]++
	if n := (*c)[name]; n > 1 {
		return name + " #" + strconv.Itoa(n)
	}
	return name
}

// judged is a frame that has passed the first faults of a direction.
type judged struct {
	f      *Frame
	fault  int   // the next one
	copied Fault // who made it; nil for the frame as sent
	delay  time.Duration
	holder Fault // who asked last for the delay
}

// judge takes one frame, and then the copies of it, through the faults.
func (d *Direction) judge(now clock.Instant, f *Frame) {
	work := append(d.judging[:0], judged{f: f})
	for i := 0; i < len(work); i++ {
		work = d.judgeOne(now, work, i)
		work[i].f = nil
	}
	d.judging = work[:0]
}

func (d *Direction) judgeOne(now clock.Instant, work []judged, i int) []judged {
	n, j := d.network, work[i]
	e := Event{At: now, Port: d.from, Frame: j.f}
	if j.copied != nil {
		e.Kind, e.Fault = Duplicated, j.copied
		n.event(&e)
	}
	for ; j.fault < len(d.faults); j.fault++ {
		p := &d.faults[j.fault]
		v := p.fault.Judge(now, j.f, &p.memory)
		p.memory.Frames++
		e.Fault = p.fault
		if v.Drop != NoReason {
			e.Reason = v.Drop
			n.drop(&e)
			return work
		}
		if v.Flip > 0 {
			flip(j.f, v.Flip-1)
			e.Kind, e.Bit = Corrupted, v.Flip-1
			n.event(&e)
		}
		for c := 0; c < v.Copies && len(work) <= CopiesMax; c++ {
			work = append(work, judged{j.f.Clone(), j.fault + 1, p.fault, j.delay, j.holder})
		}
		if v.Delay > 0 {
			j.delay += v.Delay
			j.holder = p.fault
		}
	}
	if j.delay > 0 {
		e.Kind, e.Bit, e.Fault, e.Delay = Held, 0, j.holder, j.delay
		d.hold(&e)
		return work
	}
	d.enqueue(now, j.f)
	return work
}

// flip inverts one bit. The checksum is there first, or nobody would notice.
func flip(f *Frame, bit int) {
	if f.Unsummed {
		wire.FinishChecksum(f.Data)
		f.Unsummed = false
	}
	f.Data[bit/8] ^= 0x80 >> (bit % 8)
}
