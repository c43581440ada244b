package history

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/vuln/scan"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/govulndb"
	"github.com/atoll-os/atoll/internal/sample"
)

// today is when the made-up records of package sample are looked at.
var today = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)

// ours are made-up records of our own.
func ours() *advisory.Public {
	return advisory.NewCollection(sample.Project(), sample.Cases()).Public(today)
}

// packed makes an archive of files.
func packed(t testing.TB, files ...advisory.File) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		m, err := w.Create(f.Path)
		if err == nil {
			_, err = m.Write(f.Data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// xvuln packs the test database of golang.org/x/vuln as its owner publishes databases.
func xvuln(t testing.TB) []byte {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/vuln").Output()
	if err != nil {
		t.Fatal(err)
	}
	tree := os.DirFS(filepath.Join(strings.TrimSpace(string(dir)), "internal", "client", "testdata",
		"vulndb-v1"))
	var files []advisory.File
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".json" {
			return err
		}
		text, err := fs.ReadFile(tree, name)
		files = append(files, advisory.File{Path: name, Data: text})
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no test database: %v", err)
	}
	return packed(t, files...)
}

// generated is an archive of so many made-up entries in the shape of the real database.
func generated(t testing.TB, n int) []byte {
	t.Helper()
	files := []advisory.File{{Path: "index/db.json", Data: []byte("{}")},
		{Path: "index/modules.json", Data: []byte("[]")}, {Path: "index/vulns.json", Data: []byte("[]")}}
	for i := range n {
		id := fmt.Sprintf("GO-%d-%04d", 2020+i%7, i)
		text := fmt.Sprintf(`{"schema_version":"1.3.1","id":%q,"modified":"2024-05-20T16:03:47Z",`+
			`"published":"2021-04-14T20:04:52Z","aliases":["CVE-2020-%d"],"summary":"Made up %d",`+
			`"details":%q,"affected":[{"package":{"name":"example.org/m%d","ecosystem":"Go"},"ranges":`+
			`[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.%d.0"}]}],"ecosystem_specific":`+
			`{"imports":[{"path":"example.org/m%d/p","symbols":["F","T.M"]}]}}],"references":`+
			`[{"type":"FIX","url":"https://example.org/fix/%d"}],"database_specific":{"url":`+
			`"https://example.org/vuln/%s","review_status":"REVIEWED"}}`, id, i, i,
			strings.Repeat("Made up. ", 30), i%1500, i%40, i%1500, i, id)
		files = append(files, advisory.File{Path: "ID/" + id + ".json", Data: []byte(text)})
	}
	return packed(t, files...)
}

// merged checks a merged database by its own reader and returns its files, -db's directory at the
// root.
func merged(t *testing.T, archive []byte, want int) map[string][]byte {
	t.Helper()
	files, skipped, err := MergeVulndb(ours(), archive)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range skipped {
		if s.ID == "" || s.Reason == "" {
			t.Errorf("left out without a reason: %+v", s)
		}
	}
	all, entries := map[string][]byte{}, 0
	for _, f := range files {
		name := strings.TrimPrefix(f.Path, govulndb.Dir)
		all[name] = f.Data
		if ok, _ := path.Match("ID/*.json", name); ok {
			entries++
		}
	}
	if entries != want {
		t.Errorf("%d entries, want %d", entries, want)
	}
	return all
}

// One database serves both: every entry of the mirror is in it as it was, beside ours.
func TestMergeVulndb(t *testing.T) {
	items, _, err := govulndb.Items(ours())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		archive []byte
	}{{"x/vuln's test database", xvuln(t)}, {"4300 generated", generated(t, 4300)}} {
		t.Run(c.name, func(t *testing.T) {
			theirs, err := Vulndb(c.archive)
			if err != nil {
				t.Fatal(err)
			}
			db := merged(t, c.archive, len(theirs)+len(items))
			for _, item := range theirs {
				if !bytes.Equal(db["ID/"+item.Entry.ID+".json"], item.JSON) {
					t.Errorf("%s is not as it was", item.Entry.ID)
				}
			}
			var index []struct{ ID string }
			if err := json.Unmarshal(db["index/vulns.json"], &index); err != nil ||
				len(index) != len(theirs)+len(items) {
				t.Errorf("the index has %d entries: %v", len(index), err)
			}
			if _, err := Vulndb(db["vulndb.zip"]); err != nil {
				t.Errorf("what was merged cannot be merged: %v", err)
			}
		})
	}
}

