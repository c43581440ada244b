package source

import (
	"bytes"
	"encoding/binary"
)

// What of ACPI's machine language names the place of the identifier (ACPI 6.5 §20.2).
const (
	amlZero  = 0x00 // the values 0 and 1 have a code of their own
	amlOne   = 0x01
	amlByte  = 0x0a
	amlWord  = 0x0b
	amlDWord = 0x0c
	amlQWord = 0x0e

	amlAddress = "\x08ADDR\x12" // NameOp, the name, PackageOp: then length, count, values
	amlPage    = "\x08VGIA"     // NameOp, the name: then a value
)

// qemuOffset is where in its page QEMU puts the identifier (docs/specs/vmgenid.rst).
const qemuOffset = 40

// generationAddress finds in an ACPI table (DSDT or SSDT) where in physical memory the 16 bytes of
// the VM generation identifier lie. A whole interpreter is not needed for the two forms that there
// are: Firecracker and Hyper-V name the address, Name(ADDR, Package(2){low, high}); QEMU names the
// page, Name(VGIA, address), and adds 40 in a method.
func generationAddress(table []byte) (address uint64, ok bool) {
	const device = "VM_Gen_Counter"
	at := bytes.Index(upperASCII(table), upperASCII([]byte(device)))
	if at < 0 {
		return 0, false
	}
	if _, value, ok := bytes.Cut(table[at:], []byte(amlAddress)); ok {
		if address, ok := addressPackage(value); ok {
			return address, true
		}
	}
	if _, value, ok := bytes.Cut(table, []byte(amlPage)); ok {
		page, _, ok := amlInteger(value)
		return page + qemuOffset, ok && page != 0
	}
	return 0, false
}

// upperASCII is b with the letters of ASCII in upper case and every other byte as it is: a table is
// no text, and bytes.ToUpper would change its length where it is no UTF-8.
func upperASCII(b []byte) []byte {
	upper := bytes.Clone(b)
	for i, c := range upper {
		if 'a' <= c && c <= 'z' {
			upper[i] = c - ('a' - 'A')
		}
	}
	return upper
}

// addressPackage reads what follows the PackageOp: a length of one byte, 2, low, high.
func addressPackage(b []byte) (address uint64, ok bool) {
	if len(b) < 2 || b[0] > 0x3f || b[1] != 2 {
		return 0, false
	}
	low, b, ok := amlInteger(b[2:])
	if !ok {
		return 0, false
	}
	high, _, ok := amlInteger(b)
	address = high<<32 | low
	return address, ok && low>>32 == 0 && high>>32 == 0 && address != 0
}

// amlInteger reads one integer constant.
func amlInteger(b []byte) (value uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	size := 0
	switch b[0] {
	case amlZero, amlOne:
		return uint64(b[0]), b[1:], true
	case amlByte:
		size = 1
	case amlWord:
		size = 2
	case amlDWord:
		size = 4
	case amlQWord:
		size = 8
	default:
		return 0, nil, false
	}
	if len(b) < 1+size {
		return 0, nil, false
	}
	var wide [8]byte
	copy(wide[:], b[1:1+size])
	return binary.LittleEndian.Uint64(wide[:]), b[1+size:], true
}
