package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/atoll-os/atoll/image"
)

// thisModule is the path of the module that has this command and the kernel.
const thisModule = "github.com/atoll-os/atoll"

// errNoSource says that the kernel's source is not at hand.
var errNoSource = &hinted{errors.New("the source of this command's kernel is not at hand"),
	"build atoll without -trimpath, or install a release: go install " + thisModule +
		"/cmd/atoll@latest", exitFailed}

// withSource calls f with a folder of a module that is or requires atoll at this command's own
// version, and with the folder of atoll's source.
func withSource(ctx context.Context, f func(dir, source string) error) error {
	if dir := ownSource(); dir != "" {
		return f(dir, dir)
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || !semver.IsValid(info.Main.Version) || strings.Contains(info.Main.Version, "+") {
		return errNoSource
	}
	dir, err := os.MkdirTemp("", "atoll-kernel-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	mod := "module kernel\n\ngo 1.26\n\nrequire " + thisModule + " " + info.Main.Version + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
		return err
	}
	run := func(args ...string) (string, error) {
		c := exec.CommandContext(ctx, "go", args...)
		c.Dir = dir
		out, err := c.CombinedOutput()
		text := strings.TrimSpace(string(out))
		if err != nil {
			err = &hinted{errors.New(text), errNoSource.hint, exitFailed}
		}
		return text, err
	}
	if _, err := run("get", image.KernelPackage+"@"+info.Main.Version); err != nil {
		return err
	}
	source, err := run("list", "-m", "-f", "{{.Dir}}", thisModule)
	if err != nil {
		return err
	}
	return f(dir, source)
}

// ownSource returns the root of the module that this command was built from, if it is still there:
// a checkout, or the module cache.
func ownSource() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return ""
	}
	root := filepath.Dir(filepath.Dir(filepath.Dir(file)))
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || !strings.HasPrefix(string(text), "module "+thisModule+"\n") {
		return ""
	}
	return root
}
