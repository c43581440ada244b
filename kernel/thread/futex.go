package thread

import "github.com/atoll-os/atoll/kernel/abi"

// Block makes th wait in a state until a deadline. Its call's result is written when it wakes.
func (t *Table) Block(th *Thread, s State, key uint64, until int64) {
	th.State, th.Key, th.Until = s, key, until
}

// Wake ends the wait of at most count threads for a futex, in the order of their slots, and returns
// how many these were.
func (t *Table) Wake(key uint64, count int) (woken int) {
	for i := range t.list {
		if th := &t.list[i]; woken < count && th.State == Futex && th.Key == key {
			th.resume(0)
			woken++
		}
	}
	return woken
}

// Served ends the wait of the thread that waits for a disk, with the result of its call.
func (t *Table) Served(disk uint64, result int64) {
	for i := range t.list {
		if th := &t.list[i]; th.State == Disk && th.Key == disk {
			th.resume(result)
		}
	}
}

// timeout ends a wait whose time has come.
func (t *Table) timeout(th *Thread) {
	if th.State == Futex {
		th.resume(-abi.ETIMEDOUT)
	} else {
		th.resume(0)
	}
}

// resume lets th go on with the result of its call.
func (th *Thread) resume(result int64) {
	th.State, th.Retried = Ready, false
	th.Regs.AX = uint64(result)
}
