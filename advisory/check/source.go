package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/atoll-os/atoll/advisory"
)

// ErrNoModule is a directory in which there is no module and no workspace.
var ErrNoModule = errors.New("there is no go.mod and no go.work")

// Limits of what is read of a source tree.
const (
	modFileBytesMax = 4 << 20  // go.mod, go.work
	vendorBytesMax  = 16 << 20 // vendor/modules.txt
	workModulesMax  = 1000     // modules of a workspace
	graphNodesMax   = 100_000  // module versions in a module graph
)

// mainModule is a module of which the source is here: its go.mod.
type mainModule struct {
	dir  string // absolute, or as the target was named
	name string // of go.mod, for messages
	file *modfile.File
}

// tree is a module or a workspace that is being read.
type tree struct {
	target  string
	tool    goTool
	mains   []*mainModule
	work    *modfile.WorkFile // nil without a workspace
	workDir string
	// replace holds what is replaced: by path and version, and by path alone.
	replace map[module.Version]replacement
}

// replacement is a replace directive and the place where it stands.
type replacement struct {
	with module.Version
	file string
	line int
}

// readSource lists the modules of a directory: those that its go.mod names, which since Go 1.17 are
// all that the packages of the module need; those of vendor/modules.txt, if the go command would
// use it; those of all modules of a workspace.
func readSource(ctx context.Context, target string) (*Inventory, error) {
	return readTree(target, askGo(ctx, target))
}

// readTree is readSource with the go command's answers.
func readTree(target string, tool goTool) (*Inventory, error) {
	s := &tree{target: target, tool: tool, replace: map[module.Version]replacement{}}
	if err := s.open(); err != nil {
		return nil, err
	}
	inv := &Inventory{Target: target, Kind: KindSource}
	for _, m := range s.mains {
		inv.dirs = append(inv.dirs, m.dir)
		inv.Modules = append(inv.Modules, Module{Ecosystem: advisory.Go, Path: m.path(),
			Doubt: "it is the main module, whose version its source does not say", Main: true,
			File: m.name, Line: m.line()})
	}
	listed, gaps, err := s.required()
	if err != nil {
		return nil, err
	}
	inv.Gaps = append(inv.Gaps, gaps...)
	for _, r := range listed {
		inv.Modules = append(inv.Modules, s.resolve(r)...)
	}
	first := s.mains[0]
	line := 0
	if first.file.Go != nil {
		line = first.file.Go.Syntax.Start.Line
	}
	inv.Modules = append(inv.Modules, goRelease(s.tool.version, s.tool.doubt, first.name, line)...)
	inv.Modules = sortModules(inv.Modules)
	return inv, nil
}

// open reads go.work and the go.mod of each main module.
func (s *tree) open() error {
	work, err := s.workFile()
	if err != nil {
		return err
	}
	if work != "" {
		return s.openWork(work)
	}
	name := filepath.Join(s.target, "go.mod")
	m, err := readMod(name)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("check: %s: %w", s.target, ErrNoModule)
	}
	if err != nil {
		return err
	}
	s.mains = []*mainModule{m}
	s.replaceBy(m.name, m.dir, m.file.Replace)
	return nil
}

// openWork reads a workspace. Its own replacements come before those of its modules.
func (s *tree) openWork(name string) error {
	text, err := readMax(name, modFileBytesMax)
	if err != nil {
		return err
	}
	s.work, err = modfile.ParseWork(name, text, nil)
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	s.workDir = filepath.Dir(name)
	if len(s.work.Use) == 0 {
		return fmt.Errorf("check: %s: it uses no module", name)
	}
	if len(s.work.Use) > workModulesMax {
		return fmt.Errorf("check: %s: over %d modules", name, workModulesMax)
	}
	s.replaceBy(name, s.workDir, s.work.Replace)
	for _, use := range s.work.Use {
		dir := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(s.workDir, dir)
		}
		m, err := readMod(filepath.Join(dir, "go.mod"))
		if err != nil {
			return err
		}
		s.mains = append(s.mains, m)
		s.replaceBy(m.name, dir, m.file.Replace)
	}
	return nil
}

// replaceBy takes over replace directives that are not there yet.
func (s *tree) replaceBy(file, dir string, all []*modfile.Replace) {
	for _, r := range all {
		if _, ok := s.replace[r.Old]; ok {
			continue
		}
		s.replace[r.Old] = replacement{r.New, file, r.Syntax.Start.Line}
	}
}

