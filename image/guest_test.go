package image

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// qemu is the hypervisor of the guest tests, in emulation: no KVM, no root, no network.
const qemu = "qemu-system-x86_64"

// guestTimeout ends a machine that hangs, which is a failure of its own.
const guestTimeout = 120 * time.Second

// microvm is the kind of machine if a test does not say another.
var microvm = []string{"-M", "microvm,acpi=off,x-option-roms=off,pit=off,pic=off,rtc=on," +
	"isa-serial=on,auto-kernel-cmdline=on"}

// kinds are the kinds of machines that guest tests are for: q35 and pc have their devices on PCI.
var kinds = map[string][]string{"microvm": microvm, "q35": {"-M", "q35"}, "pc": {"-M", "pc"}}

// virtioDevice names a virtio device as a kind of machine has it.
func virtioDevice(kind, name string) string {
	switch {
	case kind == "microvm":
		return name + "-device"
	case name == "virtio-net":
		return name + "-pci,romfile="
	}
	return name + "-pci"
}

// machineArgs are the arguments of QEMU but for image, memory, command line and kind of machine: a
// serial port on standard output and a port by which the machine ends with a status.
var machineArgs = []string{
	"-accel", "tcg", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
	"-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4",
	"-global", "virtio-mmio.force-legacy=false"}

// runGuest runs an image file and returns what its console said and QEMU's exit status, which is
// the program's code + 1, times two, plus one.
func runGuest(t testing.TB, file, memory, command string, more ...string) (
	console string, status int) {
	t.Helper()
	console, status, hangs := tryGuest(t, guestTimeout, file, memory, command, more...)
	if hangs {
		t.Fatalf("the machine hangs: %s", console)
	}
	return console, status
}

var rewrite = flag.Bool("rewrite", false, "rewrite testdata/deny.txt")

