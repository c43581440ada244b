package image

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// KernelPackage is the program that becomes the kernel, and KernelTag the build tag without which
// it has no files.
const (
	KernelPackage = "github.com/atoll-os/atoll/kernel/metal"
	KernelTag     = "atollkernel"
)

// kernelFlags make the linker put the kernel where package layout says: the entry is ours, so that
// nothing of the Go runtime's start is linked; -T is the address of the text as a signed number,
// one page above KernelBase, where the headers go.
const kernelFlags = "-buildid= -E main.start64 -T -0x7fdff000 -R 0x1000"

// Environment is what a build for a vm sets: whatever the host is, the result is the same.
var Environment = []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=",
	"GOEXPERIMENT="}

// Compile builds the kernel with the go command and returns its ELF file. dir is a folder of a
// module that has or requires atoll.
func Compile(ctx context.Context, dir string) ([]byte, error) {
	return goBuild(ctx, dir, KernelPackage, "-tags", KernelTag, "-ldflags", kernelFlags)
}

// VMTag is the build tag of programs for a vm: with it, package unikernel has Atoll's own TCP/IP in
// the program, over the machine's network cards.
const VMTag = "atollvm"

// CompileProgram builds a program for a vm and returns its ELF file. pattern names its package as
// the go command in dir understands it; flags are further flags of go build.
func CompileProgram(ctx context.Context, dir, pattern string, flags ...string) ([]byte, error) {
	return goBuild(ctx, dir, pattern,
		append([]string{"-tags", VMTag, "-ldflags", "-buildid= -w"}, flags...)...)
}

// CompileProcess builds a program for this system, or for the one that GOOS and GOARCH say.
func CompileProcess(ctx context.Context, dir, pattern string, flags ...string) ([]byte, error) {
	return goBuildFor(ctx, nil, dir, pattern, append([]string{"-ldflags", "-buildid="}, flags...)...)
}

// GoVersions are the releases of Go whose programs were run on the kernel by its tests.
var GoVersions = []string{"go1.26.8"}

// Toolchain is the go command that builds in a folder.
type Toolchain struct{ Version, Root string }

// FindToolchain asks the go command in dir for its release and its place. The error is [ErrNoGo] if
// there is none.
func FindToolchain(ctx context.Context, dir string) (t Toolchain, err error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOROOT")
	cmd.Dir = dir
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return t, ErrNoGo
	}
	if err != nil {
		return t, fmt.Errorf("image: ask the go command for its release: %w", err)
	}
	t.Version, t.Root, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	return t, nil
}

// ErrNoGo says that there is no go command.
var ErrNoGo = errors.New("image: the go command is not installed")

// goBuild builds one program for a vm.
func goBuild(ctx context.Context, dir, pattern string, flags ...string) ([]byte, error) {
	return goBuildFor(ctx, Environment, dir, pattern, flags...)
}

// goBuildFor builds one program reproducibly, with these variables besides those of the process.
func goBuildFor(ctx context.Context, environ []string, dir, pattern string, flags ...string) (
	[]byte, error) {
	work, err := os.MkdirTemp("", "atoll-image-")
	if err != nil {
		return nil, fmt.Errorf("image: make a folder for the build: %w", err)
	}
	defer os.RemoveAll(work)
	// With a folder as -o the go command writes programs only.
	args := []string{"build", "-trimpath", "-buildvcs=false", "-o", work + string(filepath.Separator)}
	args = append(args, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, pattern)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), environ...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, ErrNoGo
		}
		return nil, fmt.Errorf("image: build %s: %w\n%s", pattern, err,
			strings.TrimSpace(stderr.String()))
	}
	names, err := filepath.Glob(filepath.Join(work, "*"))
	if err != nil || len(names) != 1 {
		return nil, fmt.Errorf("image: %s is %d programs, and must be one", pattern, len(names))
	}
	file, err := os.ReadFile(names[0])
	if err != nil {
		return nil, fmt.Errorf("image: read the built program: %w", err)
	}
	return file, nil
}
