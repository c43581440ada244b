package image

import (
	"github.com/atoll-os/atoll/kernel/layout"
)

// Build returns the image of a program: the ELF file that a hypervisor boots. kernel is the ELF
// file that [Compile] makes; program is an ELF file for Linux on amd64, statically linked. It finds
// the files in its machine.
func Build(kernelFile, programFile []byte, files ...File) ([]byte, error) {
	k, err := parseKernel(kernelFile)
	if err != nil {
		return nil, err
	}
	if err := checkProgram(programFile); err != nil {
		return nil, err
	}
	clock, err := vdso(k.clock)
	if err != nil {
		return nil, err
	}

	// What follows the kernel in memory: the program, which is mapped from there, and symbols.
	tailAt := kernelPhys(len(k.pages))
	tail := pad(append([]byte(nil), programFile...))
	symbolsAt := tailAt + uint64(len(tail))
	tail = pad(append(tail, k.symbols...))
	table, err := fileTable(files)
	if err != nil {
		return nil, err
	}
	filesAt := tailAt + uint64(len(tail))
	tail = pad(append(tail, table...))

	area := boot(make([]byte, layout.DirectPTPhys+2*layout.PageBytes-layout.BootPhys))
	copy(area, bootPage(k.entry))
	area.mapAll(k.pages)
	copy(area.page(layout.VDSOPhys), clock)
	for word, v := range map[int]uint64{
		layout.InfoMagic:        layout.MagicValue,
		layout.InfoProgram:      tailAt,
		layout.InfoProgramBytes: uint64(len(programFile)),
		layout.InfoSymbols:      symbolsAt,
		layout.InfoSymbolsBytes: uint64(len(k.symbols)),
		layout.InfoFiles:        filesAt,
		layout.InfoFilesBytes:   uint64(len(table)),
		layout.InfoEnd:          tailAt + uint64(len(tail)),
	} {
		area.set(layout.InfoPhys, word, v)
	}
	var code []byte
	for _, p := range k.pages {
		code = append(code, p.data...) // pages of zeros come last
	}
	return link(area, code, uint64(len(k.pages))*layout.PageBytes, tailAt, tail), nil
}

// link writes the ELF file: headers and note in the first page, then the three parts.
func link(area, code []byte, kernelBytes, tailAt uint64, tail []byte) []byte {
	const headers, headerBytes, programs = 64, 64, 4
	first := make([]byte, layout.PageBytes)
	at := uint64(layout.PageBytes)
	part := func(physical, virtual uint64, data []byte, memory uint64) program {
		p := program{kind: kindLoad, flags: flagRead | flagWrite | flagExec, offset: at,
			virtual: virtual, physical: physical, file: uint64(len(data)), memory: memory,
			alignment: layout.PageBytes}
		at += uint64(len(data))
		return p
	}
	n := note(layout.BootPhys)
	noteAt := uint64(headers + programs*56)
	putHeader(first, header{kind: 2, entry: layout.BootPhys, headers: headerBytes, programs: programs})
	for i, p := range []program{
		part(layout.BootPhys, layout.BootPhys, area, layout.BootEnd-layout.BootPhys),
		part(layout.KernelPhys, layout.KernelPhys, code, kernelBytes),
		part(tailAt, tailAt, tail, uint64(len(tail))),
		{kind: kindNote, flags: flagRead, offset: noteAt, file: uint64(len(n)), memory: uint64(len(n)),
			alignment: 4},
	} {
		putProgram(first[headers+56*i:], p)
	}
	copy(first[noteAt:], n)
	file := first
	for _, data := range [][]byte{area, code, tail} {
		file = append(file, data...)
	}
	return file
}

// pad fills up to a whole page with zeros.
func pad(b []byte) []byte {
	for len(b)%layout.PageBytes != 0 {
		b = append(b, 0)
	}
	return b
}
