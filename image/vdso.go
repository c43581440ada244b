package image

import (
	"encoding/binary"
	"fmt"

	"github.com/atoll-os/atoll/kernel/layout"
)

// vdso makes the page that a program finds by its auxiliary vector: a shared object with one
// function, with exactly the tables that the Go runtime looks at (runtime/vdso_linux.go), which
// without a version definition would crash.
func vdso(code []byte) ([]byte, error) {
	const (
		names       = "\x00__vdso_clock_gettime\x00LINUX_2.6\x00"
		functionAt  = 1
		versionAt   = 22
		versionHash = 0x3ae75f6 // of LINUX_2.6
		headerBytes = 64
		programs    = 2
		version     = 2 // its index
	)
	le := binary.LittleEndian
	b := make([]byte, headerBytes+programs*56, layout.PageBytes)
	align := func() int {
		for len(b)%8 != 0 {
			b = append(b, 0)
		}
		return len(b)
	}
	stringsAt := align()
	b = append(b, names...)
	codeAt := align() + 0x20&^7
	for len(b) < codeAt {
		b = append(b, trap)
	}
	b = append(b, code...)
	symbolsAt := align()
	b = append(b, make([]byte, 24)...)
	b = le.AppendUint32(b, functionAt)
	b = append(b, 0x12, 0) // global function
	b = le.AppendUint16(b, 1)
	b = le.AppendUint64(le.AppendUint64(b, uint64(codeAt)), uint64(len(code)))
	hashAt := align()
	for _, v := range []uint32{1, 2, 1, 0, 0} { // one bucket, two symbols
		b = le.AppendUint32(b, v)
	}
	versionsAt := align()
	b = le.AppendUint16(le.AppendUint16(b, 0), version)
	definitionAt := align()
	for _, v := range []uint16{1, 0, version, 1} {
		b = le.AppendUint16(b, v)
	}
	for _, v := range []uint32{versionHash, 20, 0, versionAt, 0} {
		b = le.AppendUint32(b, v)
	}
	dynamicAt := align()
	for _, v := range []uint64{5, uint64(stringsAt), 6, uint64(symbolsAt), 4, uint64(hashAt),
		0x6ffffff0, uint64(versionsAt), 0x6ffffffc, uint64(definitionAt), 0x6ffffffd, 1,
		10, uint64(len(names)), 11, 24, 0, 0} {
		b = le.AppendUint64(b, v)
	}
	if len(b) > layout.PageBytes {
		return nil, fmt.Errorf("image: the vDSO has %d bytes, at most %d", len(b), layout.PageBytes)
	}
	putHeader(b, header{kind: 3, headers: headerBytes, programs: programs})
	end := uint64(len(b))
	putProgram(b[headerBytes:], program{kind: 1, flags: 5, offset: 0, file: end, memory: end})
	putProgram(b[headerBytes+56:], program{kind: 2, flags: 4, offset: uint64(dynamicAt),
		virtual: uint64(dynamicAt), file: end - uint64(dynamicAt), memory: end - uint64(dynamicAt)})
	return b[:layout.PageBytes], nil
}
