package check

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"golang.org/x/tools/txtar"

	"github.com/atoll-os/atoll/advisory/osv"
)

var someDay = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)

// TestTruthTable holds targets of every kind against made-up records, and compares the verdicts
// with the text in testdata/truth. The input of a command is lines of records, then what the target
// is made of, as files behind "-- name --":
//
//	record EX-1 example.org/a 0..1.2.0 1.3.0..   introduced..fixed, or introduced...last
//	source [release=go1.25.1] [mod=vendor]       a directory of files
//	buildinfo [release=go1.25.1]                 a program, as its build information
//	build [flags=-trimpath]                      a program that is built from the files
//	image                                        an ELF file whose bill of materials is the file
//	raw                                          a file that says nothing
//	bill                                         a bill of materials
func TestTruthTable(t *testing.T) {
	datadriven.Walk(t, "testdata/truth", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			archive := txtar.Parse([]byte(d.Input))
			records := someRecords(t, string(archive.Comment))
			inv, err := target(t, d, archive)
			if err != nil {
				return strings.ReplaceAll("error: "+err.Error(), "\n", " ")
			}
			var b strings.Builder
			for _, g := range inv.Gaps {
				fmt.Fprintf(&b, "unknown       all: %s\n", g)
			}
			for _, v := range judge(inv, records, someDay) {
				fmt.Fprintf(&b, "%-12s  %s %s: %s", v.Status, v.Record.ID, v.Module.name(), v.Reason)
				if v.Status != NotAffected && v.Fixed != "" {
					fmt.Fprintf(&b, "; fixed in %s", v.Fixed)
				}
				if p := v.Module.place(); p != "" {
					fmt.Fprintf(&b, " (%s)", filepath.ToSlash(p))
				}
				b.WriteString("\n")
			}
			if b.Len() == 0 {
				return "nothing names it\n"
			}
			return b.String()
		})
	})
}

// target makes the target of a command.
func target(t *testing.T, d *datadriven.TestData, archive *txtar.Archive) (*Inventory, error) {
	var only []byte
	if len(archive.Files) > 0 {
		only = archive.Files[0].Data
	}
	switch d.Cmd {
	case "source":
		unpack(t, archive)
		tool := goTool{version: "go1.25.1", cache: "cache"}
		if d.HasArg("release") {
			d.ScanArgs(t, "release", &tool.version)
		}
		if tool.version == "none" {
			tool.doubt = "the go command that would build it is not here"
		}
		if d.HasArg("mod") {
			d.ScanArgs(t, "mod", &tool.mod)
		}
		dir := "."
		if d.HasArg("dir") {
			d.ScanArgs(t, "dir", &dir)
		}
		return readTree(dir, tool)
	case "buildinfo":
		info, err := debug.ParseBuildInfo(string(only))
		if err != nil {
			return nil, err
		}
		info.GoVersion = "go1.25.1"
		if d.HasArg("release") {
			d.ScanArgs(t, "release", &info.GoVersion)
		}
		return fromBuildInfo("program", info), nil
	case "build":
		unpack(t, archive)
		var flags []string
		for _, a := range d.CmdArgs {
			flags = append(flags, a.Vals...)
		}
		return Read(t.Context(), build(t, flags...), nil)
	case "image":
		return Read(t.Context(), write(t, "image", elfWith(BillSection, only)), nil)
	case "raw":
		return Read(t.Context(), write(t, "disk.img", only), nil)
	case "bill":
		return Read(t.Context(), write(t, "bill.json", only), nil)
	}
	t.Fatalf("%s: unknown command %s", d.Pos, d.Cmd)
	return nil, nil
}

// unpack writes files into a new directory and goes there.
func unpack(t *testing.T, archive *txtar.Archive) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range archive.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// write writes a file into a new directory, goes there and returns its name.
func write(t *testing.T, name string, text []byte) string {
	t.Helper()
	unpack(t, &txtar.Archive{Files: []txtar.File{{Name: name, Data: text}}})
	return name
}

// build builds the program of the working directory.
func build(t *testing.T, flags ...string) string {
	t.Helper()
	flags = slices.Concat([]string{"build", "-o", "program"}, flags, []string{"."})
	cmd := exec.Command("go", flags...)
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return "program"
}

// someRecords reads lines of records.
func someRecords(t *testing.T, text string) (list []*Record) {
	t.Helper()
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) < 3 || f[0] != "record" {
			t.Fatalf("no record: %s", line)
		}
		r := &Record{Entry: osv.Entry{ID: f[1], Modified: someDay}}
		module := f[2]
		a := osv.Affected{Package: osv.Package{Ecosystem: "Go", Name: module}}
		if name, ok := strings.CutPrefix(module, "opam:"); ok {
			a.Package = osv.Package{Ecosystem: "opam", Name: name}
		}
		for _, g := range f[3:] {
			someRange(r, &a, g)
		}
		if name, ok := strings.CutPrefix(module, "image:"); ok {
			r.DatabaseSpecific = &osv.DatabaseSpecific{Images: []osv.Image{{Name: name, Ranges: a.Ranges}}}
		} else {
			r.Affected = []osv.Affected{a}
		}
		list = append(list, r)
	}
	return list
}

// someRange reads a word of a record.
func someRange(r *Record, a *osv.Affected, word string) {
	kind := osv.Semver
	if a.Package.Ecosystem != "Go" {
		kind = osv.Ecosystem
	}
	switch from, last, ok := strings.Cut(word, "..."); {
	case word == "withdrawn":
		r.Withdrawn = &someDay
		r.DatabaseSpecific = &osv.DatabaseSpecific{WithdrawnReason: "a duplicate"}
	case word == "git":
		a.Ranges = append(a.Ranges, osv.Range{Type: "GIT", Events: []osv.Event{{Introduced: "0"}}})
	case ok:
		a.Ranges = append(a.Ranges, osv.Range{Type: kind,
			Events: []osv.Event{{Introduced: from}, {LastAffected: last}}})
	case strings.Contains(word, ".."):
		from, fixed, _ := strings.Cut(word, "..")
		events := []osv.Event{{Introduced: from}}
		if fixed != "" {
			events = append(events, osv.Event{Fixed: fixed})
		}
		a.Ranges = append(a.Ranges, osv.Range{Type: kind, Events: events})
	default:
		a.Versions = append(a.Versions, word)
	}
}

// elfWith makes an ELF file (64 bits, little-endian) with one section besides those of its own.
func elfWith(section string, content []byte) []byte {
	names := "\x00.shstrtab\x00" + section + "\x00"
	var b bytes.Buffer
	le := binary.LittleEndian
	const header, entry = 64, 64
	at := uint64(header)
	b.WriteString("\x7fELF\x02\x01\x01")
	b.Write(make([]byte, 9))
	for _, v := range []any{uint16(2), uint16(62), uint32(1), uint64(0), uint64(0),
		at + uint64(len(content)+len(names)), uint32(0), uint16(header), uint16(0), uint16(0),
		uint16(entry), uint16(3), uint16(1)} {
		binary.Write(&b, le, v)
	}
	b.Write(content)
	b.WriteString(names)
	b.Write(make([]byte, entry))
	head := func(name, kind uint32, offset, size uint64) {
		for _, v := range []any{name, kind, uint64(0), uint64(0), offset, size, uint32(0), uint32(0),
			uint64(1), uint64(0)} {
			binary.Write(&b, le, v)
		}
	}
	head(1, 3, at+uint64(len(content)), uint64(len(names)))
	head(11, 1, at, uint64(len(content)))
	return b.Bytes()
}
