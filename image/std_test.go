package image

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// stdTest is a line of testdata/std.txt.
type stdTest struct{ name, run, skip string }

// stdTests reads testdata/std.txt.
func stdTests(t *testing.T) (tests []stdTest) {
	t.Helper()
	text, err := os.ReadFile("testdata/std.txt")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line, reason, _ := strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		s := stdTest{name: fields[0], run: "^(Test|Example)"}
		var skip []string
		for _, word := range fields[1:] {
			if run, ok := strings.CutPrefix(word, "run="); ok {
				s.run = run
			} else {
				skip = append(skip, strings.TrimPrefix(word, "-"))
			}
		}
		if len(skip) > 0 {
			if strings.TrimSpace(reason) == "" {
				t.Errorf("%s leaves out tests without a reason", s.name)
			}
			s.skip = "^(" + strings.Join(skip, "|") + ")$"
		}
		tests = append(tests, s)
	}
	return tests
}

// compileStd makes the image of the tests of a package of the standard library, with its testdata.
func compileStd(t *testing.T, name string) (file string) {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "test")
	cmd := exec.Command("go", "test", "-c", "-trimpath", "-vet=off", "-o", binary, name)
	cmd.Env = append(os.Environ(), Environment...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program, err := os.ReadFile(binary)
	if err != nil {
		t.Fatal(err)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(strings.TrimSpace(string(goroot)), "src", filepath.FromSlash(name))
	var files []File
	err = fs.WalkDir(os.DirFS(root), "testdata", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // most packages have none
		}
		data, err := os.ReadFile(filepath.Join(root, name))
		files = append(files, File{"/" + name, data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	kernel, _ := theKernel(t)
	image, err := Build(kernel, program, files...)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "image.elf")
	if err := os.WriteFile(file, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// runtimeTestsMin is how many of the runtime's own tests must pass: the choice of std.txt may not
// shrink.
const runtimeTestsMin = 100

// TestStandardLibrary runs Go's own tests as guests, unmodified, and counts those that pass.
func TestStandardLibrary(t *testing.T) {
	long(t)
	var packages, passed, skipped atomic.Int64
	t.Run("packages", func(t *testing.T) {
		for _, s := range stdTests(t) {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				args := filepath.Join(t.TempDir(), "args")
				list := fmt.Sprintf("-test.short\x00-test.v\x00-test.run=%s\x00-test.skip=%s\x00",
					s.run, s.skip)
				if err := os.WriteFile(args, []byte(list), 0o600); err != nil {
					t.Fatal(err)
				}
				console, code := runGuest(t, compileStd(t, s.name), "1024", "kernel.statistics",
					"-cpu", "max", "-fw_cfg", "name=opt/atoll/args,file="+args)
				if code != status(0) {
					t.Errorf("status %d\n%s", code, failures(console))
				}
				packages.Add(1)
				count := strings.Count(console, "\n--- PASS: ")
				passed.Add(int64(count))
				t.Logf("%d tests passed", count)
				if s.name == "runtime" && count < runtimeTestsMin {
					t.Errorf("%d tests of the runtime passed, want at least %d", count, runtimeTestsMin)
				}
				skipped.Add(int64(strings.Count(console, "\n--- SKIP: ")))
			})
		}
	})
	t.Logf("%d packages of the standard library: %d tests passed, %d skipped themselves",
		packages.Load(), passed.Load(), skipped.Load())
	if packages.Load() < 30 {
		t.Errorf("%d packages, want at least 30", packages.Load())
	}
}

// failures is what of a console tells why tests failed.
func failures(console string) string {
	var out bytes.Buffer
	telling := regexp.MustCompile(`^(--- FAIL|    \S+\.go:\d+|panic|fatal|atoll:)`)
	for line := range strings.Lines(console) {
		if telling.MatchString(line) {
			out.WriteString(line)
		}
	}
	text := out.String()
	return text[max(0, len(text)-4000):]
}
