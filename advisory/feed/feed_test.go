package feed

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/internal/exporttest"
	"github.com/atoll-os/atoll/internal/sample"
)

var exporter = exporttest.Exporter(Export)

// parse reads a feed as others do.
func parse(t *testing.T, f advisory.File) *gofeed.Feed {
	t.Helper()
	got, err := gofeed.NewParser().Parse(bytes.NewReader(f.Data))
	if err != nil {
		t.Fatalf("%s: %v", f.Path, err)
	}
	return got
}

func TestExportGolden(t *testing.T) {
	exporter.Golden(t, sample.Few(), "testdata/few.txt")
}

func TestOtherParser(t *testing.T) {
	p := sample.Few()
	files := exporter.Export(t, p).Files
	all := parse(t, files[0])
	if len(all.Items) != len(p.Records()) {
		t.Errorf("%d entries, want %d", len(all.Items), len(p.Records()))
	}
	if !all.UpdatedParsed.Equal(p.Modified()) {
		t.Errorf("updated %s, want the last change %s", all.Updated, p.Modified())
	}
	if all.FeedLink != p.Project.BaseURL+"/"+Path {
		t.Errorf("self link %s", all.FeedLink)
	}
	seen := map[string]bool{}
	for i, item := range all.Items {
		if seen[item.GUID] || item.GUID != item.Link || !strings.HasPrefix(item.GUID, "https://") {
			t.Errorf("id %s, link %s", item.GUID, item.Link)
		}
		seen[item.GUID] = true
		if i > 0 && item.UpdatedParsed.After(*all.Items[i-1].UpdatedParsed) {
			t.Errorf("%s is newer than the entry before it", item.Title)
		}
	}
	var modules []string
	for _, f := range files[1:] {
		modules = append(modules, strings.TrimSuffix(strings.TrimPrefix(f.Path, ModuleDir),
			"/feed.atom")+fmt.Sprintf(" %d", len(parse(t, f).Items)))
	}
	const want = "example.org/!sample/stack 2, example.org/sample 1, opam/made-up 1, " +
		"stdlib 1, toolchain 1"
	if got := strings.Join(modules, ", "); got != want {
		t.Errorf("modules and entries: %s, want %s", got, want)
	}
}

func TestEmptyFeed(t *testing.T) {
	p := advisory.NewCollection(sample.Project(), nil).Public(sample.Date)
	files := exporter.Export(t, p).Files
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	if got := parse(t, files[0]); len(got.Items) != 0 || !got.UpdatedParsed.Equal(sample.Date) {
		t.Errorf("%d entries, updated %s", len(got.Items), got.Updated)
	}
}

func TestHostileText(t *testing.T) {
	p := advisory.NewCollection(sample.Project(), sample.HostileRecords()).Public(sample.Date)
	out := exporter.Export(t, p)
	for _, f := range out.Files {
		if strings.Contains(f.Path, "..") || !strings.HasPrefix(f.Path, "advisories/") {
			t.Errorf("the path %q leads out of the tree", f.Path)
		}
		if bytes.Contains(f.Data, []byte("<script")) || bytes.ContainsAny(f.Data, "\x00\x1b") {
			t.Errorf("%s: hostile text is as it was", f.Path)
		}
		d := xml.NewDecoder(bytes.NewReader(f.Data))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Path, err)
			}
		}
		for _, item := range parse(t, f).Items {
			// What a reader shows as HTML has one element.
			if n := strings.Count(item.Content, "<"); n != 2 {
				t.Errorf("%s: %d marks in %.200s", item.GUID, n, item.Content)
			}
			if len(item.Content) > 6*ContentBytesMax {
				t.Errorf("%s: %d bytes", item.GUID, len(item.Content))
			}
		}
	}
	if len(out.Skipped) == 0 || out.Skipped[0].Reason != SkippedID {
		t.Errorf("skipped: %v", out.Skipped)
	}
}

// A feed has the last changed; who is in none is named.
func TestOldRecords(t *testing.T) {
	records := sample.Records(EntriesMax)
	old := &advisory.Record{ID: "SAMPLE-2019-0001", Title: "Made up",
		Issued: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC),
		Images: []advisory.Image{{Name: "old"}}}
	p := advisory.NewCollection(sample.Project(), append(records, old)).Public(sample.Date)
	out := exporter.Export(t, p)
	if n := len(parse(t, out.Files[0]).Items); n != EntriesMax {
		t.Errorf("%d entries", n)
	}
	want := advisory.Skip{ID: old.ID, Reason: SkippedOld}
	if len(out.Skipped) != 1 || out.Skipped[0] != want {
		t.Errorf("skipped %v, want %v", out.Skipped, want)
	}
	old.Affected = []advisory.Affected{{Ecosystem: advisory.Go, Module: "example.org/old"}}
	if out := exporter.Export(t, p); len(out.Skipped) != 0 {
		t.Errorf("skipped %v, though its module has a feed", out.Skipped)
	}
}

// jing checks against the grammar; .ci/advisory-csaf does so too, with xmllint.
func TestGrammar(t *testing.T) {
	jing, err := exec.LookPath("jing")
	if err != nil {
		t.Skip("jing is not here")
	}
	dir := t.TempDir()
	args := []string{"testdata/atom.rng"}
	for i, f := range exporter.Export(t, sample.Few()).Files {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name)
	}
	if out, err := exec.Command(jing, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The grammar must be able to refuse.
func TestGrammarRefuses(t *testing.T) {
	jing, err := exec.LookPath("jing")
	if err != nil {
		t.Skip("jing is not here")
	}
	good := string(exporter.Export(t, sample.Few()).Files[0].Data)
	dir := t.TempDir()
	for i, change := range [][2]string{
		{"<id>https://sample.example/advisories/feed.atom</id>", ""},
		{"<updated>2026-04-01T00:00:00Z</updated>", "<updated>2026-04-01 00:00:00</updated>"},
		{`rel="self"`, `rel="selfish"`}, {`<content type="html">`, `<content type="xhtml">`},
		{"<published>", "<published>x"}, {"<name>Sample</name>", ""},
		{`href="https://`, `href="javascript:`},
	} {
		name := filepath.Join(dir, fmt.Sprint(i))
		bad := strings.Replace(good, change[0], change[1], 1)
		if err := os.WriteFile(name, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, _ := filepath.Glob(filepath.Join(dir, "*"))
	out, err := exec.Command(jing, append([]string{"testdata/atom.rng"}, names...)...).CombinedOutput()
	for _, name := range names {
		if err == nil || !bytes.Contains(out, []byte(name+":")) {
			t.Errorf("%s is taken for a good feed (%v):\n%s", name, err, out)
		}
	}
}

func BenchmarkExport(b *testing.B) { exporter.Benchmark(b, 500, 5000) }
