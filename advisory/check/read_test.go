package check

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// TestRead tells targets apart by what they are.
func TestRead(t *testing.T) {
	const bill = `{"bomFormat": "CycloneDX", "components": [
		{"name": "a", "purl": "pkg:golang/example.org/a@v1.1.0"}]}`
	unpack(t, &txtar.Archive{Files: []txtar.File{
		{Name: "dir/go.mod", Data: []byte("module example.org/app\ngo 1.25\n")},
		{Name: "work/go.work", Data: []byte("go 1.25\nuse .\n")},
		{Name: "work/go.mod", Data: []byte("module example.org/app\ngo 1.25\n")},
		{Name: "bill", Data: []byte("\xef\xbb\xbf \n" + bill)}, // with a byte order mark
		{Name: "disk", Data: []byte("raw")},
		{Name: "empty", Data: nil},
		{Name: "image", Data: elfWith(BillSection, []byte(bill+"\x00\x00"))},
		{Name: "large", Data: elfWith(BillSection, nil)},
		{Name: "other.elf", Data: elfWith(".text", nil)},
		{Name: "broken.elf", Data: []byte("\x7fELF and no more")},
	}})
	t.Setenv("GOWORK", "")
	for target, want := range map[string]Kind{
		"dir": KindSource, "dir/go.mod": KindSource, "work/go.work": KindSource, "bill": KindCycloneDX,
		"-": KindCycloneDX, "disk": KindRaw, "empty": KindRaw, "image": KindImage,
		"other.elf": KindRaw, "broken.elf": KindRaw,
	} {
		inv, err := Read(t.Context(), target, strings.NewReader(bill))
		if err != nil || inv.Kind != want {
			t.Errorf("%s: %+v %v", target, inv, err)
		}
	}
	t.Setenv("GOWORK", "off") // then a workspace does not count
	if inv, err := Read(t.Context(), "work", nil); err != nil || len(inv.dirs) != 1 {
		t.Errorf("without the workspace: %+v %v", inv, err)
	}
	if _, err := Read(t.Context(), "-", badReader{}); err == nil {
		t.Error("a standard input that fails is read")
	}
	if _, err := Read(t.Context(), "gone", nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("gone: %v", err)
	}
	if _, err := Read(t.Context(), "-", strings.NewReader("{}")); !errors.Is(err, ErrNoBill) {
		t.Errorf("no bill: %v", err)
	}
}

type badReader struct{}

func (badReader) Read([]byte) (int, error) { return 0, errors.New("bad") }

// A program that is an image is both: what the bill forgets is in the build information.
func TestProgramWithBill(t *testing.T) {
	unpack(t, txtar.Parse([]byte(program)))
	text, err := os.ReadFile(build(t, "-mod=vendor", "-buildvcs=false"))
	if err != nil {
		t.Fatal(err)
	}
	with := renamed(text, ".note.go.buildid", BillSection)
	if with == nil {
		t.Skip("programs are no ELF files here")
	}
	if err := os.WriteFile("image", with, 0o644); err != nil {
		t.Fatal(err)
	}
	// The section has a note and no bill: an image whose bill cannot be read is an error.
	if inv, err := Read(t.Context(), "image", nil); err == nil {
		t.Errorf("it is read as %+v", inv)
	}
}

// renamed gives a section of an ELF file a shorter name, nil if it has none of that name.
func renamed(text []byte, from, to string) []byte {
	at := strings.Index(string(text), from+"\x00")
	if at < 0 || len(to) > len(from) {
		return nil
	}
	copy(text[at:], to+"\x00")
	return text
}

