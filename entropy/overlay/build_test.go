package overlay

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// run runs a program and returns what it printed.
func run(t *testing.T, env []string, name string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, &stderr)
	}
	return out
}

// counts is what testdata/keys prints.
type counts struct {
	Install string
	Status  Status
	Draws   map[string]int
	Bytes   map[string]int
	Keys    string
	Allocs  float64
}

func keys(t *testing.T, env []string, name string, args ...string) (c counts) {
	t.Helper()
	if err := json.Unmarshal(run(t, env, name, args...), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// atLeast is how many bytes each kind of draw needs: keys as long as they are (FIPS 186-5, FIPS 203
// §3.3, RFC 7748), two primes for RSA, and for TLS 1.3 two hello randoms, a session id, an ML-KEM
// seed and message, an X25519 key of each side, and a ticket.
var atLeast = map[string]int{
	"rand.Read": 100_000, "rand.Reader": 32, "rand.Int": 8, "X25519": 32, "P-256": 32, "ECDSA": 32,
	"ECDSA signature": 32, "Ed25519": 32, "ML-KEM-768": 64, "RSA-2048": 256,
	"TLS handshake": 32 + 32 + 32 + 64 + 32 + 32 + 32,
}

// builder builds programs of testdata.
type builder struct {
	dir  string
	list string // the overlay
}

// newBuilder makes the overlay.
func newBuilder(t *testing.T) *builder {
	t.Helper()
	b := &builder{dir: t.TempDir()}
	goroot, version := toolchain(t)
	var err error
	if b.list, err = Write(filepath.Join(b.dir, "overlay"), goroot, version); err != nil {
		t.Fatal(err)
	}
	return b
}

// build returns the path of the program.
func (b *builder) build(t *testing.T, source string, flags ...string) string {
	t.Helper()
	program := filepath.Join(b.dir, filepath.Base(source)+strconv.Itoa(len(flags)))
	args := append([]string{"build", "-o", program}, flags...)
	run(t, nil, "go", append(args, source)...)
	return program
}

// whole builds with overlay and tag.
func (b *builder) whole(t *testing.T, source string) string {
	t.Helper()
	return b.build(t, source, "-tags="+Tag, "-overlay="+b.list)
}

// TestEveryKey counts who makes the keys of a program that is built with the overlay.
func TestEveryKey(t *testing.T) {
	program := newBuilder(t).whole(t, "./testdata/keys")
	c := keys(t, nil, program)
	if want := (Status{Compiled: true, Installed: true}); c.Install != "" || c.Status != want {
		t.Errorf("Install: %q, status %+v, want %+v", c.Install, c.Status, want)
	}
	if len(c.Bytes) != len(atLeast) {
		t.Errorf("%d kinds of draws, want %d", len(c.Bytes), len(atLeast))
	}
	for kind, want := range atLeast {
		if c.Bytes[kind] < want {
			t.Errorf("%s drew %d bytes in %d draws from the installed generator, want %d or more",
				kind, c.Bytes[kind], c.Draws[kind], want)
		}
		t.Logf("%-15s %3d draws, %6d bytes", kind, c.Draws[kind], c.Bytes[kind])
	}
	if c.Allocs > 0.1 {
		t.Errorf("crypto/rand.Read of 32 bytes on the stack allocates %.2f times", c.Allocs)
	}
	// Nothing comes from anywhere else: the same seed makes the same keys, another one others.
	if again := keys(t, nil, program); again.Keys != c.Keys {
		t.Error("two runs of one seed made different keys")
	}
	if other := keys(t, nil, program, "seed", "other"); other.Keys == c.Keys {
		t.Error("two seeds made the same keys")
	}
	if c := keys(t, nil, program, "early"); c.Status.BeforeInstall != 2 || !c.Status.Installed {
		t.Errorf("status %+v, want the 2 draws before Install", c.Status)
	}
	for _, mode := range []string{"on", "only"} {
		c := keys(t, []string{"GODEBUG=fips140=" + mode}, program, "refused")
		if c.Install != ErrFIPS.Error() || c.Status.Installed || c.Bytes["rand.Read"] != 0 {
			t.Errorf("fips140=%s: %q, %+v, want ErrFIPS and no draw", mode, c.Install, c.Status)
		}
	}
}

// Without overlay and tag a program links, and says so; with the tag alone it does not link.
func TestBuildWithout(t *testing.T) {
	b := newBuilder(t)
	for _, flags := range [][]string{nil, {"-overlay=" + b.list}} {
		c := keys(t, nil, b.build(t, "./testdata/keys", flags...), "refused")
		if c.Install != ErrAbsent.Error() || c.Status.Compiled || c.Bytes["rand.Read"] != 0 {
			t.Errorf("%v: %q, %+v, want ErrAbsent and no draw", flags, c.Install, c.Status)
		}
	}
	args := []string{"build", "-o", filepath.Join(b.dir, "half"), "-tags=" + Tag, "./testdata/keys"}
	out, err := exec.Command("go", args...).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "sysrand.atollSetHook not defined") {
		t.Errorf("built with the tag and no overlay: %v\n%s\nwant a linker's error", err, out)
	}
}

// A TLS handshake whose keys come from an entropy.System goes on when the system's sources die.
func TestSourcesDieInHandshake(t *testing.T) {
	var r struct {
		Before, After Status
		Drawn         int
		Failures      map[string]uint64
		Version       uint16
	}
	program := newBuilder(t).whole(t, "./testdata/system")
	if err := json.Unmarshal(run(t, nil, program), &r); err != nil {
		t.Fatal(err)
	}
	if r.Version != 0x0304 || r.Failures["a"] == 0 {
		t.Errorf("%+v, want TLS 1.3 (0x0304) and a failure of source a amid it", r)
	}
	want := Status{Compiled: true, Installed: true}
	if r.Before != want || r.After != want || r.Drawn < atLeast["TLS handshake"] {
		t.Errorf("%+v, want that all keys are the system's", r)
	}
}

// A service of package unikernel needs not a line: its Main installs a stream of the machine's
// system where the program was built with the overlay, and refuses to run where it cannot.
func TestServiceInstalls(t *testing.T) {
	b := newBuilder(t)
	report := func(program string) (s Status) {
		if err := json.Unmarshal(run(t, nil, program), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	program := b.whole(t, "./testdata/service")
	if s := report(program); !s.Compiled || !s.Installed {
		t.Errorf("built with the overlay: %+v, want it installed", s)
	}
	if s := report(b.build(t, "./testdata/service")); s != (Status{}) {
		t.Errorf("built without: %+v, want nothing", s)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=on")
	out, err := cmd.CombinedOutput()
	code := cmd.ProcessState.ExitCode()
	if code != 1 || !strings.Contains(string(out), ErrFIPS.Error()) {
		t.Errorf("fips140=on: code %d, %v, %s; want 1 and ErrFIPS", code, err, out)
	}
}