// replacementOf returns what a module version is replaced by.
func (s *tree) replacementOf(v module.Version) (replacement, bool) {
	r, ok := s.replace[v]
	if !ok {
		r, ok = s.replace[module.Version{Path: v.Path}]
	}
	return r, ok
}

// requirement is a module version that the build needs, and where it is named.
type requirement struct {
	module.Version
	file string
	line int
}

// resolve turns a requirement into what is built for it.
func (s *tree) resolve(r requirement) []Module {
	m := Module{Ecosystem: advisory.Go, Path: r.Path, File: r.file, Line: r.line}
	if with, ok := s.replacementOf(r.Version); ok {
		m.File, m.Line = with.file, with.line
		return replaced(m, r.Version.Version, with.with.Path, with.with.Version)
	}
	m.Version, m.Doubt = moduleVersion(r.Version.Version)
	return []Module{m}
}

// required lists what the main modules need besides themselves, and why that may not be all.
func (s *tree) required() (list []requirement, gaps []string, err error) {
	if name, ok := s.vendored(); ok {
		return s.fromVendor(name)
	}
	if s.work == nil && s.mains[0].listsAll() {
		return s.mains[0].requirements(), nil, nil
	}
	return s.graph()
}

// readMod reads the go.mod of a main module.
func readMod(name string) (*mainModule, error) {
	text, err := readMax(name, modFileBytesMax)
	if err != nil {
		return nil, err
	}
	file, err := modfile.Parse(name, text, nil)
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	if file.Module == nil {
		return nil, fmt.Errorf("check: %s: it names no module", name)
	}
	return &mainModule{filepath.Dir(name), name, file}, nil
}

func (m *mainModule) path() string { return m.file.Module.Mod.Path }
func (m *mainModule) line() int    { return m.file.Module.Syntax.Start.Line }

// listsAll tells whether go.mod names every module that the packages need: since Go 1.17
// (https://go.dev/ref/mod#graph-pruning).
func (m *mainModule) listsAll() bool { return prunes(m.file) }

// prunes tells whether a go.mod is one of those of which the graph is pruned.
func prunes(f *modfile.File) bool {
	return f.Go != nil && semver.Compare("v"+f.Go.Version, "v1.17") >= 0
}

func (m *mainModule) requirements() []requirement {
	var list []requirement
	for _, r := range m.file.Require {
		list = append(list, requirement{r.Mod, m.name, r.Syntax.Start.Line})
	}
	return list
}

// workFile finds the go.work that the go command would use for the target, "" if there is none:
// GOWORK says, else the nearest one upward. One that does not use the module in the target does
// not count.
func (s *tree) workFile() (string, error) {
	if s.tool.work == "off" {
		return "", nil
	}
	name := s.tool.work
	if name == "" {
		dir, err := filepath.Abs(s.target)
		if err != nil {
			return "", fmt.Errorf("check: %w", err)
		}
		if name = nearestWork(dir); name == "" {
			return "", nil
		}
	}
	ok, err := s.usedBy(name)
	if err != nil || !ok {
		return "", err
	}
	return asNamed(s.target, name), nil
}

// asNamed writes an absolute name as the target was named: from the working directory, if that was
// so. Messages then hold on every machine.
func asNamed(target, name string) string {
	if here, err := os.Getwd(); err == nil && !filepath.IsAbs(target) {
		if rel, err := filepath.Rel(here, name); err == nil {
			return rel
		}
	}
	return name
}

// nearestWork looks for go.work in a directory and those above it.
func nearestWork(dir string) string {
	for {
		name := filepath.Join(dir, "go.work")
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// usedBy tells whether a workspace is the target or uses it.
func (s *tree) usedBy(name string) (bool, error) {
	here, err := os.Stat(s.target)
	if err != nil {
		return false, fmt.Errorf("check: %w", err)
	}
	base := filepath.Dir(name)
	if at, err := os.Stat(base); err == nil && os.SameFile(here, at) {
		return true, nil
	}
	text, err := readMax(name, modFileBytesMax)
	if err != nil {
		return false, err
	}
	work, err := modfile.ParseWork(name, text, nil)
	if err != nil {
		return false, fmt.Errorf("check: %w", err)
	}
	for _, use := range work.Use {
		dir := filepath.FromSlash(use.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(base, dir)
		}
		if at, err := os.Stat(dir); err == nil && os.SameFile(here, at) {
			return true, nil
		}
	}
	return false, nil
}
