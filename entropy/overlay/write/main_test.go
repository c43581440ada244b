package main

import (
	"os"
	"path/filepath"
	"testing"
)

// The overlay for the go command in the path; and the errors of a folder and of a go command that
// are not there.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	if err := write(dir); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "overlay.json")
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
	if err := write(filepath.Join(name, "below")); err == nil {
		t.Error("wrote below a file")
	}
	t.Setenv("PATH", dir)
	if err := write(dir); err == nil {
		t.Error("no go command, and no error")
	}
}
