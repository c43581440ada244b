package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

const (
	atollModule     = "github.com/atoll-os/atoll"
	servicePackage  = atollModule + "/unikernel"
	driverPackage   = atollModule + "/host/sockets/autostart"
	driverFile      = "atoll_autostart.go" // in the program's main package, for the compiler only
	driverImport    = "package main\n\nimport _ \"" + driverPackage + "\"\n"
	importsMax      = 10_000
	commandLinePath = "command-line-arguments"
)

// CompileSockets is [CompileProgram] for a program that may use package net: if it does, and is not
// written against package unikernel, the driver of its sockets is compiled in, and driver is true.
// source is the folder of Atoll's own module. Nothing is written beside the program: the import is
// an overlay of its main package, and the driver is found by a workspace in a folder of its own.
func CompileSockets(ctx context.Context, dir, pattern, source string, flags ...string) (
	file []byte, driver bool, err error) {
	p, err := look(ctx, dir, pattern)
	if err != nil {
		return nil, false, err
	}
	if !p.needs {
		file, err = CompileProgram(ctx, dir, pattern, flags...)
		return file, false, err
	}
	work, err := os.MkdirTemp("", "atoll-sockets-")
	if err != nil {
		return nil, false, fmt.Errorf("image: make a folder for the driver: %w", err)
	}
	defer os.RemoveAll(work)
	overlay, err := p.overlay(work)
	if err != nil {
		return nil, false, err
	}
	environ := Environment
	if p.module != atollModule {
		workspace, err := p.workspace(ctx, dir, work, source)
		if err != nil {
			return nil, false, err
		}
		environ = append(environ[:len(environ):len(environ)], "GOWORK="+workspace)
	}
	flags = append([]string{"-tags", VMTag, "-ldflags", "-buildid= -w", "-overlay", overlay}, flags...)
	file, err = goBuildFor(ctx, environ, dir, pattern, flags...)
	return file, true, err
}

// mainPackage is what the go command knows of a program.
type mainPackage struct {
	dir, module, root string
	needs             bool // a driver
}

// look asks the go command about a program and what it imports.
func look(ctx context.Context, dir, pattern string) (p mainPackage, err error) {
	const line = "{{.DepOnly}}\t{{.ImportPath}}\t{{.Dir}}\t{{with .Module}}{{.Path}}\t{{.Dir}}{{end}}"
	out, err := goCommand(ctx, dir, Environment, "list", "-deps", "-tags", VMTag, "-f", line, pattern)
	if err != nil {
		return p, err
	}
	net, served := false, false
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) > importsMax {
		return p, fmt.Errorf("image: %s imports more than %d packages", pattern, importsMax)
	}
	for _, l := range lines {
		word := append(strings.Split(l, "\t"), "", "")
		net = net || word[1] == "net"
		served = served || word[1] == servicePackage || word[1] == driverPackage
		if word[0] == "false" {
			p.dir, p.module, p.root = word[2], word[3], word[4]
			// A list of files is the whole package: there is no place for another.
			served = served || word[1] == commandLinePath
		}
	}
	p.needs = net && !served && p.module != ""
	return p, nil
}

// overlay writes the list of files that the compiler sees besides those that are there.
func (p *mainPackage) overlay(work string) (list string, err error) {
	place := filepath.Join(p.dir, driverFile)
	if _, err := os.Lstat(place); !errors.Is(err, fs.ErrNotExist) {
		return "", &ProgramError{"the program has a file " + driverFile + ", which is added to programs",
			"give it another name"}
	}
	file := filepath.Join(work, driverFile)
	text, err := json.Marshal(map[string]map[string]string{"Replace": {place: file}})
	if err != nil {
		panic("image: BUG: " + err.Error())
	}
	list = filepath.Join(work, "overlay.json")
	return list, errors.Join(os.WriteFile(file, []byte(driverImport), 0o644),
		os.WriteFile(list, text, 0o644))
}

// workspace writes a go.work with the program's module, or its workspace if it has one, and with
// Atoll's.
func (p *mainPackage) workspace(ctx context.Context, dir, work, source string) (string, error) {
	if source == "" {
		return "", ErrNoSource
	}
	out, err := goCommand(ctx, dir, nil, "env", "GOWORK", "GOVERSION")
	if err != nil {
		return "", err
	}
	theirs, version, _ := strings.Cut(strings.TrimRight(out, "\n"), "\n")
	f := &modfile.WorkFile{Syntax: &modfile.FileSyntax{}}
	if theirs == "" || theirs == "off" {
		err = f.AddUse(p.root, p.module)
	} else {
		f, err = absolute(theirs)
	}
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "go"), " ")
	if err = errors.Join(err, f.AddGoStmt(version)); err != nil {
		return "", fmt.Errorf("image: make a workspace: %w", err)
	}
	for _, u := range f.Use {
		if u.Path == source {
			source = ""
		}
	}
	if source != "" {
		if err := f.AddUse(source, atollModule); err != nil {
			return "", fmt.Errorf("image: make a workspace: %w", err)
		}
	}
	name := filepath.Join(work, "go.work")
	return name, os.WriteFile(name, modfile.Format(f.Syntax), 0o644)
}

// absolute reads a workspace and makes its paths hold from everywhere.
func absolute(name string) (*modfile.WorkFile, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f, err := modfile.ParseWork(name, text, nil)
	if err != nil {
		return nil, err
	}
	place := func(path string) string {
		if filepath.IsAbs(path) {
			return path
		}
		return filepath.Join(filepath.Dir(name), filepath.FromSlash(path))
	}
	for _, u := range slices.Clone(f.Use) {
		path := u.Path // dropping it forgets that
		err = errors.Join(err, f.DropUse(path), f.AddUse(place(path), u.ModulePath))
	}
	for _, r := range slices.Clone(f.Replace) {
		if r.New.Version == "" {
			err = errors.Join(err, f.AddReplace(r.Old.Path, r.Old.Version, place(r.New.Path), ""))
		}
	}
	f.Cleanup()
	return f, err
}

// ErrNoSource says that Atoll's own source, with the driver, is not at hand.
var ErrNoSource = errors.New("image: the program uses package net, and Atoll's source with the " +
	"driver is not at hand")

// goCommand runs the go command and returns what it prints.
func goCommand(ctx context.Context, dir string, environ []string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), environ...)
	out, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", ErrNoGo
	case errors.As(err, &exit):
		return "", fmt.Errorf("image: go %s: %s", args[0], strings.TrimSpace(string(exit.Stderr)))
	case err != nil:
		return "", fmt.Errorf("image: go %s: %w", args[0], err)
	}
	return string(out), nil
}
