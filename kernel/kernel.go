package kernel

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/exec"
	"github.com/atoll-os/atoll/kernel/file"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
	"github.com/atoll-os/atoll/kernel/thread"
	"github.com/atoll-os/atoll/kernel/virtio"
)

// SliceNanoseconds is how long a thread runs while others wait.
const SliceNanoseconds = 10e6

// Kernel is the state of the machine. It is large: a program has one, as a variable.
type Kernel struct {
	Space   mem.Space
	Threads thread.Table
	Files   file.Table
	Control virtio.Control // the host's line to the kernel
	Wall    int64          // nanoseconds since 1970 when the machine's clock was 0

	Over bool // the program has ended, see Code
	Code int  // its exit code: what it said, or 128 + the signal that ended it
	// Fatal is what ended the program if that was not its own decision.
	Fatal Fatal

	Served  [CallNumbers]uint64 // how often each call was made, also those that are not served
	Beyond  uint64              // calls with numbers from CallNumbers on
	Unknown uint64              // calls that are not served, both kinds

	served [CallNumbers]uint8 // index in calls plus one; 0 is not served
	path   [PathBytesMax]byte
	path2  [PathBytesMax]byte // where something is renamed to
	seed   [16]byte           // for the program
	now    int64
	slice  int64 // when the running thread's turn ends
	turn   bool  // somebody else's turn has come

	profiler profiler
}

// Machine is what the kernel needs of the hardware besides memory.
type Machine struct {
	Devices file.Devices
	Wall    int64  // nanoseconds since 1970 when the machine's clock was 0
	Root    uint64 // physical address of the top page table
	From    uint64 // physical addresses between which memory is free
	To      uint64
}

// Fatal is why a program was ended.
type Fatal struct {
	Signal  int
	Memory  bool // there was none left
	Address uint64
	IP      uint64
	Thread  int
}

// Init prepares the kernel over ram. It reports false if there is not enough memory.
func (k *Kernel) Init(ram mem.RAM, m *Machine) bool {
	k.Wall = m.Wall
	k.Space.Init(ram, m.Root, m.From, m.To)
	const perPage = mem.PageBytes / thread.FXBytes
	first := uint64(0)
	for i := range thread.ThreadsMax / perPage { // the first pages are in order
		at, ok := k.Space.Pages.Take()
		if !ok {
			return false
		}
		if i == 0 {
			first = at
		}
	}
	k.Threads.Init(first)
	k.Files.Init(&k.Space, m.Devices)
	k.index()
	return true
}

// Start loads the program that lies at a physical address and makes its first thread.
func (k *Kernel) Start(phys, size uint64, args, environ exec.Strings) exec.Failure {
	p, f := exec.Load(&k.Space, phys, size)
	if f != exec.Loaded {
		return f
	}
	for i, prot := range [2]uint8{abi.ProtRead | abi.ProtExec, abi.ProtRead} {
		at := uint64(i) * mem.PageBytes
		if !k.Space.Place(mem.Area{Start: layout.VDSOBase + at, End: layout.VDSOBase + at + mem.PageBytes,
			Phys: layout.VDSOPhys + at, Prot: prot, Origin: mem.Image}) {
			return exec.BadSegment
		}
	}
	k.Files.Devices.Random(k.seed[:])
	sp, f := exec.Stack(&k.Space, p, args, environ, &k.seed)
	if f != exec.Loaded {
		return f
	}
	t := k.Threads.Spawn()
	t.Regs.IP, t.Regs.SP = p.Entry, sp
	k.initFX(t)
	return exec.Loaded
}

// fx returns what FXSAVE stored for a thread.
func (k *Kernel) fx(t *thread.Thread) []byte {
	return k.Space.RAM[t.Regs.FX : t.Regs.FX+thread.FXBytes]
}

// initFX gives a thread the floating-point state that a program begins with: all exceptions masked
// (System V ABI §3.4.1).
func (k *Kernel) initFX(t *thread.Thread) {
	fx := k.fx(t)
	clear(fx)
	mem.Store16(fx[0:], 0x37f)
	mem.Store32(fx[24:], 0x1f80)
}

// Exit ends the program with a code.
func (k *Kernel) Exit(code int) { k.Over, k.Code = true, code }

// kill ends the program by a signal.
func (k *Kernel) kill(t *thread.Thread, c thread.Cause) {
	k.Fatal = Fatal{Signal: c.Signal, Address: c.Address, IP: t.Regs.IP, Thread: t.ID}
	k.Exit(128 + c.Signal)
}

// Next returns the thread that runs now, with the signals that wait for it entered, or nil: then
// the machine waits until Deadline or an interrupt, or is Over. The thread that ran before goes on
// if it can, until its slice is over, it yields, or somebody's time has come.
func (k *Kernel) Next(now int64) *thread.Thread {
	k.now = now
	k.count(now)
	k.profiler.running = false
	if k.Threads.Expire(now, k.Files.Changes) || now >= k.slice {
		k.turn = true
	}
	for !k.Over {
		t := k.Threads.Last()
		if k.turn || t.State != thread.Ready {
			if t = k.Threads.Pick(); t == nil {
				return nil
			}
			k.turn, k.slice = false, now+SliceNanoseconds
		}
		if t.Retried {
			k.call(t)
			if k.Over || t.State != thread.Ready {
				continue
			}
		}
		if k.signals(t) {
			k.profiler.running = true
			return t
		}
	}
	return nil
}

// Resume returns the thread that runs after Trap: t, if nothing speaks against it. That needs no
// look at the other threads, nor at the timer.
func (k *Kernel) Resume(t *thread.Thread, now int64) (next *thread.Thread, same bool) {
	if t.State == thread.Ready && !t.Retried && !k.turn && !k.Over && now < k.slice && k.signals(t) {
		return t, true
	}
	return k.Next(now), false
}

// signals enters the handlers of the signals that wait for t. It reports false if that ended the
// program.
func (k *Kernel) signals(t *thread.Thread) bool {
	for !k.Over {
		signal := k.Threads.Take(t)
		if signal == 0 {
			return true
		}
		c := thread.Cause{Signal: signal, Code: abi.CodeTgkill}
		if signal == abi.SIGPROF {
			c.Code = abi.CodeKernel // the runtime listens to no other sender
		}
		switch {
		case k.Threads.Fatal(t, signal, false):
			k.kill(t, c)
		case k.Threads.Actions[signal].Handler <= abi.HandlerIgnore: // set since it was sent
		case !k.Threads.Handle(t, c, &k.Space, k.fx(t)):
			k.kill(t, thread.Cause{Signal: abi.SIGSEGV, Address: t.Regs.SP})
		}
	}
	return false
}

// Deadline returns when Next has something to do though nothing happens, or thread.Never. While a
// thread runs, that is at the latest the end of its slice.
func (k *Kernel) Deadline(running bool) int64 {
	until := k.Threads.Deadline()
	if running {
		until = min(until, k.slice)
		if p := &k.profiler; p.left > 0 {
			until = min(until, p.since+p.left)
		}
	}
	return until
}
