package vnet

// Counters are what happened at one port since it was added. Bytes are those of whole frames as
// captured, without FCS.
//
// Over one direction of a link nothing is ever unaccounted for: what the near port sent and what
// faults duplicated there has been delivered at the far port, was dropped at either (NodeDown and
// Unforwarded at a node are counted after delivery), or is still under way ([Direction.UnderWay]).
type Counters struct {
	Sent, SentBytes           uint64 // by this port's node
	Delivered, DeliveredBytes uint64 // to this port's node
	Dropped                   [ReasonCount]uint64
	Duplicated                uint64 // copies that faults made of frames sent
	Corrupted                 uint64
	Held                      uint64
	QueueBytesMax             int // the most bytes that waited at once in front of its link
}

// DroppedTotal returns the drops of all reasons together.
func (c *Counters) DroppedTotal() uint64 {
	var sum uint64
	for _, n := range c.Dropped {
		sum += n
	}
	return sum
}

// Counters returns what happened at the port so far.
func (p *Port) Counters() Counters { return p.counters }

func (n *Network) event(e *Event) {
	c := &e.Port.counters
	switch e.Kind {
	case Sent:
		n.frames++
		c.Sent++
		c.SentBytes += uint64(len(e.Frame.Data))
	case Delivered:
		c.Delivered++
		c.DeliveredBytes += uint64(len(e.Frame.Data))
	case Dropped:
		c.Dropped[e.Reason]++
	case Duplicated:
		c.Duplicated++
	case Corrupted:
		c.Corrupted++
	case Held:
		c.Held++
	}
	if n.observer != nil {
		n.observer(*e)
	}
}

func (n *Network) drop(e *Event) {
	e.Kind = Dropped
	n.event(e)
	e.Frame.Release()
}
