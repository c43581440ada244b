package lint

import (
	"go/token"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/nearest"
)

func (k *checker) affected() {
	if k.ours() && len(k.r.Affected) == 0 && len(k.r.Images) == 0 { // history may have no versions
		k.add("affected", "write affected: and a list of modules with ranges",
			"the record names no module and no image that is affected")
	}
	seen, owned := map[string]bool{}, len(k.r.Images) > 0
	for i := range k.r.Affected {
		a, at := &k.r.Affected[i], item("affected", i)
		k.module(a, at)
		if seen[a.Ecosystem+" "+a.Module] {
			k.add(at, "put the ranges together", "the module %s stands there twice", short(a.Module))
		}
		seen[a.Ecosystem+" "+a.Module] = true
		owned = owned || a.Ecosystem != advisory.Opam && k.c.Project.Owns(a.Module)
		k.ranges(a.Ecosystem, a.Module, at, a.Ranges)
		k.packages(a, at)
	}
	if len(k.r.Affected) > 0 && k.ours() && !owned {
		k.add("affected", "list the module under modules: in "+advisory.ProjectFile+
			", or mark the record as imported", "no affected module is this project's own")
	}
}

// standard tells whether a module is a part of Go, with Go's versions.
func standard(module string) bool { return module == "stdlib" || module == "toolchain" }

func (k *checker) module(a *advisory.Affected, at string) {
	path := at + ".module"
	switch {
	case a.Module == "":
		k.add(at, "write module: and its path", "%s has no module", at)
	case a.Ecosystem == advisory.Opam:
		if k.ours() {
			k.add(path, "opam is for history that was imported", "a record of ours is about Go")
		}
		if _, ok := a.Folder(); !ok {
			k.add(path, "letters, digits, - + _, and one letter at least",
				"%q is no name of an opam package", short(a.Module))
		}
	case !standard(a.Module):
		if err := module.CheckPath(a.Module); err != nil {
			k.add(path, "write the path as in go.mod, or stdlib or toolchain", "%s", short(err.Error()))
		}
	}
}

// ranges checks that each range is one, and that they are in order and apart.
func (k *checker) ranges(ecosystem, mod, at string, ranges []advisory.Range) {
	if len(ranges) == 0 {
		k.add(at, `write ranges: with introduced: "0" for all versions`, "%s has no ranges", at)
	}
	end := ""
	for i, r := range ranges {
		path := item(at+".ranges", i)
		if r.Introduced == "" {
			k.add(path, `"0" is the first version of all`, "%s has no introduced", path).
				Fix = `introduced: "0"`
		}
		good := k.version(ecosystem, mod, path+".introduced", r.Introduced)
		good = k.version(ecosystem, mod, path+".fixed", r.Fixed) && good && r.Introduced != ""
		if !good {
			return
		}
		if i > 0 && (end == "" || advisory.CompareVersions(ecosystem, r.Introduced, end) < 0) {
			k.add(path, "the lowest first, none open but the last, and none into the next",
				"%s begins at %s, before the one above has ended", path, r.Introduced)
			return
		}
		if end = r.Fixed; end != "" && advisory.CompareVersions(ecosystem, r.Introduced, end) >= 0 {
			k.add(path+".fixed", "fixed is the first version that has the problem no longer",
				"fixed %s is not after introduced %s", r.Fixed, r.Introduced)
			return
		}
	}
}

// version checks one bound of a range, and tells whether it can be compared.
func (k *checker) version(ecosystem, mod, path, v string) bool {
	if v == "" || v == advisory.First {
		return true
	}
	canonical := advisory.CanonicalVersion(ecosystem, v)
	if canonical == "" {
		k.add(path, "as in 1.2.3, 1.3.0-rc.1 or 0.0.0-20260102150405-0123456789ab",
			"%q is no version", short(v))
		return false
	}
	if canonical != v {
		k.add(path, "without v, with three numbers", "%q is not the one way to write it", short(v)).
			Fix = canonical
		return true
	}
	if ecosystem == advisory.Opam || standard(mod) || mod == "" {
		return true
	}
	if !ofMajor(mod, v) {
		k.add(path, "a module of major 2 and more has /v2 in its path, or +incompatible versions",
			"%s cannot be a version of %s", v, short(mod))
		return true
	}
	if k.o.Exists != nil {
		there, err := k.o.Exists(mod, "v"+v)
		if err != nil {
			k.add(path, "try again, or look by hand", "cannot tell whether %s %s exists: %v", mod, v,
				err)
		} else if !there {
			k.add(path, "publish it first, or correct the number", "%s has no version %s", mod, v)
		}
	}
	return true
}

