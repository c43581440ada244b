package bench

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What BenchmarkCheck measures: a program of so many modules, and a database of so many records,
// about as many as vuln.go.dev has.
const (
	checkModules = 300
	checkRecords = 4300
	stdRecords   = 170 // of them
)

// BenchmarkCheck compares atoll advisory check with govulncheck v1.9.0: one program, one database,
// both on disk. cpu-ms/op is what the processes used, wherever they waited.
//
// The modules are small, so govulncheck's call graph is mostly that of the standard library; real
// modules make it slower, and change nothing for the check by versions.
func BenchmarkCheck(b *testing.B) {
	s := newScene(b)
	for _, c := range []struct {
		name string
		args []string
	}{
		{"module/atoll", s.atoll()},
		{"module/govulncheck", s.govulncheck("-scan", "module")},
		{"symbol/atoll", s.atoll("--symbols")},
		{"symbol/govulncheck", s.govulncheck("./...")},
	} {
		b.Run(c.name, func(b *testing.B) {
			var used time.Duration
			b.ResetTimer()
			for range b.N {
				_, spent := s.run(b, c.args)
				used += spent
			}
			b.ReportMetric(float64(used.Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}

// TestCheckAgrees compares the verdicts, by versions and by symbols, of records about what
// both can judge.
func TestCheckAgrees(t *testing.T) {
	s := newScene(t)
	for _, c := range []struct {
		name          string
		atoll, theirs []string
		function      bool // govulncheck finds a function
	}{
		{"module", s.atoll("--json"), s.govulncheck("-scan", "module", "-format", "json"), false},
		{"symbol", s.atoll("--json", "--symbols"), s.govulncheck("-format", "json", "./..."), true},
	} {
		ours, _ := s.run(t, c.atoll)
		theirs, _ := s.run(t, c.theirs)
		a, g := atollFindings(t, ours), govulncheckFindings(t, theirs, c.function)
		if !slices.Equal(a, g) {
			t.Errorf("%s: atoll finds %d, govulncheck %d:\n%q\n%q", c.name, len(a), len(g), a, g)
		}
		t.Logf("%s: both find the same %d of %d records", c.name, len(a), checkRecords)
	}
}

// atollFindings lists what is affected: id and module. toolchain is not govulncheck's.
func atollFindings(t *testing.T, out []byte) []string {
	t.Helper()
	var result struct {
		Targets []struct {
			Verdicts []struct{ ID, Module, Status string }
		}
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, target := range result.Targets {
		for _, v := range target.Verdicts {
			if v.Status == "affected" && v.Module != "toolchain" {
				found[v.ID+" "+v.Module] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// govulncheckFindings lists its findings, of a function or of any level.
func govulncheckFindings(t *testing.T, out []byte, function bool) []string {
	t.Helper()
	found := map[string]bool{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct {
			Finding *struct {
				OSV   string
				Trace []struct{ Module, Function string }
			}
		}
		err := d.Decode(&m)
		if err == io.EOF {
			return slices.Sorted(maps.Keys(found))
		}
		if err != nil {
			t.Fatal(err)
		}
		if f := m.Finding; f != nil && (!function || f.Trace[0].Function != "") {
			found[f.OSV+" "+f.Trace[0].Module] = true
		}
	}
}

// scene is the program, the database and the two commands.
type scene struct {
	dir     string
	environ []string
	command string // atoll
	theirs  string // govulncheck
}

var theScene struct {
	sync.Once
	*scene
}

// newScene makes it once for all; it stays until the process ends, in a directory of TestMain.
func newScene(tb testing.TB) *scene {
	tb.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		tb.Skip(err)
	}
	theirs := filepath.Join(cache, "atoll-ci", "govulncheck-v1.9.0", "govulncheck")
	if _, err := os.Stat(theirs); err != nil {
		tb.Skipf("%s is not there; .ci/advisory-scan installs it", theirs)
	}
	theScene.Do(func() { theScene.scene = makeScene(tb, theirs) })
	if theScene.scene == nil {
		tb.Skip("the scene could not be made")
	}
	return theScene.scene
}

func makeScene(tb testing.TB, theirs string) *scene {
	s := &scene{dir: filepath.Join(checkDir, "scene"), theirs: theirs}
	s.command = filepath.Join(s.dir, "atoll")
	s.environ = append(os.Environ(), "GOPROXY=file://"+filepath.Join(s.dir, "proxy"), "GOSUMDB=off",
		"GOFLAGS=-mod=mod -modcacherw", "GOMODCACHE="+filepath.Join(s.dir, "cache"), "GOWORK=off",
		"GOTOOLCHAIN=local", "XDG_CACHE_HOME="+filepath.Join(s.dir, "user"))
	build := exec.Command("go", "build", "-o", s.command, "./cmd/atoll")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("go build: %v\n%s", err, out)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range checkModules {
		writeModule(tb, filepath.Join(s.dir, "proxy"), i)
	}
	writeProgram(tb, filepath.Join(s.dir, "app"))
	writeDatabase(tb, filepath.Join(s.dir, "db"), r)
	s.run(tb, []string{"go", "mod", "tidy"})
	s.run(tb, []string{"go", "build", "-o", os.DevNull, "."})
	return s
}

func (s *scene) atoll(args ...string) []string {
	return append([]string{s.command, "advisory", "check", ".", "--db", filepath.Join(s.dir, "db")},
		args...)
}

func (s *scene) govulncheck(args ...string) []string {
	return append([]string{s.theirs, "-db", "file://" + filepath.Join(s.dir, "db")}, args...)
}

// run runs a command in the program's directory. Exit code 3 means that something was found.
func (s *scene) run(tb testing.TB, args []string) (out []byte, used time.Duration) {
	tb.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = filepath.Join(s.dir, "app"), s.environ
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 3) {
		tb.Fatalf("%q: %v\n%s%s", args, err, &stderr, out)
	}
	return out, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

func moduleName(i int) string    { return fmt.Sprintf("example.org/m%03d", i) }
func moduleVersion(i int) string { return fmt.Sprintf("1.%d.0", i%10) }

// needs are the modules that a module requires: the program needs the first, which need the others.
func needs(i int) (list []int) {
	for n := 3*i + 1; n <= 3*i+3 && n < checkModules; n++ {
		list = append(list, n)
	}
	return list
}

// writeModule writes a module into a proxy: two packages with some functions, of which the program
// calls Used, and Unused lies beside it.
func writeModule(tb testing.TB, proxy string, i int) {
	tb.Helper()
	path, version := moduleName(i), "v"+moduleVersion(i)
	mod := "module " + path + "\n\ngo 1.26\n"
	var imports, calls strings.Builder
	for _, n := range needs(i) {
		mod += fmt.Sprintf("\nrequire %s v%s\n", moduleName(n), moduleVersion(n))
		fmt.Fprintf(&imports, "import m%03d %q\n", n, moduleName(n))
		fmt.Fprintf(&calls, "\tm%03d.Used(x + 1)\n", n)
	}
	source := fmt.Sprintf(`package p

import "strings"
%s
// T is a type.
type T struct{ s string }

// Used is called.
func Used(x int) string {
%s	return (&T{strings.Repeat("x", x)}).Value()
}

// Value is called, too.
func (t *T) Value() string { return t.s }

// Unused is not.
func Unused() string { return "" }
`, &imports, &calls)
	for k := range 20 {
		source += fmt.Sprintf("\nfunc helper%d(x int) int {\n\tif x > %d {\n\t\treturn x\n\t}\n"+
			"\treturn helper%d(x + 1)\n}\n", k, k, (k+1)%20)
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for name, text := range map[string]string{"go.mod": mod, "p.go": source,
		"sub/sub.go": "package sub\n\nfunc Other() {}\n"} {
		w, err := z.Create(path + "@" + version + "/" + name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	at := filepath.Join(proxy, filepath.FromSlash(path), "@v")
	put(tb, filepath.Join(at, "list"), []byte(version+"\n"))
	put(tb, filepath.Join(at, version+".info"), []byte(`{"Version": "`+version+`"}`))
	put(tb, filepath.Join(at, version+".mod"), []byte(mod))
	put(tb, filepath.Join(at, version+".zip"), archive.Bytes())
}

// writeProgram writes a web server that calls the first module.
func writeProgram(tb testing.TB, dir string) {
	tb.Helper()
	put(tb, filepath.Join(dir, "go.mod"), fmt.Appendf(nil,
		"module example.org/app\n\ngo 1.26\n\nrequire %s v%s\n", moduleName(0), moduleVersion(0)))
	put(tb, filepath.Join(dir, "main.go"), fmt.Appendf(nil, `package main

import (
	"io"
	"log"
	"net/http"

	m %q
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, m.Used(len(r.URL.Path)))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:0", nil))
}
`, moduleName(0)))
}

func put(tb testing.TB, name string, text []byte) {
	tb.Helper()
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, text, 0o644)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
