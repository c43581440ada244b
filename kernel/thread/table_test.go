package thread

import (
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
)

// table returns a table with n threads.
func table(t *testing.T, n int) (*Table, []*Thread) {
	t.Helper()
	tab := new(Table)
	tab.Init(0x1000)
	var threads []*Thread
	for range n {
		th := tab.Spawn()
		if th == nil {
			t.Fatal("no thread")
		}
		threads = append(threads, th)
	}
	return tab, threads
}

// TestTurns: ready threads run in turn, waiting ones do not.
func TestTurns(t *testing.T) {
	tab, th := table(t, 3)
	tab.Block(th[1], Sleep, 0, 100)
	var got []int
	for range 4 {
		got = append(got, tab.Pick().ID)
	}
	if want := [4]int{3, 1, 3, 1}; [4]int(got) != want {
		t.Errorf("threads %v ran, want %v", got, want)
	}
	if tab.Deadline() != 100 || tab.Expire(99, 0) || !tab.Expire(100, 0) {
		t.Error("the sleeper must wake at 100")
	}
	if tab.Last() != th[0] || th[1].State != Ready || th[1].Regs.AX != 0 {
		t.Errorf("sleeper %+v", th[1])
	}
	if tab.Deadline() != Never {
		t.Errorf("deadline %d with nobody waiting", tab.Deadline())
	}
}

// TestThreadsAreBounded: places are used again, IDs are not.
func TestThreadsAreBounded(t *testing.T) {
	tab, th := table(t, ThreadsMax)
	if tab.Spawn() != nil || tab.Len() != ThreadsMax {
		t.Fatalf("%d threads", tab.Len())
	}
	fx := th[5].Regs.FX
	th[5].Pending, th[5].Regs.R8 = 1, 9
	tab.End(th[5])
	again := tab.Spawn()
	if again != th[5] || again.ID != ThreadsMax+1 || again.Pending != 0 || again.Regs.R8 != 0 ||
		again.Regs.FX != fx {
		t.Errorf("a new thread in an old place is %+v", again)
	}
	if tab.ByID(6) != nil || tab.ByID(ThreadsMax+1) != again || tab.At(5) != again {
		t.Error("threads are not found by their IDs")
	}
	for i := range ThreadsMax {
		tab.Block(tab.At(i), Futex, 1, Never)
	}
	if tab.Pick() != nil {
		t.Error("a thread runs although all wait")
	}
}

// TestFutex: as many wake as were asked for, of those who wait for that address.
func TestFutex(t *testing.T) {
	tab, th := table(t, 4)
	for i, key := range []uint64{8, 8, 16, 8} {
		tab.Block(th[i], Futex, key, 50)
	}
	if n := tab.Wake(8, 2); n != 2 || th[0].State != Ready || th[1].State != Ready ||
		th[3].State != Futex {
		t.Errorf("%d woke", n)
	}
	if n := tab.Wake(24, 9); n != 0 {
		t.Errorf("%d woke of nobody", n)
	}
	tab.Expire(50, 0)
	if got := int64(th[2].Regs.AX); got != -abi.ETIMEDOUT {
		t.Errorf("a futex whose time is over returns %d", got)
	}
}

// TestRetry: a call is made again when something changed or its time is over.
func TestRetry(t *testing.T) {
	tab, th := table(t, 1)
	th[0].Seen = 5
	tab.Block(th[0], Retry, 0, 50)
	if tab.Expire(10, 5) || th[0].State != Retry {
		t.Error("nothing changed")
	}
	if !tab.Expire(10, 6) || th[0].State != Ready || !th[0].Retried {
		t.Errorf("%+v after a change", th[0])
	}
	tab.Block(th[0], Retry, 0, 50)
	if !tab.Expire(50, 5) || !th[0].Retried {
		t.Error("its time is over")
	}
}

