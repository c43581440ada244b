package vnet

import "github.com/atoll-os/atoll/clock"

// Link joins two ports. Each direction has settings and faults of its own.
type Link struct{ Directions [2]*Direction }

// Connect plugs a link between two free ports, with the same settings in both directions. Its
// first direction is the one from a. It panics if a port is taken or if [Network.Check] refuses the
// settings.
func (n *Network) Connect(a, b *Port, s Settings) *Link {
	if a.out != nil || b.out != nil || a == b {
		panic("vnet: a link needs two free ports")
	}
	if err := n.Check(s); err != nil {
		panic("vnet: " + err.Error())
	}
	l := &Link{}
	for i, ends := range [2][2]*Port{{a, b}, {b, a}} {
		d := &Direction{network: n, from: ends[0], to: ends[1]}
		d.event.fire = d
		d.rand = n.rand.Split(n.names.next("link " + d.what()))
		d.change(s)
		ends[0].out, l.Directions[i] = d, d
	}
	return l
}

// SetDown pulls the cable or plugs it in, in both directions: see [Direction.SetDown].
func (l *Link) SetDown(now clock.Instant, down bool) {
	for _, d := range l.Directions {
		d.SetDown(now, down)
	}
}

// Unplug takes the link away for good; its ports are free again. What is under way is lost.
func (l *Link) Unplug(now clock.Instant) {
	for _, d := range l.Directions {
		if d.from.out == d {
			d.from.out = nil
			d.clear(now, Unplugged)
			d.down = true
		}
	}
}
