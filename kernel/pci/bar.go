package pci

// readBAR returns region i of a function, which does not answer at its regions meanwhile. A
// register of a region keeps only the bits that choose an address, so that ones written to it tell
// its size.
func readBAR(c *Config, function uint32, i int) (b bar) {
	at := regBAR + 4*uint32(i)
	low := c.Read(function, at)
	b.wide = low&(barPorts|barKind) == barWide && i+1 < barsMax
	if low&barPorts != 0 || low&barKind != 0 && !b.wide {
		return b
	}
	command := c.Read(function, regCommand) & 0xffff
	c.Write(function, regCommand, command&^commandMemory)
	high, ones := uint32(0), uint64(0xffffffff)<<32
	if b.wide {
		high = c.Read(function, at+4)
		c.Write(function, at+4, ^uint32(0))
		ones = uint64(c.Read(function, at+4)) << 32
		c.Write(function, at+4, high)
	}
	c.Write(function, at, ^uint32(0))
	ones |= uint64(c.Read(function, at)) & barAddress
	c.Write(function, at, low)
	c.Write(function, regCommand, command)
	b.at = uint64(high)<<32 | uint64(low)&barAddress
	if uint32(ones) != 0 || b.wide && ones != 0 {
		b.bytes = -ones
	}
	if b.bytes&(b.bytes-1) != 0 { // not a power of 2: no region
		b.bytes = 0
	}
	return b
}

// move gives a region a place that the kernel can reach, if it has none.
func (l *List) move(c *Config, w *Window, function, region uint32, b *bar) bool {
	if b.inside(w) {
		return true
	}
	if l.ranges == RangesMax || b.bytes > w.Over-w.Free {
		return false
	}
	at, ok := l.free(w, b.bytes)
	if !ok {
		return false
	}
	b.at = at
	l.taken[l.ranges] = *b
	l.ranges++
	command := c.Read(function, regCommand) & 0xffff
	c.Write(function, regCommand, command&^commandMemory)
	register := regBAR + 4*region
	c.Write(function, register, uint32(at))
	if b.wide {
		c.Write(function, register+4, uint32(at>>32))
	}
	c.Write(function, regCommand, command)
	return readBAR(c, function, int(region)).at == at
}

// free returns the lowest place for so many bytes, a power of 2, where no region is.
func (l *List) free(w *Window, bytes uint64) (at uint64, ok bool) {
	at = (w.Free + bytes - 1) &^ (bytes - 1)
	for range l.ranges + 1 {
		if at > w.Over-bytes {
			return 0, false
		}
		next := at
		for i := range l.ranges {
			if t := &l.taken[i]; t.at < at+bytes && at < t.at+t.bytes {
				next = max(next, (t.at+t.bytes+bytes-1)&^(bytes-1))
			}
		}
		if next == at {
			return at, true
		}
		at = next
	}
	return 0, false
}
