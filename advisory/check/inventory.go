package check

import (
	"cmp"
	"slices"

	"github.com/atoll-os/atoll/advisory"
)

// Kind is what a target is.
type Kind string

// Kinds of targets.
const (
	KindSource    Kind = "source"    // a directory with go.mod or go.work
	KindBinary    Kind = "binary"    // a program that the go command built
	KindImage     Kind = "image"     // a bootable image with its bill of materials
	KindRaw       Kind = "raw image" // bytes that do not say what was built in
	KindCycloneDX Kind = "CycloneDX" // a bill of materials
	KindSPDX      Kind = "SPDX"      // a bill of materials
)

// Inventory is what a target is made of: all that the verdicts stand on.
type Inventory struct {
	Target  string // as it was named
	Kind    Kind
	Modules []Module // sorted by path and version, the main modules first
	// Gaps say why there may be modules that are not listed: no verdict can be "not affected" for
	// those, whatever they are.
	Gaps []string
	// Image is the name and the version that an image has in its bill of materials.
	Image Module

	dirs []string // of a source: where its main modules are
}

// Module is a module in a target.
type Module struct {
	Ecosystem string // advisory.Go or advisory.Opam
	Path      string // "stdlib" and "toolchain" are Go's own
	Version   string // without "v"; empty if it is not known
	// Doubt is why a version outside of an advisory's ranges is no proof, empty if it is one. A
	// module without a version always has a doubt.
	Doubt  string
	Fork   bool // the code is another module's: not even an advisory on all versions is proof
	Folded bool // of a package URL: Path may have lost capitals
	Main   bool // what is built, not what it needs
	File   string
	Line   int // where File names it; 0 if nowhere
}

// sortModules brings modules into the order of an Inventory and leaves out what is there twice.
func sortModules(all []Module) []Module {
	slices.SortStableFunc(all, func(a, b Module) int {
		if a.Main != b.Main {
			if a.Main {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Ecosystem, b.Ecosystem), cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Version, b.Version), cmp.Compare(a.Doubt, b.Doubt))
	})
	return slices.CompactFunc(all, func(a, b Module) bool {
		return a.Path == b.Path && a.Version == b.Version && a.Doubt == b.Doubt &&
			a.Ecosystem == b.Ecosystem && a.Fork == b.Fork
	})
}

// Names of Go's own modules in a database.
const (
	stdlib    = "stdlib"
	toolchain = "toolchain"
)

// goRelease makes the two modules that a Go release is: what is built in, and what builds.
func goRelease(tag, doubt, file string, line int) []Module {
	m := Module{Ecosystem: advisory.Go, File: file, Line: line}
	version, ok := releaseVersion(tag)
	switch {
	case doubt != "":
		m.Doubt = doubt
	case !ok:
		m.Doubt = "Go's version " + quote(tag) + " is no release"
	default:
		m.Version = version
	}
	std, tool := m, m
	std.Path, tool.Path = stdlib, toolchain
	return []Module{std, tool}
}
