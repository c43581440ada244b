package export

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/internal/sample"
)

// The golden text has the path of every file, and which are signed and how.
func TestPathsGolden(t *testing.T) {
	key := testKey(t)
	tree := build(t, sample.Few(), Options{Key: key, More: page})
	var got bytes.Buffer
	all := files(tree)
	for _, f := range tree.Files {
		fmt.Fprintln(&got, f.Path)
		if strings.Contains(string(f.Data), sample.Canary) {
			t.Errorf("%s has a record that is not issued", f.Path)
		}
	}
	for _, s := range tree.Skipped {
		fmt.Fprintf(&got, "skipped %s: %s\n", s.ID, s.Reason)
	}
	golden.Check(t, "testdata/few.txt", got.Bytes())
	verify(t, all, key.Public())
}

// verify checks every signature of a tree, and that every file that has to be signed is.
func verify(t *testing.T, all map[string]string, key *sign.Public) {
	t.Helper()
	for path, text := range all {
		signature := []byte(all[path+".asc"])
		var err error
		switch sealingOf(path) {
		case inside:
			_, err = key.VerifyClear([]byte(text))
		case clear:
			var signed []byte
			signed, err = key.VerifyClear(signature)
			if err == nil && string(signed) != text {
				err = fmt.Errorf("another text is signed")
			}
		case detached:
			err = key.Verify([]byte(text), signature)
		case notSigned:
			if len(signature) > 0 {
				err = fmt.Errorf("it has a signature")
			}
		}
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// What a tree promises: who has the records and the date has the bytes.
func TestTreesAreTheSame(t *testing.T) {
	key := testKey(t)
	again, err := sign.Read(key.Private())
	if err != nil {
		t.Fatal(err)
	}
	signed := files(build(t, sample.Public(50), Options{Key: key}))
	t.Run("with the key", func(t *testing.T) {
		second := files(build(t, sample.Public(50), Options{Key: again}))
		differ(t, signed, second, func(string) bool { return false })
	})
	t.Run("without it", func(t *testing.T) {
		public, err := sign.ReadPublic(key.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		unsigned := files(build(t, sample.Public(50), Options{Public: public}))
		text, err := public.VerifyClear([]byte(signed[csaf.SecurityTxtPath]))
		if err != nil || string(text) != unsigned[csaf.SecurityTxtPath] {
			t.Errorf("%s: another text is signed (%v)", csaf.SecurityTxtPath, err)
		}
		differ(t, signed, unsigned, func(path string) bool {
			return strings.HasSuffix(path, ".asc") && !strings.Contains(path, "/openpgp/") ||
				path == csaf.SecurityTxtPath || path == ManifestPath
		})
	})
}

// Compare finds what is not what the records make, and nothing in a tree that is; the pages too are
// told the same of both.
func TestCompare(t *testing.T) {
	key := testKey(t)
	listing := func(exported []advisory.File) ([]advisory.File, error) {
		var paths []string
		for _, f := range exported {
			paths = append(paths, f.Path)
		}
		slices.Sort(paths)
		return []advisory.File{{Path: "index.html", Data: []byte(strings.Join(paths, "\n"))}}, nil
	}
	signed := build(t, sample.Few(), Options{Key: key, More: listing})
	again := build(t, sample.Few(), Options{Public: key.Public(), More: listing})
	if found := Compare(signed.Files, again.Files, key.Public()); len(found) > 0 {
		t.Errorf("a tree of the same records: %v", found)
	}
	plain := build(t, sample.Few(), Options{})
	if found := Compare(plain.Files, plain.Files, nil); len(found) > 0 {
		t.Errorf("a tree that is not signed: %v", found)
	}
	var other []advisory.File
	for _, f := range again.Files {
		switch f.Path {
		case "index.html":
			f.Data = []byte("other")
		case csaf.SecurityTxtPath:
			f.Data = []byte("Contact: other")
		case "advisories/feed.atom":
			continue
		}
		other = append(other, f)
	}
	other = append(other, advisory.File{Path: "more"})
	var got []string
	for _, f := range Compare(signed.Files, other, key.Public()) {
		got = append(got, f.File+": "+f.Message)
	}
	want := csaf.SecurityTxtPath + ": the records make another one\n" +
		"advisories/feed.atom: the records do not make it\n" +
		"index.html: the records make another one\n" +
		"more: the records make it, and the tree does not have it"
	if strings.Join(got, "\n") != want {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func differ(t *testing.T, a, b map[string]string, except func(string) bool) {
	t.Helper()
	n := 0
	for path, text := range a {
		if except(path) {
			continue
		}
		n++
		if b[path] != text {
			t.Errorf("%s differs", path)
		}
	}
	for path := range b {
		if _, ok := a[path]; !ok {
			t.Errorf("%s is new", path)
		}
	}
	if n < 400 {
		t.Errorf("only %d files are compared", n)
	}
}

// The order in which records come in, and the zone of a date, are of no account.
func TestOrderAndZone(t *testing.T) {
	records := sample.Records(50)
	reversed := make([]*advisory.Record, len(records))
	for i, r := range records {
		reversed[len(records)-1-i] = r
	}
	a := files(build(t, advisory.NewCollection(sample.Project(), records).Public(sample.Date),
		Options{}))
	p := advisory.NewCollection(sample.Project(), reversed).Public(sample.Date)
	differ(t, a, files(build(t, p, Options{})), func(string) bool { return false })
}

// Every exporter has a file for a record or says why not.
func TestEveryRecordIsSomewhere(t *testing.T) {
	p := sample.Few()
	tree := build(t, p, Options{})
	for _, r := range p.Records() {
		id := strings.ToLower(r.ID)
		for _, e := range exporters {
			out, err := e.export(p, nil)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, f := range out.Files {
				found = found || strings.Contains(strings.ToLower(f.Path), id) ||
					strings.Contains(f.Path, ".atom") && strings.Contains(string(f.Data), r.ID)
			}
			for _, s := range out.Skipped {
				found = found || s.ID == r.ID && s.Reason != ""
			}
			if !found {
				t.Errorf("%s: %s has neither a file nor a reason", r.ID, e.name)
			}
		}
	}
	if len(tree.Skipped) == 0 || !strings.Contains(tree.Skipped[0].Reason, ": ") {
		t.Errorf("skipped: %v", tree.Skipped)
	}
}

// A hostile record gives a tree that is whole and signed, or a clear error; hostile text alone
// gives a tree.
func TestHostileRecords(t *testing.T) {
	key := testKey(t)
	of := func(records ...*advisory.Record) *advisory.Public {
		return advisory.NewCollection(sample.Project(), records).Public(sample.Date)
	}
	for _, r := range sample.HostileRecords() {
		tree, err := Build(of(r), Options{Key: key})
		switch {
		case err == nil:
			harmless(t, tree, key.Public())
		case !strings.HasPrefix(err.Error(), "export: "):
			t.Errorf("error %.200v", err)
		}
	}
	harmless(t, build(t, of(sample.HostileTexts()...), Options{Key: key}), key.Public())
}

// harmless checks that a tree is signed, and that nothing of it is script.
func harmless(t *testing.T, tree *Tree, key *sign.Public) {
	t.Helper()
	all := files(tree)
	verify(t, all, key)
	for path, text := range all {
		switch {
		case !strings.HasPrefix(path, ".well-known/") && !strings.HasPrefix(path, "advisories/"):
			t.Errorf("%q: a path out of place", path)
		case strings.HasSuffix(path, ".json"), strings.HasSuffix(path, ".atom"),
			strings.HasSuffix(path, ".html"):
			if strings.Contains(text, "<script") {
				t.Errorf("%s: script as it was", path)
			}
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	key := testKey(b)
	for _, n := range []int{500, 1000, 2500, 5000} {
		p := sample.Public(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var tree *Tree
			for b.Loop() {
				tree = build(b, p, Options{Key: key})
			}
			bytes := 0
			for _, f := range tree.Files {
				bytes += len(f.Data)
			}
			b.ReportMetric(float64(len(tree.Files)), "files")
			b.ReportMetric(float64(bytes)/1e6, "MB")
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/float64(n)*1e3, "ms/record")
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	tree := build(b, sample.Public(5000), Options{Key: testKey(b)})
	for i := 0; b.Loop(); i++ {
		if err := tree.Write(b.Context(), fmt.Sprintf("%s/%d", b.TempDir(), i), nil); err != nil {
			b.Fatal(err)
		}
	}
}
