//go:build unix

package machine

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "write the golden file anew")

// TestCommands: the command line of each kind of machine.
func TestCommands(t *testing.T) {
	h := &Hypervisor{Kind: QEMU, Path: "qemu"}
	mac := net.HardwareAddr{0x52, 0x54, 0, 0, 0, 15}
	var got bytes.Buffer
	for _, c := range []struct {
		name   string
		config Config
	}{
		{"emulated", Config{Image: "a.elf", Memory: 64 << 20, Options: []string{"kernel.statistics"},
			Args: []string{"secret"}}},
		{"on the processor, half a MiB more", Config{Image: "a.elf", Memory: 16<<20 + 1<<19, KVM: true}},
		{"replay", Config{Image: "a.elf", Memory: 64 << 20, Replay: true}},
		{"networks", Config{Image: "a.elf", Memory: 64 << 20, Nets: []Net{
			{MAC: mac, Socket: "/run/a,b"}, {MAC: mac, TAP: "tap0"}, {MAC: mac, User: true,
				Forward: []Forward{{"127.0.0.1", 8080, 80}}}}}},
		{"q35", Config{Image: "a.elf", Memory: 64 << 20, Machine: Q35, Nets: []Net{
			{MAC: mac, Socket: "/run/a"}}}},
		{"q35, replay", Config{Image: "a.elf", Memory: 64 << 20, Machine: Q35, Replay: true}},
		{"disks", Config{Image: "a.elf", Memory: 64 << 20, Disks: []Disk{{"a,b.raw", false},
			{"c.raw", true}}}},
	} {
		line := h.Command(&c.config, "/dir,1")
		fmt.Fprintf(&got, "# %s\n%s\n", c.name, strings.ReplaceAll(strings.Join(line, " "), " -", "\n -"))
		if strings.Contains(got.String(), "secret") {
			t.Error("what a machine is given stands on its command line")
		}
	}
	const golden = "testdata/commands.txt"
	if *rewrite {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got:\n%s\nwant:\n%s", &got, want)
	}
}

// TestExits: QEMU's status is what the kernel wrote, times two, plus one.
func TestExits(t *testing.T) {
	for _, c := range []struct {
		status int
		want   Exit
		words  string
	}{
		{3, Exit{End: Exited}, "exit code 0"},
		{17, Exit{End: Exited, Code: 7}, "exit code 7"},
		{125<<1 | 1, Exit{End: Exited, Code: CodeMax}, "exit code 124"},
		{126<<1 | 1, Exit{End: Watchdog}, "it hung: the watchdog ended it"},
		{127<<1 | 1, Exit{End: Panicked}, "the kernel panicked"},
		{0, Exit{End: Reset}, "it was reset without a word"},
		{1, Exit{End: Failed, Why: "no"}, "the hypervisor failed: no"},
		{-1, Exit{End: Failed, Why: "no"}, "the hypervisor failed: no"},
		{2, Exit{End: Failed, Why: "no"}, "the hypervisor failed: no"},
	} {
		got := exitOf(c.status, "no")
		if got != c.want || got.String() != c.words {
			t.Errorf("status %d: %+v, %q; want %+v, %q", c.status, got, got, c.want, c.words)
		}
		if got.OK() != (c.status == 3) {
			t.Errorf("status %d is fine: %v", c.status, got.OK())
		}
	}
	if words := (Exit{End: Killed}).String(); words != "killed" {
		t.Errorf("killed is %q", words)
	}
}

