package thread

// ThreadsMax is how many threads a program has at most. A Go program with one processor begins with
// four or five.
const ThreadsMax = 64

// FXBytes is what one thread needs for FXSAVE.
const FXBytes = 512

// Never is a deadline that does not come.
const Never = 1<<63 - 1

// State is what a thread does; the picture is in the package's comment.
type State uint8

// The states.
const (
	Free  State = iota // there is no such thread
	Ready              // it runs or could
	Futex              // it waits for a futex at Key
	Sleep              // it waits for Until
	Retry              // its call waits for a change of the files, or for Until
	Disk               // it waits for the disk with number Key
)

// Thread is one thread.
type Thread struct {
	Regs    Regs
	ID      int // from 1; 0 is none
	State   State
	Retried bool   // the call was made before and Until is its deadline
	Key     uint64 // of a futex: its address; of a disk: its number
	Until   int64  // nanoseconds since boot, or Never
	Seen    uint64 // of Retry: the count of changes when the call was last made

	Mask     uint64 // blocked signals, bit number-1
	Pending  uint64 // signals sent to this thread
	AltStart uint64 // alternate signal stack
	AltBytes uint64 // 0: none
}

// Table is all threads.
type Table struct {
	list [ThreadsMax]Thread
	last int // index of the thread that ran last
	next int // the next ID
	n    int

	Actions [65]Action // by signal
	Pending uint64     // signals sent to the process
}

// Init gives each thread its place for FXSAVE, FXBytes each from address fx on.
func (t *Table) Init(fx uint64) {
	for i := range t.list {
		t.list[i].Regs.FX = fx + uint64(i)*FXBytes
	}
	t.next = 1
}

// Spawn returns a new Ready thread with registers of zeros, or nil if there are ThreadsMax.
func (t *Table) Spawn() *Thread {
	for i := range t.list {
		th := &t.list[i]
		if th.State != Free {
			continue
		}
		fx := th.Regs.FX
		*th = Thread{ID: t.next, State: Ready}
		th.Regs.FX, th.Regs.Flags = fx, flagsAlways
		t.next++
		t.n++
		return th
	}
	return nil
}

// End frees a thread.
func (t *Table) End(th *Thread) {
	th.State = Free
	th.ID = 0
	t.n--
}

// Len returns how many threads there are.
func (t *Table) Len() int { return t.n }

// ByID returns the thread with an ID, or nil.
func (t *Table) ByID(id int) *Thread {
	for i := range t.list {
		if th := &t.list[i]; th.State != Free && th.ID == id {
			return th
		}
	}
	return nil
}

// At returns the thread in slot i, from 0 to ThreadsMax-1, which may be Free.
func (t *Table) At(i int) *Thread { return &t.list[i] }

// Expire makes those threads Ready whose time has come, or, of those that Retry, which Seen
// something else than changes. It reports whether there were any.
func (t *Table) Expire(now int64, changes uint64) (any bool) {
	for i := range t.list {
		th := &t.list[i]
		switch {
		case th.State == Free || th.State == Ready:
			continue
		case th.State == Retry && (th.Seen != changes || th.Until <= now):
			th.State, th.Retried = Ready, true
		case th.Until <= now:
			t.timeout(th)
		default:
			continue
		}
		any = true
	}
	return any
}

// Pick returns the Ready thread that comes next in turn after the last one picked, or nil.
func (t *Table) Pick() *Thread {
	for i := 1; i <= ThreadsMax; i++ {
		at := (t.last + i) % ThreadsMax
		if t.list[at].State == Ready {
			t.last = at
			return &t.list[at]
		}
	}
	return nil
}

// Last returns the thread that was picked last, which may be Free by now.
func (t *Table) Last() *Thread { return &t.list[t.last] }

// Deadline returns when the next waiting thread's time comes, or Never.
func (t *Table) Deadline() int64 {
	until := int64(Never)
	for i := range t.list {
		if th := &t.list[i]; th.State > Ready {
			until = min(until, th.Until)
		}
	}
	return until
}
