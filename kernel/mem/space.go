package mem

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
)

// Bits of a page table entry (Intel SDM vol. 3 §4.5).
const (
	present   = 1 << 0
	writable  = 1 << 1
	user      = 1 << 2
	accessed  = 1 << 5
	dirty     = 1 << 6
	borrowed  = 1 << 9 // ours: the page belongs to the image and is never given back
	noExec    = 1 << 63
	entryPhys = 0x000ffffffffff000
)

// imageAround is how many bytes of an Image area one fault maps: they cost no memory.
const imageAround = 64 << 10

// Space is an address space: areas, and the page tables that hold what was touched of them.
type Space struct {
	RAM   RAM
	Pages Pages
	Areas Areas
	root  uint64 // physical address of the top table, whose upper half is the kernel's
	// Stale is set when the processor may still know an entry that is gone or was narrowed: reload
	// CR3 before the program goes on, and clear it.
	Stale  bool
	Faults uint64 // how many faults were mended
}

// Init makes an empty address space of the tables at root, with the pages between two physical
// addresses to give out.
func (s *Space) Init(ram RAM, root, from, to uint64) {
	s.RAM, s.root = ram, root
	s.Pages.Init(ram, from, to)
}

// Fault says what came of a page fault.
type Fault uint8

// What may come of a fault.
const (
	Mended     Fault = iota // the page is there now
	NotMapped               // no area has the address
	NotAllowed              // its area forbids the access
	NoMemory                // no page is left
)

// Access is a kind of access to memory: abi.ProtRead, ProtWrite or ProtExec.
type Access = uint8

// Mend handles an access to an address whose page is not there or does not allow it.
func (s *Space) Mend(address uint64, access Access) Fault {
	a, ok := s.Areas.Find(address)
	if !ok {
		return NotMapped
	}
	if a.Prot&access == 0 || a.Prot == 0 {
		return NotAllowed
	}
	s.Faults++
	if a.Origin == Image {
		first := address &^ (imageAround - 1)
		for at := max(first, a.Start); at < min(first+imageAround, a.End); at += PageBytes {
			entry, ok := s.entry(at, true)
			if !ok {
				return NoMemory
			}
			s.RAM.Store(entry, a.Phys+at-a.Start|bits(a.Prot)|borrowed)
		}
		return Mended
	}
	entry, ok := s.entry(address, true)
	if !ok {
		return NoMemory
	}
	e := s.RAM.Load(entry)
	if e&entryPhys == 0 {
		page, ok := s.Pages.Take()
		if !ok {
			return NoMemory
		}
		e = page
	}
	s.RAM.Store(entry, e&(entryPhys|borrowed)|bits(a.Prot))
	return Mended
}

// bits are the bits of an entry with that protection. A page that may not be touched at all is
// there but not the program's, so that what it holds is kept.
func bits(prot uint8) uint64 {
	b := uint64(present | accessed | noExec)
	if prot != 0 {
		b |= user
	}
	if prot&abi.ProtWrite != 0 {
		b |= writable | dirty
	}
	if prot&abi.ProtExec != 0 {
		b &^= noExec
	}
	return b
}

// entry returns the physical address of the entry for an address in the lowest table, and makes the
// tables on the way if create is set.
func (s *Space) entry(address uint64, create bool) (at uint64, ok bool) {
	table := s.root
	for shift := 39; shift > 12; shift -= 9 {
		at := table + address>>shift&511*8
		e := s.RAM.Load(at)
		if e&present == 0 {
			if !create {
				return 0, false
			}
			page, ok := s.Pages.Take()
			if !ok {
				return 0, false
			}
			e = page | present | writable | user | accessed
			s.RAM.Store(at, e)
		}
		table = e & entryPhys
	}
	return table + address>>12&511*8, true
}

// Touch returns the physical address of an address of the program that allows an access, and makes
// the page if needed.
func (s *Space) Touch(address uint64, access Access) (phys uint64, ok bool) {
	if address >= layout.UserTop {
		return 0, false
	}
	want := uint64(present | user)
	if access == abi.ProtWrite {
		want |= writable
	}
	for range 2 {
		if entry, ok := s.entry(address, false); ok {
			if e := s.RAM.Load(entry); e&want == want {
				return e&entryPhys | address&(PageBytes-1), true
			}
		}
		if s.Mend(address, access) != Mended {
			return 0, false
		}
	}
	return 0, false
}