// Limits of bills hold.
func TestBillLimits(t *testing.T) {
	deep := strings.Repeat(`{"name": "x", "components": [`, billDepthMax+2) +
		strings.Repeat("]}", billDepthMax+2)
	many := strings.Repeat("{},", billEntriesMax) + "{}"
	for name, text := range map[string]string{
		"deep": `{"bomFormat": "CycloneDX", "components": [` + deep + `]}`,
		"main": `{"bomFormat": "CycloneDX", "metadata": {"component": ` + deep + `}}`,
		"many": `{"bomFormat": "CycloneDX", "components": [` + many + `]}`,
		"spdx": `{"spdxVersion": "SPDX-2.3", "packages": [` + many + `]}`,
	} {
		_, err := readBill("bill", []byte(text))
		if err == nil || !strings.Contains(err.Error(), "over ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A bill may begin with a byte order mark, wherever it comes from, and what is wrong with it is in
// the line of the last byte that could not be.
func TestBillText(t *testing.T) {
	const mark = "\xef\xbb\xbf"
	stdin := strings.NewReader(mark + `{"bomFormat": "CycloneDX"}`)
	if inv, err := Read(t.Context(), "-", stdin); err != nil || inv.Kind != KindCycloneDX {
		t.Errorf("%+v, %v", inv, err)
	}
	for text, want := range map[string]string{
		mark + "{\n\"a\nb\": 1}": "line 2: invalid character '\\n' in string",
		"{\n":                    "line 1: unexpected end",
		"{\n]":                   "line 2: invalid character ']'",
		"{}\n\n{":                "line 3: invalid character '{' after",
	} {
		if _, err := readBill("bill", []byte(text)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// Names of records: a title, and the ids under which they are known.
func TestRecordNames(t *testing.T) {
	r := Record{Entry: osv.Entry{ID: "x_EX-1", Aliases: []string{"CVE-1"}, Details: "one\ntwo"}}
	if r.Title() != "one" || strings.Join(r.ids(), " ") != "x_EX-1 EX-1 CVE-1" {
		t.Errorf("%q %q", r.Title(), r.ids())
	}
	n := needOf([]*Inventory{{Kind: KindImage, Image: Module{Path: "router"}}})
	r.DatabaseSpecific = &osv.DatabaseSpecific{Images: []osv.Image{{Name: "switch"}, {Name: "router"}}}
	if !n.wants(&r) {
		t.Error("a record about an image is not found")
	}
	r.DatabaseSpecific.Images = r.DatabaseSpecific.Images[:1]
	if n.wants(&r) {
		t.Error("a record about another image is found")
	}
	if about := r.about(&Module{Path: "router"}, true); len(about) != 0 {
		t.Errorf("it says %v", about)
	}
	r.DatabaseSpecific = nil
	if about := r.about(&Module{Path: "router"}, true); about != nil {
		t.Errorf("it says %v", about)
	}
}

// What is fixed is looked for behind the version, and may not be affected by another range.
func TestFixedAfter(t *testing.T) {
	for words, want := range map[string]string{
		"0..1.2.0":                "1.2.0",
		"0..1.2.0 1.2.0..1.3.0":   "1.3.0",
		"0..1.2.0 1.1.5..1.4.0":   "1.4.0",
		"0..1.0.0 1.1.0..":        "",
		"0...1.2.0":               "",
		"0..1.0.5 1.1.0..nothing": "",
		"":                        "",
	} {
		r := someRecords(t, "record EX-1 example.org/a "+words)[0]
		if got := fixedAfter(r.Affected, "1.1.0"); got != want {
			t.Errorf("%s: %q, want %q", words, got, want)
		}
	}
	r := someRecords(t, "record EX-1 example.org/a 0..1.2.0")[0]
	if got := fixedAfter(r.Affected, ""); got != "1.2.0" {
		t.Errorf("without a version: %q", got)
	}
	if m, _ := modulePurl("pkg:golang/example.org/a@v1"); m.Version != "" || m.Doubt == "" {
		t.Errorf("v1 is no version, but %+v", m)
	}
	if m := goRelease("go1.026", "", "", 0)[0]; m.Version != "" || m.Path != stdlib ||
		m.Ecosystem != advisory.Go {
		t.Errorf("a leading zero: %+v", m)
	}
	long := quote(strings.Repeat("x", 2*quotedMax))
	if len(long) > quotedMax+10 {
		t.Errorf("%d bytes are quoted", len(long))
	}
	got := asNamed(filepath.Join(string(filepath.Separator), "x"), "/x/go.work")
	if got != "/x/go.work" {
		t.Errorf("an absolute target has %s", got)
	}
}
