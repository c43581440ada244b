package check

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// vendored returns vendor/modules.txt, if the go command would build from it: since Go 1.14 for a
// module and since 1.22 for a workspace, unless -mod says otherwise.
func (s *tree) vendored() (name string, ok bool) {
	dir, since, language := s.mains[0].dir, "v1.14", s.mains[0].file.Go
	if s.work != nil {
		dir, since, language = s.workDir, "v1.22", s.work.Go
	}
	name = filepath.Join(dir, "vendor", "modules.txt")
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	switch s.tool.mod {
	case "vendor":
		return name, true
	case "":
		return name, language != nil && semver.Compare("v"+language.Version, since) >= 0
	}
	return "", false
}

// fromVendor lists the modules of vendor/modules.txt. What go.mod and go.work have otherwise is a
// gap: the go command refuses such a tree, so nobody knows what was built from it.
func (s *tree) fromVendor(name string) (list []requirement, gaps []string, err error) {
	text, err := readMax(name, vendorBytesMax)
	if err != nil {
		return nil, nil, err
	}
	vendored, err := parseModulesTxt(text)
	if err != nil {
		return nil, nil, fmt.Errorf("check: %s:%w", name, err)
	}
	gap := func(file string, line int, format string, args ...any) {
		gaps = append(gaps, fmt.Sprintf("%s:%d %s", file, line, fmt.Sprintf(format, args...)))
	}
	has := map[string]string{}
	for _, v := range vendored {
		has[v.Path] = v.Version.Version
		with := ""
		if r, ok := s.replacementOf(v.Version); ok {
			with = strings.TrimSpace(r.with.Path + " " + r.with.Version)
		}
		if with != v.with {
			gap(name, v.line, "has %s from %s, which is not what replaces it now", v.Path,
				quote(v.with))
		}
		list = append(list, requirement{v.Version, name, v.line})
	}
	for _, m := range s.mains {
		for _, r := range m.requirements() {
			switch version, ok := has[r.Path]; {
			case s.isMain(r.Path):
			case !ok && m.listsAll():
				gap(r.file, r.line, "requires %s, which %s does not have", r.Path, name)
				list = append(list, r)
			case ok && (semver.Compare(version, r.Version.Version) < 0 ||
				s.work == nil && version != r.Version.Version):
				gap(r.file, r.line, "requires %s %s, but %s has %s", r.Path, r.Version.Version, name,
					version)
			}
		}
	}
	return list, gaps, nil
}

// isMain tells whether a module is one of those whose source is here.
func (s *tree) isMain(path string) bool {
	for _, m := range s.mains {
		if m.path() == path {
			return true
		}
	}
	return false
}

// vendored is a module of vendor/modules.txt.
type vendored struct {
	module.Version
	with string // what replaces it: a path, and a version if it has one
	line int
}

// parseModulesTxt reads vendor/modules.txt. Lines that name a module begin with "# "; "## " marks
// it, and other lines are its packages:
//
//	# example.org/a v1.2.0
//	# example.org/b v1.0.0 => ../b
//	## explicit; go 1.21
//	example.org/b/pkg
//
// A line "# path => with" without a version tells what is replaced whatever its version, and is no
// module of the build.
func parseModulesTxt(text []byte) (list []vendored, err error) {
	scan := bufio.NewScanner(bytes.NewReader(text))
	scan.Buffer(nil, 1<<20)
	number := 0
	for scan.Scan() {
		number++
		rest, ok := strings.CutPrefix(scan.Text(), "# ")
		if !ok {
			continue
		}
		before, with, _ := strings.Cut(rest, " => ")
		switch f := strings.Fields(before); {
		case len(f) == 2 && semver.IsValid(f[1]):
			list = append(list, vendored{module.Version{Path: f[0], Version: f[1]},
				strings.TrimSpace(with), number})
		case len(f) == 1 && before != rest:
		default:
			return nil, fmt.Errorf("%d: no module and version: %s", number, quote(rest))
		}
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("%d: %w", number+1, err)
	}
	return list, nil
}
