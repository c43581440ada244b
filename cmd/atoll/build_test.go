package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingInstalled: a command without the program that it needs names the package.
func TestNothingInstalled(t *testing.T) {
	name := filepath.Join(t.TempDir(), "print.elf")
	if _, err := exec.LookPath("go"); err == nil {
		var stderr bytes.Buffer
		if code := run([]string{"build", "../../examples/print", "-o", name}, nil, &stderr); code != 0 {
			t.Fatalf("build: %s", &stderr)
		}
	} else if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", t.TempDir())
	for _, c := range []struct{ args, want string }{
		{"build", "atoll: error: image: the go command is not installed\nhint: install Go from "},
		{"boot " + name, "is not installed\nhint: apt-get install qemu-system-x86\n"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(strings.Fields(c.args), &stdout, &stderr)
		if code != exitFailed || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("atoll %s: code %d, %q; want 1 and %q", c.args, code, &stderr, c.want)
		}
	}
}
