package image

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/atoll-os/atoll/kernel/layout"
)

// The three gates of a program without a Go runtime, for the kernel:
//
//  1. Its machine code calls no function of the runtime but those of mayCall.
//  2. In the image, all of the runtime but MayRun is overwritten with traps; guest tests run that.
//  3. Nothing refers to a type descriptor or an interface table, and nothing waits for an
//     initialiser.

// mayCall are besides MayRun what the compiler puts behind checks that do not fail in a correct
// program: a stack too short, an index out of range, a division by zero, a write barrier.
var mayCall = append([]string{"runtime.morestack_noctxt", "runtime.panicBounds",
	"runtime.panicdivide", "runtime.panicoverflow", "runtime.panicunsafeslicelen",
	"runtime.panicunsafeslicenilptr", "runtime.gcWriteBarrier1", "runtime.gcWriteBarrier2",
	"runtime.gcWriteBarrier6"}, MayRun...)

const ours = `(main|github\.com/atoll-os/atoll/\S*)\.`

// built is the kernel, compiled once, and what the linker says about which symbol refers to which.
var built = sync.OnceValues(func() (k struct{ file, references []byte }, err error) {
	work, err := os.MkdirTemp("", "atoll-gates-")
	if err != nil {
		return k, err
	}
	defer os.RemoveAll(work)
	out := filepath.Join(work, "kernel")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", out, "-tags", KernelTag,
		"-ldflags", kernelFlags+" -dumpdep", KernelPackage)
	cmd.Env = append(os.Environ(), Environment...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return k, errors.Join(err, errors.New(stderr.String()))
	}
	k.references = stderr.Bytes()
	k.file, err = os.ReadFile(out)
	return k, err
})

// theKernel returns the kernel's file and references.
func theKernel(t testing.TB) (file, references []byte) {
	t.Helper()
	k, err := built()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("needs the go command")
	}
	if err != nil {
		t.Fatal(err)
	}
	return k.file, k.references
}

// TestGate1 looks at calls.
func TestGate1(t *testing.T) {
	file, _ := theKernel(t)
	name := filepath.Join(t.TempDir(), "kernel")
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command("go", "tool", "objdump", "-s", "^"+ours, name).Output()
	if err != nil {
		t.Fatal(err)
	}
	jump := regexp.MustCompile(`(?:CALL|JMP) (\S+)\(SB\)`)
	calls := jump.FindAllStringSubmatch(string(text), -1)
	if len(calls) < 500 {
		t.Fatalf("%d calls; want those of the whole kernel", len(calls))
	}
	for _, match := range calls {
		target := strings.TrimSuffix(match[1], ".abi0")
		if !own(target) && !slices.Contains(mayCall, target) {
			t.Errorf("a call of %s, which needs a Go runtime", target)
		}
	}
}

// TestGate2 looks at what is left of the runtime in the image's kernel.
func TestGate2(t *testing.T) {
	file, _ := theKernel(t)
	k, err := parseKernel(file)
	if err != nil {
		t.Fatal(err)
	}
	code := map[uint64][]byte{}
	for _, p := range k.pages {
		if p.exec {
			code[p.address] = p.data
		}
	}
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	traps, kept := 0, 0
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0 {
			continue
		}
		first := byte(trap) // a page that is not there is as good
		if page, ok := code[s.Value&^(layout.PageBytes-1)]; ok {
			first = page[s.Value%layout.PageBytes]
		}
		switch keep := own(s.Name) || slices.Contains(MayRun, s.Name); {
		case keep && first == trap:
			t.Errorf("%s is overwritten", s.Name)
		case !keep && first != trap:
			t.Errorf("%s is still there", s.Name)
		case keep:
			kept++
		default:
			traps++
		}
	}
	if traps < 500 || kept < 100 {
		t.Errorf("%d functions are overwritten, %d kept", traps, kept)
	}
}

// TestGate3 looks at references to what only a runtime can use.
func TestGate3(t *testing.T) {
	file, references := theKernel(t)
	if !bytes.Contains(references, []byte("main.trap -> ")) {
		t.Fatalf("the linker's references lack main.trap:\n%.500s", references)
	}
	edge := regexp.MustCompile(`^` + ours + `\S*( <\S+>)? -> (type:|go:itab\.)`)
	for line := range bytes.Lines(references) {
		if edge.Match(line) {
			t.Errorf("a reference to a type: %s", line)
		}
	}
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	initialiser := regexp.MustCompile(`^` + ours + `(init|init\.\d+|\.inittask)$`)
	for _, s := range symbols {
		if initialiser.MatchString(s.Name) {
			t.Errorf("%s would have to run before main, and nobody does", s.Name)
		}
	}
}

// TestKernelImports: the packages of the kernel import nothing that needs a runtime.
func TestKernelImports(t *testing.T) {
	cmd := exec.Command("go", "list", "-tags", KernelTag, "-deps", KernelPackage)
	cmd.Env = append(os.Environ(), Environment...)
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("needs the go command: %v", err)
	}
	// What package unsafe and math/bits bring with them is the runtime itself, which is linked in any
	// case and overwritten.
	allowed := regexp.MustCompile(`^(github\.com/atoll-os/atoll/(kernel\b.*|` +
		`entropy/(health|drbg/early))|math/bits|unsafe|runtime|internal/.*|math|sync/atomic)$`)
	for name := range strings.FieldsSeq(string(out)) {
		if !allowed.MatchString(name) {
			t.Errorf("the kernel imports %s", name)
		}
	}
}
