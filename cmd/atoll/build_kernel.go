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

// compileKernel builds the kernel of this command's own version, with the go command's build cache.
func compileKernel(ctx context.Context) ([]byte, error) {
	if dir := ownSource(); dir != "" {
		return image.Compile(ctx, dir)
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || !semver.IsValid(info.Main.Version) || strings.Contains(info.Main.Version, "+") {
		return nil, errNoSource
	}
	dir, err := os.MkdirTemp("", "atoll-kernel-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	mod := "module kernel\n\ngo 1.26\n\nrequire " + thisModule + " " + info.Main.Version + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o644); err != nil {
		return nil, err
	}
	get := exec.CommandContext(ctx, "go", "get", image.KernelPackage+"@"+info.Main.Version)
	get.Dir = dir
	if out, err := get.CombinedOutput(); err != nil {
		return nil, &hinted{errors.New(strings.TrimSpace(string(out))), errNoSource.hint, exitFailed}
	}
	return image.Compile(ctx, dir)
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
