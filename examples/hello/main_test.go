package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestMain is hello itself when it is started under that name.
func TestMain(m *testing.M) {
	if os.Args[0] == "hello" {
		main()
	}
	os.Exit(m.Run())
}

// hello returns the command with these arguments.
func hello(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Args[0] = "hello"
	return cmd
}

// TestProcess runs hello as a process on the kernel's sockets, asks it and stops it.
func TestProcess(t *testing.T) {
	cmd := hello("--listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "HELLO_GREETING=Good morning")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines, addr := bufio.NewScanner(stderr), ""
	for addr == "" && lines.Scan() {
		if m := regexp.MustCompile(`msg=serving addr=(\S+)`).FindStringSubmatch(lines.Text()); m != nil {
			addr = m[1]
		}
	}
	if addr == "" {
		t.Fatal("hello did not say on which address it serves")
	}
	for path, want := range map[string]string{
		"": "Good morning, world!\n", "/Ada": "Good morning, Ada!\n",
	} {
		if got := get(t, "http://"+addr+path); got != want {
			t.Errorf("GET %q is %q, want %q", path, got, want)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(stderr)
	if err := cmd.Wait(); err != nil {
		t.Errorf("hello ended with %v after SIGTERM, want exit code 0\n%s", err, rest)
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestWrongUsage expects words, the nearest name and exit code 2.
func TestWrongUsage(t *testing.T) {
	cmd := hello("--greting", "Hi")
	out, _ := cmd.CombinedOutput()
	want := "hello: error: unknown setting --greting\nhint: did you mean --greeting?\n"
	if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.HasPrefix(string(out), want) {
		t.Errorf("exit code %d, output %q; want 2 and %q", code, out, want)
	}
}

// TestPortTaken expects package net's words and exit code 1.
func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	cmd := hello("--listen", l.Addr().String())
	out, _ := cmd.CombinedOutput()
	want := "hello: error: listen tcp " + l.Addr().String()
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.HasPrefix(string(out), want) {
		t.Errorf("exit code %d, output %q; want 1 and %q", code, out, want)
	}
}
