package overlay

import "sync"

// DrawBytesMax is the most that the installed function is asked for at once.
const DrawBytesMax = 16 << 10

// buffers holds what draws pass through: *[DrawBytesMax]byte, all zero.
var buffers = sync.Pool{New: func() any { return new([DrawBytesMax]byte) }}

// through returns a hook that fills memory of ours by read and copies it. What a hook is given may
// lie on a stack that moves, so read, which might keep it or hand it to another goroutine, must
// not see it (see hookSource).
func through(read func([]byte)) func([]byte) bool {
	return func(b []byte) bool {
		for len(b) > 0 {
			own := buffers.Get().(*[DrawBytesMax]byte)
			part := own[:min(len(b), len(own))]
			read(part)
			copy(b, part)
			clear(part)
			buffers.Put(own)
			b = b[len(part):]
		}
		return true
	}
}
