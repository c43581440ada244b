package tcpip

import "net/netip"

// table finds TCP sockets by their addresses: a hash table chained through the sockets themselves,
// placed by their ids. The ids are keyed, so nobody can aim at one chain.
type table struct {
	buckets []*TCPSocket
	count   int
}

const tableBucketsMin = 16

// find returns the socket of two addresses, whose id the caller has computed, or nil.
func (h *table) find(id uint64, local, remote netip.AddrPort) *TCPSocket {
	if len(h.buckets) == 0 {
		return nil
	}
	t := h.buckets[id&uint64(len(h.buckets)-1)]
	for t != nil && (t.id != id || t.remote != remote || t.local != local) {
		t = t.hashNext
	}
	return t
}

// insert adds a socket that is not in the table.
func (h *table) insert(t *TCPSocket) {
	if h.count >= len(h.buckets) {
		h.resize(max(2*len(h.buckets), tableBucketsMin))
	}
	h.link(t)
	h.count++
}

func (h *table) link(t *TCPSocket) {
	head := &h.buckets[t.id&uint64(len(h.buckets)-1)]
	t.hashNext = *head
	*head = t
}

// remove takes a socket out that is in the table.
func (h *table) remove(t *TCPSocket) {
	p := &h.buckets[t.id&uint64(len(h.buckets)-1)]
	for *p != t {
		p = &(*p).hashNext
	}
	*p, t.hashNext = t.hashNext, nil
	h.count--
	if len(h.buckets) > tableBucketsMin && h.count < len(h.buckets)/8 {
		h.resize(len(h.buckets) / 2)
	}
}

func (h *table) resize(n int) {
	old := h.buckets
	h.buckets = make([]*TCPSocket, n)
	for _, t := range old {
		for t != nil {
			next := t.hashNext
			h.link(t)
			t = next
		}
	}
}

// all appends every socket to list, in no order that means anything.
func (h *table) all(list []*TCPSocket) []*TCPSocket {
	for _, t := range h.buckets {
		for ; t != nil; t = t.hashNext {
			list = append(list, t)
		}
	}
	return list
}
