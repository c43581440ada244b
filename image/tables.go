package image

import (
	"encoding/binary"

	"github.com/atoll-os/atoll/kernel/layout"
)

// Bits of page table entries (Intel SDM vol. 3 §4.5).
const (
	present   = 1 << 0
	writable  = 1 << 1
	uncached  = 1 << 4 // PCD
	accessed  = 1 << 5
	dirty     = 1 << 6
	large     = 1 << 7 // 2 MiB
	global    = 1 << 8
	noExec    = 1 << 63
	table     = present | writable | accessed
	largeByte = 2 << 20
)

// boot is the memory from BootPhys to BootEnd while it is made.
type boot []byte

// page returns the page at a physical address.
func (b boot) page(phys int) []byte {
	return b[phys-layout.BootPhys:][:layout.PageBytes]
}

// set writes entry i of the table at a physical address.
func (b boot) set(phys, i int, entry uint64) {
	binary.LittleEndian.PutUint64(b.page(phys)[8*i:], entry)
}

// mapAll writes all page tables. The upper half of the address space is the kernel's for ever; the
// lower half begins with an identity map, which the stub needs and the kernel removes.
func (b boot) mapAll(kernel []page) {
	const half = 512
	b.set(layout.RootPhys, 0, layout.LowPDPTPhys|table)
	b.set(layout.RootPhys, half/2, layout.DirectPDPTPhys|table)
	b.set(layout.RootPhys, half-1, layout.HighPDPTPhys|table)
	b.set(layout.LowPDPTPhys, 0, layout.LowPDPhys|table)
	b.set(layout.LowPDPhys, 0, present|writable|accessed|dirty|large)
	b.mapHigh(kernel)
	b.mapDirect(kernel)
}

// mapHigh maps the top 2 GiB: the kernel's pages, and its stacks with a hole below each.
func (b boot) mapHigh(kernel []page) {
	const pageOf = layout.PageBytes
	b.set(layout.HighPDPTPhys, 510, layout.HighPDPhys|table)
	b.set(layout.HighPDPhys, 0, layout.StackPTPhys|table)
	for i := range layout.KernelBytesMax / largeByte {
		b.set(layout.HighPDPhys, 1+i, uint64(layout.KernelPTPhys+i*pageOf)|table)
	}
	for n := range layout.Stacks {
		for i := range layout.StackBytes / pageOf {
			phys := layout.StackPhys + n*layout.StackBytes + i*pageOf
			b.set(layout.StackPTPhys, n*layout.StackStride/pageOf+1+i,
				uint64(phys)|present|writable|accessed|dirty|global|noExec)
		}
	}
	for i := range kernel {
		slot := int(kernel[i].address-layout.KernelBase) / pageOf
		b.set(layout.KernelPTPhys+slot/512*pageOf, slot%512, kernelPhys(i)|kernel[i].bits()|global)
	}
}

// mapDirect maps the lowest 4 GiB, devices uncached. Of the kernel only data is writable, so that
// the map is no way round W^X; nothing is executable.
func (b boot) mapDirect(kernel []page) {
	const gib = 1 << 30
	for g := range layout.DirectBytes / gib {
		b.set(layout.DirectPDPTPhys, g, uint64(layout.DirectPDPhys+g*layout.PageBytes)|table)
		for i := range gib / largeByte {
			phys := uint64(g*gib + i*largeByte)
			entry := phys | present | writable | accessed | dirty | large | global | noExec
			if phys >= layout.MemoryMax {
				entry |= uncached
			}
			b.set(layout.DirectPDPhys+g*layout.PageBytes, i, entry)
		}
	}
	for i := range layout.KernelBytesMax / layout.PageBytes {
		entry := kernelPhys(i) | present | accessed | global | noExec
		if i >= len(kernel) || kernel[i].write {
			entry |= writable | dirty
		}
		b.set(layout.DirectPTPhys+i/512*layout.PageBytes, i%512, entry)
	}
	for i := range layout.KernelBytesMax / largeByte {
		b.set(layout.DirectPDPhys, layout.KernelPhys/largeByte+i,
			uint64(layout.DirectPTPhys+i*layout.PageBytes)|table)
	}
}

// kernelPhys returns the physical address of page i of the kernel.
func kernelPhys(i int) uint64 { return layout.KernelPhys + uint64(i)*layout.PageBytes }

// bits returns the entry of a page of the kernel without its address.
func (p *page) bits() uint64 {
	bits := uint64(present | accessed | noExec)
	if p.write {
		bits |= writable | dirty
	}
	if p.exec {
		bits &^= noExec
	}
	return bits
}
