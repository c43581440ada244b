package overlay

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// toolchain returns what the go command in the path is.
func toolchain(t testing.TB) (goroot, version string) {
	t.Helper()
	text, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	goroot, version, _ = strings.Cut(strings.TrimSpace(string(text)), "\n")
	return goroot, version
}

// TestToolchainIsKnown fails when Go is upgraded, and says what to do.
func TestToolchainIsKnown(t *testing.T) {
	goroot, version := toolchain(t)
	_, err := Write(t.TempDir(), goroot, version)
	if err == nil {
		return
	}
	row := fmt.Sprintf("\t{%q, [...]string{\n", version)
	for _, name := range path {
		text, err := os.ReadFile(filepath.Join(goroot, "src", name))
		if err != nil {
			t.Fatal(err)
		}
		row += fmt.Sprintf("\t\t%q,\n", sum(text))
	}
	t.Fatalf("%v\nread what changed in %v; if all draws still pass the hook, add to known:\n%s\t}},",
		err, path, row)
}

// copied returns a folder with those files of the toolchain that Write reads.
func copied(t *testing.T) (goroot, version string) {
	t.Helper()
	from, version := toolchain(t)
	goroot = t.TempDir()
	names := []string{"VERSION"}
	for _, name := range path {
		names = append(names, "src/"+name)
	}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(goroot, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return goroot, version
}

// What is written is the toolchain's own file but for one line, and a file that is ours; twice the
// same.
func TestWrite(t *testing.T) {
	goroot, version := copied(t)
	dir := filepath.Join(t.TempDir(), "deep", "down")
	name, err := Write(dir, goroot, version)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var list struct{ Replace map[string]string }
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	original := filepath.Join(goroot, "src", sysrand)
	hook := filepath.Join(filepath.Dir(original), "atoll_hook.go")
	if len(list.Replace) != 2 || list.Replace[original] == "" || list.Replace[hook] == "" {
		t.Fatalf("the overlay replaces %v, want %s and %s", list.Replace, original, hook)
	}
	before, _ := os.ReadFile(original)
	after, _ := os.ReadFile(list.Replace[original])
	old, changed := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
	if len(old) != len(changed) {
		t.Fatalf("%d lines became %d: line numbers must stay", len(old), len(changed))
	}
	var differ []string
	for i := range old {
		if old[i] != changed[i] {
			differ = append(differ, old[i]+" => "+changed[i])
		}
	}
	if len(differ) != 1 || differ[0] != anchor+" => "+edited {
		t.Errorf("lines that differ: %q, want the anchor alone", differ)
	}
	if _, err := os.Stat(hook); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the toolchain has %s of its own, which the overlay hides", hook)
	}
	if again, err := Write(dir, goroot, version); err != nil || again != name {
		t.Errorf("the second time: %s, %v", again, err)
	}
	if second, _ := os.ReadFile(name); string(second) != string(text) {
		t.Error("the second time wrote other bytes")
	}
}

func TestHookSource(t *testing.T) {
	text, err := format.Source([]byte(hookSource))
	if err != nil || string(text) != hookSource {
		t.Errorf("hookSource is not as gofmt would write it: %v", err)
	}
}

// Every toolchain but the known one is refused, with its reason.
func TestWriteRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(t *testing.T, goroot, version string) (string, string)
		want  string
	}{
		{"older version", func(t *testing.T, goroot, _ string) (string, string) {
			return goroot, "go1.25.0"
		}, "no overlay for go1.25.0: nobody has read the sources of this version (known: go1."},
		{"experiment", func(t *testing.T, goroot, version string) (string, string) {
			return goroot, version + " X:boringcrypto"
		}, "X:boringcrypto: nobody has read"},
		{"other toolchain", func(t *testing.T, goroot, version string) (string, string) {
			change(t, filepath.Join(goroot, "VERSION"), version, "go1.26.0")
			return goroot, version
		}, "the toolchain is go1.26.0"},
		{"changed generator", func(t *testing.T, goroot, version string) (string, string) {
			change(t, filepath.Join(goroot, "src", path[2]), "sysrand.Read(b)", "other.Read(b)")
			return goroot, version
		}, path[2] + " is not the one of that release"},
		{"changed comment", func(t *testing.T, goroot, version string) (string, string) {
			change(t, filepath.Join(goroot, "src", sysrand), "irrecoverably", "for good")
			return goroot, version
		}, sysrand + " is not the one of that release"},
		{"no version", func(t *testing.T, goroot, version string) (string, string) {
			os.Remove(filepath.Join(goroot, "VERSION"))
			return goroot, version
		}, "read toolchain: "},
		{"no source", func(t *testing.T, goroot, version string) (string, string) {
			os.RemoveAll(filepath.Join(goroot, "src", "crypto", "rand"))
			return goroot, version
		}, "read toolchain: "},
		{"relative", func(t *testing.T, goroot, version string) (string, string) {
			return "go", version
		}, `GOROOT is "go", not an absolute path`},
		{"module cache", func(t *testing.T, goroot, version string) (string, string) {
			return "/mod/golang.org/toolchain@v0.0.1-" + version + ".linux-amd64", version
		}, "GOTOOLCHAIN=local"},
	} {
		t.Run(c.name, func(t *testing.T) {
			goroot, version := copied(t)
			dir := filepath.Join(t.TempDir(), "overlay")
			goroot, version = c.spoil(t, goroot, version)
			_, err := Write(dir, goroot, version)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if _, err := os.Stat(dir); err == nil {
				t.Error("something was written all the same")
			}
		})
	}
}

func change(t *testing.T, name, from, to string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s has no %q to change", name, from)
	}
	text = []byte(strings.Replace(string(text), from, to, 1))
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A folder that cannot be written.
func TestWriteNowhere(t *testing.T) {
	goroot, version := copied(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(file, goroot, version); err == nil {
		t.Error("a file was taken for a folder")
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "rand.go"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, goroot, version); err == nil {
		t.Error("a folder stood in the place of a file")
	}
}

// The line to be edited must be there once.
func TestEdit(t *testing.T) {
	for _, c := range []struct {
		source string
		ok     bool
	}{
		{"x\n" + anchor + "\ny\n", true},
		{"x\n" + anchor + "\n" + "y\n" + anchor + "\n", false},
		{"x\n" + anchor + " // more\n", false},
		{"x\nfunc read(b []byte) {\n", false},
	} {
		if _, err := edit([]byte(c.source)); (err == nil) != c.ok {
			t.Errorf("%q: error %v, want ok %v", c.source, err, c.ok)
		}
	}
}
