package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/thread"
)

// CallNumbers is one more than the highest number of a system call that is counted by itself.
const CallNumbers = 512

// Call is a system call that the kernel serves.
type Call struct {
	Number uint64 // of Linux on amd64
	Name   string
	What   string // what it does here, for people
	serve  func(k *Kernel, t *thread.Thread) int64
}

// blocked is the result of a call whose thread waits: whoever ends the wait writes the result.
const blocked = -1 << 63

// calls are all calls that are served, by number.
var calls = [...]Call{
	{0, "read", "up to 64 KiB; waits unless O_NONBLOCK", (*Kernel).read},
	{1, "write", "up to 64 KiB; waits unless O_NONBLOCK; SIGPIPE with EPIPE", (*Kernel).write},
	{3, "close", "", (*Kernel).closeFile},
	{5, "fstat", "", (*Kernel).fstat},
	{8, "lseek", "SET, CUR, END", (*Kernel).lseek},
	{9, "mmap", "private anonymous memory, given when touched, or /dev/generation; never executable",
		(*Kernel).mmap},
	{10, "mprotect", "never to executable", (*Kernel).mprotect},
	{11, "munmap", "", (*Kernel).munmap},
	{13, "rt_sigaction", "", (*Kernel).sigaction},
	{14, "rt_sigprocmask", "", (*Kernel).sigprocmask},
	{15, "rt_sigreturn", "", (*Kernel).sigreturn},
	{17, "pread64", "", (*Kernel).pread},
	{18, "pwrite64", "", (*Kernel).pwrite},
	{20, "writev", "", (*Kernel).writev},
	{24, "sched_yield", "", (*Kernel).yield},
	{28, "madvise", "DONTNEED gives pages back; other advice changes nothing", (*Kernel).madvise},
	{32, "dup", "", (*Kernel).dup},
	{35, "nanosleep", "the rest of an interrupted sleep is not told", (*Kernel).nanosleep},
	{38, "setitimer", "ITIMER_PROF: SIGPROF to the thread that runs", (*Kernel).setitimer},
	{39, "getpid", "1", (*Kernel).one},
	{41, "socket", "TCP and UDP, IPv4 and IPv6", (*Kernel).socket},
	{42, "connect", "ENETUNREACH for what is outside, without a driver", (*Kernel).connect},
	{44, "sendto", "flags DONTWAIT and NOSIGNAL", (*Kernel).sendto},
	{45, "recvfrom", "flag DONTWAIT", (*Kernel).recvfrom},
	{46, "sendmsg", "one piece, no control data", (*Kernel).sendmsg},
	{47, "recvmsg", "one piece, no control data", (*Kernel).recvmsg},
	{48, "shutdown", "", (*Kernel).shutdown},
	{49, "bind", "an address outside needs the driver", (*Kernel).bind},
	{50, "listen", "128 wait at most; waits for the driver", (*Kernel).listen},
	{51, "getsockname", "", (*Kernel).getsockname},
	{52, "getpeername", "", (*Kernel).getpeername},
	{54, "setsockopt", "SO_LINGER of 0, IPV6_V6ONLY; no groups; others do nothing",
		(*Kernel).setsockopt},
	{55, "getsockopt", "SO_ERROR, SO_TYPE, IPV6_V6ONLY; others are 0", (*Kernel).getsockopt},
	{56, "clone", "threads as the Go runtime makes them; EINVAL for others", (*Kernel).clone},
	{60, "exit", "ends the thread, and with the last one the program", (*Kernel).exitThread},
	{62, "kill", "a signal to the program itself", (*Kernel).killProcess},
	{63, "uname", "Linux 6.1.0-atoll", (*Kernel).uname},
	{72, "fcntl", "DUPFD, GETFD, SETFD, GETFL, SETFL", (*Kernel).fcntl},
	{74, "fsync", "a disk is flushed; else nothing to do", (*Kernel).fsync},
	{75, "fdatasync", "as fsync", (*Kernel).fsync},
	{77, "ftruncate", "", (*Kernel).ftruncate},
	{79, "getcwd", "", (*Kernel).getcwd},
	{80, "chdir", "", (*Kernel).chdir},
	{81, "fchdir", "", (*Kernel).fchdir},
	{91, "fchmod", "remembered, not checked", (*Kernel).fchmod},
	{102, "getuid", "0", (*Kernel).zero},
	{104, "getgid", "0", (*Kernel).zero},
	{107, "geteuid", "0", (*Kernel).zero},
	{108, "getegid", "0", (*Kernel).zero},
	{110, "getppid", "0", (*Kernel).zero},
	{131, "sigaltstack", "", (*Kernel).sigaltstack},
	{158, "arch_prctl", "SET_FS", (*Kernel).archPrctl},
	{186, "gettid", "", (*Kernel).gettid},
	{202, "futex", "WAIT with a relative timeout, and WAKE", (*Kernel).futex},
	{204, "sched_getaffinity", "one processor", (*Kernel).affinity},
	{217, "getdents64", "without . and ..", (*Kernel).getdents},
	{228, "clock_gettime", "real time and monotonic; the vDSO answers most", (*Kernel).clockGettime},
	{229, "clock_getres", "1 ns", (*Kernel).clockGetres},
	{231, "exit_group", "", (*Kernel).exitGroup},
	{233, "epoll_ctl", "", (*Kernel).epollCtl},
	{234, "tgkill", "", (*Kernel).tgkill},
	{257, "openat", "files in memory, and the devices of /dev", (*Kernel).openat},
	{258, "mkdirat", "", (*Kernel).mkdirat},
	{262, "newfstatat", "", (*Kernel).fstatat},
	{263, "unlinkat", "", (*Kernel).unlinkat},
	{264, "renameat", "", (*Kernel).renameat},
	{267, "readlinkat", "/proc/self/exe is the name /program; else EINVAL", (*Kernel).readlinkat},
	{268, "fchmodat", "remembered, not checked", (*Kernel).fchmodat},
	{269, "faccessat", "what is there may be used", (*Kernel).faccessat},
	{275, "splice", "EINVAL, so that the program copies", (*Kernel).invalid},
	{281, "epoll_pwait", "level and edge; without a signal mask", (*Kernel).epollPwait},
	{288, "accept4", "", (*Kernel).accept},
	{290, "eventfd2", "not as a semaphore", (*Kernel).eventfd},
	{291, "epoll_create1", "", (*Kernel).epollCreate},
	{292, "dup3", "", (*Kernel).dup3},
	{293, "pipe2", "64 KiB", (*Kernel).pipe},
	{299, "recvmmsg", "64 messages, no time limit", (*Kernel).recvmmsg},
	{302, "prlimit64", "2048 files; others without limit", (*Kernel).prlimit},
	{307, "sendmmsg", "64 messages", (*Kernel).sendmmsg},
	{316, "renameat2", "without flags", (*Kernel).renameat2},
	{318, "getrandom", "up to 64 KiB, never waits", (*Kernel).getrandom},
}

