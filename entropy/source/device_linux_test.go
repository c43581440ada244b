package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestVMDevice has a file and a pipe in the place of the file that Atoll's kernel has.
func TestVMDevice(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page")
	if err := os.WriteFile(page, make([]byte, os.Getpagesize()), 0o600); err != nil {
		t.Fatal(err)
	}
	v, err := openDevice(page)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Watch(t.Context(), func() {}); err == nil {
		t.Error("the end of the file is no error")
	}
	v.path = filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(v.path, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	copies, ended := make(chan uint64, 2), make(chan error, 1)
	go func() { ended <- v.Watch(ctx, func() { copies <- v.Count() }) }()
	pipe, err := os.OpenFile(v.path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	identifier, err := os.OpenFile(page, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer identifier.Close()
	if _, err := identifier.WriteAt([]byte{1}, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := pipe.WriteString("1 00000000\n"); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-copies:
		if got != 1 {
			t.Errorf("%d copies, want 1", got)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("a copy that the kernel told of was not noticed in 5 s")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Watch: %v", err)
	}
	v.path = filepath.Join(t.TempDir(), "none")
	if err := v.Watch(t.Context(), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Watch of no file: %v", err)
	}
	if _, err := VMDevice(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("on Linux: %v", err)
	}
}
