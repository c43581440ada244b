// Package exec puts a program into an empty address space: the segments of its ELF file, which stay
// where the image has them, and the stack with arguments, environment and auxiliary vector that a
// program for Linux expects at its start.
//
// Nothing here allocates or needs a Go runtime.
package exec

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

// SegmentsMax is how many program headers a file has at most; those of Go programs have 6 to 8.
const SegmentsMax = 32

// Failure says why a program cannot be loaded. The zero value is success.
type Failure uint8

// The failures.
const (
	Loaded       Failure = iota
	NotELF               // no ELF file for 64-bit x86
	NotStatic            // it needs an interpreter, or was linked to be put anywhere
	BadHeaders           // a header or segment lies outside the file
	BadSegment           // misaligned, overlapping, out of bounds, or writable and executable
	BadEntry             // the entry is in no segment
	TooManyParts         // more than SegmentsMax program headers
	LoadNoMemory         // no memory left
)

// String says it in words. The image builder checks the same before, so that only a damaged image
// comes here.
func (f Failure) String() string {
	switch f {
	case Loaded:
		return "loaded"
	case NotELF:
		return "not an ELF program for amd64"
	case NotStatic:
		return "not statically linked for a fixed address: build it with CGO_ENABLED=0"
	case BadHeaders:
		return "damaged: a header or segment lies outside the file"
	case BadSegment:
		return "a segment is misaligned, overlaps another, or is both writable and executable"
	case BadEntry:
		return "its entry is in no segment"
	case TooManyParts:
		return "it has too many segments"
	}
	return "not enough memory"
}

// Offsets in an ELF64 file header and program header.
const (
	headerBytes  = 64
	programBytes = 56
)

// Program is what a loaded program needs to start.
type Program struct {
	Entry   uint64
	Headers uint64 // address of its program headers, or 0
	Count   uint64 // of them
}

// Load maps the ELF file that lies at a physical address, which is a multiple of the page size.
func Load(s *mem.Space, phys, size uint64) (p Program, f Failure) {
	if phys+size > uint64(len(s.RAM)) || size < headerBytes {
		return p, BadHeaders
	}
	file := s.RAM[phys : phys+size]
	const classDataVersion = 0x010102464c457f // ELF, 64 bits, little-endian, version 1
	if mem.Load64(file)&0xffffffffffffff != classDataVersion || mem.Load16(file[18:]) != 62 {
		return p, NotELF
	}
	if mem.Load16(file[16:]) != 2 { // ET_EXEC
		return p, NotStatic
	}
	p.Entry = mem.Load64(file[24:])
	at, count := mem.Load64(file[32:]), uint64(mem.Load16(file[56:]))
	if mem.Load16(file[54:]) != programBytes || at > size || at+count*programBytes > size {
		return p, BadHeaders
	}
	if count > SegmentsMax {
		return p, TooManyParts
	}
	for i := range count {
		h := file[at+i*programBytes:]
		switch mem.Load32(h) {
		case 1: // PT_LOAD
			g := segment(h)
			if f = g.load(s, phys, size); f != Loaded {
				return p, f
			}
			if at >= g.offset && at+count*programBytes <= g.offset+g.fileBytes {
				p.Headers, p.Count = g.address+at-g.offset, count
			}
		case 2, 3: // PT_DYNAMIC, PT_INTERP
			return p, NotStatic
		}
	}
	if a, ok := s.Areas.Find(p.Entry); !ok || a.Prot&abi.ProtExec == 0 {
		return p, BadEntry
	}
	return p, Loaded
}

// part is a segment.
type part struct {
	prot                                 uint8
	offset, address, fileBytes, memBytes uint64
}

// segment reads a program header.
func segment(h []byte) part {
	flags := mem.Load32(h[4:])
	// The bits of PF_X, PF_W, PF_R are those of ProtExec, ProtWrite, ProtRead the other way round.
	prot := uint8(flags>>2&1 | flags&2 | flags&1<<2)
	return part{prot, mem.Load64(h[8:]), mem.Load64(h[16:]), mem.Load64(h[32:]), mem.Load64(h[40:])}
}

// load maps one segment: what the file has of it in place, the rest as zeros.
func (g *part) load(s *mem.Space, phys, size uint64) Failure {
	const page = mem.PageBytes
	end := g.address + g.memBytes
	switch {
	case g.memBytes == 0:
		return Loaded
	case g.offset > size || g.fileBytes > size-g.offset:
		return BadHeaders
	case g.fileBytes > g.memBytes || end < g.address || end > layout.UserTop ||
		g.offset%page != g.address%page || g.prot&abi.ProtExec != 0 && g.prot&abi.ProtWrite != 0:
		return BadSegment
	}
	start := g.address &^ (page - 1)
	middle := (g.address + g.fileBytes + page - 1) &^ (page - 1)
	if g.fileBytes == 0 {
		middle = start
	}
	top := (end + page - 1) &^ (page - 1)
	if middle > start {
		at := phys + g.offset&^(page-1)
		if at+(middle-start) > uint64(len(s.RAM)) {
			return BadHeaders
		}
		// What follows the segment in its last page is another part of the file.
		if g.prot&abi.ProtWrite != 0 {
			clear(s.RAM[phys+g.offset+g.fileBytes : at+(middle-start)])
		}
		if !s.Place(mem.Area{Start: start, End: middle, Phys: at, Prot: g.prot, Origin: mem.Image}) {
			return BadSegment
		}
	}
	if top > middle && !s.Place(mem.Area{Start: middle, End: top, Prot: g.prot}) {
		return BadSegment
	}
	return Loaded
}