// Calls returns the system calls that are served, by number.
func Calls() []Call { return calls[:] }

// Deny makes the kernel not serve a call: to find out what a program needs.
func (k *Kernel) Deny(number uint64) {
	if number < CallNumbers {
		k.served[number] = 0
	}
}

// index notes where in the table each call is.
func (k *Kernel) index() {
	for i := range calls {
		k.served[calls[i].Number] = uint8(i + 1)
	}
}

// call makes the call that t asks for.
func (k *Kernel) call(t *thread.Thread) {
	number, place := t.Regs.AX, uint8(0)
	if number < CallNumbers {
		place = k.served[number]
	}
	if !t.Retried {
		if number < CallNumbers {
			k.Served[number]++
		} else {
			k.Beyond++
		}
	}
	k.Files.Now = k.Wall + k.now
	result := int64(-abi.ENOSYS)
	if place != 0 {
		result = calls[place-1].serve(k, t)
	} else {
		k.Unknown++
	}
	if result == blocked {
		return
	}
	t.Retried = false
	t.Regs.AX = uint64(result)
}

// retry lets t wait until something changes, or until an instant: then its call is made again.
func (k *Kernel) retry(t *thread.Thread, until int64) int64 {
	if t.Retried {
		until = t.Until
	}
	t.Seen = k.Files.Changes
	k.Threads.Block(t, thread.Retry, 0, until)
	return blocked
}

func (k *Kernel) zero(*thread.Thread) int64 { return 0 }

func (k *Kernel) invalid(*thread.Thread) int64 { return -abi.EINVAL }

func (k *Kernel) one(*thread.Thread) int64 { return 1 }

// Serves tells whether a system call is in the table.
func Serves(number uint64) bool {
	for i := range calls {
		if calls[i].Number == number {
			return true
		}
	}
	return false
}
