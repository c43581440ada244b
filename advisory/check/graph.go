package check

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// graphGapsMax is how many missing files are named one by one.
const graphGapsMax = 3

// graph lists the module graph's versions, by minimal version selection over the go.mod files of
// the module cache (https://go.dev/ref/mod#minimal-version-selection): for go.mod files older than
// Go 1.17, which do not name all, and for workspaces, where the highest version of all modules
// counts. What of it is not in the cache is a gap. It lists also modules of which no package is
// built.
func (s *tree) graph() (list []requirement, gaps []string, err error) {
	g := &graph{tree: s, selected: map[string]requirement{}, seen: map[module.Version]bool{}}
	for _, m := range s.mains {
		g.whole = g.whole || !m.listsAll()
	}
	for _, m := range s.mains {
		for _, r := range m.requirements() {
			g.add(r, true)
		}
	}
	for len(g.todo) > 0 {
		if len(g.seen) > graphNodesMax {
			return nil, nil, fmt.Errorf("check: %s: the module graph has over %d versions",
				s.target, graphNodesMax)
		}
		next := g.todo[0] // in the order in which the main modules name them
		g.todo = g.todo[1:]
		g.visit(next)
	}
	var paths []string
	for path := range g.selected {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	for _, path := range paths {
		list = append(list, g.selected[path])
	}
	return list, g.gaps(), nil
}

// graph is a module graph while it is walked.
type graph struct {
	tree     *tree
	whole    bool // a main module is older than pruning: nothing is pruned
	selected map[string]requirement
	seen     map[module.Version]bool // whose go.mod is read or will be
	todo     []requirement
	missing  []string // module versions of which go.mod is not in the cache
}

// add counts a requirement, and has its go.mod read if deep.
func (g *graph) add(r requirement, deep bool) {
	if g.tree.isMain(r.Path) || r.Path == "go" || r.Path == toolchain {
		return
	}
	have, ok := g.selected[r.Path]
	if !ok || semver.Compare(r.Version.Version, have.Version.Version) > 0 {
		g.selected[r.Path] = r
	}
	if deep && !g.seen[r.Version] {
		g.seen[r.Version] = true
		g.todo = append(g.todo, r)
	}
}

// visit reads what one module version requires: that stands in the main module's go.mod where the
// requirement stands that leads there. Below a version that prunes, go.mod files are not read: it
// names all that its packages need.
func (g *graph) visit(r requirement) {
	file := g.modOf(r.Version)
	if file == nil {
		g.missing = append(g.missing, r.Path+" "+r.Version.Version)
		return
	}
	for _, next := range file.Require {
		g.add(requirement{next.Mod, r.file, r.line}, g.whole || !prunes(file))
	}
}

// modOf reads the go.mod of a module version: of its replacement, if it has one, else of the cache.
func (g *graph) modOf(v module.Version) *modfile.File {
	if r, ok := g.tree.replacementOf(v); ok {
		if r.with.Version == "" {
			dir := filepath.FromSlash(r.with.Path)
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(filepath.Dir(r.file), dir)
			}
			return parseLax(filepath.Join(dir, "go.mod"))
		}
		v = r.with
	}
	path, err := module.EscapePath(v.Path)
	if err != nil {
		return nil
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil || g.tree.tool.cache == "" {
		return nil
	}
	return parseLax(filepath.Join(g.tree.tool.cache, "cache", "download",
		filepath.FromSlash(path), "@v", version+".mod"))
}

// parseLax reads a go.mod of a dependency, nil if it cannot.
func parseLax(name string) *modfile.File {
	text, err := readMax(name, modFileBytesMax)
	if err != nil {
		return nil
	}
	file, err := modfile.ParseLax(name, text, nil)
	if err != nil {
		return nil
	}
	return file
}

// gaps says which go.mod files are missing.
func (g *graph) gaps() []string {
	if len(g.missing) == 0 {
		return nil
	}
	slices.Sort(g.missing)
	named := g.missing
	more := ""
	if len(named) > graphGapsMax {
		more = fmt.Sprintf(" and %d more", len(named)-graphGapsMax)
		named = named[:graphGapsMax]
	}
	return []string{"the module graph is not known, since the module cache has no go.mod of " +
		strings.Join(named, ", ") + more}
}
