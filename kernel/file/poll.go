package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
)

// EventsMax is how many events one epoll_pwait gives at most; Go asks for 128.
const EventsMax = 128

// watch is one file in one epoll set. The indices are those of objects, plus one; 0 is free.
//
// Level-triggered, an event is told as long as it lasts. Edge-triggered, it is told once for each
// time that something arrived: the runtime of Go would spin otherwise.
type watch struct {
	set, object int
	fd          uint64
	events      uint32
	data        uint64
	in, out     uint64 // what was told: the object's counts
	hangup      bool   // told
}

// NewEpoll is epoll_create1(2).
func (t *Table) NewEpoll(flags uint64) int64 {
	if flags&^abi.OpenCloseExec != 0 {
		return -abi.EINVAL
	}
	return t.open(Object{Kind: Epoll, Flags: abi.OpenReadWrite}, flags != 0)
}

// watched returns the watch of a descriptor in a set, or nil.
func (t *Table) watched(set int, fd uint64) *watch {
	for i := range t.watchEnd {
		if w := &t.watches[i]; w.set == set && w.fd == fd && w.object == t.slots[fd].object {
			return w
		}
	}
	return nil
}

// Watch is epoll_ctl(2).
func (t *Table) Watch(epfd, operation, fd, address uint64) int64 {
	set, o := t.Object(epfd), t.Object(fd)
	if set == nil || o == nil {
		return -abi.EBADF
	}
	if set.Kind != Epoll || epfd == fd || o.Kind == Epoll {
		return -abi.EINVAL
	}
	if !o.pollable() {
		return -abi.EPERM
	}
	index := t.slots[epfd].object
	w := t.watched(index, fd)
	var event [abi.EpollEventBytes]byte
	if operation != abi.EpollDel && !t.Space.CopyIn(event[:], address) {
		return -abi.EFAULT
	}
	switch operation {
	case abi.EpollAdd:
		if w != nil {
			return -abi.EEXIST
		}
		for i := range t.watches {
			if t.watches[i].set == 0 {
				w = &t.watches[i]
				t.watchEnd = max(t.watchEnd, i+1)
				break
			}
		}
		if w == nil {
			return -abi.ENOSPC
		}
	case abi.EpollMod, abi.EpollDel:
		if w == nil {
			return -abi.ENOENT
		}
	default:
		return -abi.EINVAL
	}
	*w = watch{}
	if operation != abi.EpollDel {
		in, out := t.counts(o)
		*w = watch{set: index, object: t.slots[fd].object, fd: fd, in: in - 1, out: out - 1,
			events: mem.Load32(event[0:]), data: mem.Load64(event[4:])}
	}
	t.Changes++
	return 0
}

// pollable tells whether a file can be watched: the console and devices that are always ready
// cannot, as regular files cannot.
func (o *Object) pollable() bool {
	switch o.Kind {
	case Event, PipeRead, PipeWrite, Net, NetFrames, Socket, Driver, Generation:
		return true
	}
	return false
}

// forget ends all watches of, and in, an object that is closed.
func (t *Table) forget(o *Object) {
	for i := range t.watchEnd {
		w := &t.watches[i]
		if w.set != 0 && (&t.objects[w.object-1] == o || &t.objects[w.set-1] == o) {
			*w = watch{}
		}
	}
}

// counts returns how often something arrived at a file to be read, and how often room to write.
func (t *Table) counts(o *Object) (in, out uint64) {
	switch o.Kind {
	case PipeRead, PipeWrite:
		return t.pipes[o.index].in, t.pipes[o.index].out
	case Socket:
		return t.socketCounts(&t.sockets[o.index])
	case Net, NetFrames:
		return t.Nets[o.index].In, t.Nets[o.index].Out
	case Driver:
		return t.asked, 0
	case Generation:
		return t.generation.count, 0
	}
	return o.in, o.out
}

// ready returns what could be done with a file now, as epoll's events.
func (t *Table) ready(o *Object) (events uint32) {
	switch o.Kind {
	case Event:
		if o.count > 0 {
			events |= abi.EpollIn
		}
		if o.count < eventMax {
			events |= abi.EpollOut
		}
	case Socket:
		return t.socketReady(&t.sockets[o.index])
	case Driver:
		events = abi.EpollOut
		if t.wants > 0 {
			events |= abi.EpollIn
		}
	case Net, NetFrames:
		if t.Nets[o.index].Readable() {
			events |= abi.EpollIn
		}
		if t.Nets[o.index].Writable() {
			events |= abi.EpollOut
		}
	case Generation:
		if o.count != t.generation.count+1 {
			events |= abi.EpollIn
		}
	case PipeRead:
		p := &t.pipes[o.index]
		if p.head < p.tail {
			events |= abi.EpollIn
		}
		if !p.writers {
			events |= abi.EpollHup
		}
	case PipeWrite:
		p := &t.pipes[o.index]
		if p.room() >= pipeAtomic {
			events |= abi.EpollOut
		}
		if !p.readers {
			events |= abi.EpollErr
		}
	}
	return events
}

// due returns the events of a watch that are to be told now, and notes that they were.
func (t *Table) due(w *watch) uint32 {
	o := &t.objects[w.object-1]
	const always = abi.EpollErr | abi.EpollHup
	events := t.ready(o) & (w.events | always)
	if w.events&abi.EpollEdge == 0 {
		return events
	}
	in, out := t.counts(o)
	if in == w.in {
		events &^= abi.EpollIn | abi.EpollReadHup
	}
	if out == w.out {
		events &^= abi.EpollOut
	}
	if w.hangup {
		events &^= always
	}
	if events&(abi.EpollIn|abi.EpollReadHup) != 0 {
		w.in = in
	}
	if events&abi.EpollOut != 0 {
		w.out = out
	}
	w.hangup = w.hangup || events&always != 0
	return events
}

// Poll is epoll_pwait(2) without the waiting: it writes the events that are due to the program's
// memory and returns how many, or -EAGAIN if there are none.
func (t *Table) Poll(epfd, address, most uint64) int64 {
	set := t.Object(epfd)
	switch {
	case set == nil:
		return -abi.EBADF
	case set.Kind != Epoll || most == 0 || most > 1<<31-1:
		return -abi.EINVAL
	}
	most = min(most, EventsMax)
	if !t.Space.Writable(address, most*abi.EpollEventBytes) {
		return -abi.EFAULT
	}
	n := uint64(0)
	for i := range t.watchEnd {
		w := &t.watches[i]
		if n == most || w.set != t.slots[epfd].object {
			continue
		}
		events := t.due(w)
		if events == 0 {
			continue
		}
		var b [abi.EpollEventBytes]byte
		mem.Store32(b[0:], events)
		mem.Store64(b[4:], w.data)
		t.Space.CopyOut(address+n*abi.EpollEventBytes, b[:])
		n++
	}
	if n == 0 {
		return -abi.EAGAIN
	}
	return int64(n)
}
