package image

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// module writes a module of its own and returns its folder.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const listens = "package main\n\nimport \"net\"\n\nfunc main() { net.Listen(\"tcp\", \":80\") }\n"

// TestCompileSockets: who is given a driver, in which kinds of module.
func TestCompileSockets(t *testing.T) {
	source, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FindToolchain(t.Context(), "."); errors.Is(err, ErrNoGo) {
		t.Skip("needs the go command")
	}
	const mod = "module example.org/made/up\n\ngo 1.26\n"
	for _, c := range []struct {
		name, dir, pattern string
		driver             bool
	}{
		{"without package net", "..", "./examples/print", false},
		{"against package unikernel", "..", "./examples/hello", false},
		{"of Atoll's own module", "..", "./image/testdata/guest/loopback", true},
		{"in a module", module(t, map[string]string{"go.mod": mod, "cmd/a/main.go": listens}),
			"./cmd/a", true},
		{"a list of files", module(t, map[string]string{"go.mod": mod, "main.go": listens}),
			"main.go", false},
		{"in a workspace", filepath.Join(module(t, map[string]string{
			"go.work":  "go 1.26\n\nuse (\n\t./a\n\t./b\n)\n\nreplace example.org/c => ./c\n",
			"a/go.mod": "module example.org/a\n\ngo 1.26\n\nrequire example.org/c v1.0.0\n",
			"a/main.go": "package main\n\nimport (\n\t\"net\"\n\n\t\"example.org/b\"\n" +
				"\t\"example.org/c\"\n)\n\nfunc main() { net.Listen(b.B, c.C) }\n",
			"b/go.mod": "module example.org/b\n\ngo 1.26\n",
			"b/b.go":   "package b\n\nconst B = \"tcp\"\n",
			"c/go.mod": "module example.org/c\n\ngo 1.26\n",
			"c/c.go":   "package c\n\nconst C = \":80\"\n"}), "a"), ".", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, driver, err := CompileSockets(t.Context(), c.dir, c.pattern, source)
			if err != nil || driver != c.driver {
				t.Fatalf("driver %v, %v", driver, err)
			}
			if has := bytes.Contains(file, []byte("host/sockets/autostart.start")); has != c.driver {
				t.Errorf("the program has a driver: %v", has)
			}
			if bytes.Contains(file, []byte(source)) {
				t.Error("the program has a path of this machine")
			}
		})
	}
}

// TestCompileSocketsRefuses: what cannot be built is told.
func TestCompileSocketsRefuses(t *testing.T) {
	if _, err := FindToolchain(t.Context(), "."); errors.Is(err, ErrNoGo) {
		t.Skip("needs the go command")
	}
	files := map[string]string{"go.mod": "module example.org/a\n\ngo 1.26\n", "main.go": listens}
	_, _, err := CompileSockets(t.Context(), module(t, files), ".", "")
	if !errors.Is(err, ErrNoSource) {
		t.Errorf("without the source: %v", err)
	}
	files[driverFile] = "package main\n"
	_, _, err = CompileSockets(t.Context(), module(t, files), ".", "")
	var wrong *ProgramError
	if !errors.As(err, &wrong) {
		t.Errorf("with a file of that name: %v", err)
	}
	_, _, err = CompileSockets(t.Context(), t.TempDir(), ".", "")
	if err == nil || !strings.Contains(err.Error(), "go list") {
		t.Errorf("without a module: %v", err)
	}
}
