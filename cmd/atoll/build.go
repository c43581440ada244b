package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/atoll-os/atoll/advisory/check"
	"github.com/atoll-os/atoll/entropy/overlay"
	"github.com/atoll-os/atoll/image"
)

// Targets of atoll build.
const (
	targetVM      = "vm"
	targetProcess = "process"
	targetLab     = "lab"
)

// buildFlags are those of atoll build.
type buildFlags struct {
	out     string
	target  string
	entropy string
	check   checkFlags // databases and keys
	strict  bool
	oci     string
	others  bool
	files   []string
	json    bool
}

func newBuild() *cobra.Command {
	o := &buildFlags{}
	c := &cobra.Command{
		Use:   "build [PACKAGE | FILE]",
		Short: "Make a bootable image, or a process, of a Go program",
		Long: `Make a bootable image, or a process, of a Go program.

PACKAGE is a main package as the go command names it, by default the one in this directory. For
the target vm the result is one ELF file with the program, unmodified, and a kernel under it:
atoll boot runs it. The same source gives the same bytes. The image has a bill of materials: with
--db it is held against databases of advisories, as atoll advisory check does. A program that uses
package net, and not package unikernel, is given a driver, by which its sockets reach the outside.

FILE is a program that was built elsewhere, for Linux on amd64 and without cgo. It is taken as it
is: without the driver its sockets end at the machine.`,
		Example: `  atoll build ./examples/print                    # print.elf, for atoll boot
  atoll build ./examples/print -o image.elf
  atoll build ./examples/print --db advisories --strict
  atoll build ./examples/print --files docs:/docs  # the program finds /docs/index.md
  atoll build ./examples/print --oci print.tar --side-files
  atoll build ./examples/print --target process   # a program for this system`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, cancel := untilInterrupt()
			defer cancel()
			pattern := "."
			if len(args) == 1 {
				pattern = args[0]
			}
			return o.run(ctx, pattern, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVarP(&o.out, "output", "o", "", "file to write; by default the package's name")
	f.StringVar(&o.target, "target", targetVM, "vm, process or lab")
	f.StringVar(&o.entropy, "entropy", "", "atoll: Atoll's generator under crypto/rand and all keys")
	f.StringArrayVar(&o.check.databases, "db", nil,
		"database of advisories: a URL, a directory or a zip; repeatable")
	f.StringArrayVar(&o.check.keys, "key", nil, "public OpenPGP key that signs a database; repeatable")
	f.BoolVar(&o.strict, "strict", false, "write nothing if the image is affected by an advisory")
	f.StringArrayVar(&o.files, "files", nil,
		"DIR[:/PATH]: folder whose files the program finds at /, or at PATH; repeatable")
	f.StringVar(&o.oci, "oci", "", "tar file to write the image to as an OCI layout, too")
	f.BoolVar(&o.others, "side-files", false,
		"write files for Firecracker, Cloud Hypervisor and xl beside the image")
	f.BoolVar(&o.json, "json", false, "print one JSON object about what was built")
	return c
}

// built is what --json prints.
type built struct {
	File    string  `json:"file"`
	Target  string  `json:"target"`
	Bytes   int     `json:"bytes"`
	Go      string  `json:"go"`
	VCS     string  `json:"vcs,omitempty"` // the revision
	Modules int     `json:"modules"`
	Files   int     `json:"files,omitempty"` // that the program finds
	Kernel  string  `json:"kernel_sha256,omitempty"`
	Driver  bool    `json:"driver,omitempty"`     // of sockets was added
	Verdict string  `json:"advisories,omitempty"` // with --db
	Seconds float64 `json:"seconds"`
}

func (o *buildFlags) run(ctx context.Context, pattern string, stdout, stderr io.Writer) error {
	switch o.target {
	case targetVM, targetProcess:
	case targetLab:
		return usagef("write a go test with lab.Test, or atoll lab init > net.yaml",
			"a lab runs services within one process: there is nothing to build for it")
	default:
		return usagef("--target vm or process", "unknown target %q", o.target)
	}
	if o.target != targetVM && (o.oci != "" || o.others || len(o.files) > 0) {
		return usagef("leave them out", "--files, --oci and --side-files are for images")
	}
	if o.strict && len(o.check.databases) == 0 {
		return usagef("name one with --db", "--strict needs a database of advisories")
	}
	tool, err := image.FindToolchain(ctx, ".")
	if errors.Is(err, image.ErrNoGo) {
		return &hinted{err, "install Go from https://go.dev/dl", exitFailed}
	} else if err != nil {
		return err
	}
	begun := time.Now()
	result := built{File: o.out, Target: o.target, Go: tool.Version}
	var file []byte
	if o.target == targetVM {
		file, err = o.vm(ctx, pattern, tool, &result, stderr)
	} else {
		file, err = o.process(ctx, pattern, tool, &result, stderr)
	}
	if err != nil {
		return buildHint(err)
	}
	if err := writeImage(result.File, file); err != nil {
		return err
	}
	if err := o.beside(&result, file, stderr); err != nil {
		return err
	}
	result.Bytes, result.Seconds = len(file), time.Since(begun).Seconds()
	if o.json {
		return printJSON(stdout, result)
	}
	_, err = fmt.Fprintln(stderr, result.line())
	return err
}

// line is what was built, in a line.
func (b *built) line() string {
	words := []string{b.File, byteCount(int64(b.Bytes)), b.Go}
	if b.VCS != "" {
		words = append(words, "vcs "+b.VCS[:min(len(b.VCS), 7)])
	}
	words = append(words, fmt.Sprintf("sbom %d modules", b.Modules))
	if b.Verdict != "" {
		words[len(words)-1] += ", advisories: " + b.Verdict
	}
	return strings.Join(words, "  ")
}

// vm makes the image of a program.
func (o *buildFlags) vm(ctx context.Context, pattern string, tool image.Toolchain, result *built,
	stderr io.Writer) ([]byte, error) {
	if o.entropy != "" {
		return nil, usagef("leave it out: the kernel's getrandom is Atoll's own generator",
			"--entropy is for the target process")
	}
	if !slices.Contains(image.GoVersions, tool.Version) {
		return nil, &hinted{fmt.Errorf("%s was not tried with this kernel", tool.Version),
			"GOTOOLCHAIN=" + image.GoVersions[len(image.GoVersions)-1] + " atoll build; tried: " +
				strings.Join(image.GoVersions, ", "), exitFailed}
	}
	files, err := o.readFiles()
	if err != nil {
		return nil, err
	}
	result.Files = len(files)
	var program, kernel []byte
	err = withSource(ctx, func(dir, source string) (err error) {
		if isFile(pattern) {
			program, err = o.prebuilt(pattern, result, stderr)
		} else {
			done := announce(stderr, "compiling the program", buildMax)
			program, result.Driver, err = image.CompileSockets(ctx, ".", pattern, source,
				"-buildvcs=auto")
			done()
		}
		if err != nil {
			return err
		}
		done := announce(stderr, "compiling the kernel", buildMax)
		defer done()
		kernel, err = image.Compile(ctx, dir)
		return err
	})
	if err != nil {
		return nil, err
	}
	if result.File == "" {
		result.File = outputName(pattern) + ".elf"
	}
	bill, err := o.bill(ctx, program, kernel, result, stderr)
	if err != nil {
		return nil, err
	}
	file, err := image.Build(kernel, program, files...)
	if err != nil {
		return nil, err
	}
	return image.AddSections(file, program, image.Section{Name: check.BillSection, Data: bill})
}

// process builds a program for this system, with Atoll's generator under its keys if asked for.
func (o *buildFlags) process(ctx context.Context, pattern string, tool image.Toolchain,
	result *built, stderr io.Writer) ([]byte, error) {
	var flags []string
	switch o.entropy {
	case "":
	case "atoll":
		dir, err := os.MkdirTemp("", "atoll-overlay-")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
		list, err := overlay.Write(dir, tool.Root, tool.Version)
		if err != nil {
			return nil, err
		}
		flags = []string{"-tags", overlay.Tag, "-overlay", list}
	default:
		return nil, usagef("--entropy atoll", "unknown source of entropy %q", o.entropy)
	}
	if result.File == "" {
		result.File = outputName(pattern)
	}
	program, err := image.CompileProcess(ctx, ".", pattern, append(flags, "-buildvcs=auto")...)
	if err != nil {
		return nil, err
	}
	_, err = o.bill(ctx, program, nil, result, stderr)
	return program, err
}

// outputName is what the go command calls a program: the last element of its package.
func outputName(pattern string) string {
	if abs, err := filepath.Abs(pattern); err == nil && strings.HasPrefix(pattern, ".") {
		return filepath.Base(abs)
	}
	return path.Base(filepath.ToSlash(pattern))
}

// buildHint says what to do about an error.
func buildHint(err error) error {
	var wrong *image.ProgramError
	if errors.As(err, &wrong) {
		return &hinted{err, wrong.Hint, exitFailed}
	}
	var file *image.FileError
	if errors.As(err, &file) {
		return &hinted{err, file.Hint, exitFailed}
	}
	return err
}

// writeImage writes a program or an image: whole or not at all.
func writeImage(name string, file []byte) error {
	err := writeFile(name, func(w io.Writer) error {
		_, err := w.Write(file)
		return err
	})
	if err == nil {
		err = os.Chmod(name, 0o755)
	}
	return err
}
