package thread

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

// What a handler finds on its stack, from low to high (struct rt_sigframe of Linux, and
// <asm/sigcontext.h>): the address it returns to, ucontext, siginfo, and after a gap the registers
// of FXSAVE.
const (
	contextAt    = 8
	contextBytes = 304
	infoAt       = contextAt + contextBytes
	infoBytes    = 128
	frameBytes   = infoAt + infoBytes

	stackWord    = 16 // in ucontext: ss_sp, ss_flags, ss_size
	regsWord     = 40 // 18 words in the order of Regs, then segments, err, trapno, oldmask, cr2
	segmentsWord = regsWord + 18*8
	errorWord    = segmentsWord + 8
	trapWord     = errorWord + 8
	faultWord    = trapWord + 16
	fxWord       = faultWord + 8
	maskWord     = 296
)

// redZone is what a program may use below its stack pointer without saying so (System V ABI
// §3.2.2).
const redZone = 128

// Cause says why a signal came.
type Cause struct {
	Signal  int
	Code    int32
	Address uint64 // of a fault; 0 for others
	Error   uint64 // of the processor
	Vector  uint64
}

// words returns the registers that a frame holds, in its order.
func (r *Regs) words() [18]uint64 {
	return [18]uint64{r.R8, r.R9, r.R10, r.R11, r.R12, r.R13, r.R14, r.R15, r.DI, r.SI, r.BP, r.BX,
		r.DX, r.AX, r.CX, r.SP, r.IP, r.Flags}
}

// setWords is the way back.
func (r *Regs) setWords(w *[18]uint64) {
	r.R8, r.R9, r.R10, r.R11 = w[0], w[1], w[2], w[3]
	r.R12, r.R13, r.R14, r.R15 = w[4], w[5], w[6], w[7]
	r.DI, r.SI, r.BP, r.BX, r.DX, r.AX, r.CX = w[8], w[9], w[10], w[11], w[12], w[13], w[14]
	r.SP, r.IP, r.Flags = w[15], w[16], w[17]
}

// onAlternate tells whether th runs on its alternate stack.
func (th *Thread) onAlternate() bool {
	return th.AltBytes > 0 && th.Regs.SP-th.AltStart < th.AltBytes
}

// Handle lets th enter its handler for a signal: it writes the frame and sets the registers. fx is
// what FXSAVE stored for th. It reports false if the frame does not fit in the program's memory:
// then the program must end.
func (t *Table) Handle(th *Thread, c Cause, s *mem.Space, fx []byte) bool {
	a := &t.Actions[c.Signal]
	sp := th.Regs.SP - redZone
	if a.Flags&abi.ActionOnStack != 0 && th.AltBytes > 0 && !th.onAlternate() {
		sp = th.AltStart + th.AltBytes
	}
	fxAt := (sp - FXBytes) &^ 63
	frame := (fxAt-frameBytes)&^15 - 8 // so that RSP is as after a CALL
	var b [frameBytes]byte
	mem.Store64(b[0:], a.Restorer)
	th.context(b[contextAt:infoAt], c, fxAt)
	info := b[infoAt:]
	mem.Store32(info[0:], uint32(c.Signal))
	mem.Store32(info[8:], uint32(c.Code))
	mem.Store64(info[16:], c.Address)
	if c.Code <= 0 {
		mem.Store64(info[16:], 1) // the sender's process and user
	}
	if !s.CopyOut(fxAt, fx) || !s.CopyOut(frame, b[:]) {
		return false
	}
	th.SetMask(th.Mask | a.Mask)
	if a.Flags&abi.ActionNoDefer == 0 {
		th.SetMask(th.Mask | bit(c.Signal))
	}
	r := &th.Regs
	r.DI, r.SI, r.DX, r.AX = uint64(c.Signal), frame+infoAt, frame+contextAt, 0
	r.SP, r.IP = frame, a.Handler
	r.Flags = flagsAlways
	if a.Flags&abi.ActionReset != 0 {
		a.Handler = abi.HandlerDefault
	}
	return true
}

// context writes a ucontext.
func (th *Thread) context(u []byte, c Cause, fxAt uint64) {
	mem.Store64(u[stackWord:], th.AltStart)
	if th.AltBytes == 0 {
		mem.Store32(u[stackWord+8:], abi.StackDisable)
	} else if th.onAlternate() {
		mem.Store32(u[stackWord+8:], abi.StackOnStack)
	}
	mem.Store64(u[stackWord+16:], th.AltBytes)
	words := th.Regs.words()
	for i, w := range words {
		mem.Store64(u[regsWord+8*i:], w)
	}
	mem.Store64(u[segmentsWord:], layout.UserData<<48|layout.UserCode)
	mem.Store64(u[errorWord:], c.Error)
	mem.Store64(u[trapWord:], c.Vector)
	mem.Store64(u[faultWord:], c.Address)
	mem.Store64(u[fxWord:], fxAt)
	mem.Store64(u[maskWord:], th.Mask)
}

// Parts of what FXSAVE stores, and the bits of its control word that exist: others fault.
const (
	mxcsrAt   = 24
	mxcsrBits = 0xffff
)

// Return is rt_sigreturn: th goes on as the frame at its stack pointer says. fx takes what the
// frame has for FXRSTOR. It reports false if there is no such frame, or one with an address that no
// program can have: then the program must end.
func (th *Thread) Return(s *mem.Space, fx []byte) bool {
	var u [contextBytes]byte
	if !s.CopyIn(u[:], th.Regs.SP) {
		return false
	}
	var words [18]uint64
	for i := range words {
		words[i] = mem.Load64(u[regsWord+8*i:])
	}
	if fxAt := mem.Load64(u[fxWord:]); fxAt != 0 {
		var saved [FXBytes]byte
		if !s.CopyIn(saved[:], fxAt) {
			return false
		}
		mem.Store32(saved[mxcsrAt:], mem.Load32(saved[mxcsrAt:])&mxcsrBits)
		copy(fx, saved[:])
	}
	r := &th.Regs
	r.setWords(&words)
	r.Flags = Flags(r.Flags)
	th.SetMask(mem.Load64(u[maskWord:]))
	return r.IP < layout.UserTop
}
