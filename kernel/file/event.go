package file

import "github.com/atoll-os/atoll/kernel/abi"

// An event counter holds at most eventMax; a write that would exceed it waits (eventfd(2)).
const eventMax = 1<<64 - 2

// NewEvent is eventfd2(2), without semaphores.
func (t *Table) NewEvent(count, flags uint64) int64 {
	if flags&^(abi.OpenNonblock|abi.OpenCloseExec) != 0 {
		return -abi.EINVAL
	}
	o := Object{Kind: Event, Flags: abi.OpenReadWrite | uint32(flags&abi.OpenNonblock)}
	o.count = count & 0xffffffff
	return t.open(o, flags&abi.OpenCloseExec != 0)
}

// readEvent gives the count and makes it 0.
func (t *Table) readEvent(o *Object, address, n uint64) int64 {
	switch {
	case n < 8:
		return -abi.EINVAL
	case o.count == 0:
		return -abi.EAGAIN
	case !t.Space.Store64(address, o.count):
		return -abi.EFAULT
	}
	o.count = 0
	o.out++
	t.Changes++
	return 8
}

// writeEvent adds to the count.
func (t *Table) writeEvent(o *Object, address, n uint64) int64 {
	if n < 8 {
		return -abi.EINVAL
	}
	add, ok := t.Space.Load64(address)
	switch {
	case !ok:
		return -abi.EFAULT
	case add > eventMax:
		return -abi.EINVAL
	case add > eventMax-o.count:
		return -abi.EAGAIN
	}
	o.count += add
	o.in++
	t.Changes++
	return 8
}
