package vnet

import "sync"

// Frame is one Ethernet frame on its way. It is handed over, never shared: who sends one lets go of
// it, who receives one calls Release when done.
type Frame struct {
	// Data runs from the destination address to the end of the payload; there is no FCS.
	Data []byte
	// Port is the index of the port that the sending node wants it to leave by.
	Port int
	// SegmentSize marks a super-segment: a TCP segment longer than the MTU that is to be cut into
	// segments of this many payload bytes wherever a hop needs that. 0 is an ordinary frame.
	SegmentSize int
	// Unsummed says that the TCP or UDP checksum was left out, since nothing has needed it yet.
	Unsummed bool

	store    []byte
	class    int8 // 1 + index of its size in frameClasses; 0 belongs to no pool
	released bool
}

// frameClasses are the sizes of pooled frames: an acknowledgement, an MTU of 1500, a jumbo frame, a
// super-segment with its headers.
var frameClasses = [...]int{128, 2048, 9728, 66 << 10}

var framePools [len(frameClasses)]sync.Pool

// NewFrame returns an empty frame with room for size bytes.
func NewFrame(size int) *Frame {
	for i, room := range frameClasses {
		if size > room {
			continue
		}
		f, _ := framePools[i].Get().(*Frame)
		if f == nil {
			f = &Frame{store: make([]byte, room), class: int8(i + 1)}
		}
		f.Data, f.released = f.store[:0], false
		return f
	}
	return &Frame{Data: make([]byte, 0, size)}
}

// Release gives the frame back. Nobody may touch it or its Data afterwards.
func (f *Frame) Release() {
	if f.released {
		panic("vnet: BUG: a frame was released twice")
	}
	f.Data, f.Port, f.SegmentSize, f.Unsummed, f.released = nil, 0, 0, false, true
	if f.class > 0 {
		framePools[f.class-1].Put(f)
	}
}

// Clone returns a frame of its own with the same content.
func (f *Frame) Clone() *Frame {
	c := NewFrame(len(f.Data))
	c.Data = append(c.Data, f.Data...)
	c.Port, c.SegmentSize, c.Unsummed = f.Port, f.SegmentSize, f.Unsummed
	return c
}
