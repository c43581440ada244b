package mem

import "github.com/atoll-os/atoll/kernel/abi"

// Chunk returns the program's memory at an address for an access, up to n bytes and the end of the
// page. It is nil if the program may not do that.
func (s *Space) Chunk(address, n uint64, access Access) []byte {
	phys, ok := s.Touch(address, access)
	if !ok {
		return nil
	}
	n = min(n, PageBytes-address&(PageBytes-1))
	return s.RAM[phys : phys+n : phys+n]
}

// CopyIn fills dst from the program's memory. It reports false if the program may not read all of
// it; then dst holds a part.
func (s *Space) CopyIn(dst []byte, address uint64) bool {
	for len(dst) > 0 {
		chunk := s.Chunk(address, uint64(len(dst)), abi.ProtRead)
		if chunk == nil {
			return false
		}
		n := copy(dst, chunk)
		dst, address = dst[n:], address+uint64(n)
	}
	return true
}

// CopyOut writes src to the program's memory. It reports false if the program may not write all of
// it; then a part is written.
func (s *Space) CopyOut(address uint64, src []byte) bool {
	for len(src) > 0 {
		chunk := s.Chunk(address, uint64(len(src)), abi.ProtWrite)
		if chunk == nil {
			return false
		}
		n := copy(chunk, src)
		src, address = src[n:], address+uint64(n)
	}
	return true
}

// Writable tells whether the program may write n bytes from an address on, and makes their pages.
func (s *Space) Writable(address, n uint64) bool {
	for n > 0 {
		chunk := s.Chunk(address, n, abi.ProtWrite)
		if chunk == nil {
			return false
		}
		n, address = n-uint64(len(chunk)), address+uint64(len(chunk))
	}
	return true
}

// Load64 returns the program's word of 8 bytes at an address.
func (s *Space) Load64(address uint64) (value uint64, ok bool) {
	var b [8]byte
	ok = s.CopyIn(b[:], address)
	return Load64(b[:]), ok
}

// Store64 writes the program's word of 8 bytes at an address.
func (s *Space) Store64(address, value uint64) bool {
	var b [8]byte
	Store64(b[:], value)
	return s.CopyOut(address, b[:])
}

// Load32 returns the program's word of 4 bytes at an address.
func (s *Space) Load32(address uint64) (value uint32, ok bool) {
	var b [4]byte
	ok = s.CopyIn(b[:], address)
	return Load32(b[:]), ok
}

// Store32 writes the program's word of 4 bytes at an address.
func (s *Space) Store32(address uint64, value uint32) bool {
	var b [4]byte
	Store32(b[:], value)
	return s.CopyOut(address, b[:])
}

// Text fills dst from the program's memory up to a zero byte, and returns what comes before that.
// It is nil with EFAULT or ENAMETOOLONG if there is no zero byte within dst.
func (s *Space) Text(dst []byte, address uint64) (text []byte, errno int64) {
	for n := 0; n < len(dst); {
		chunk := s.Chunk(address+uint64(n), uint64(len(dst)-n), abi.ProtRead)
		if chunk == nil {
			return nil, abi.EFAULT
		}
		for _, c := range chunk {
			if c == 0 {
				return dst[:n], 0
			}
			dst[n] = c
			n++
		}
	}
	return nil, abi.ENAMETOOLONG
}
