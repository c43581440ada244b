package text

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/internal/exporttest"
	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/internal/sample"
)

var exporter = exporttest.Exporter(Export)

func TestExportGolden(t *testing.T) {
	p := sample.Few()
	p.Project.Unused = []advisory.Unused{{ID: "SAMPLE-2026-0005", Reason: "Given twice."}}
	exporter.Golden(t, p, "testdata/few.txt")
}

// Each kind of Markdown that a section can have, and what becomes of it.
func TestMarkdownGolden(t *testing.T) {
	in, err := os.ReadFile("testdata/markdown.md")
	if err != nil {
		t.Fatal(err)
	}
	w := &writer{}
	w.text(string(in))
	golden.Check(t, "testdata/markdown.txt", []byte(w.b.String()))
}

// Every text can be clear-signed, and holds nothing that a terminal obeys.
func check(t interface{ Errorf(string, ...any) }, name string, text []byte) {
	for i, line := range strings.Split(string(text), "\n") {
		if len(line) > LineBytesMax {
			t.Errorf("%s: line %d has %d bytes", name, i+1, len(line))
		}
		if strings.TrimRight(line, " \t\r") != line {
			t.Errorf("%s: line %d ends with a blank", name, i+1)
		}
		for _, c := range line {
			if unicode.IsControl(c) && c != '\t' || c == 0x202e {
				t.Errorf("%s: line %d has %U", name, i+1, c)
			}
		}
	}
	if !bytes.HasSuffix(text, []byte("\n")) || !utf8.Valid(text) {
		t.Errorf("%s: no newline at the end, or no UTF-8", name)
	}
}

func TestHostileText(t *testing.T) {
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	key, err := sign.Generate("Sample", "security@sample.example", made,
		rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	p := advisory.NewCollection(sample.Project(), sample.HostileRecords()).Public(sample.Date)
	out := exporter.Export(t, p)
	for _, f := range out.Files {
		if strings.HasSuffix(f.Path, ".json") {
			if !json.Valid(f.Data) || bytes.Contains(f.Data, []byte("<script")) {
				t.Errorf("%s: not JSON, or script as it was", f.Path)
			}
			continue
		}
		check(t, f.Path, f.Data)
		if strings.Contains(f.Path, "..") {
			t.Errorf("the path %q leads out of the tree", f.Path)
		}
		signed, err := key.Clear(f.Data, made)
		if err != nil {
			t.Errorf("%s: %v", f.Path, err)
			continue
		}
		if text, err := key.Public().VerifyClear(signed); err != nil || !bytes.Equal(text, f.Data) {
			t.Errorf("%s: the signed text is another: %v", f.Path, err)
		}
	}
	if len(out.Skipped) == 0 || out.Skipped[0].Reason != SkippedID {
		t.Errorf("skipped: %v", out.Skipped)
	}
}

// Words are neither lost nor joined, and no line is too long that could be broken.
func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.StringMatching(`[a-zé<>&'.]{1,90}`)).Draw(t, "words")
		w := &writer{}
		gap := rapid.SampledFrom([]string{" ", "\n", "  "}).Draw(t, "gap")
		w.wrap("- ", "  ", strings.Join(words, gap))
		text := w.b.String()
		if got := strings.Fields(strings.TrimPrefix(text, "-")); strings.Join(got, " ") !=
			strings.Join(words, " ") {
			t.Fatalf("words %q became %q", words, got)
		}
		for _, line := range strings.Split(text, "\n") {
			if utf8.RuneCountInString(line) > Columns && len(strings.Fields(line)) > 2 {
				t.Fatalf("a line of %d columns: %q", utf8.RuneCountInString(line), line)
			}
		}
	})
}

func TestRange(t *testing.T) {
	for want, r := range map[string]advisory.Range{
		"all versions, no fix":     {Introduced: "0"},
		"before 1.2.3":             {Introduced: "0", Fixed: "1.2.3"},
		"from 1.2.0 on, no fix":    {Introduced: "1.2.0"},
		"from 1.2.0, before 1.2.3": {Introduced: "1.2.0", Fixed: "1.2.3"},
	} {
		if got := Range(r); got != want {
			t.Errorf("%+v is %q, want %q", r, got, want)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	in, err := os.ReadFile("testdata/markdown.md")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(in))
	for _, s := range sample.Hostile {
		if len(s) < 1000 {
			f.Add(s)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := &writer{}
		w.text(s)
		check(t, "text", []byte(w.b.String()))
		// What is not a blank comes through, but for marks of a broken line.
		strip := func(s string) string {
			return strings.NewReplacer(" ", "", "\n", "", "\t", "", "\r", "", "\\", "").
				Replace(advisory.Printable(s))
		}
		got, want := strip(w.b.String()), strip(s)
		blanks := func(c rune) rune {
			if unicode.IsSpace(c) {
				return -1
			}
			return c
		}
		if strings.Map(blanks, got) != strings.Map(blanks, want) {
			t.Errorf("%q became %q", want, got)
		}
	})
}

func BenchmarkExport(b *testing.B) { exporter.Benchmark(b, 500, 5000) }
