// Package file holds the descriptors of the one program and what they stand for: the console, small
// devices, event counters, pipes, sockets, and the epoll sets that watch them.
//
// A call that cannot go on returns -EAGAIN; whether its thread waits then is for the caller to
// decide. Each change that could let a waiting call go on raises Table.Changes, so that the caller
// knows when to make it again: there are no queues of waiters.
//
// Nothing here allocates, calls an interface or needs a Go runtime. One processor, no locks.
package file

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/tree"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// Limits of the tables.
const (
	DescriptorsMax = 2048
	PipesMax       = 1000
	WatchesMax     = 2048
	pathBytesMax   = 1024
)

// Kind is what an open file is.
type Kind uint8

// The kinds.
const (
	None Kind = iota
	Console
	Null
	Zero
	Random
	Event     // an event counter, eventfd(2)
	Epoll     // a set of watches
	PipeRead  // the end of a pipe that gives
	PipeWrite // the end that takes
	Net       // a network card: a frame
	NetFrames // the same: several frames
	NetInfo   // a line about one
	File      // a file of the tree
	Folder
	Socket
	Driver     // /dev/sockets
	Ready      // what is written there says that the program can be used
	Generation // which copy of the machine this is
	Disk       // sectors
)

// Object is an open file: what several descriptors can share.
type Object struct {
	Kind  Kind
	Flags uint32 // abi.OpenNonblock and the access mode
	refs  int
	index int    // of a pipe, a network card, a node or a socket
	count uint64 // of an event counter; of others where the next read begins
	in    uint64 // how often something came to be read
	out   uint64 // how often there came to be room
}

// Devices are what the machine gives a Table: two functions that never fail.
type Devices struct {
	Write  func(p []byte) // to the console
	Random func(p []byte) // fills p
}

// Table is all descriptors.
type Table struct {
	Changes uint64 // raised by whatever may let a waiting call go on
	Space   *mem.Space
	Devices Devices
	Nets    [NetsMax]virtio.Net
	Disks   [DisksMax]virtio.Block
	Tree    tree.Tree
	Ready   bool  // the program has said so, and nobody has passed it on
	Now     int64 // nanoseconds since 1970, for the times of files

	objects  [DescriptorsMax]Object
	slots    [DescriptorsMax]slot
	pipes    [PipesMax]pipe
	watches  [WatchesMax]watch
	watchEnd int // after the last watch that was ever used
	sockets  [SocketsMax]socket
	nextPort uint16
	scratch  [pathBytesMax]byte

	socketEnd  int    // after the last socket that was ever used
	driven     bool   // /dev/sockets is open
	wants      int    // sockets of which the driver is to be told something
	asked      uint64 // how often there came to be one
	noticed    bool   // the console has been told that there is no driver
	generation generation
}

// slot is a descriptor: the index of its object plus one, 0 if it is free.
type slot struct {
	object    int
	closeExec bool
}

// Init opens descriptors 0, 1 and 2 on the console.
func (t *Table) Init(s *mem.Space, d Devices) {
	t.Space, t.Devices = s, d
	t.Tree.Init(s)
	for range 3 {
		t.open(Object{Kind: Console, Flags: abi.OpenReadWrite}, false)
	}
}

// Object returns what a descriptor stands for, or nil.
func (t *Table) Object(fd uint64) *Object {
	if fd >= DescriptorsMax || t.slots[fd].object == 0 {
		return nil
	}
	return &t.objects[t.slots[fd].object-1]
}

// open gives a new object the lowest free descriptor, or returns -EMFILE.
func (t *Table) open(o Object, closeExec bool) int64 {
	for i := range t.objects {
		if t.objects[i].Kind != None {
			continue
		}
		fd := t.lowest(0)
		if fd < 0 {
			break
		}
		o.refs = 1
		t.objects[i] = o
		t.slots[fd] = slot{i + 1, closeExec}
		return fd
	}
	return -abi.EMFILE
}

// lowest returns the lowest free descriptor from a number on, or -EMFILE.
func (t *Table) lowest(from uint64) int64 {
	for fd := from; fd < DescriptorsMax; fd++ {
		if t.slots[fd].object == 0 {
			return int64(fd)
		}
	}
	return -abi.EMFILE
}

// Close is close(2).
func (t *Table) Close(fd uint64) int64 {
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	t.slots[fd] = slot{}
	o.refs--
	if o.refs > 0 {
		return 0
	}
	t.forget(o)
	switch o.Kind {
	case PipeRead, PipeWrite:
		t.closeEnd(o.index, o.Kind == PipeRead)
	case Socket:
		t.closeSocket(o.index)
	case Driver:
		t.driverEnds()
	case File, Folder:
		t.Tree.Close(o.index)
	}
	*o = Object{}
	t.Changes++
	return 0
}

// duplicate gives the object of fd another descriptor.
func (t *Table) duplicate(fd, lowest uint64, closeExec bool) int64 {
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	if lowest >= DescriptorsMax {
		return -abi.EINVAL
	}
	other := t.lowest(lowest)
	if other >= 0 {
		t.slots[other] = slot{t.slots[fd].object, closeExec}
		o.refs++
	}
	return other
}

// Duplicate is dup(2).
func (t *Table) Duplicate(fd uint64) int64 { return t.duplicate(fd, 0, false) }

// DuplicateTo is dup3(2): descriptor to stands for what fd does, and is closed before.
func (t *Table) DuplicateTo(fd, to, flags uint64) int64 {
	o := t.Object(fd)
	switch {
	case o == nil || to >= DescriptorsMax:
		return -abi.EBADF
	case fd == to || flags&^abi.OpenCloseExec != 0:
		return -abi.EINVAL
	}
	t.Close(to)
	t.slots[to] = slot{t.slots[fd].object, flags != 0}
	o.refs++
	return int64(to)
}

// settable are the flags of a file that fcntl may change.
const settable = abi.OpenAppend | abi.OpenNonblock

// Control is fcntl(2).
func (t *Table) Control(fd, command, arg uint64) int64 {
	o := t.Object(fd)
	if o == nil {
		return -abi.EBADF
	}
	switch command {
	case abi.DupFD, abi.DupFDCloseExec:
		return t.duplicate(fd, arg, command == abi.DupFDCloseExec)
	case abi.GetFD:
		if t.slots[fd].closeExec {
			return 1
		}
		return 0
	case abi.SetFD:
		t.slots[fd].closeExec = arg&1 != 0
		return 0
	case abi.GetFlags:
		return int64(o.Flags)
	case abi.SetFlags:
		o.Flags = o.Flags&^settable | uint32(arg)&settable
		t.Changes++
		return 0
	}
	return -abi.EINVAL
}