// TestRefusals: what no machine can be made of is told before anything is started.
func TestRefusals(t *testing.T) {
	h := &Hypervisor{Kind: QEMU, Path: "/nowhere/qemu"}
	const memory = 64 << 20
	for _, c := range []struct {
		want   string
		config Config
	}{
		{"its memory is 7 MiB, not 8 to 3072 MiB", Config{Memory: 7 << 20}},
		{"its memory is 4096 MiB", Config{Memory: 4 << 30}},
		{"not 8 to 2815 MiB", Config{Memory: 2816 << 20, Machine: Q35}},
		{"it has 5 disks", Config{Memory: memory, Disks: make([]Disk, 5)}},
		{"a disk keeps", Config{Memory: memory, Disks: make([]Disk, 1), Replay: true}},
		{`its kind is "pdp11"`, Config{Memory: memory, Machine: "pdp11"}},
		{"its seed has 65 bytes", Config{Memory: memory, Seed: make([]byte, 65)}},
		{"it has 5 network cards", Config{Memory: memory, Nets: make([]Net, 5)}},
		{"does not repeat", Config{Memory: memory, Nets: make([]Net, 1), Replay: true}},
		{`"--" is no word`, Config{Memory: memory, Options: []string{"--"}}},
		{"have 5001 bytes", Config{Memory: memory, Args: []string{strings.Repeat("a", 5000)}}},
		{"a zero byte", Config{Memory: memory, Env: []string{"A=\x00"}}},
	} {
		_, err := h.Start(t.Context(), &c.config, nil)
		if !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	_, err := h.Start(t.Context(), &Config{Memory: memory}, nil)
	if err == nil || errors.Is(err, ErrConfig) {
		t.Errorf("a hypervisor that is not there: %v", err)
	}
}

// fake makes a program that stands for QEMU.
func fake(t *testing.T, script string) *Hypervisor {
	t.Helper()
	return fakeOf(t, QEMU, script)
}

// fakeOf makes a program that stands for a hypervisor.
func fakeOf(t *testing.T, kind Kind, script string) *Hypervisor {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, string(kind))
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	h, err := Find(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	if h.Path != path {
		t.Fatalf("found %s", h.Path)
	}
	return h
}

// TestFind: the version is asked, and QEMU that is missing is an error of its own.
func TestFind(t *testing.T) {
	h := fake(t, "echo 'QEMU emulator version 7.2.22 (Debian)'")
	if h.Version != "7.2.22" {
		t.Errorf("version %q", h.Version)
	}
	if err := os.WriteFile(h.Path, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(t.Context(), QEMU); err == nil || errors.Is(err, ErrNoHypervisor) {
		t.Errorf("a QEMU that fails: %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(t.Context(), QEMU); !errors.Is(err, ErrNoHypervisor) {
		t.Errorf("no QEMU: %v", err)
	}
}

// config is a small machine.
var config = &Config{Image: "image", Memory: MemoryMin, Args: []string{"a", "b  c"},
	Env: []string{"A=1"}, Seed: []byte("seed")}

// TestGiven: what a machine is given is in files that only their owner reads, gone afterwards, and
// lines of its console end as on Unix.
func TestGiven(t *testing.T) {
	dirs := filepath.Join(t.TempDir(), "machines")
	if err := os.Mkdir(dirs, 0o700); err != nil {
		t.Fatal(err)
	}
	h := fake(t, `[ "$1" = --version ] && exit 0
cd "$TMPDIR"/atoll-*
stat -c '%a' args env seed; od -An -c args; cat env seed
printf '\r\nend\r\n'; exit 17`)
	t.Setenv("TMPDIR", dirs)
	var console bytes.Buffer
	m, err := h.Start(t.Context(), config, &console)
	if err != nil {
		t.Fatal(err)
	}
	exit, took := m.Wait()
	want := "600\n600\n600\n   a  \\0   b           c  \\0\nA=1\x00seed\nend\n"
	if exit != (Exit{End: Exited, Code: 7}) || console.String() != want || took <= 0 {
		t.Errorf("%v after %v, console %q, want %q", exit, took, &console, want)
	}
	if left, _ := os.ReadDir(dirs); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if time.Since(m.Started()) < took {
		t.Errorf("it started at %v", m.Started())
	}
}

// TestFailures: what QEMU says is told.
func TestFailures(t *testing.T) {
	h := fake(t, `[ "$1" = --version ] && exit 0
echo no such machine >&2; exit 1`)
	m, err := h.Start(t.Context(), config, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if exit, _ := m.Wait(); exit != (Exit{End: Failed, Why: "no such machine"}) {
		t.Errorf("%+v", exit)
	}
	h = fake(t, `[ "$1" = --version ] && exit 0
kill -SEGV $$`)
	if m, err = h.Start(t.Context(), config, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	exit, _ := m.Wait()
	if exit.End != Failed || !strings.Contains(exit.Why, "segmentation") {
		t.Errorf("%+v", exit)
	}
	if err := m.Interrupt(); !errors.Is(err, ErrEnded) {
		t.Errorf("an NMI for a machine that has ended: %v", err)
	}
}

// TestKill: the end of a context is a power cut.
func TestKill(t *testing.T) {
	h := fake(t, `[ "$1" = --version ] && exit 0
exec sleep 100`)
	ctx, cancel := context.WithCancel(t.Context())
	m, err := h.Start(ctx, config, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-m.Done():
		t.Error("it has ended by itself")
	case <-time.After(50 * time.Millisecond):
	}
	cancel()
	if exit, _ := m.Wait(); exit != (Exit{End: Killed}) {
		t.Errorf("%+v", exit)
	}
}

// TestNoImage: what the real QEMU says about an image that is not there is told.
func TestNoImage(t *testing.T) {
	path, err := exec.LookPath(string(QEMU))
	if err != nil {
		t.Skipf("needs %s, from the package %s", QEMU, QEMUPackage)
	}
	h := &Hypervisor{Kind: QEMU, Path: path}
	m, err := h.Start(t.Context(), &Config{Image: "/nowhere", Memory: MemoryMin}, &bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if exit, _ := m.Wait(); exit.End != Failed || !strings.Contains(exit.Why, "/nowhere") {
		t.Errorf("without an image: %+v", exit)
	}
}

// gone lets talk end in the place of an answer.
const gone = ""

// talk stands for QEMU at the other end of a monitor.
func talk(t *testing.T, said ...string) *Machine {
	t.Helper()
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "qmp"))
	if err != nil {
		t.Fatal(err)
	}
	m := &Machine{listener: listener, qmp: make(chan *monitor, 1), done: make(chan struct{}),
		cmd: exec.Command("sleep", "100")}
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.cmd.Process.Kill(); m.cmd.Wait(); listener.Close() })
	go m.serve()
	conn, err := net.Dial("unix", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		fmt.Fprintln(conn, `{"QMP": {"version": {}}}`)
		b := make([]byte, 4096)
		for _, line := range said {
			if _, err := conn.Read(b); err != nil {
				return
			}
			if line == gone {
				conn.Close()
				return
			}
			fmt.Fprintln(conn, line)
		}
	}()
	return m
}

// TestInterrupt: an answer, an error, and a STOP, which only a processor that gave up sends.
func TestInterrupt(t *testing.T) {
	m := talk(t, `{"return": {}}`, "no JSON\n{\"event\": \"RESUME\"}\n{\"return\": {}}",
		`{"error": {"class": "GenericError", "desc": "no NMI"}}`)
	if err := m.Interrupt(); err != nil {
		t.Errorf("an NMI: %v", err)
	}
	if err := m.Interrupt(); err == nil || !strings.Contains(err.Error(), "no NMI") {
		t.Errorf("a refused NMI: %v", err)
	}
	if err := talk(t, `{"return": {}}`, gone).Interrupt(); err != nil {
		t.Errorf("a machine that ends before the answer: %v", err)
	}
	m = talk(t, `{"return": {}}`, "{\"event\": \"STOP\"}\n{\"return\": {}}",
		"{\"return\": {}}\n{\"event\": \"RESUME\"}", `{"error": {"desc": "no"}}`)
	if err := m.Pause(); err != nil {
		t.Errorf("a pause: %v", err)
	}
	if err := m.Resume(); err != nil {
		t.Errorf("its end: %v", err)
	}
	if err := m.Pause(); err == nil || m.paused.Load() {
		t.Errorf("a refused pause: %v", err)
	}
	m = talk(t, `{"return": {}}`, `{"event": "STOP"}`)
	go m.Interrupt() // asks, so that it is told
	m.cmd.Wait()
	if e := m.killed.Load(); e == nil || e.End != Failed {
		t.Errorf("a machine that stands still: %+v", e)
	}
}

// TestWatchdog: a kernel that stands still is told to say where; one that answers is left alone.
func TestWatchdog(t *testing.T) {
	m := talk(t, `{"return": {}}`, `{"return": {}}`)
	var pings bytes.Buffer
	heard := make(chan struct{}, 1)
	heard <- struct{}{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.watch(&pings, heard, time.NewTicker(time.Millisecond), 50*time.Millisecond)
	}()
	<-done // an NMI was raised, and the monitor has answered
	if !strings.HasPrefix(pings.String(), "ping\nping\n") {
		t.Errorf("it wrote %q", &pings)
	}
	m = talk(t)
	close(m.done)
	m.watch(&pings, nil, time.NewTicker(time.Hour), time.Hour) // the machine has ended
	if err := m.Stop(); !errors.Is(err, ErrEnded) {
		t.Errorf("a machine without a control port stops: %v", err)
	}
}
