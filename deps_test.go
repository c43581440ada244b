// Package atoll has the tests that look at the whole module.
package atoll

import (
	"bytes"
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata/deps.txt")

const module = "github.com/atoll-os/atoll"

// floors is the house from the ground up: a package imports only packages above it in this list,
// which is the table of DESIGN with the packages for ourselves (internal) where they belong.
const floors = `
	docs
	advisories
	clock
	prng
	internal/nearest
	internal/units
	internal/yamltext
	internal/terminal
	wire
	vnet
	vnet/fault
	vnet/capture
	tcpip/buffer
	tcpip/neigh
	tcpip/ip
	tcpip/udp
	tcpip/tcp
	tcpip
	entropy/health
	entropy/health/cutoff
	entropy/drbg/early
	entropy/drbg
	entropy/assess
	entropy/internal/still
	entropy
	entropy/entropytest
	entropy/source
	entropy/overlay
	entropy/overlay/write
	tlsconf
	host
	host/device
	host/dhcp
	host/card
	host/sockets
	host/sockets/autostart
	unikernel
	internal/virtual
	lab
	iperf
	lab/topology
	lab/report
	entropy/assess/report
	advisory
	internal/golden
	internal/sample
	internal/exporttest
	advisory/sign
	advisory/lint
	advisory/osv
	advisory/govulndb
	advisory/csaf
	advisory/vex
	advisory/cve
	advisory/text
	advisory/feed
	advisory/history
	advisory/export
	advisory/publish
	advisory/check
	site
	kernel/abi
	kernel/layout
	kernel/mem
	kernel/thread
	kernel/exec
	kernel/tree
	kernel/pci
	kernel/virtio
	kernel/file
	kernel
	kernel/metal
	image
	image/machine
	image/sbom
	image/lan
	image/oci
	image/manifest
	examples/hello/greet
	examples/hello
	examples/website/pages
	examples/website
	examples/print
	examples/iperf
	internal/tidy
	cmd/atoll
`

// foreign is what a package may import of others' modules, by the beginning of the import path.
// What is not listed may import the standard library and golang.org/x. RATIONALE.md says what
// each is for.
var foreign = map[string][]string{
	"vnet/capture":      {"github.com/gopacket/gopacket"},
	"advisory":          {"go.yaml.in/yaml/v4", "github.com/pandatix/go-cvss"},
	"advisory/lint":     {"github.com/yuin/goldmark"},
	"advisory/sign":     {"github.com/ProtonMail/go-crypto"},
	"advisory/check":    {"go.yaml.in/yaml/v4", "github.com/package-url/packageurl-go"},
	"site":              {"github.com/yuin/goldmark", "github.com/microcosm-cc/bluemonday"},
	"lab/topology":      {"go.yaml.in/yaml/v4", "github.com/santhosh-tekuri/jsonschema/v6"},
	"internal/golden":   {"github.com/cockroachdb/datadriven"},
	"internal/yamltext": {"go.yaml.in/yaml/v4"},
	"host/dhcp":         {"github.com/insomniacslk/dhcp/dhcpv4"},
	"image/sbom":        {"github.com/package-url/packageurl-go"},
	"cmd/atoll":         {"github.com/spf13/", "github.com/vbauerster/mpb/v8"},
}

// foreignInTests is what tests may import besides.
var foreignInTests = []string{
	"github.com/cockroachdb/datadriven", "github.com/rogpeppe/go-internal/testscript",
	"pgregory.net/rapid", "github.com/santhosh-tekuri/jsonschema/v6",
	"github.com/gocsaf/csaf/v3", "github.com/ossf/osv-schema/bindings/go",
	"google.golang.org/protobuf/encoding/protojson", "github.com/mmcdole/gofeed",
	"github.com/insomniacslk/dhcp/dhcpv4",
	"github.com/package-url/packageurl-go",
}

// light are packages that land in users' test binaries, and what they must not reach.
var light = map[string][]string{
	"lab": {"lab/topology", "lab/report", "iperf", "cmd/atoll"},
}

// imports are the import paths of one package: what the program has, and what tests add.
type imports struct{ program, tests map[string]bool }

// packages reads the imports of every package of the module, for all systems alike.
func packages(t *testing.T) map[string]*imports {
	t.Helper()
	tree, all := os.DirFS("."), map[string]*imports{}
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			other := name == "bench" || name == "coverage" // bench is a module of its own
			if other || name != "." && (d.Name()[0] == '.' || d.Name() == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || path.Dir(name) == "." {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return err
		}
		p := all[path.Dir(name)]
		if p == nil {
			p = &imports{map[string]bool{}, map[string]bool{}}
			all[path.Dir(name)] = p
		}
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if strings.HasSuffix(name, "_test.go") {
				p.tests[imported] = true
			} else {
				p.program[imported] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sorted returns the keys of a map in order.
func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// TestImportTable compares the imports between our packages, and of others' modules, with
// testdata/deps.txt: a new arrow in the house is a line of the diff.
func TestImportTable(t *testing.T) {
	var table bytes.Buffer
	table.WriteString("# What each package imports of this module + of others.\n" +
		"# Made by: go test -run TestImportTable -rewrite .\n")
	all := packages(t)
	for _, name := range sorted(all) {
		var ours, others []string
		for _, imported := range sorted(all[name].program) {
			if own, ok := strings.CutPrefix(imported, module+"/"); ok {
				ours = append(ours, own)
			} else if strings.Contains(strings.Split(imported, "/")[0], ".") {
				others = append(others, imported)
			}
		}
		line := name + ": " + strings.Join(ours, " ")
		if len(others) > 0 {
			line += " + " + strings.Join(others, " ")
		}
		fmt.Fprintln(&table, strings.TrimSpace(line))
	}
	const golden = "testdata/deps.txt"
	if *rewrite {
		if err := os.WriteFile(golden, table.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, expected := lines(table.Bytes()), lines(want)
	for _, line := range sorted(got) {
		if !expected[line] {
			t.Errorf("imports are     %s", line)
		}
	}
	for _, line := range sorted(expected) {
		if !got[line] {
			t.Errorf("the table has   %s", line)
		}
	}
	if t.Failed() {
		t.Log("if that is meant: go test -run TestImportTable -rewrite .")
	}
}

func lines(text []byte) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		set[strings.TrimSuffix(line, "\n")] = true
	}
	return set
}

// TestNothingImportsDownward holds every import against the floors, and others' modules against
// what is allowed.
func TestNothingImportsDownward(t *testing.T) {
	for _, problem := range judge(packages(t)) {
		t.Error(problem)
	}
}

// judge returns what is wrong with the imports.
func judge(all map[string]*imports) (problems []string) {
	complain := func(format string, args ...any) {
		problems = append(problems, fmt.Sprintf(format, args...))
	}
	order := strings.Fields(floors)
	for _, name := range sorted(all) {
		floor := slices.Index(order, name)
		if floor < 0 {
			complain("%s has no floor: add it to the list in deps_test.go", name)
			continue
		}
		for _, imported := range sorted(all[name].program) {
			own, ok := strings.CutPrefix(imported, module+"/")
			if at := slices.Index(order, own); ok && at >= floor {
				complain("%s imports downward: %s", name, own)
			}
			if !ok && !allowed(imported, foreign[name]) {
				complain("%s imports %s: not in its list in deps_test.go", name, imported)
			}
		}
		for _, imported := range sorted(all[name].tests) {
			if !allowed(imported, slices.Concat(foreign[name], foreignInTests)) {
				complain("tests of %s import %s: not in the list in deps_test.go", name, imported)
			}
		}
	}
	for _, name := range sorted(light) {
		for _, heavy := range light[name] {
			if reaches(all, name, heavy) {
				complain("%s reaches %s, which would land in users' test binaries", name, heavy)
			}
		}
	}
	return problems
}

// allowed tells whether a package of others is the standard library's, golang.org/x or listed.
func allowed(imported string, list []string) bool {
	std := !strings.Contains(strings.Split(imported, "/")[0], ".")
	if std || strings.HasPrefix(imported, module+"/") || strings.HasPrefix(imported, "golang.org/x/") {
		return true
	}
	return slices.ContainsFunc(list, func(p string) bool { return strings.HasPrefix(imported, p) })
}

// reaches tells whether from imports to, directly or not. Imports have no cycle.
func reaches(all map[string]*imports, from, to string) bool {
	if from == to {
		return true
	}
	if all[from] == nil {
		return false
	}
	for imported := range all[from].program {
		own, ok := strings.CutPrefix(imported, module+"/")
		if ok && reaches(all, own, to) {
			return true
		}
	}
	return false
}

// TestJudge shows that each rule can fail.
func TestJudge(t *testing.T) {
	set := func(names ...string) map[string]bool {
		m := map[string]bool{}
		for _, n := range names {
			m[n] = true
		}
		return m
	}
	for _, c := range []struct {
		name    string
		program map[string]bool
		tests   map[string]bool
		want    string
	}{
		{"vnet", set(module+"/wire", "net/netip"), set(module + "/lab"), ""},
		{"wire", set(module + "/vnet"), nil, "wire imports downward: vnet"},
		{"wire", set(module + "/wire"), nil, "wire imports downward: wire"},
		{"lab", set("github.com/spf13/cobra"), nil, "lab imports github.com/spf13/cobra: not in"},
		{"host", set("golang.org/x/net/nettest"), set("pgregory.net/rapid"), ""},
		{"host", nil, set("example.org/x"), "tests of host import example.org/x"},
		{"lab", set(module + "/iperf"), nil, "lab reaches iperf"},
		{"shed", nil, nil, "shed has no floor"},
	} {
		problems := judge(map[string]*imports{c.name: {c.program, c.tests}})
		got := strings.Join(problems, "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
