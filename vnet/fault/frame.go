package fault

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/internal/units"
	"github.com/atoll-os/atoll/vnet"
)

type duplicate struct{ p float64 }

// Duplicate lets one more of a frame follow it, with probability p from 0 to 1.
func Duplicate(p float64) Value { return duplicate{probability(p)} }

func (d duplicate) Apply(_ *vnet.Settings, faults *[]vnet.Fault) { *faults = append(*faults, d) }

func (d duplicate) String() string { return "duplicate " + units.Probability(d.p) }

func (d duplicate) Judge(_ clock.Instant, _ *vnet.Frame, m *vnet.Memory) (v vnet.Verdict) {
	if m.Rand.Chance(d.p) {
		v.Copies = 1
	}
	return v
}

type reorder struct {
	p     float64
	delay time.Duration
}

// Reorder holds a frame back for a time, with probability p from 0 to 1, so that those behind it
// overtake it.
func Reorder(p float64, delay time.Duration) Value {
	return reorder{probability(p), duration(delay)}
}

func (r reorder) Apply(_ *vnet.Settings, faults *[]vnet.Fault) { *faults = append(*faults, r) }

func (r reorder) String() string {
	return "reorder " + units.Probability(r.p) + " " + units.Duration(r.delay)
}

func (r reorder) Judge(_ clock.Instant, _ *vnet.Frame, m *vnet.Memory) (v vnet.Verdict) {
	if m.Rand.Chance(r.p) {
		v.Delay = r.delay
	}
	return v
}

type corrupt struct{ p float64 }

// Corrupt flips one bit of a frame, anywhere in it, with probability p from 0 to 1.
func Corrupt(p float64) Value { return corrupt{probability(p)} }

func (c corrupt) Apply(_ *vnet.Settings, faults *[]vnet.Fault) { *faults = append(*faults, c) }

func (c corrupt) String() string { return "corrupt " + units.Probability(c.p) }

func (c corrupt) Judge(_ clock.Instant, f *vnet.Frame, m *vnet.Memory) (v vnet.Verdict) {
	if len(f.Data) > 0 && m.Rand.Chance(c.p) {
		v.Flip = 1 + m.Rand.IntN(8*len(f.Data))
	}
	return v
}

// OrdinalsMax bounds the frames that one Nth names.
const OrdinalsMax = 1000

type nth struct{ ordinals []int } // sorted, without duplicates

// Nth drops the frames with the given ordinal numbers, counted from 1 since it was placed: for
// scripts. It panics unless all are above 0, and at least one and at most OrdinalsMax.
func Nth(ordinals ...int) Value {
	n := &nth{slices.Clone(ordinals)}
	slices.Sort(n.ordinals)
	n.ordinals = slices.Compact(n.ordinals)
	if len(n.ordinals) == 0 || len(n.ordinals) > OrdinalsMax || n.ordinals[0] < 1 {
		panic(fmt.Sprintf("fault: Nth takes 1 to %d ordinal numbers above 0", OrdinalsMax))
	}
	return n
}

func (n *nth) Apply(_ *vnet.Settings, faults *[]vnet.Fault) { *faults = append(*faults, n) }

func (n *nth) String() string {
	words := make([]string, len(n.ordinals))
	for i, o := range n.ordinals {
		words[i] = strconv.Itoa(o)
	}
	return "drop " + strings.Join(words, ",")
}

func (n *nth) Judge(_ clock.Instant, _ *vnet.Frame, m *vnet.Memory) (v vnet.Verdict) {
	next := int(m.State) // index of the first ordinal that is still to come
	if next < len(n.ordinals) && uint64(n.ordinals[next]) == m.Frames+1 {
		m.State++
		v.Drop = vnet.Lost
	}
	return v
}
