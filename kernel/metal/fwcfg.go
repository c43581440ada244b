//go:build atollkernel && linux && amd64

package main

import (
	"math/bits"

	"github.com/atoll-os/atoll/kernel/layout"
	"github.com/atoll-os/atoll/kernel/mem"
)

// QEMU's firmware configuration: files that the command of the hypervisor gives, read through two
// ports (docs/specs/fw_cfg.rst of QEMU). Numbers in its directory are big-endian.
const (
	fwcfgSelector  = 0x510
	fwcfgData      = 0x511
	fwcfgSignature = 0x0000 // "QEMU"
	fwcfgDirectory = 0x0019
	fwcfgNameBytes = 56
	fwcfgFilesMax  = 256
)

// Writing a file, of the few that may be written, is a transfer from memory: the address of what
// describes it is written to a port, most significant byte first, in two halves.
const (
	fwcfgTransfer = 0x514
	fwcfgSelect   = 1 << 3
	fwcfgWrite    = 1 << 4
	fwcfgTries    = 1 << 20
)

func readFWCfg() uint8 { return in8(fwcfgData) }

// openFWCfg selects a file, of which readFWCfg then gives byte after byte.
func openFWCfg(name string) (size uint32, ok bool) {
	selector, size, ok := findFWCfg(name)
	if ok {
		out16(fwcfgSelector, selector)
	}
	return size, ok
}

// writeFWCfg writes a file of 8 bytes.
func writeFWCfg(name string, content *[8]byte) bool {
	selector, size, ok := findFWCfg(name)
	if !ok || size != uint32(len(content)) {
		return false
	}
	page, ok := k.Space.Pages.Take()
	if !ok {
		return false
	}
	// A word that says what to do and becomes 0 when it is done, a length, an address; the content.
	const contentAt = 16
	order := ram.Page(page)
	mem.Store32(order, bits.ReverseBytes32(uint32(selector)<<16|fwcfgSelect|fwcfgWrite))
	mem.Store32(order[4:], bits.ReverseBytes32(size))
	mem.Store64(order[8:], bits.ReverseBytes64(page+contentAt))
	copy(order[contentAt:], content[:])
	out32(fwcfgTransfer, bits.ReverseBytes32(uint32(page>>32)))
	out32(fwcfgTransfer+4, bits.ReverseBytes32(uint32(page)))
	left := uint32(1)
	for tries := 0; left != 0 && tries < fwcfgTries; tries++ {
		left = read32(layout.DirectBase + page)
	}
	k.Space.Pages.Give(page)
	return left == 0
}

// findFWCfg looks for a file.
func findFWCfg(name string) (selector uint16, size uint32, ok bool) {
	out16(fwcfgSelector, fwcfgSignature)
	for _, c := range [4]uint8{'Q', 'E', 'M', 'U'} {
		if readFWCfg() != c {
			return 0, 0, false
		}
	}
	out16(fwcfgSelector, fwcfgDirectory)
	count := fwcfgNumber(4)
	for range min(count, fwcfgFilesMax) {
		size := fwcfgNumber(4)
		selector := fwcfgNumber(2)
		fwcfgNumber(2)
		same := true
		for i := range fwcfgNameBytes {
			c := readFWCfg()
			if i < len(name) {
				same = same && c == name[i]
			} else if i == len(name) {
				same = same && c == 0
			}
		}
		if same {
			return uint16(selector), size, true
		}
	}
	return 0, 0, false
}

func fwcfgNumber(bytes int) (v uint32) {
	for range bytes {
		v = v<<8 | uint32(readFWCfg())
	}
	return v
}
