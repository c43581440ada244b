package check

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// What the go command says in a directory is what would build there.
func TestAskGo(t *testing.T) {
	unpack(t, txtar.Parse([]byte("-- one/go.mod --\nmodule example.org/one\ngo 1.25\n"+
		"-- go.work --\ngo 1.25\nuse ./one\n-- empty/x --\n")))
	t.Setenv("GOFLAGS", "-v -mod=mod -mod=readonly")
	t.Setenv("GOWORK", "")
	tool := askGo(t.Context(), "one")
	if tool.doubt != "" || tool.version != runtime.Version() || tool.mod != "readonly" ||
		!filepath.IsAbs(tool.cache) || filepath.Base(tool.work) != "go.work" {
		t.Errorf("%+v", tool)
	}
	t.Setenv("GOTOOLCHAIN", "go1.999.0") // it may not fetch one
	tool = askGo(t.Context(), "one")
	if tool.version != "" || !strings.Contains(tool.doubt, "does not say its version") {
		t.Errorf("of a release that is not here: %+v", tool)
	}
}

// Without the go command its environment counts, and the release is not known.
func TestNoGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("GOFLAGS", "--mod=mod")
	t.Setenv("GOWORK", "off")
	for _, c := range []struct{ modcache, gopath, home, want string }{
		{"/c", "/p", "/h", "/c"},
		{"", "/p" + string(filepath.ListSeparator) + "/q", "/h", "/p/pkg/mod"},
		{"", "", "/h", "/h/go/pkg/mod"},
		{"", "", "", ""},
	} {
		t.Setenv("GOMODCACHE", c.modcache)
		t.Setenv("GOPATH", c.gopath)
		t.Setenv("HOME", c.home)
		tool := askGo(t.Context(), ".")
		if filepath.ToSlash(tool.cache) != c.want || tool.mod != "mod" || tool.work != "off" ||
			!strings.Contains(tool.doubt, "is not here") {
			t.Errorf("%+v: %+v", c, tool)
		}
	}
	if got := modFlag("-v -tags=x"); got != "" {
		t.Errorf("flags without -mod: %q", got)
	}
}

// moduleTree is a workspace over modules with and without pruning, some of them replaced.
const moduleTree = `
-- work/go.work --
go 1.25
use ./one
use ./two
replace example.org/r => example.org/r v1.1.0
-- work/one/go.mod --
module example.org/one
go 1.25
require example.org/a v1.1.0
require example.org/r v1.0.0
-- work/two/go.mod --
module example.org/two
go 1.25
require example.org/a v1.2.0
require example.org/old v1.0.0
-- old/go.mod --
module example.org/main
go 1.16
require example.org/a v1.1.0
require example.org/old v1.0.0
-- mods/example.org/a/v1.1.0 --
module example.org/a
go 1.17
require example.org/b v1.0.0
-- mods/example.org/a/v1.2.0 --
module example.org/a
go 1.17
require example.org/b v1.1.0
require example.org/new v1.0.0
-- mods/example.org/b/v1.0.0 --
module example.org/b
go 1.17
require example.org/far v1.0.0
-- mods/example.org/b/v1.1.0 --
module example.org/b
go 1.17
require example.org/far v1.1.0
-- mods/example.org/far/v1.0.0 --
module example.org/far
-- mods/example.org/far/v1.1.0 --
module example.org/far
-- mods/example.org/new/v1.0.0 --
module example.org/new
-- mods/example.org/old/v1.0.0 --
module example.org/old
go 1.16
require example.org/deep v1.0.0
require example.org/b v1.1.0
-- mods/example.org/deep/v1.0.0 --
module example.org/deep
go 1.16
require example.org/new v1.1.0
-- mods/example.org/new/v1.1.0 --
module example.org/new
-- mods/example.org/r/v1.0.0 --
module example.org/r
-- mods/example.org/r/v1.1.0 --
module example.org/r
require example.org/far v1.0.0
`

// TestGraphAgainstGo compares our selection of versions with that of go list.
func TestGraphAgainstGo(t *testing.T) {
	tree := txtar.Parse([]byte(moduleTree))
	for _, f := range tree.Files { // as a proxy and as the cache have them
		if rest, ok := strings.CutPrefix(f.Name, "mods/"); ok {
			at, version := filepath.Split(rest)
			for _, under := range []string{"proxy/", "cache/cache/download/"} {
				name := under + at + "@v/" + version
				tree.Files = append(tree.Files, txtar.File{Name: name + ".mod", Data: f.Data},
					txtar.File{Name: name + ".info", Data: []byte(`{"Version": "` + version + `"}`)})
			}
		}
	}
	unpack(t, tree)
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir, flags := range map[string]string{"work": "", "work/one": "", "old": "-mod=mod"} {
		cmd := exec.Command("go", "list", "-m", "-f",
			"{{with .Replace}}{{.Path}} {{.Version}}{{else}}{{.Path}} {{.Version}}{{end}}", "all")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOPROXY=file://"+filepath.ToSlash(here)+"/proxy", "GOSUMDB=off",
			"GOFLAGS=-modcacherw "+flags, "GOTOOLCHAIN=local", "GOWORK=",
			"GOMODCACHE="+filepath.Join(here, "cache"))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: go list: %v\n%s", dir, err, out)
		}
		inv, err := readTree(dir, goTool{version: "go1.25.1", cache: filepath.Join(here, "cache")})
		if err != nil {
			t.Fatal(err)
		}
		if len(inv.Gaps) > 0 {
			t.Errorf("%s: gaps %q", dir, inv.Gaps)
		}
		ours := map[string]bool{}
		for _, m := range inv.Modules {
			if !m.Main && m.Path != stdlib && m.Path != toolchain {
				ours[m.Path+" v"+m.Version] = true
			}
		}
		theirs := map[string]bool{}
		for line := range strings.Lines(string(out)) {
			if f := strings.Fields(line); len(f) == 2 { // a main module has no version
				theirs[strings.Join(f, " ")] = true
			}
		}
		if len(theirs) < 4 {
			t.Fatalf("%s: go list says\n%s", dir, out)
		}
		for m := range theirs {
			if !ours[m] {
				t.Errorf("%s: the go command selects %s", dir, m)
			}
		}
		for m := range ours {
			if !theirs[m] {
				t.Errorf("%s: only we select %s", dir, m)
			}
		}
	}
}
