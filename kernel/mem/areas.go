package mem

// AreasMax is how many areas an address space has at most; a Go program begins with about 25.
const AreasMax = 2048

// Origin says what an area's pages are before the program writes them.
type Origin uint8

// The origins.
const (
	// Zero: pages of zeros, made when they are touched.
	Zero Origin = iota
	// Image: memory that is already there, such as the program's file in the image. Its pages are
	// used in place and never given back.
	Image
)

// Area is a range of addresses that was mapped with one protection.
type Area struct {
	Start, End uint64 // addresses, multiples of PageBytes; End is the first after
	Phys       uint64 // of an Image area: the physical address of Start
	Prot       uint8  // abi.ProtRead and its neighbours
	Origin     Origin
}

// continues tells whether b follows a so that both are one area.
func (a *Area) continues(b *Area) bool {
	return a.End == b.Start && a.Prot == b.Prot && a.Origin == b.Origin &&
		(a.Origin == Zero || a.Phys+(a.End-a.Start) == b.Phys)
}

// from returns the part of a that begins at an address inside it.
func (a Area) from(start uint64) Area {
	if a.Origin == Image {
		a.Phys += start - a.Start
	}
	a.Start = start
	return a
}

// Areas are the areas of an address space, sorted, without overlap, neighbours merged.
type Areas struct {
	list [AreasMax]Area
	n    int
}

// Len returns how many areas there are.
func (s *Areas) Len() int { return s.n }

// At returns the area number i, counted from 0 in the order of addresses.
func (s *Areas) At(i int) Area { return s.list[:s.n][i] }

// Find returns the area that holds an address.
func (s *Areas) Find(address uint64) (a Area, ok bool) {
	i := s.after(address)
	if i < s.n && s.list[i].Start <= address {
		return s.list[i], true
	}
	return Area{}, false
}

// after returns the index of the first area that ends after an address.
func (s *Areas) after(address uint64) int {
	low, high := 0, s.n
	for low < high {
		if middle := (low + high) / 2; s.list[middle].End <= address {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// Free tells whether no area touches a range.
func (s *Areas) Free(start, end uint64) bool {
	i := s.after(start)
	return i == s.n || s.list[i].Start >= end
}

// Covered tells whether every address of a range lies in an area.
func (s *Areas) Covered(start, end uint64) bool {
	for i := s.after(start); start < end; i++ {
		if i >= s.n || s.list[i].Start > start {
			return false
		}
		start = s.list[i].End
	}
	return true
}

// Gap returns the highest start of a free range of that length between two addresses.
func (s *Areas) Gap(length, low, high uint64) (start uint64, ok bool) {
	for i := s.n - 1; i >= -1; i-- {
		bottom := low
		if i >= 0 {
			bottom = max(low, s.list[i].End)
		}
		if high >= bottom && high-bottom >= length {
			return high - length, true
		}
		if i >= 0 {
			high = min(high, s.list[i].Start)
		}
	}
	return 0, false
}

// Insert adds an area over a free range. It reports false if there is no room for one more.
func (s *Areas) Insert(a Area) bool {
	i := s.after(a.Start)
	if i > 0 && s.list[i-1].continues(&a) {
		s.list[i-1].End = a.End
		if i < s.n && s.list[i-1].continues(&s.list[i]) {
			s.list[i-1].End = s.list[i].End
			s.cut(i, 1)
		}
		return true
	}
	if i < s.n && a.continues(&s.list[i]) {
		s.list[i].Start, s.list[i].Phys = a.Start, a.Phys
		return true
	}
	if s.n == AreasMax {
		return false
	}
	copy(s.list[i+1:s.n+1], s.list[i:s.n])
	s.list[i] = a
	s.n++
	return true
}

// cut removes count areas from index i on.
func (s *Areas) cut(i, count int) {
	copy(s.list[i:], s.list[i+count:s.n])
	s.n -= count
}

// Remove frees a range: areas inside it go, those at its ends are cut. It reports false, and
// changes nothing, if that would need one more area than there is room for.
func (s *Areas) Remove(start, end uint64) bool {
	if start >= end {
		return true
	}
	i := s.after(start)
	if i < s.n && s.list[i].Start < start {
		if s.list[i].End > end { // a hole in one area makes two
			if s.n == AreasMax {
				return false
			}
			copy(s.list[i+1:s.n+1], s.list[i:s.n])
			s.n++
			s.list[i].End = start
			s.list[i+1] = s.list[i+1].from(end)
			return true
		}
		s.list[i].End = start
		i++
	}
	count := 0
	for i+count < s.n && s.list[i+count].End <= end {
		count++
	}
	s.cut(i, count)
	if i < s.n && s.list[i].Start < end {
		s.list[i] = s.list[i].from(end)
	}
	return true
}

// Protect changes the protection of a range that areas cover. It reports false, and changes
// nothing, if there is no room for the pieces.
func (s *Areas) Protect(start, end uint64, prot uint8) bool {
	if s.n+2 > AreasMax {
		return false
	}
	for start < end {
		a := s.list[s.after(start)]
		piece := a.from(max(a.Start, start))
		piece.End = min(a.End, end)
		if piece.Prot != prot {
			s.Remove(piece.Start, piece.End)
			piece.Prot = prot
			s.Insert(piece)
		}
		start = piece.End
	}
	return true
}