// TestSignalsInterrupt: who waits and does not block the signal is woken with EINTR, or made to do
// its call again.
func TestSignalsInterrupt(t *testing.T) {
	for _, c := range []struct {
		name   string
		state  State
		ax     uint64
		mask   uint64
		result int64 // 0: still waiting, or its call again
		ip     uint64
	}{
		{"futex", Futex, 202, 0, -abi.EINTR, 100},
		{"sleep", Sleep, 35, 0, -abi.EINTR, 100},
		{"epoll", Retry, 281, 0, -abi.EINTR, 100},
		{"read", Retry, 0, 0, 0, 98},
		{"blocked", Futex, 202, 1 << (abi.SIGTERM - 1), 202, 100},
	} {
		tab, th := table(t, 1)
		tab.Actions[abi.SIGTERM].Handler = 0x1000
		th[0].Regs.AX, th[0].Regs.IP, th[0].Mask = c.ax, 100, c.mask
		tab.Block(th[0], c.state, 0, Never)
		tab.Send(th[0], abi.SIGTERM)
		if waits := th[0].State != Ready; waits != (c.mask != 0) {
			t.Errorf("%s: waits %v", c.name, waits)
		}
		if got := int64(th[0].Regs.AX); got != c.result || th[0].Regs.IP != c.ip {
			t.Errorf("%s: result %d at %d, want %d at %d", c.name, got, th[0].Regs.IP, c.result, c.ip)
		}
	}
}

// TestSignalsOfTheProcess go to a thread that does not block them, and are taken once.
func TestSignalsOfTheProcess(t *testing.T) {
	tab, th := table(t, 2)
	tab.Actions[abi.SIGTERM].Handler = 0x1000
	tab.Actions[abi.SIGINT].Handler = abi.HandlerIgnore
	th[0].SetMask(^uint64(0))
	tab.Block(th[0], Futex, 0, Never)
	tab.Block(th[1], Futex, 0, Never)
	tab.Send(nil, abi.SIGTERM)
	tab.Send(nil, abi.SIGINT)
	tab.Send(nil, abi.SIGCHLD) // does nothing by default
	if th[0].State != Futex || th[1].State != Ready {
		t.Error("the second thread must be woken")
	}
	if tab.Take(th[0]) != 0 || tab.Take(th[1]) != abi.SIGTERM || tab.Take(th[1]) != 0 {
		t.Error("the second thread must take SIGTERM, once")
	}
	if th[0].Mask&unblockable != 0 {
		t.Error("SIGKILL can be blocked")
	}
}

// TestFatal says which signals end the program.
func TestFatal(t *testing.T) {
	tab, th := table(t, 1)
	tab.Actions[abi.SIGUSR1].Handler = 0x1000
	tab.Actions[abi.SIGFPE].Handler = abi.HandlerIgnore
	th[0].SetMask(1 << (abi.SIGILL - 1))
	tab.Actions[abi.SIGILL].Handler = 0x1000
	for _, c := range []struct {
		signal       int
		caused, want bool
	}{
		{abi.SIGTERM, false, true}, {abi.SIGKILL, false, true}, {abi.SIGURG, false, false},
		{abi.SIGUSR1, false, false}, {abi.SIGUSR1, true, false}, {abi.SIGSEGV, true, true},
		{abi.SIGFPE, true, true}, {abi.SIGFPE, false, false}, {abi.SIGILL, true, true},
		{abi.SIGILL, false, false},
	} {
		if got := tab.Fatal(th[0], c.signal, c.caused); got != c.want {
			t.Errorf("signal %d, caused %v: fatal %v", c.signal, c.caused, got)
		}
	}
}

func TestArguments(t *testing.T) {
	r := Regs{DI: 0, SI: 1, DX: 2, R10: 3, R8: 4, R9: 5}
	for i := range 6 {
		if r.Arg(i) != uint64(i) {
			t.Errorf("argument %d is %d", i, r.Arg(i))
		}
	}
	if f := Flags(^uint64(0)); f&(3<<12) != 0 || f&(1<<9) == 0 {
		t.Errorf("flags %#x: a program has no port access, and interrupts on", f)
	}
}
