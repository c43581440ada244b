package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "overlay.json")
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{nil, 2, "", "usage: write FOLDER\n"},
		{[]string{"--help"}, 2, "", "usage: write FOLDER\n"},
		{[]string{dir}, 0, "-tags=atoll_overlay -overlay=" + name + "\n", ""},
		{[]string{filepath.Join(name, "below")}, 1, "", "write: error: overlay: make folder: "},
	} {
		var stdout, stderr strings.Builder
		code := run(c.args, &stdout, &stderr)
		if code != c.code || stdout.String() != c.stdout ||
			!strings.HasPrefix(stderr.String(), c.stderr) {
			t.Errorf("write %v: code %d, stdout %q, stderr %q; want %d, %q, %q",
				c.args, code, &stdout, &stderr, c.code, c.stdout, c.stderr)
		}
	}
	if _, err := os.Stat(name); err != nil {
		t.Error(err)
	}
	t.Setenv("PATH", dir)
	var stderr strings.Builder
	if code := run([]string{dir}, &stderr, &stderr); code != 1 {
		t.Errorf("without a go command: code %d, %s", code, &stderr)
	}
}
