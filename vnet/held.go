package vnet

import "github.com/atoll-os/atoll/clock"

// heldFrame is a frame that a fault holds back: an entry of its own in the event queue, since it
// keeps no order with the others.
type heldFrame struct {
	entry      entry
	direction  *Direction
	f          *Frame
	prev, next *heldFrame // of the direction's list, in the order they came
}

// heldList is a doubly linked list; at its ends are nil.
type heldList struct {
	first, last *heldFrame
	n           int
}

func (l *heldList) push(h *heldFrame) {
	h.prev, h.next = l.last, nil
	if l.last != nil {
		l.last.next = h
	} else {
		l.first = h
	}
	l.last = h
	l.n++
}

func (l *heldList) remove(h *heldFrame) {
	if h.prev != nil {
		h.prev.next = h.next
	} else {
		l.first = h.next
	}
	if h.next != nil {
		h.next.prev = h.prev
	} else {
		l.last = h.prev
	}
	l.n--
}

// hold keeps e's frame for e's delay in front of the link.
func (d *Direction) hold(e *Event) {
	n := d.network
	if d.held.n >= HeldMax {
		e.Reason = HeldTooMany
		n.drop(e)
		return
	}
	n.event(e)
	h := n.spare
	if h == nil {
		h = &heldFrame{}
		h.entry.fire = h
	} else {
		n.spare = h.next
	}
	h.direction, h.f = d, e.Frame
	d.held.push(h)
	n.queue.set(&h.entry, e.At.Add(e.Delay))
}

// release takes the frame out of its direction's list, and h out of the event queue.
func (h *heldFrame) release(n *Network) *Frame {
	f := h.f
	n.queue.set(&h.entry, clock.Never)
	h.direction.held.remove(h)
	h.direction, h.f, h.prev = nil, nil, nil
	h.next, n.spare = n.spare, h
	return f
}

func (h *heldFrame) fire(n *Network, now clock.Instant) {
	d := h.direction
	d.enqueue(now, h.release(n))
}

func (h *heldFrame) what() string { return h.direction.what() }
