package image

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"testing"
)

// TestSections: what is added is found by name, also by the go command, and the machine's memory is
// the same.
func TestSections(t *testing.T) {
	kernel, _ := theKernel(t)
	program := theProgram(t, printPackage)
	plain, err := Build(kernel, program)
	if err != nil {
		t.Fatal(err)
	}
	file, err := AddSections(plain, program, Section{".added", []byte("bill")},
		Section{".empty", nil})
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if data, err := f.Section(".added").Data(); err != nil || string(data) != "bill" {
		t.Errorf("the section is %q, %v", data, err)
	}
	info, err := buildinfo.Read(bytes.NewReader(file))
	if err != nil || info.Path != printPackage {
		t.Errorf("build information %v, %v", info, err)
	}
	if !bytes.Equal(memory(t, plain), memory(t, file)) {
		t.Error("sections change the machine's memory")
	}
	if _, err := AddSections(plain, []byte("another program")); err == nil {
		t.Error("the image of another program takes sections")
	}
	if _, err := AddSections([]byte("no image"), program); err == nil {
		t.Error("what is no image takes sections")
	}
}
