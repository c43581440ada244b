package image

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDebugger: gdb stops a machine in the kernel and names where it is, by the commands of
// docs/unikernel.md.
func TestDebugger(t *testing.T) {
	for _, name := range []string{"gdb", qemu} {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("ATOLL_GUESTS") == "required" {
				t.Fatal(err)
			}
			t.Skipf("needs %s, from the packages gdb and qemu-system-x86", name)
		}
	}
	kernel, _ := theKernel(t)
	symbols := filepath.Join(t.TempDir(), "kernel.elf")
	if err := os.WriteFile(symbols, kernel, 0o600); err != nil {
		t.Fatal(err)
	}
	// gdb starts the machine itself and talks to it by a pipe, so that no port can be taken.
	machine := append([]string{"exec", qemu, "-kernel", imageFile(t, printPackage), "-m", "16",
		"-cpu", "max", "-S", "-gdb", "stdio", "-accel", "tcg", "-nodefaults", "-no-user-config",
		"-no-reboot", "-display", "none", "-serial", "null",
		"-device", "isa-debug-exit,iobase=0xf4"}, microvm...)
	args := []string{"-batch", "-nx"}
	for _, command := range []string{"set confirm off", "symbol-file " + symbols,
		"target remote | " + strings.Join(machine, " "),
		"hbreak main.boot", "continue", "backtrace 1", "info registers rip", "kill"} {
		args = append(args, "-ex", command)
	}
	ctx, cancel := context.WithTimeout(t.Context(), guestTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, "gdb", args...).CombinedOutput()
	// It ends with 1, because QEMU is gone before it has answered the last command.
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("gdb: %v\n%s", err, out)
	}
	for _, want := range []string{"<main.boot", "#0  main.boot () at ", "kernel/metal/main.go:"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("gdb does not say %q:\n%s", want, out)
		}
	}
}
