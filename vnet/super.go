package vnet

import (
	"github.com/atoll-os/atoll/clock"
	"github.com/atoll-os/atoll/wire"
)

// cuts reports whether super-segments are cut up here: an MTU, a rate and a fault are about frames
// of the size that a real link carries.
func (d *Direction) cuts() bool {
	return d.set.MTU != MTUUnlimited || d.set.Rate != 0 || len(d.faults) > 0
}

// cut sends a super-segment as the frames that it stands for. What is no TCP segment after all goes
// as it is.
func (n *Network) cut(now clock.Instant, p *Port, super *Frame) {
	segments, err := wire.Split(super.Data, super.SegmentSize)
	if err != nil {
		super.SegmentSize = 0
		n.launch(now, p, super)
		return
	}
	for segments.More() {
		f := NewFrame(segments.Size())
		f.Data, f.Port = segments.Append(f.Data), super.Port
		n.launch(now, p, f)
	}
	super.Release()
}
