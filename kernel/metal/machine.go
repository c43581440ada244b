//go:build atollkernel && linux && amd64

package main

import (
	"unsafe"

	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

// What a hypervisor leaves at startInfo (Xen's public/arch-x86/hvm/start_info.h). Everything in it
// is checked: it comes from outside.
const (
	startMagic      = 0x336ec578
	startVersionAt  = 4
	startCommandAt  = 24
	startMapAt      = 40
	startMapCountAt = 48
	startBytes      = 56
	mapEntryBytes   = 24
	mapEntriesMax   = 64
	mapTypeRAM      = 1
	commandBytesMax = 4096
)

// command is the hypervisor's command line.
var command []byte

// below4G is all that the direct map shows, for what a hypervisor left outside of memory.
func below4G(at, size uint64) []byte {
	if at > layout.DirectBytes || size > layout.DirectBytes-at {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(uintptr(layout.DirectBase+at))), size)
}

// readMachine finds out how much memory there is, and the command line. Used is the memory that
// holds the image and goes on without a hole.
func readMachine() {
	s := below4G(startInfo, startBytes)
	if s == nil || mem.Load32(s) != startMagic {
		fail("not started by PVH")
	}
	if mem.Load32(s[startVersionAt:]) < 1 {
		fail("the hypervisor gives no memory map")
	}
	count := uint64(min(mem.Load32(s[startMapCountAt:]), mapEntriesMax))
	entries := below4G(mem.Load64(s[startMapAt:]), count*mapEntryBytes)
	top := uint64(0)
	for i := 0; i+mapEntryBytes <= len(entries); i += mapEntryBytes {
		e := entries[i:]
		from, size := mem.Load64(e), mem.Load64(e[8:])
		if mem.Load32(e[16:]) == mapTypeRAM && from <= layout.BootPhys && size < 1<<52 &&
			from+size > layout.BootPhys {
			top = min(from+size, layout.MemoryMax) &^ (layout.PageBytes - 1)
		}
	}
	if top < info(layout.InfoEnd) {
		fail("not enough memory for the image")
	}
	ram = unsafe.Slice((*byte)(unsafe.Pointer(uintptr(layout.DirectBase))), top)
	line := below4G(mem.Load64(s[startCommandAt:]), commandBytesMax)
	for i, c := range line {
		if c == 0 {
			command = line[:i]
			break
		}
	}
}
