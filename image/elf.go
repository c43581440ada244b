package image

import "encoding/binary"

// header is what differs between the ELF files that are written here.
type header struct {
	kind     uint16 // 2 is a program, 3 a shared object
	entry    uint64
	headers  uint64 // where the program headers are
	programs int
}

// program is a program header.
type program struct {
	kind, flags             uint32
	offset                  uint64 // in the file
	virtual, physical       uint64
	file, memory, alignment uint64 // bytes
}

// Kinds of program headers, and flags.
const (
	kindLoad  = 1
	kindNote  = 4
	flagExec  = 1
	flagWrite = 2
	flagRead  = 4
)

// putHeader writes the header of an ELF64 file for amd64 to the front of b.
func putHeader(b []byte, h header) {
	le := binary.LittleEndian
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], h.kind)
	le.PutUint16(b[18:], 62)
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], h.entry)
	le.PutUint64(b[32:], h.headers)
	le.PutUint16(b[52:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], uint16(h.programs))
	le.PutUint16(b[58:], 64)
}

// putProgram writes a program header to the front of b.
func putProgram(b []byte, p program) {
	le := binary.LittleEndian
	le.PutUint32(b, p.kind)
	le.PutUint32(b[4:], p.flags)
	for i, v := range []uint64{p.offset, p.virtual, p.physical, p.file, p.memory, p.alignment} {
		le.PutUint64(b[8+8*i:], v)
	}
}

// note makes the note by which a hypervisor finds the entry: XEN_ELFNOTE_PHYS32_ENTRY.
func note(entry uint32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 4) // bytes of the name
	b = le.AppendUint32(b, 4)    // of the value
	b = le.AppendUint32(b, 18)   // type
	b = append(b, "Xen\x00"...)  //
	return le.AppendUint32(b, entry)
}
