package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Section is something about an image that lies in its file and not in the machine's memory.
type Section struct {
	Name string // begins with a dot
	Data []byte
}

// buildInfoSection is where the go command and its like look for what a program was built from.
const buildInfoSection = ".go.buildinfo"

// Kinds and flags of sections.
const (
	sectionData    = 1
	sectionStrings = 3
	sectionInRAM   = 2
	sectionBytes   = 64
)

// section is a section header.
type section struct {
	name                    string
	kind                    uint32
	flags                   uint64
	address, offset, length uint64
}

// AddSections puts sections behind an image that Build made of a program, and the table of all of
// them. The program's build information, which lies within the image, gets a name, so that go
// version -m finds it.
func AddSections(file, programFile []byte, more ...Section) ([]byte, error) {
	tail, err := findProgram(file, programFile)
	if err != nil {
		return nil, err
	}
	file = slices.Clone(file)
	list := []section{{}} // the first is none
	if at, length, ok := buildInfo(programFile); ok {
		list = append(list, section{buildInfoSection, sectionData, sectionInRAM, tail.Vaddr + at,
			tail.Off + at, length})
	}
	for _, s := range more {
		list = append(list, section{s.Name, sectionData, 0, 0, uint64(len(file)),
			uint64(len(s.Data))})
		file = append(file, s.Data...)
	}
	names, places := []byte{0}, []uint32{0}
	list = append(list, section{name: ".shstrtab", kind: sectionStrings})
	for _, s := range list[1:] {
		places = append(places, uint32(len(names)))
		names = append(append(names, s.name...), 0)
	}
	last := &list[len(list)-1]
	last.offset, last.length = uint64(len(file)), uint64(len(names))
	file = append(file, names...)
	for len(file)%8 != 0 {
		file = append(file, 0)
	}
	le := binary.LittleEndian
	le.PutUint64(file[40:], uint64(len(file)))
	le.PutUint16(file[58:], sectionBytes)
	le.PutUint16(file[60:], uint16(len(list)))
	le.PutUint16(file[62:], uint16(len(list)-1))
	for i, s := range list {
		h := make([]byte, sectionBytes)
		le.PutUint32(h, places[i])
		le.PutUint32(h[4:], s.kind)
		for word, v := range []uint64{s.flags, s.address, s.offset, s.length} {
			le.PutUint64(h[8+8*word:], v)
		}
		if s.kind != 0 {
			le.PutUint64(h[48:], 1) // alignment
		}
		file = append(file, h...)
	}
	return file, nil
}

// findProgram returns the segment of an image that begins with the program.
func findProgram(file, programFile []byte) (*elf.Prog, error) {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("image: read an image: %w", err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Off < uint64(len(file)) &&
			bytes.HasPrefix(file[p.Off:], programFile) {
			return p, nil
		}
	}
	return nil, errors.New("image: it is no image of this program")
}

// buildInfo returns where in a program's file its build information is.
func buildInfo(programFile []byte) (at, length uint64, ok bool) {
	f, err := elf.NewFile(bytes.NewReader(programFile))
	if err != nil {
		return 0, 0, false
	}
	s := f.Section(buildInfoSection)
	if s == nil || s.Offset+s.Size > uint64(len(programFile)) {
		return 0, 0, false
	}
	return s.Offset, s.Size, true
}
