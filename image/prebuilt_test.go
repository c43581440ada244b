package image

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// TestPrebuilt: what was built elsewhere is taken, or refused in words.
func TestPrebuilt(t *testing.T) {
	program := theProgram(t, printPackage)
	if outside, err := Prebuilt(program); err != nil || outside {
		t.Errorf("without a network: %v, %v", outside, err)
	}
	if outside, err := Prebuilt(theProgram(t, helloPackage)); err != nil || !outside {
		t.Errorf("with a network of its own: %v, %v", outside, err)
	}
	replace := func(before, after string) []byte {
		return bytes.ReplaceAll(program, []byte(before), []byte(after))
	}
	arm := bytes.Clone(program)
	binary.LittleEndian.PutUint16(arm[18:], uint16(elf.EM_AARCH64))
	dynamic := bytes.Clone(program)
	binary.LittleEndian.PutUint32(dynamic[64:], uint32(elf.PT_INTERP))
	version := GoVersions[len(GoVersions)-1]
	for _, c := range []struct {
		file []byte
		want string
	}{
		{arm, "for EM_AARCH64, not for amd64"},
		{dynamic, "linked dynamically"},
		{replace("GOOS=linux", "GOOS=plan9"), "for plan9, not for linux"},
		{replace(version, version[:len(version)-1]+"x"), "which was not tried with this kernel"},
		{replace("\xff Go buildinf:", "\xff no buildinf:"), "nothing of how Go built it"},
		{[]byte("#!/bin/sh\n"), "no ELF file"},
	} {
		_, err := Prebuilt(c.file)
		var wrong *ProgramError
		if !errors.As(err, &wrong) || wrong.Hint == "" || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
}
