package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/kernel/layout"
)

// theProgram compiles a program of this module.
func theProgram(t testing.TB, pattern string) []byte {
	t.Helper()
	file, err := CompileProgram(t.Context(), ".", pattern)
	if errors.Is(err, ErrNoGo) {
		t.Skip("needs the go command")
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// theImage makes the image of a program of this module.
func theImage(t testing.TB, pattern string) []byte {
	t.Helper()
	kernel, _ := theKernel(t)
	file, err := Build(kernel, theProgram(t, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

const printPackage = "github.com/atoll-os/atoll/examples/print"

// TestSizes: what the examples may have, in bytes.
func TestSizes(t *testing.T) {
	for pattern, most := range map[string]int{printPackage: 3e6, helloPackage: 9e6} {
		n := len(theImage(t, pattern))
		t.Logf("%s has %d bytes", pattern, n)
		if n > most {
			t.Errorf("%s has %d bytes, at most %d", pattern, n, most)
		}
	}
}

// TestImageIsRepeatable: the same bytes from the same source, compiled twice.
func TestImageIsRepeatable(t *testing.T) {
	kernel, _ := theKernel(t)
	again, err := Compile(t.Context(), ".")
	if err != nil {
		t.Fatal(err)
	}
	program := theProgram(t, printPackage)
	a, err := Build(kernel, program)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Build(again, theProgram(t, printPackage))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("two builds differ")
	}
	if len(a) > 3<<20 {
		t.Errorf("the image of print has %d bytes, at most 3 MiB", len(a))
	}
}

// memory is what a hypervisor makes of an image: its segments at their physical addresses.
func memory(t *testing.T, file []byte) []byte {
	t.Helper()
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	ram := make([]byte, 16<<20)
	end := uint64(0)
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD {
			continue
		}
		if p.Paddr < end || p.Paddr+p.Memsz > uint64(len(ram)) {
			t.Fatalf("segment %+v overlaps or is too far", p.ProgHeader)
		}
		end = p.Paddr + p.Memsz
		if _, err := p.ReadAt(ram[p.Paddr:p.Paddr+p.Filesz], 0); err != nil {
			t.Fatal(err)
		}
	}
	return ram
}

// translate walks the page tables as the processor would.
func translate(ram []byte, address uint64) (phys, rights uint64, ok bool) {
	table := uint64(layout.RootPhys)
	rights = writable
	for shift := 39; ; shift -= 9 {
		e := binary.LittleEndian.Uint64(ram[table+address>>shift&511*8:])
		if e&present == 0 {
			return 0, 0, false
		}
		rights = rights&(e|noExec) | e&noExec
		if shift == 12 || e&large != 0 {
			span := uint64(1)<<shift - 1
			return e&0x000ffffffffff000&^span | address&span, rights, true
		}
		table = e & 0x000ffffffffff000
	}
}

// TestMemoryIsSafe: no address of the kernel is both writable and executable, nothing of its code
// is writable by another name, and below each stack is a hole.
func TestMemoryIsSafe(t *testing.T) {
	ram := memory(t, theImage(t, printPackage))
	code := map[uint64]bool{}
	pages := 0
	for at := uint64(layout.KernelBase); at < layout.KernelBase+layout.KernelBytesMax; at += 4096 {
		phys, rights, ok := translate(ram, at)
		if !ok {
			continue
		}
		pages++
		if rights&writable != 0 && rights&noExec == 0 {
			t.Errorf("%#x is writable and executable", at)
		}
		if rights&writable == 0 {
			code[phys] = true
		}
	}
	if pages < 50 {
		t.Errorf("%d pages of the kernel", pages)
	}
	for at := uint64(0); at < layout.MemoryMax; at += 4096 {
		if at >= uint64(len(ram)) && at%(2<<20) != 0 {
			continue
		}
		phys, rights, ok := translate(ram, layout.DirectBase+at)
		if !ok || phys != at || rights&noExec == 0 {
			t.Fatalf("the direct map has %#x at %#x, rights %#x, %v", phys, at, rights, ok)
		}
		if code[phys] && rights&writable != 0 {
			t.Errorf("code at %#x is writable in the direct map", phys)
		}
	}
	for n := range uint64(layout.Stacks) {
		top := layout.StackTop(n)
		if _, rights, ok := translate(ram, top-1); !ok || rights&noExec == 0 {
			t.Errorf("stack %d is not there", n)
		}
		if _, _, ok := translate(ram, top-layout.StackBytes-1); ok {
			t.Errorf("below stack %d is no hole", n)
		}
	}
	if _, _, ok := translate(ram, layout.BootPhys); !ok {
		t.Error("the stub cannot go on after it turned on paging")
	}
}

// TestNote: a hypervisor finds the entry.
func TestNote(t *testing.T) {
	file := theImage(t, printPackage)
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if f.Entry != layout.BootPhys {
		t.Errorf("entry %#x", f.Entry)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_NOTE {
			b := make([]byte, p.Filesz)
			if _, err := p.ReadAt(b, 0); err != nil {
				t.Fatal(err)
			}
			want := "\x04\x00\x00\x00\x04\x00\x00\x00\x12\x00\x00\x00Xen\x00\x00\x00\x10\x00"
			if string(b) != want {
				t.Errorf("note %q", b)
			}
			return
		}
	}
	t.Error("no note")
}

// TestVDSO: what Go's own debug/elf makes of it.
func TestVDSO(t *testing.T) {
	page, err := vdso(bytes.Repeat([]byte{0x90}, 70))
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	if f.Type != elf.ET_DYN || len(f.Progs) != 2 || f.Progs[1].Type != elf.PT_DYNAMIC {
		t.Errorf("%+v", f.FileHeader)
	}
	if _, err := vdso(make([]byte, layout.PageBytes)); err == nil {
		t.Error("a function of a whole page fits")
	}
}

// TestBuildRefuses: what cannot become an image is told in words.
func TestBuildRefuses(t *testing.T) {
	kernel, _ := theKernel(t)
	program := theProgram(t, printPackage)
	edit := func(at int, value byte) []byte {
		b := bytes.Clone(program)
		b[at] = value
		return b
	}
	for _, c := range []struct {
		name            string
		kernel, program []byte
		want            string
	}{
		{"no kernel", []byte("text"), program, "read kernel"},
		{"no program", kernel, []byte("text"), "no ELF file"},
		{"another machine", kernel, edit(18, 183), "not for amd64"},
		{"position-independent", kernel, edit(16, 3), "put anywhere"},
		{"a program for a kernel", program, program, "has no function main.vdsoClockGettime"},
	} {
		_, err := Build(c.kernel, c.program)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		var wrong *ProgramError
		if errors.As(err, &wrong) && !strings.Contains(wrong.Hint, "CGO_ENABLED=0") {
			t.Errorf("%s: hint %q", c.name, wrong.Hint)
		}
	}
	if _, err := CompileProgram(t.Context(), ".", "./nothing"); err == nil {
		t.Error("a program that is not there")
	}
	if _, err := CompileProgram(t.Context(), ".", "."); err == nil {
		t.Error("a package that is no program")
	}
}

// TestFiles: an image refuses files that its kernel would.
func TestFiles(t *testing.T) {
	many := make([]File, 2000)
	for i := range many {
		many[i].Path = fmt.Sprint("/f", i)
	}
	for _, c := range []struct {
		files []File
		want  string
	}{
		{[]File{{Path: "etc/hosts"}}, "not absolute"},
		{[]File{{Path: "/"}}, "not absolute"},
		{[]File{{Path: "/a/../b"}}, "not absolute"},
		{[]File{{Path: "/a"}, {Path: "/a"}}, "two files are /a"},
		{[]File{{Path: "/a"}, {Path: "/a-"}, {Path: "/a/b/c"}}, "/a is a file, and the folder"},
		{[]File{{Path: "/tmp"}}, "may not be /tmp"},
		{[]File{{Path: "/dev/x"}}, "may not be /dev/x"},
		{[]File{{Path: strings.Repeat("/x", 3000)}}, "a path has 6000 bytes"},
		{[]File{{Path: "/" + strings.Repeat("x", 200)}}, "longer than"},
		{many, "files and folders, at most"},
	} {
		if _, err := fileTable(c.files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	a, err := fileTable([]File{{"/b", []byte("2")}, {"/a", []byte("1")}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := fileTable([]File{{"/a", []byte("1")}, {"/b", []byte("2")}})
	if err != nil || !bytes.Equal(a, b) {
		t.Errorf("the order of the files decides something, %v", err)
	}
}
