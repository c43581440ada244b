package image

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestGuestStops: the host asks on its line whether the kernel is alive, and then to stop; the
// program ends as it likes.
func TestGuestStops(t *testing.T) {
	for _, kind := range []string{"microvm", "q35"} {
		t.Run(kind, func(t *testing.T) { testStops(t, kind) })
	}
}

func testStops(t *testing.T, kind string) {
	if _, err := exec.LookPath(qemu); err != nil {
		if os.Getenv("ATOLL_GUESTS") == "required" {
			t.Fatalf("%s is not installed", qemu)
		}
		t.Skipf("needs %s, from the package qemu-system-x86", qemu)
	}
	path := filepath.Join(t.TempDir(), "control")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithTimeout(t.Context(), guestTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, qemu, slices.Concat(kinds[kind], machineArgs, []string{
		"-kernel", imageFile(t, guests+"faults"), "-m", "32", "-cpu", "max", "-append", "-- wait",
		"-device", virtioDevice(kind, "virtio-serial"), "-chardev", "socket,id=control,path=" + path,
		"-device", "virtconsole,chardev=control"})...)
	console, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	answers, lines := bufio.NewScanner(line), bufio.NewScanner(console)
	var said []string
	for lines.Scan() {
		text := strings.TrimSpace(lines.Text())
		said = append(said, text)
		if text != "waiting" {
			continue
		}
		for _, command := range []string{"ping\n", "nonsense\n", "ping\n"} {
			if _, err := io.WriteString(line, command); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if !answers.Scan() || answers.Text() != "pong" {
				t.Errorf("the kernel says %q", answers.Text())
			}
		}
		if _, err := io.WriteString(line, "stop\n"); err != nil {
			t.Fatal(err)
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != status(9) ||
		!slices.Contains(said, "terminated signal received") {
		t.Errorf("the machine ends with %v, console %q", err, said)
	}
}