// tryGuest is runGuest for a machine that may hang, which it is thought to do after some time.
func tryGuest(t testing.TB, most time.Duration, file, memory, command string, more ...string) (
	console string, status int, hangs bool) {
	t.Helper()
	if _, err := exec.LookPath(qemu); err != nil {
		if os.Getenv("ATOLL_GUESTS") == "required" {
			t.Fatalf("%s is not installed", qemu)
		}
		t.Skipf("needs %s, from the package qemu-system-x86", qemu)
	}
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	args := append([]string{"-kernel", file, "-m", memory, "-append", command}, machineArgs...)
	if !slices.Contains(more, "-M") {
		args = append(args, microvm...)
	}
	if !slices.Contains(more, "-cpu") {
		args = append(args, "-cpu", "max")
	}
	cmd := exec.CommandContext(ctx, qemu, append(args, more...)...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil {
		return out.String() + stderr.String(), -1, true
	}
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if cmd.ProcessState.ExitCode() == 1 {
		t.Fatalf("QEMU fails: %s", &stderr)
	}
	return strings.ReplaceAll(out.String(), "\r\n", "\n"), cmd.ProcessState.ExitCode(), false
}

// status is what QEMU ends with when the program's code is that.
func status(code int) int { return (code+1)<<1 | 1 }

// Statuses that are not the program's.
const (
	statusWatchdog = 126<<1 | 1
	statusPanic    = 127<<1 | 1
)

// imageFile writes the image of a program to a file.
func imageFile(t testing.TB, pattern string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image.elf")
	if err := os.WriteFile(file, theImage(t, pattern), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// guests is where the programs of the guest tests are.
const guests = "./testdata/guest/"

// long skips a test that takes many seconds, but where all guests are wanted.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("ATOLL_GUESTS") != "required" {
		t.Skip("takes long: set ATOLL_GUESTS=required, as .ci/vm does")
	}
}

// TestGuestPrints: the smallest program, in 16 MiB, on different processors.
func TestGuestPrints(t *testing.T) {
	file := imageFile(t, printPackage)
	for _, cpu := range []string{"max", "qemu64,+rdrand", "Nehalem,+rdrand"} {
		console, code := runGuest(t, file, "16", "-- one two", "-cpu", cpu)
		if code != status(0) || !strings.Contains(console, "arguments: one two\n") {
			t.Errorf("cpu %s: status %d, console %q", cpu, code, console)
		}
	}
	for _, kind := range []string{"q35", "pc"} {
		console, code := runGuest(t, file, "16", "-- one two", "-M", kind, "-cpu", "max")
		if code != status(0) || !strings.Contains(console, "arguments: one two\n") {
			t.Errorf("machine %s: status %d, console %q", kind, code, console)
		}
	}
}

// TestGuestArguments: by fw_cfg they are a list, which a command line is not.
func TestGuestArguments(t *testing.T) {
	file := imageFile(t, printPackage)
	list := filepath.Join(t.TempDir(), "args")
	if err := os.WriteFile(list, []byte("a  b\x00--\x00virtio_mmio.device=\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	console, code := runGuest(t, file, "16", "-- ignored", "-fw_cfg", "name=opt/atoll/args,file="+list)
	if code != status(0) || !strings.Contains(console, "arguments: a  b -- virtio_mmio.device=\n") {
		t.Errorf("status %d, console %q", code, console)
	}
}

// TestGuestWorks: the Go runtime with all that it has.
func TestGuestWorks(t *testing.T) {
	console, code := runGuest(t, imageFile(t, guests+"work"), "64", "")
	const want = "sum 4950\ngarbage collected\nticks 5\n" +
		"recovered runtime error: invalid memory address or nil pointer dereference\npiped 200000\n"
	if code != status(0) || console != want {
		t.Errorf("status %d, console %s", code, console)
	}
}

// TestGuestProfile: a CPU profile finds the function that was busy.
func TestGuestProfile(t *testing.T) {
	console, code := runGuest(t, imageFile(t, guests+"profile"), "64", "kernel.statistics")
	if code != status(0) || !strings.Contains(console, "found true\n") {
		t.Errorf("status %d, console %s", code, console)
	}
}

// TestGuestFaults: however a program ends, the host learns of it.
func TestGuestFaults(t *testing.T) {
	file := imageFile(t, guests+"faults")
	for _, c := range []struct {
		how    string
		status int
		want   string
	}{
		{"exit 0", status(0), "this is exit"},
		{"exit 7", status(7), "this is exit"},
		{"exit 124", status(124), "this is exit"},
		{"exit 200", status(124), "atoll: exit code 200\n"},
		{"nil", status(2), "nil pointer dereference"},
		{"divide", status(2), "integer divide by zero"},
		{"overflow", status(2), "stack exceeds"},
		{"memory", status(65), "atoll: out of memory"},
		{"kernel", status(2), "unexpected fault address 0xffffffff80200000"},
		{"unknown", status(0), "call 400: function not implemented"},
		{"deadlock", status(2), "all goroutines are asleep - deadlock!"},
		{"abort", status(124), "atoll: ended by signal 9"},
	} {
		t.Run(c.how, func(t *testing.T) {
			t.Parallel()
			console, code := runGuest(t, file, "64", "kernel.statistics -- "+c.how)
			if code != c.status || !strings.Contains(console, c.want) {
				t.Errorf("status %d, want %d and %q; console:\n%s", code, c.status, c.want, console)
			}
			if c.how == "unknown" &&
				!strings.Contains(console, "atoll: call not served: number 400, times 1\n") {
				t.Errorf("the call is not counted:\n%s", console)
			}
		})
	}
}

// TestKernelPanics: a mistake of the kernel names the function and ends with a status of its own.
func TestKernelPanics(t *testing.T) {
	console, code := runGuest(t, imageFile(t, printPackage), "16", "kernel.crash")
	if code != statusPanic {
		t.Errorf("status %d, want %d", code, statusPanic)
	}
	for _, want := range []string{"atoll: kernel panic: vector ", "runtime.panicBounds\n",
		"main.crashNow\n", "main.boot\n"} {
		if !strings.Contains(console, want) {
			t.Errorf("the console lacks %q:\n%s", want, console)
		}
	}
}

// TestSmallMachines: what does not fit says so.
func TestSmallMachines(t *testing.T) {
	console, code := runGuest(t, imageFile(t, printPackage), "3", "")
	if code == status(0) || code != statusPanic && console != "" {
		t.Errorf("with 3 MiB: status %d, console:\n%s", code, console)
	}
}

// deterministic are QEMU's arguments for a machine that repeats: its clock counts instructions, and
// skips the time when nothing runs.
var deterministic = []string{"-cpu", "max,-rdrand", "-icount", "shift=3,sleep=off", "-rtc",
	"base=2026-01-01,clock=vm"}

// TestGuestDay: after 24 hours, which are skipped rather than waited for, every timer has fired in
// time. The machine's own timer counts four seconds at most.
func TestGuestDay(t *testing.T) {
	console, code := runGuest(t, imageFile(t, guests+"day"), "32", "",
		slices.Concat(deterministic, seedArgument(t, 7))...)
	const want = "hours 24 sevens of minutes 205\nclocks agree true\nlate by less than 10 ms true\n" +
		"date 2026-01-02\n"
	if code != status(0) || console != want {
		t.Errorf("status %d, console %s", code, console)
	}
}

// seedArgument is QEMU's argument for a seed of equal bytes.
func seedArgument(t *testing.T, value byte) []string {
	t.Helper()
	seed := filepath.Join(t.TempDir(), "seed")
	if err := os.WriteFile(seed, bytes.Repeat([]byte{value}, 64), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"-fw_cfg", "name=opt/atoll/seed,file=" + seed}
}

// TestReplay: in QEMU's deterministic mode four runs are one, to the byte, and another seed is
// another run.
func TestReplay(t *testing.T) {
	file := imageFile(t, guests+"work")
	run := func(value byte) string {
		console, code := runGuest(t, file, "64", "kernel.statistics -- times",
			slices.Concat(deterministic, seedArgument(t, value))...)
		if code != status(0) {
			t.Fatalf("status %d, console:\n%s", code, console)
		}
		return console
	}
	first := run(7)
	if !strings.Contains(first, "took ") || !strings.Contains(first, " nanoseconds ") {
		t.Errorf("console without times:\n%s", first)
	}
	for range 3 {
		if again := run(7); again != first {
			t.Errorf("another run of the same seed:\n%s\nthe first:\n%s", again, first)
		}
	}
	other := run(8)
	if other == first {
		t.Error("another seed gives the same run")
	}
	if again := run(8); again != other {
		t.Error("the other seed does not repeat")
	}
}
