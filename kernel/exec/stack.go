package exec

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

// Limits of what a program is given.
const (
	StringsMax     = 256      // arguments and variables of the environment together
	StringBytesMax = 64 << 10 // of all of them, with their zero bytes
)

// Strings are arguments or an environment: texts that each end with a zero byte, one after another.
type Strings []byte

// Count returns how many there are.
func (s Strings) Count() (n uint64) {
	for _, c := range s {
		if c == 0 {
			n++
		}
	}
	return n
}

// Stack makes the stack of the first thread and returns the stack pointer it begins with. random
// are the bytes that the program seeds itself with.
func Stack(s *mem.Space, p Program, args, environ Strings, random *[16]byte) (
	sp uint64, f Failure) {
	const top = layout.StackLimit
	if len(args)+len(environ) > StringBytesMax || args.Count()+environ.Count() > StringsMax {
		return 0, TooManyParts
	}
	if !s.Place(mem.Area{Start: top - layout.StackSize, End: top,
		Prot: abi.ProtRead | abi.ProtWrite}) {
		return 0, BadSegment
	}
	environAt := top - uint64(len(environ)) - 8
	argsAt := environAt - uint64(len(args))
	randomAt := (argsAt - 16) &^ 15
	if !s.CopyOut(environAt, environ) || !s.CopyOut(argsAt, args) ||
		!s.CopyOut(randomAt, random[:]) {
		return 0, LoadNoMemory
	}
	auxiliary := [...]uint64{
		abi.AuxPhdr, p.Headers, abi.AuxPhent, programBytes, abi.AuxPhnum, p.Count,
		abi.AuxPageSize, mem.PageBytes, abi.AuxEntry, p.Entry, abi.AuxSecure, 0,
		abi.AuxRandom, randomAt, abi.AuxExecFn, argsAt, abi.AuxVDSO, layout.VDSOBase,
		abi.AuxNull, 0,
	}
	words := 1 + args.Count() + 1 + environ.Count() + 1 + uint64(len(auxiliary))
	sp = (randomAt - words*8) &^ 15
	w := writer{s, sp, true}
	w.word(args.Count())
	w.pointers(args, argsAt)
	w.pointers(environ, environAt)
	for _, v := range auxiliary {
		w.word(v)
	}
	if !w.ok {
		return 0, LoadNoMemory
	}
	return sp, Loaded
}

// writer writes words upwards.
type writer struct {
	s  *mem.Space
	at uint64
	ok bool
}

func (w *writer) word(v uint64) {
	w.ok = w.ok && w.s.Store64(w.at, v)
	w.at += 8
}

// pointers writes the address of each text and a zero after them.
func (w *writer) pointers(texts Strings, at uint64) {
	begin := true
	for i, c := range texts {
		if begin {
			w.word(at + uint64(i))
		}
		begin = c == 0
	}
	w.word(0)
}
