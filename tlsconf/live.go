package tlsconf

import (
	"errors"
	"maps"
	"net"
	"slices"
	"sync"
)

// ErrCloned is the error of a connection that was open when the machine was copied.
var ErrCloned = errors.New("tlsconf: this is a copy of the machine: " +
	"the connection is the original's")

// live are the open connections of a [Listener] or [Dialer]. It listens for copies as long as
// there are any.
type live struct {
	mu     sync.Mutex
	open   map[uint64]*tracked
	last   uint64 // number of the youngest
	cancel func() // of OnClone, nil while none is open
}

// tracked is a connection beneath TLS. What a copy would send through it never leaves: nonces
// that the original uses too.
type tracked struct {
	net.Conn
	live       *live
	number     uint64
	clones     Clones
	generation uint64 // in which it was opened
}

// track returns c itself if nobody tells of copies.
func (l *live) track(c net.Conn, clones Clones) net.Conn {
	if clones == nil {
		return c
	}
	t := &tracked{Conn: c, live: l, clones: clones, generation: clones.Generation()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = map[uint64]*tracked{}
	}
	if len(l.open) == 0 {
		l.cancel = clones.OnClone(func(uint64) { l.closeAll() })
	}
	l.last++
	t.number = l.last
	l.open[t.number] = t
	return t
}

// closeAll closes those that a copy was taken of, in the order in which they were opened.
func (l *live) closeAll() {
	l.mu.Lock()
	var all []*tracked
	for _, number := range slices.Sorted(maps.Keys(l.open)) {
		all = append(all, l.open[number])
	}
	l.mu.Unlock()
	for _, t := range all {
		if t.cloned() {
			t.Close()
		}
	}
}

func (t *tracked) cloned() bool { return t.clones.Generation() != t.generation }

// Write refuses in a copy.
func (t *tracked) Write(p []byte) (int, error) {
	if t.cloned() {
		t.Close()
		return 0, &net.OpError{Op: "write", Net: t.LocalAddr().Network(), Source: t.LocalAddr(),
			Addr: t.RemoteAddr(), Err: ErrCloned}
	}
	return t.Conn.Write(p)
}

// Close forgets the connection and closes it.
func (t *tracked) Close() error {
	t.live.forget(t.number)
	return t.Conn.Close()
}

func (l *live) forget(number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.open[number]; !ok {
		return
	}
	delete(l.open, number)
	if len(l.open) == 0 {
		l.cancel()
	}
}
