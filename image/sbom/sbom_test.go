package sbom

import (
	"bytes"
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the golden file anew")

// program is made up.
func program() *debug.BuildInfo {
	return &debug.BuildInfo{
		GoVersion: "go1.26.8", Path: "example.org/shop/cmd/Shop",
		Main: debug.Module{Path: "example.org/shop", Version: "(devel)"},
		Deps: []*debug.Module{
			{Path: "github.com/Example/Web", Version: "v1.2.3"},
			{Path: "example.org/old", Version: "v1.0.0",
				Replace: &debug.Module{Path: "example.org/fork", Version: "v1.0.1"}},
			{Path: "example.org/local", Version: "v0.1.0", Replace: &debug.Module{Path: "../local"}},
		},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "0123456789abcdef"}},
	}
}

// TestGolden: every module, Go and the kernel, each with a name that databases know.
func TestGolden(t *testing.T) {
	d := Of(program(), Kernel{File: []byte("kernel"), Module: "github.com/atoll-os/atoll",
		Version: "v0.6.0"})
	got := d.JSON()
	const golden = "testdata/bill.json"
	if *rewrite {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if !bytes.Equal(Of(program(), Kernel{File: []byte("kernel"), Module: "github.com/atoll-os/atoll",
		Version: "v0.6.0"}).JSON(), got) {
		t.Error("the same program gives another bill")
	}
	back, err := Parse(got)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(back.JSON(), got) || back.KernelSum() != d.KernelSum() || d.KernelSum() == "" {
		t.Errorf("read again it is\n%s", back.JSON())
	}
}

// TestTwice: a kernel of the module that the program has too is a component of its own.
func TestTwice(t *testing.T) {
	p := program()
	p.Deps = append(p.Deps, &debug.Module{Path: "github.com/atoll-os/atoll", Version: "v0.6.0"})
	d := Of(p, Kernel{File: []byte{0}, Module: "github.com/atoll-os/atoll", Version: "v0.6.0"})
	refs := map[string]bool{}
	for _, c := range d.Components {
		if refs[c.Ref] {
			t.Errorf("two components are called %s", c.Ref)
		}
		refs[c.Ref] = true
	}
	if len(refs) != 6 {
		t.Errorf("%d components: %v", len(refs), refs)
	}
}

// TestParseRefuses: what is no bill is told.
func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", "{}", `{"bomFormat":"SPDX"}`} {
		if d, err := Parse([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, d)
		}
	}
	if sum := (&Document{}).KernelSum(); sum != "" {
		t.Errorf("a bill without a kernel has the sum %q", sum)
	}
}

// FuzzParse: whatever a bill says, it is read or refused.
func FuzzParse(f *testing.F) {
	f.Add(Of(program(), Kernel{}).JSON())
	f.Add([]byte(`{"bomFormat":"CycloneDX","components":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Parse(text)
		if err != nil {
			return
		}
		d.KernelSum()
		if _, err := Parse(d.JSON()); err != nil {
			t.Errorf("what was read is written so that it cannot be read: %v", err)
		}
	})
}
