package thread

import (
	"bytes"
	"testing"

	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
	"pgregory.net/rapid"
)

// memory returns an address space with some memory, and where it is.
func memory(t interface{ Fatalf(string, ...any) }) (s *mem.Space, base, end uint64) {
	const size = 1 << 16
	s = new(mem.Space)
	s.Init(make(mem.RAM, 40*mem.PageBytes), mem.PageBytes, 2*mem.PageBytes, 40*mem.PageBytes)
	at := s.Map(0, size, abi.ProtRead|abi.ProtWrite, abi.MapPrivate|abi.MapAnonymous)
	if at < 0 {
		t.Fatalf("mmap: %d", at)
	}
	return s, uint64(at), uint64(at) + size
}

// TestFrameRoundTrip: a handler that only returns changes nothing, but for flags that a program may
// not have.
func TestFrameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, base, end := memory(t)
		tab := new(Table)
		tab.Init(0)
		th := tab.Spawn()
		word := rapid.Uint64()
		var words [18]uint64
		for i := range words {
			words[i] = word.Draw(t, "register")
		}
		words[15] = rapid.Uint64Range(end-4096, end).Draw(t, "sp")
		words[16] %= layout.UserTop
		th.Regs.setWords(&words)
		th.Regs.FX, th.Regs.FS = 1, 2
		th.SetMask(word.Draw(t, "mask"))
		if rapid.Bool().Draw(t, "alternate") {
			th.AltStart, th.AltBytes = base, 1<<14
		}
		fx := rapid.SliceOfN(rapid.Byte(), FXBytes, FXBytes).Draw(t, "fx")
		fx[mxcsrAt+2], fx[mxcsrAt+3] = 0, 0
		flags := rapid.SampledFrom([]uint64{0, abi.ActionOnStack, abi.ActionNoDefer}).Draw(t, "flags")
		tab.Actions[abi.SIGSEGV] = Action{Handler: 0x5000, Flags: flags, Restorer: 0x6000,
			Mask: word.Draw(t, "more")}
		before := *th

		c := Cause{Signal: abi.SIGSEGV, Code: abi.CodeMapError, Address: 0xabc, Error: 4, Vector: 14}
		if !tab.Handle(th, c, s, fx) {
			t.Fatal("no frame")
		}
		r := &th.Regs
		if r.SP%16 != 8 || r.IP != 0x5000 || r.DI != abi.SIGSEGV {
			t.Fatalf("the handler begins with %+v", r)
		}
		onStack := flags == abi.ActionOnStack && th.AltBytes > 0
		if inside := r.SP-base < 1<<14; inside != onStack {
			t.Fatalf("frame at %#x, memory from %#x, on the alternate stack %v", r.SP, base, onStack)
		}
		if address, ok := s.Load64(r.SI + 16); !ok || address != 0xabc {
			t.Fatalf("the fault's address is %#x, %v", address, ok)
		}
		if restorer, ok := s.Load64(r.SP); !ok || restorer != 0x6000 {
			t.Fatalf("the handler returns to %#x, %v", restorer, ok)
		}
		deferred := th.Mask&bit(abi.SIGSEGV) != 0
		asked := (before.Mask | tab.Actions[abi.SIGSEGV].Mask) & bit(abi.SIGSEGV)
		if deferred != (flags != abi.ActionNoDefer || asked != 0) {
			t.Fatalf("SIGSEGV is blocked %v in its handler", deferred)
		}

		th.Regs.SP += 8 // as RET to the restorer does
		back := make([]byte, FXBytes)
		if !th.Return(s, back) {
			t.Fatal("the frame does not lead back")
		}
		before.Regs.Flags = Flags(before.Regs.Flags)
		if *th != before {
			t.Fatalf("after the handler %+v, before %+v", *th, before)
		}
		if !bytes.Equal(back, fx) {
			t.Fatal("the floating-point registers differ")
		}
	})
}

// TestFrameNeedsMemory: no frame without a stack, and no way back from what is none.
func TestFrameNeedsMemory(t *testing.T) {
	s, base, end := memory(t)
	tab := new(Table)
	tab.Init(0)
	th := tab.Spawn()
	fx := make([]byte, FXBytes)
	for _, sp := range []uint64{0, 100, base, 1 << 63, ^uint64(0)} {
		th.Regs.SP = sp
		if tab.Handle(th, Cause{Signal: abi.SIGSEGV}, s, fx) {
			t.Errorf("a frame below %#x", sp)
		}
		if sp != base && th.Return(s, fx) {
			t.Errorf("a way back from %#x", sp)
		}
	}
	th.Regs.SP = end - 1024
	tab.Actions[abi.SIGSEGV] = Action{Handler: 0x5000, Flags: abi.ActionReset}
	th.Regs.IP = 1 << 63
	if !tab.Handle(th, Cause{Signal: abi.SIGSEGV}, s, fx) {
		t.Fatal("no frame")
	}
	if tab.Actions[abi.SIGSEGV].Handler != abi.HandlerDefault {
		t.Error("SA_RESETHAND does not reset")
	}
	th.Regs.SP += 8
	if th.Return(s, fx) {
		t.Error("a program went on at an address of the kernel")
	}
}

// FuzzReturn gives rt_sigreturn any bytes for a frame: no flags that a program may not have, no
// bits of MXCSR that would fault, no address of the kernel.
func FuzzReturn(f *testing.F) {
	f.Add(make([]byte, 1000))
	f.Add(bytes.Repeat([]byte{0xff}, 1000))
	f.Fuzz(func(t *testing.T, frame []byte) {
		s, base, _ := memory(t)
		s.CopyOut(base, frame)
		var th Thread
		th.Regs.SP = base
		fx := make([]byte, FXBytes)
		if !th.Return(s, fx) {
			return
		}
		if th.Regs.Flags&^flagsUser != flagsAlways&^flagsUser || th.Regs.IP >= layout.UserTop ||
			mem.Load32(fx[mxcsrAt:])&^mxcsrBits != 0 || th.Mask&unblockable != 0 {
			t.Errorf("%+v, MXCSR %#x", th, mem.Load32(fx[mxcsrAt:]))
		}
	})
}
