package thread

import "github.com/atoll-os/atoll/kernel/abi"

// Action is what a program wants done about a signal: struct sigaction of Linux on amd64, in the
// order of its words.
type Action struct{ Handler, Flags, Restorer, Mask uint64 }

// ActionBytes is the size of an Action in a program's memory.
const ActionBytes = 32

// bit is the place of a signal in a mask.
func bit(signal int) uint64 { return 1 << (uint(signal) - 1) }

// unblockable are the signals that no mask holds back.
const unblockable = 1<<(abi.SIGKILL-1) | 1<<(abi.SIGSTOP-1)

// SetMask sets the blocked signals of th.
func (th *Thread) SetMask(mask uint64) { th.Mask = mask &^ unblockable }

// Send makes a signal pending for th, or for the process if th is nil. A thread that waits and does
// not block it is woken: its call is interrupted.
func (t *Table) Send(th *Thread, signal int) {
	if t.ignored(signal) {
		return
	}
	if th != nil {
		th.Pending |= bit(signal)
		th.interrupt(signal)
		return
	}
	t.Pending |= bit(signal)
	for i := range t.list {
		if th := &t.list[i]; th.State != Free && th.State != Disk && th.Mask&bit(signal) == 0 {
			th.interrupt(signal)
			return
		}
	}
}

// interrupt ends th's wait because of a signal that it does not block. A call that would be made
// again anyway is, after the handler: its number is still in AX, and the instruction has 2 bytes.
// Who waits for a disk waits on, since that will write to its memory.
func (th *Thread) interrupt(signal int) {
	if th.State <= Ready || th.State == Disk || th.Mask&bit(signal) != 0 {
		return
	}
	if th.State == Retry && !th.restartless() {
		th.State, th.Retried = Ready, false
		th.Regs.IP -= syscallBytes
		return
	}
	th.resume(-abi.EINTR)
}

// syscallBytes is the length of the SYSCALL instruction.
const syscallBytes = 2

// restartless tells whether th is in a call that Linux never restarts: epoll_wait and epoll_pwait.
func (th *Thread) restartless() bool {
	const epollWait, epollPwait = 232, 281
	return th.Regs.AX == epollWait || th.Regs.AX == epollPwait
}

// ignored tells whether a signal has no effect at all.
func (t *Table) ignored(signal int) bool {
	h := t.Actions[signal].Handler
	return h == abi.HandlerIgnore || h == abi.HandlerDefault && harmless(signal)
}

// harmless tells whether a signal does nothing by default. There is nobody who could continue a
// stopped program, so the stop signals do nothing either.
func harmless(signal int) bool {
	switch signal {
	case abi.SIGCHLD, abi.SIGCONT, abi.SIGURG, abi.SIGWINC, abi.SIGSTOP, 20, 21, 22:
		return true
	}
	return false
}

// Take removes the lowest signal that th must handle now and returns it; 0 is none.
func (t *Table) Take(th *Thread) (signal int) {
	due := (th.Pending | t.Pending) &^ th.Mask
	if due == 0 {
		return 0
	}
	for signal = 1; due&bit(signal) == 0; {
		signal++
	}
	if th.Pending&bit(signal) != 0 {
		th.Pending &^= bit(signal)
	} else {
		t.Pending &^= bit(signal)
	}
	return signal
}

// Fatal tells whether a signal that comes to th now ends the program: it has no handler, or, for
// one that th itself caused, is blocked.
func (t *Table) Fatal(th *Thread, signal int, caused bool) bool {
	h := t.Actions[signal].Handler
	if caused && (th.Mask&bit(signal) != 0 || h == abi.HandlerIgnore) {
		return true
	}
	return h == abi.HandlerDefault && (caused || !harmless(signal))
}