// ofMajor tells whether a version can be one of a module, by its major number.
func ofMajor(mod, v string) bool {
	_, major, _ := module.SplitPathVersion(mod)
	if strings.HasSuffix(v, "+incompatible") {
		return major == "" && advisory.CompareVersions(advisory.Go, v, "2.0.0-0") >= 0
	}
	return module.MatchPathMajor("v"+v, major)
}

// Systems and architectures of Go: go tool dist list.
var (
	systems = strings.Fields(`aix android darwin dragonfly freebsd illumos ios js linux netbsd
		openbsd plan9 solaris wasip1 windows`)
	architectures = strings.Fields(`386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64
		ppc64le riscv64 s390x wasm`)
)

func (k *checker) packages(a *advisory.Affected, at string) {
	seen := map[string]bool{}
	for i, p := range a.Packages {
		path := item(at+".packages", i)
		err := module.CheckImportPath(p.Path)
		inside := p.Path == a.Module || strings.HasPrefix(p.Path, a.Module+"/") || standard(a.Module)
		switch {
		case p.Path == "":
			k.add(path, "write path: and the import path", "%s has no path", path)
		case a.Ecosystem == advisory.Opam: // bindings of OCaml have names of their own
		case err != nil:
			k.add(path+".path", "write it as a program imports it", "%s", short(err.Error()))
		case !inside:
			k.add(path+".path", "the path begins with the module's",
				"the package %s is not in the module %s", short(p.Path), short(a.Module))
		}
		if seen[p.Path] {
			k.add(path, "put the symbols together", "the package %s stands there twice", short(p.Path))
		}
		seen[p.Path] = true
		k.symbols(a.Ecosystem, path+".symbols", p.Symbols)
		k.known(path+".goos", p.GOOS, systems)
		k.known(path+".goarch", p.GOARCH, architectures)
	}
}

// receiver is how Go prints a method's symbol: (*Type).Method.
var receiver = regexp.MustCompile(`^\(?\*?([^()*]+?)\)?\.([^.()]+)(\(\))?$`)

// symbols wants Func or Type.Method, as vuln.go.dev has them.
func (k *checker) symbols(ecosystem, path string, symbols []string) {
	seen := map[string]bool{}
	for i, s := range symbols {
		at := item(path, i)
		if seen[s] {
			k.add(at, "name it once", "the symbol %s stands there twice", short(s))
		}
		seen[s] = true
		if ecosystem == advisory.Opam || isSymbol(s) {
			continue
		}
		f := k.add(at, "write Func or Type.Method", "%q is no symbol", short(s))
		if fix := receiver.ReplaceAllString(strings.TrimSuffix(s, "()"), "$1.$2"); isSymbol(fix) {
			f.Fix = fix
		}
	}
}

func isSymbol(s string) bool {
	name, method, dotted := strings.Cut(s, ".")
	return token.IsIdentifier(name) && (!dotted || token.IsIdentifier(method))
}

func (k *checker) known(path string, words, all []string) {
	for i, w := range words {
		if !slices.Contains(all, w) {
			f := k.add(item(path, i), "go tool dist list has all", "Go does not know %q", short(w))
			f.Fix = nearest.Name(short(w), all)
		}
	}
}

func (k *checker) images() {
	for i, image := range k.r.Images {
		at := item("images", i)
		if image.Name == "" {
			k.add(at, "write name: as in the image's bill of materials", "%s has no name", at)
		}
		k.plain(at+".name", image.Name)
		k.ranges(advisory.Go, "", at, image.Ranges)
	}
}
