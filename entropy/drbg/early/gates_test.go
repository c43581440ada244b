package early_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// The three gates of a program without a Go runtime. testdata/freestanding links the packages of
// ours below, and these tests look at the result. New exported functions are added there.
//
//  1. Machine code calls no function of the runtime but those of mayCall.
//  2. The program runs although all of the runtime but mayRun is overwritten with traps.
//  3. Nothing refers to a type descriptor or an interface table, and nothing waits for an
//     initialiser.
const ours = `(main|github\.com/atoll-os/atoll/entropy/(health|drbg/early))\.`

// mayRun are plain assembly that needs no goroutine; memeqbody is the other half of memequal.
var mayRun = []string{"runtime.memmove", "runtime.memclrNoHeapPointers", "runtime.memequal",
	"memeqbody", "runtime.duffzero", "runtime.duffcopy"}

// mayCall are besides what the compiler puts behind checks that do not fail in a correct program:
// a stack too short, an index out of range, a division by zero, a write barrier.
var mayCall = append([]string{"runtime.morestack_noctxt", "runtime.panicBounds",
	"runtime.panicdivide", "runtime.panicoverflow", "runtime.gcWriteBarrier1",
	"runtime.gcWriteBarrier2"}, mayRun...)

// freestanding links a program of testdata with that entry and returns the file and what the
// linker says about which symbol refers to which.
func freestanding(t *testing.T, program, entry string) (file, references string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), program)
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", file, "-ldflags",
		"-E main."+entry+" -T 0x400000 -R 0x1000 -dumpdep", "./testdata/"+program)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=",
		"GOEXPERIMENT=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			t.Skip("needs the go command")
		}
		t.Fatalf("%v: %v\n%.2000s", cmd, err, &stderr)
	}
	return file, stderr.String()
}

var jump = regexp.MustCompile(`(?:CALL|JMP) (\S+)\(SB\)`)

// calls returns what functions whose names match call outside of ours.
func calls(t *testing.T, file, functions string) (targets []string) {
	t.Helper()
	text, err := exec.Command("go", "tool", "objdump", "-s", "^"+functions, file).Output()
	if err != nil {
		t.Fatal(err)
	}
	own := regexp.MustCompile("^" + ours)
	for _, match := range jump.FindAllStringSubmatch(string(text), -1) {
		if target := strings.TrimSuffix(match[1], ".abi0"); !own.MatchString(target) &&
			target != "begin" { // which start jumps to
			targets = append(targets, target)
		}
	}
	if !bytes.Contains(text, []byte("TEXT main.")) {
		t.Fatalf("the disassembly has no main:\n%.500s", text)
	}
	slices.Sort(targets)
	return slices.Compact(targets)
}

// descriptors returns the references of ours to type descriptors, interface tables and
// initialisers.
func descriptors(references string) (found []string) {
	edge := regexp.MustCompile(`^` + ours + `\S*( <\S+>)? -> (type:|go:itab\.)`)
	for line := range strings.Lines(references) {
		if edge.MatchString(line) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// initialisers returns symbols of ours that stand for code to be run before main.
func initialisers(t *testing.T, file string) (found []string) {
	t.Helper()
	name := regexp.MustCompile(`^` + ours + `(init|init\.\d+|\.inittask)$`)
	for _, s := range symbols(t, file) {
		if name.MatchString(s.Name) {
			found = append(found, s.Name)
		}
	}
	return found
}

func symbols(t *testing.T, file string) []elf.Symbol {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	all, err := f.Symbols()
	if err != nil || len(all) == 0 {
		t.Fatalf("%d symbols, %v", len(all), err)
	}
	return all
}

// poison overwrites every function but ours and mayRun with INT3 and returns how many these were.
func poison(t *testing.T, file string) (functions int) {
	t.Helper()
	image, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f, err := elf.NewFile(bytes.NewReader(image))
	if err != nil {
		t.Fatal(err)
	}
	text := f.Section(".text")
	own := regexp.MustCompile(`^` + ours + `|^begin$`)
	for _, s := range symbols(t, file) {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0 || own.MatchString(s.Name) ||
			slices.Contains(mayRun, s.Name) {
			continue
		}
		at := s.Value - text.Addr + text.Offset
		for i := range s.Size {
			image[at+i] = 0xcc
		}
		functions++
	}
	if err := os.WriteFile(file, image, 0o755); err != nil {
		t.Fatal(err)
	}
	return functions
}

// TestGate1 looks at calls.
func TestGate1(t *testing.T) {
	file, _ := freestanding(t, "freestanding", "start")
	for _, target := range calls(t, file, ours) {
		if !slices.Contains(mayCall, target) {
			t.Errorf("a call of %s, which needs a Go runtime", target)
		}
	}
	file, _ = freestanding(t, "forbidden", "start")
	if got := calls(t, file, `main\.`); !slices.Contains(got, "runtime.growslice") {
		t.Errorf("a program that appends calls %v; want to see growslice", got)
	}
}

// TestGate2 runs what is left.
func TestGate2(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("needs linux/amd64")
	}
	file, _ := freestanding(t, "freestanding", "start")
	if n := poison(t, file); n < 500 {
		t.Errorf("%d functions were overwritten; want the runtime's", n)
	}
	if err := exec.Command(file).Run(); err != nil {
		t.Errorf("the program says %v; its exit code is the number of the check", err)
	}
	file, _ = freestanding(t, "freestanding", "startTrap")
	poison(t, file)
	err := exec.Command(file).Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Fatalf("an index out of range ends with %v; want a trap", err)
	}
	if w, ok := exit.Sys().(syscall.WaitStatus); !ok || w.Signal() != syscall.SIGTRAP {
		t.Errorf("an index out of range ends with %v; want SIGTRAP", err)
	}
}

// TestGate3 looks at references to what only a runtime can use.
func TestGate3(t *testing.T) {
	file, references := freestanding(t, "freestanding", "start")
	if !strings.Contains(references, "main.check -> ") {
		t.Fatalf("the linker's references lack main.check:\n%.500s", references)
	}
	if got := descriptors(references); len(got) > 0 {
		t.Errorf("references to type descriptors: %q", got)
	}
	if got := initialisers(t, file); len(got) > 0 {
		t.Errorf("initialisers, which nobody runs: %v", got)
	}
	file, references = freestanding(t, "forbidden", "start")
	if got := descriptors(references); len(got) == 0 {
		t.Error("a program with interface and map has no reference to a type descriptor")
	}
	if got := initialisers(t, file); len(got) == 0 {
		t.Error("a program with a map made at start has no initialiser")
	}
}

// TestGatesSeeEverything: each exported function of the packages is in the program.
func TestGatesSeeEverything(t *testing.T) {
	program, err := os.ReadFile("testdata/freestanding/main.go")
	if err != nil {
		t.Fatal(err)
	}
	function := regexp.MustCompile(`(?m)^func (\([^)]*\) )?([A-Z]\w*)\(`)
	for _, folder := range []string{".", "../../health"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, match := range function.FindAllSubmatch(text, -1) {
				found++
				if call := fmt.Sprintf(".%s(", match[2]); !bytes.Contains(program, []byte(call)) {
					t.Errorf("%s: %s is not called in testdata/freestanding", file, match[2])
				}
			}
		}
		if found < 8 {
			t.Errorf("%s: %d exported functions", folder, found)
		}
	}
}
