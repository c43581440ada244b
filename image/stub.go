package image

import (
	"encoding/binary"

	"github.com/atoll-os/atoll/kernel/layout"
)

// stub is the code at the entry: 32 bits, no paging, EBX the address of hvm_start_info, all else
// undefined (docs/misc/pvh.pandoc of Xen). It loads the GDT and the page tables, goes to 64 bits,
// and jumps to the kernel with EDI as EBX was.
func stub(entry uint64) []byte {
	le := binary.LittleEndian
	var b []byte
	code := func(bytes ...byte) { b = append(b, bytes...) }
	word := func(v uint32) { b = le.AppendUint32(b, v) }

	code(0xfa, 0xfc)       // cli; cld
	code(0x0f, 0x01, 0x15) // lgdt [gdtr]
	word(layout.BootPhys + layout.GDTOffset - gdtrBytes)
	code(0xb8) // mov eax, root
	word(layout.RootPhys)
	code(0x0f, 0x22, 0xd8) // mov cr3, eax
	code(0xb8)             // mov eax, PAE | PGE | OSFXSR | OSXMMEXCPT
	word(1<<5 | 1<<7 | 1<<9 | 1<<10)
	code(0x0f, 0x22, 0xe0) // mov cr4, eax
	code(0xb9)             // mov ecx, EFER
	word(0xc0000080)
	code(0xb8) // mov eax, LME | NXE
	word(1<<8 | 1<<11)
	code(0x31, 0xd2) // xor edx, edx
	code(0x0f, 0x30) // wrmsr
	code(0xb8)       // mov eax, PE | MP | ET | NE | WP | PG
	word(1<<0 | 1<<1 | 1<<4 | 1<<5 | 1<<16 | 1<<31)
	code(0x0f, 0x22, 0xc0) // mov cr0, eax
	code(0xea)             // jmp far KernelCode:next
	word(layout.BootPhys + uint32(len(b)) + 4 + 2)
	code(layout.KernelCode, 0)

	// 64 bits from here.
	code(0x31, 0xc0) // xor eax, eax
	for _, register := range []byte{0xd8, 0xc0, 0xd0, 0xe0, 0xe8} {
		code(0x8e, register) // mov ds, es, ss, fs, gs, eax
	}
	code(0x89, 0xdf) // mov edi, ebx
	code(0x48, 0xb8) // mov rax, entry
	b = le.AppendUint64(b, entry)
	code(0xff, 0xe0) // jmp rax
	return b
}

// gdtrBytes is what the processor is given to find the segments: a limit of 2 bytes, an address of
// 4, and 2 of padding before the table.
const gdtrBytes = 8

// segments are the descriptors; the task state, of two words, is the kernel's to fill in.
var segments = [7]uint64{
	layout.KernelCode / 8: 0x00af9b000000ffff,
	layout.KernelData / 8: 0x00cf93000000ffff,
	layout.UserData / 8:   0x00cff3000000ffff,
	layout.UserCode / 8:   0x00affb000000ffff,
}

// bootPage is the first page: stub, pointer to the GDT, GDT.
func bootPage(entry uint64) []byte {
	page := make([]byte, layout.PageBytes)
	copy(page, stub(entry))
	le := binary.LittleEndian
	at := layout.GDTOffset - gdtrBytes
	le.PutUint16(page[at:], uint16(8*len(segments)-1))
	le.PutUint32(page[at+2:], layout.BootPhys+layout.GDTOffset)
	for i, s := range segments {
		le.PutUint64(page[layout.GDTOffset+8*i:], s)
	}
	return page
}
