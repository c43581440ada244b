// Package mem is the memory of a vm: physical pages, the page tables of the one address space, the
// areas that a program mapped, demand paging, and copies to and from the program.
//
// Physical memory is a slice: an index is a physical address. In a machine it is the direct map, in
// a test any slice. The package never dereferences an address of the program: it walks the page
// tables as the processor would and then reads or writes physical memory, so no address that a
// program passes can fault inside the kernel, and SMAP is on without exceptions.
//
// Nothing here allocates, calls an interface or needs a Go runtime. One processor, no locks.
package mem

// PageBytes is the size of a page and of a page table.
const PageBytes = 4096

// RAM is physical memory; the index of a byte is its physical address.
type RAM []byte

// Page returns the page at a physical address, which is a multiple of PageBytes.
func (r RAM) Page(at uint64) []byte { return r[at : at+PageBytes : at+PageBytes] }

// Load returns the word of 8 bytes at a physical address.
func (r RAM) Load(at uint64) uint64 { return Load64(r[at : at+8]) }

// Store writes the word of 8 bytes at a physical address, in one access.
func (r RAM) Store(at, value uint64) { Store64(r[at:at+8], value) }

// Load64 returns the little-endian word at the front of b.
func Load64(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// Store64 writes v little-endian to the front of b.
func Store64(b []byte, v uint64) {
	_ = b[7]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
	b[4], b[5], b[6], b[7] = byte(v>>32), byte(v>>40), byte(v>>48), byte(v>>56)
}

// Load32 returns the little-endian word of 4 bytes at the front of b.
func Load32(b []byte) uint32 {
	_ = b[3]
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// Store32 writes v little-endian to the front of b.
func Store32(b []byte, v uint32) {
	_ = b[3]
	b[0], b[1], b[2], b[3] = byte(v), byte(v>>8), byte(v>>16), byte(v>>24)
}

// Load16 returns the little-endian word of 2 bytes at the front of b.
func Load16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

// Store16 writes v little-endian to the front of b.
func Store16(b []byte, v uint16) { b[0], b[1] = byte(v), byte(v>>8) }
