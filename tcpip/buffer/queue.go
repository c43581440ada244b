// Package buffer holds the bytes and the sequence ranges of a stream.
//
// A [Queue] is a FIFO of bytes in pooled chunks: it grows and shrinks with what it holds, an empty
// one holds no memory, and all of one queue moves to another without a copy. [Ranges] is an
// ordered set of disjoint ranges of sequence numbers.
package buffer

// Queue is a FIFO of bytes. The zero value is empty and ready. An empty Queue holds no memory.
// It must not be copied once used; MoveTo moves its content.
//
// The memory of a long queue is a small multiple of its bytes: a chunk is linked behind another
// only if it is at least a quarter full and its bytes did not fit into the room there. Who has one
// adopt memory sees to that himself.
type Queue struct {
	head, tail *chunk
	length     int
	last, deep place // where CopyAt was last, and where it was deepest
}

// place is a chunk and the offset in the queue of that chunk's first held byte.
type place struct {
	chunk *chunk
	off   int
}

// Len returns the number of bytes held.
func (q *Queue) Len() int { return q.length }

// Append copies p to the end.
func (q *Queue) Append(p []byte) {
	for len(p) > 0 {
		if q.tail == nil || q.tail.room() == 0 {
			// A chunk as large as what is held doubles the queue, so a long queue has large
			// chunks and a short one is small.
			q.link(newChunk(max(len(p), q.length)))
		}
		n := copy(q.tail.buf[q.tail.write:], p)
		q.tail.write += n
		q.length += n
		p = p[n:]
	}
}

// Adopt puts p at the end without a copy: the queue keeps it until all of it is gone, then it calls
// o.Release. It is for pieces that are most of the memory they lie in.
func (q *Queue) Adopt(p []byte, o Owner) {
	if len(p) == 0 {
		o.Release()
		return
	}
	q.link(adopt(p, o))
	q.length += len(p)
}

func (q *Queue) link(c *chunk) {
	if q.tail == nil {
		q.head = c
	} else {
		q.tail.next = c
	}
	q.tail = c
}

// Read copies bytes from the front to p, discards them here, and returns how many.
func (q *Queue) Read(p []byte) int {
	total := 0
	for len(p) > 0 && q.head != nil {
		n := copy(p, q.head.bytes())
		p = p[n:]
		total += n
		q.Discard(n)
	}
	return total
}

// Front returns the first contiguous bytes; nil when the queue is empty. They are valid until the
// queue is next changed.
func (q *Queue) Front() []byte {
	if q.head == nil {
		return nil
	}
	return q.head.bytes()
}

// Discard drops n bytes from the front. It panics if fewer are held.
func (q *Queue) Discard(n int) {
	if n < 0 || n > q.length {
		panic("buffer: BUG: discard of more bytes than are held")
	}
	q.length -= n
	for left := n; left > 0; {
		c := q.head
		k := min(left, c.len())
		c.read += k
		left -= k
		if c.len() == 0 {
			q.head = c.next
			if q.head == nil {
				q.tail = nil
			}
			q.last.forget(c)
			q.deep.forget(c)
			c.free()
		}
	}
	q.last.shift(n)
	q.deep.shift(n)
}

func (p *place) forget(c *chunk) {
	if p.chunk == c {
		p.chunk = nil
	}
}

// shift moves p n bytes towards the front; a place in the first chunk stays at its first byte.
func (p *place) shift(n int) { p.off = max(p.off-n, 0) }

// CopyAt copies bytes from offset off to p and returns how many; the queue keeps them. Reading on
// from where an earlier call ended, or from the deepest place read so far, takes constant time.
func (q *Queue) CopyAt(p []byte, off int) int {
	if off < 0 || off >= q.length || len(p) == 0 {
		return 0
	}
	at := q.find(off)
	total := 0
	for c, skip := at.chunk, off-at.off; c != nil && total < len(p); c, skip = c.next, 0 {
		total += copy(p[total:], c.buf[c.read+skip:c.write])
	}
	return total
}

// find returns the place of the chunk that holds the byte at off, which is within the queue.
func (q *Queue) find(off int) place {
	at := place{q.head, 0}
	if q.last.chunk != nil && q.last.off <= off {
		at = q.last
	}
	if q.deep.chunk != nil && q.deep.off <= off && q.deep.off > at.off {
		at = q.deep
	}
	for off >= at.off+at.chunk.len() {
		at.off += at.chunk.len()
		at.chunk = at.chunk.next
	}
	q.last = at
	if q.deep.chunk == nil || at.off > q.deep.off {
		q.deep = at
	}
	return at
}

// MoveTo appends all of q to dst and leaves q empty. It takes constant time: whole chunks change
// hands. Only a first chunk that is nearly empty, or whose bytes fit into the room at the end of
// dst, is copied, so that many small moves do not leave many small chunks.
func (q *Queue) MoveTo(dst *Queue) {
	if q == dst || q.head == nil {
		return
	}
	if b := q.head.bytes(); dst.tail != nil &&
		(len(b) <= dst.tail.room() || len(b) < len(q.head.buf)/4) {
		dst.Append(b)
		q.Discard(len(b))
		if q.head == nil {
			return
		}
	}
	if dst.tail == nil {
		dst.head = q.head
	} else {
		dst.tail.next = q.head
	}
	dst.tail = q.tail
	dst.length += q.length
	*q = Queue{}
}

// Release drops everything.
func (q *Queue) Release() {
	for c := q.head; c != nil; {
		next := c.next
		c.free()
		c = next
	}
	*q = Queue{}
}
