//go:build atollkernel && linux && amd64

package main

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

func readFWCfg() uint8 { return in8(fwcfgData) }

// openFWCfg selects a file, of which readFWCfg then gives byte after byte.
func openFWCfg(name string) (size uint32, ok bool) {
	out16(fwcfgSelector, fwcfgSignature)
	for _, c := range [4]uint8{'Q', 'E', 'M', 'U'} {
		if readFWCfg() != c {
			return 0, false
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
			out16(fwcfgSelector, uint16(selector))
			return size, true
		}
	}
	return 0, false
}

func fwcfgNumber(bytes int) (v uint32) {
	for range bytes {
		v = v<<8 | uint32(readFWCfg())
	}
	return v
}
