package mem

import (
	"github.com/atoll-os/atoll/kernel/abi"
	"github.com/atoll-os/atoll/kernel/layout"
)

// span checks a range as mmap and its neighbours get it: a start on a page, a length that is
// rounded up to pages, inside what programs may map.
func span(start, length uint64) (end uint64, errno int64) {
	if start%PageBytes != 0 || length == 0 {
		return 0, abi.EINVAL
	}
	if length > layout.UserTop {
		return 0, abi.ENOMEM
	}
	end = start + (length+PageBytes-1)&^(PageBytes-1)
	if start > layout.UserTop || end > layout.UserTop {
		return 0, abi.ENOMEM
	}
	return end, 0
}

// Place maps an area where it says: for the loader.
func (s *Space) Place(a Area) bool {
	return a.Start%PageBytes == 0 && a.End%PageBytes == 0 && a.Start >= layout.UserMin &&
		a.Start < a.End && a.End <= layout.UserTop && s.Areas.Free(a.Start, a.End) && s.Areas.Insert(a)
}

// Map is mmap of memory without a file: it returns the address, or a negative error. Memory that
// is both writable and executable, or executable without a file behind it, is refused: W^X.
func (s *Space) Map(hint, length uint64, prot, flags uint64) int64 {
	if flags&abi.MapAnonymous == 0 {
		return -abi.ENODEV
	}
	if prot&abi.ProtExec != 0 {
		return -abi.EACCES
	}
	fixed := flags&(abi.MapFixed|abi.MapFixedNoReplace) != 0
	if prot&^7 != 0 || fixed && hint%PageBytes != 0 || flags&0xf != abi.MapPrivate {
		return -abi.EINVAL
	}
	hint &^= PageBytes - 1
	end, errno := span(hint, length)
	if errno != 0 && (fixed || errno == abi.EINVAL || length > layout.UserTop) {
		return -errno
	}
	start := hint
	switch {
	case fixed && start < layout.UserMin:
		return -abi.EPERM
	case fixed && flags&abi.MapFixedNoReplace != 0 && !s.Areas.Free(start, end):
		return -abi.EEXIST
	case fixed:
		if e := s.Unmap(start, length); e != 0 {
			return e
		}
	case errno != 0 || start < layout.UserMin || !s.Areas.Free(start, end):
		length = (length + PageBytes - 1) &^ (PageBytes - 1)
		at, ok := s.Areas.Gap(length, layout.UserMin, layout.MapTop)
		if !ok {
			return -abi.ENOMEM
		}
		start, end = at, at+length
	}
	if !s.Areas.Insert(Area{Start: start, End: end, Prot: uint8(prot)}) {
		return -abi.ENOMEM
	}
	return int64(start)
}

// Unmap is munmap: it returns 0 or a negative error.
func (s *Space) Unmap(start, length uint64) int64 {
	end, errno := span(start, length)
	if errno != 0 {
		return -abi.EINVAL
	}
	if !s.Areas.Remove(start, end) {
		return -abi.ENOMEM
	}
	s.drop(s.root, 39, start, end)
	return 0
}

// Protect is mprotect: it returns 0 or a negative error. Nothing becomes executable that was not.
func (s *Space) Protect(start, length, prot uint64) int64 {
	if length == 0 && start%PageBytes == 0 {
		return 0
	}
	end, errno := span(start, length)
	if errno != 0 {
		return -errno
	}
	if prot&^7 != 0 {
		return -abi.EINVAL
	}
	if prot&abi.ProtExec != 0 {
		return -abi.EACCES
	}
	// What the kernel shows, such as its clock, and what an image has as constants stay as they are.
	for at := start; prot&abi.ProtWrite != 0 && at < end; {
		a, ok := s.Areas.Find(at)
		if !ok {
			break
		}
		if a.Origin == Image && a.Prot&abi.ProtWrite == 0 {
			return -abi.EACCES
		}
		at = a.End
	}
	if !s.Areas.Covered(start, end) || !s.Areas.Protect(start, end, uint8(prot)) {
		return -abi.ENOMEM
	}
	s.narrow(s.root, 39, start, end, bits(uint8(prot)))
	return 0
}

// Advise is madvise: pages that are not needed are given back and read as zeros afterwards; other
// advice changes nothing.
func (s *Space) Advise(start, length, advice uint64) int64 {
	if length == 0 && start%PageBytes == 0 {
		return 0
	}
	end, errno := span(start, length)
	if errno != 0 {
		return -abi.EINVAL
	}
	if !s.Areas.Covered(start, end) {
		return -abi.ENOMEM
	}
	if advice == abi.AdviseDontNeed {
		// Pages of the image are the only copy of what they hold.
		for at := start; at < end; {
			a, _ := s.Areas.Find(at)
			if a.Origin == Image {
				return -abi.EINVAL
			}
			at = a.End
		}
		s.drop(s.root, 39, start, end)
	}
	return 0
}

// drop gives back the pages of a range, and tables that become empty. table covers 512 << shift
// bytes. It reports whether the table is empty now.
func (s *Space) drop(table uint64, shift uint, start, end uint64) (empty bool) {
	step := uint64(1) << shift
	for at := start; at < end; {
		next := (at + step) &^ (step - 1)
		slot := table + at>>shift&511*8
		if e := s.RAM.Load(slot); e&present != 0 {
			gone := true
			if shift > 12 {
				gone = s.drop(e&entryPhys, shift-9, at, min(next, end))
			}
			if gone {
				s.RAM.Store(slot, 0)
				s.Stale = true
				if e&borrowed == 0 {
					s.Pages.Give(e & entryPhys)
				}
			}
		}
		at = next
	}
	if shift == 39 {
		return false // the top table holds the kernel too
	}
	for i := range uint64(512) {
		if s.RAM.Load(table+i*8) != 0 {
			return false
		}
	}
	return true
}

// narrow gives the pages of a range that are there new bits.
func (s *Space) narrow(table uint64, shift uint, start, end, bits uint64) {
	step := uint64(1) << shift
	for at := start; at < end; {
		next := (at + step) &^ (step - 1)
		slot := table + at>>shift&511*8
		if e := s.RAM.Load(slot); e&present != 0 {
			if shift > 12 {
				s.narrow(e&entryPhys, shift-9, at, min(next, end), bits)
			} else {
				s.RAM.Store(slot, e&(entryPhys|borrowed)|bits)
				s.Stale = true
			}
		}
		at = next
	}
}
