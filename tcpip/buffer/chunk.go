package buffer

import (
	"math/bits"
	"sync"
)

// Chunks come in sizes that double from ChunkBytesMin to ChunkBytesMax.
const (
	ChunkBytesMin = 512
	ChunkBytesMax = 64 << 10

	classes = 8 // 512, 1 Ki, 2 Ki, ... 64 Ki
)

// chunk is one piece of a Queue: the bytes buf[read:write] are held, buf[write:] is room.
type chunk struct {
	next        *chunk
	buf         []byte
	read, write int
	owner       Owner // of buf; nil if it belongs to a pool
}

// Owner is whose memory a queue has adopted.
type Owner interface {
	// Release takes the memory back. It is called once, when its last byte has left the queue.
	Release()
}

func (c *chunk) bytes() []byte { return c.buf[c.read:c.write] }
func (c *chunk) len() int      { return c.write - c.read }
func (c *chunk) room() int     { return len(c.buf) - c.write }

// pools holds free chunks by class. It never decides what a queue contains, only where.
var pools [classes]sync.Pool

// class returns the index of the smallest class that holds n bytes, at most the largest.
func class(n int) int {
	if n <= ChunkBytesMin {
		return 0
	}
	return min(bits.Len(uint(n-1))-9, classes-1)
}

// newChunk returns an empty chunk for about n bytes.
func newChunk(n int) *chunk {
	k := class(n)
	if c, ok := pools[k].Get().(*chunk); ok {
		return c
	}
	return &chunk{buf: make([]byte, ChunkBytesMin<<k)}
}

// adopters holds chunks without memory of their own.
var adopters = sync.Pool{New: func() any { return new(chunk) }}

// adopt returns a full chunk of somebody else's memory.
func adopt(p []byte, o Owner) *chunk {
	c := adopters.Get().(*chunk)
	*c = chunk{buf: p, write: len(p), owner: o}
	return c
}

// free gives c back. The caller has unlinked it.
func (c *chunk) free() {
	if o := c.owner; o != nil {
		*c = chunk{}
		adopters.Put(c)
		o.Release()
		return
	}
	c.next, c.read, c.write = nil, 0, 0
	pools[class(len(c.buf))].Put(c)
}
