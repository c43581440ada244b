package vnet

import "github.com/atoll-os/atoll/clock"

// Switch is a learning switch (IEEE 802.1D-2004 §7): it learns by which port each address sends,
// forwards a frame by the port of its destination, and by all others while it does not know that.
// It takes no time and has no spanning tree: a circle of switches is a storm.
type Switch struct {
	*Attachment
	table macTable
	ready []*Frame // to be sent by the next Poll
}

// NewSwitch attaches a switch without ports to a network.
func NewSwitch(n *Network, name string) *Switch {
	s := &Switch{}
	s.Attachment = n.Attach(name, s)
	return s
}

// Input forwards a frame: the next Poll sends it.
func (s *Switch) Input(now clock.Instant, port int, f *Frame) {
	if len(f.Data) < ethernetHeader {
		s.Drop(now, port, Unforwarded, f)
		return
	}
	dst, src := macKey(f.Data), macKey(f.Data[6:])
	if !src.group() {
		s.table.learn(now, src, port)
	}
	if dst.group() {
		s.flood(now, port, f)
		return
	}
	switch out := s.table.lookup(now, dst); out {
	case unknownPort:
		s.flood(now, port, f)
	case port:
		s.Drop(now, port, Unforwarded, f)
	default:
		f.Port = out
		s.ready = append(s.ready, f)
	}
}

// flood sends a frame by all ports with a link but the one that it came by.
func (s *Switch) flood(now clock.Instant, from int, f *Frame) {
	last := -1
	for i, p := range s.ports {
		if i == from || p.out == nil || p.out.down {
			continue
		}
		if last >= 0 {
			c := f.Clone()
			c.Port = last
			s.ready = append(s.ready, c)
		}
		last = i
	}
	if last < 0 {
		s.Drop(now, from, Unforwarded, f)
		return
	}
	f.Port = last
	s.ready = append(s.ready, f)
}

// Poll sends what Input has forwarded.
func (s *Switch) Poll(_ clock.Instant, out []*Frame) (frames []*Frame, next clock.Instant) {
	out = append(out, s.ready...)
	clear(s.ready)
	s.ready = s.ready[:0]
	return out, clock.Never
}
