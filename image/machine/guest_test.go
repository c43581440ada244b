//go:build unix

package machine_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/image"
	"github.com/atoll-os/atoll/image/machine"
)

var kinds = []string{machine.Microvm, machine.Q35}

// start boots the smallest program.
func start(t *testing.T, kind string, console *bytes.Buffer,
	options ...string) *machine.Machine {
	t.Helper()
	h, err := machine.Find(t.Context(), machine.QEMU)
	if errors.Is(err, machine.ErrNoHypervisor) {
		if os.Getenv("ATOLL_GUESTS") == "required" {
			t.Fatal(err)
		}
		t.Skipf("needs %s, from the package %s", machine.QEMU, machine.QEMUPackage)
	} else if err != nil {
		t.Fatal(err)
	}
	kernel, err := image.Compile(t.Context(), ".")
	if errors.Is(err, image.ErrNoGo) {
		t.Skip("needs the go command")
	} else if err != nil {
		t.Fatal(err)
	}
	program, err := image.CompileProgram(t.Context(), ".", "github.com/atoll-os/atoll/examples/print")
	if err != nil {
		t.Fatal(err)
	}
	file, err := image.Build(kernel, program)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "image.elf")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := h.Start(t.Context(), &machine.Config{Image: name, Machine: kind, Memory: 16 << 20,
		Options: options, Args: []string{"one", "two  words"}}, console)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestGuest: a program prints its arguments and ends.
func TestGuest(t *testing.T) {
	for _, kind := range kinds {
		var console bytes.Buffer
		exit, _ := start(t, kind, &console).Wait()
		if !exit.OK() || !strings.HasSuffix(console.String(), "arguments: one two  words\n") {
			t.Errorf("%s: %v, console %q", kind, exit, &console)
		}
	}
}

// TestHang: a kernel that stands still says where it is when it is asked to.
func TestHang(t *testing.T) {
	for _, kind := range kinds {
		var console bytes.Buffer
		m := start(t, kind, &console, "kernel.hang")
		time.Sleep(time.Second) // until it has booted
		if err := m.Interrupt(); err != nil {
			t.Fatal(err)
		}
		exit, _ := m.Wait()
		if exit.End != machine.Watchdog || !strings.Contains(console.String(), "main.applyOptions") {
			t.Errorf("%s: %v, console %q", kind, exit, &console)
		}
	}
}