// govulncheck's own client takes the merged database, and finds what both sides say.
func TestGovulncheckTakesMerged(t *testing.T) {
	items, _, err := govulndb.Items(ours())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := Vulndb(xvuln(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "db")
	tree := &export.Tree{}
	for name, data := range merged(t, xvuln(t), len(items)+len(theirs)) {
		tree.Files = append(tree.Files, advisory.File{Path: name, Data: data})
	}
	if err := tree.Write(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	for version, want := range map[string]string{
		"example.org/Sample/stack@v1.0.0":     "x_SAMPLE-2026-0001",
		"github.com/beego/beego/v2@v2.0.0":    "GO-2022-0463",
		"stdlib@go1.15.0":                     "GO-2021-0240",
		"github.com/beego/beego/v2@v2.9999.0": "",
	} {
		var out, talk bytes.Buffer
		cmd := scan.Command(t.Context(), "-mode=query", "-format=json",
			"-db=file://"+filepath.ToSlash(dir), version)
		cmd.Stdout, cmd.Stderr = &out, &talk
		err := cmd.Start()
		if err == nil {
			err = cmd.Wait()
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", version, err, talk.String())
		}
		if got := strings.Contains(out.String(), `"id": "`); want == "" && got ||
			!strings.Contains(out.String(), want) {
			t.Errorf("%s: want %q in\n%s", version, want, out.String())
		}
	}
}

// Archives that are broken, too large or hostile: each by its own fault, and nothing is taken.
func TestVulndbRefuses(t *testing.T) {
	entry := func(id string) []byte {
		return []byte(`{"id":"` + id + `","modified":"2026-01-01T00:00:00Z"}`)
	}
	file := func(name string, data []byte) advisory.File {
		return advisory.File{Path: name, Data: data}
	}
	zeros := bytes.Repeat([]byte(" "), 3<<20)
	lying := packed(t, file("ID/GO-1.json", append(entry("GO-1"), zeros...)))
	at := bytes.LastIndex(lying, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(lying[at+24:], 10) // says that it unpacks to 10 bytes
	for _, c := range []struct {
		name    string
		archive []byte
		want    string
	}{
		{"no zip", []byte("no zip"), "not a valid zip file"},
		{"empty", packed(t), "no entries"},
		{"only an index", packed(t, file("index/db.json", []byte("{}"))), "no entries"},
		{"out of the archive", packed(t, file("../ID/GO-1.json", entry("GO-1"))), "../ID/GO-1.json"},
		{"absolute", packed(t, file("/ID/GO-1.json", entry("GO-1"))), "/ID/GO-1.json"},
		{"backslash", packed(t, file(`ID\GO-1.json`, entry("GO-1"))), `ID\GO-1.json`},
		{"another name", packed(t, file("ID/GO-1.json", entry("GO-2"))), "GO-2"},
		{"an id with a path", packed(t, file("ID/GO-1.json", entry("../GO-1"))), "cannot name a file"},
		{"twice", packed(t, file("ID/GO-1.json", entry("GO-1")), file("ID/GO-1.json", entry("GO-1"))),
			"two entries have the id GO-1"},
		{"no JSON", packed(t, file("ID/GO-1.json", []byte("{"))), "ID/GO-1.json"},
		{"no time", packed(t, file("ID/GO-1.json", []byte(`{"id":"GO-1"}`))), "no time"},
		{"a program", packed(t, file("ID/GO-1.json", entry("GO-1")), file("run.sh", nil)), "run.sh"},
		{"a bomb", packed(t, file("ID/GO-1.json", append(entry("GO-1"), zeros...))),
			"unpacks to more than 200 times"},
		{"a bomb that lies", lying, "ID/GO-1.json"},
	} {
		items, err := Vulndb(c.archive)
		if err == nil || !strings.Contains(err.Error(), c.want) || items != nil {
			t.Errorf("%s: %d entries, %v; want %q", c.name, len(items), err, c.want)
		}
	}
	if _, err := Vulndb(make([]byte, ZipBytesMax+1)); err == nil {
		t.Error("an archive over the limit is read")
	}
	same := packed(t, file("ID/x_SAMPLE-2026-0001.json", entry("x_SAMPLE-2026-0001")))
	if _, _, err := MergeVulndb(ours(), same); err == nil || !strings.Contains(err.Error(), "two") {
		t.Errorf("one id on both sides: %v", err)
	}
	if _, _, err := MergeVulndb(ours(), nil); err == nil {
		t.Error("nothing is merged")
	}
}

// BenchmarkMergeVulndb merges a database of the real one's size.
func BenchmarkMergeVulndb(b *testing.B) {
	archive := generated(b, 4300)
	for b.Loop() {
		if _, _, err := MergeVulndb(ours(), archive); err != nil {
			b.Fatal(err)
		}
	}
}
