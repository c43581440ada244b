package image

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"slices"

	"github.com/atoll-os/atoll/kernel/exec"
	"github.com/atoll-os/atoll/kernel/layout"
)

// ProgramError says why a program cannot become an image, and what to do about it.
type ProgramError struct{ What, Hint string }

// Error returns what is wrong.
func (e *ProgramError) Error() string { return "image: " + e.What }

// errShared: a page of the file belongs to two segments, of which one is writable.
var errShared = errors.New("two segments share a page of the file")

// checkProgram refuses what the kernel would refuse, in words.
func checkProgram(file []byte) error {
	wrong := func(format string, args ...any) error {
		return &ProgramError{fmt.Sprintf(format, args...),
			"build it with CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build"}
	}
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return wrong("the program is no ELF file: %v", err)
	}
	if f.Class != elf.ELFCLASS64 || f.Machine != elf.EM_X86_64 {
		return wrong("the program is for %v, not for amd64", f.Machine)
	}
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return wrong("the program is linked dynamically")
	}
	if f.Type != elf.ET_EXEC {
		return wrong("the program is linked to be put anywhere (%v)", f.Type)
	}
	if len(f.Progs) > exec.SegmentsMax {
		return wrong("the program has %d segments, at most %d", len(f.Progs), exec.SegmentsMax)
	}
	pages := map[uint64]bool{} // of the file; true if writable
	for _, p := range f.Progs {
		switch p.Type {
		case elf.PT_DYNAMIC:
			return wrong("the program is linked dynamically")
		case elf.PT_LOAD:
			if p.Flags&elf.PF_X != 0 && p.Flags&elf.PF_W != 0 {
				return wrong("a segment at %#x is both writable and executable", p.Vaddr)
			}
			if p.Vaddr < layout.UserMin || p.Vaddr+p.Memsz > layout.StackLimit-layout.StackSize {
				return wrong("a segment at %#x lies outside of a program's memory", p.Vaddr)
			}
			if err := share(pages, p); err != nil {
				return wrong("%v, at %#x", err, p.Vaddr)
			}
		}
	}
	return nil
}

// share notes the pages of the file that a segment is mapped from.
func share(pages map[uint64]bool, p *elf.Prog) error {
	write := p.Flags&elf.PF_W != 0
	for n := p.Off / layout.PageBytes; n*layout.PageBytes < p.Off+p.Filesz; n++ {
		if other, ok := pages[n]; ok && (other || write) {
			return errShared
		}
		pages[n] = write
	}
	return nil
}
