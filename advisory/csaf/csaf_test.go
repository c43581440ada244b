package csaf

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	gocsaf "github.com/gocsaf/csaf/v3/csaf"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/internal/golden"
	"github.com/atoll-os/atoll/internal/sample"
)

// testKey is a key that everybody can make again: it protects nothing.
func testKey(t testing.TB) *sign.Public {
	t.Helper()
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	k, err := sign.Generate("Sample", "security@sample.example", made,
		rand.NewChaCha8([32]byte{1}))
	if err != nil {
		t.Fatal(err)
	}
	return k.Public()
}

func export(t testing.TB, p *advisory.Public, key *sign.Public) (advisory.Output,
	map[string][]byte) {
	t.Helper()
	out, err := Export(p, key)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range out.Files {
		if files[f.Path] != nil {
			t.Errorf("two files are %s", f.Path)
		}
		files[f.Path] = f.Data
	}
	return out, files
}

func TestExportGolden(t *testing.T) {
	for name, key := range map[string]*sign.Public{"provider": nil, "trusted": testKey(t)} {
		out, _ := export(t, sample.Few(), key)
		var got bytes.Buffer
		for _, f := range out.Files {
			fmt.Fprintf(&got, "== %s\n", f.Path)
			if key == nil || !strings.Contains(f.Path, "/white/2026/sample") {
				got.Write(f.Data)
			}
		}
		for _, s := range out.Skipped {
			fmt.Fprintf(&got, "skipped %s: %s\n", s.ID, s.Reason)
		}
		golden.Check(t, "testdata/"+name+".txt", got.Bytes())
		if bytes.Contains(got.Bytes(), []byte(sample.Canary)) {
			t.Error("a record that is not issued is in the tree")
		}
	}
}

// valid checks every JSON file of a tree against the schemas that csaf_checker uses.
func valid(t *testing.T, files map[string][]byte) (documents int) {
	t.Helper()
	for name, data := range files {
		if path.Ext(name) != ".json" {
			continue
		}
		var doc any
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var messages []string
		var err error
		switch {
		case name == MetadataPath:
			messages, err = gocsaf.ValidateProviderMetadata(doc)
		case name == feedPath:
			messages, err = gocsaf.ValidateROLIE(doc)
		case name == servicePath:
			_, err = gocsaf.LoadROLIEServiceDocument(bytes.NewReader(data))
		case name == categoryPath:
			_, err = gocsaf.LoadROLIECategoryDocument(bytes.NewReader(data))
		default:
			documents++
			messages, err = gocsaf.ValidateCSAF(doc)
		}
		if err != nil || len(messages) > 0 {
			t.Errorf("%s: %v %.2000s", name, err, strings.Join(messages, "\n"))
		}
	}
	return documents
}

func TestSchemas(t *testing.T) {
	for name, key := range map[string]*sign.Public{"provider": nil, "trusted": testKey(t)} {
		t.Run(name, func(t *testing.T) {
			_, files := export(t, sample.Few(), key)
			if n := valid(t, files); n != 5 {
				t.Errorf("%d documents, want those of the 5 records of the project itself", n)
			}
			_, files = export(t, sample.Public(60), key)
			if n := valid(t, files); n != 60 {
				t.Errorf("%d documents of 60 records", n)
			}
			empty := advisory.NewCollection(sample.Project(), nil).Public(sample.Date)
			_, files = export(t, empty, key)
			if n := valid(t, files); n != 0 {
				t.Errorf("%d documents of no record", n)
			}
		})
	}
}

// A document has one vulnerability for each CVE, since an object of CSAF has room for one.
func TestTwoCVEsAndAnotherEcosystem(t *testing.T) {
	r := sample.Cases()[0]
	r.Aliases = []string{"CVE-2026-0001", "GHSA-2345-cfgh-jmpq", "CVE-2026-0002", "CVE-2026-0001",
		"GO-2026-0001", "CVE-bad"}
	r.Affected = append(r.Affected, advisory.Affected{Ecosystem: advisory.Opam, Module: "made-up",
		Ranges: []advisory.Range{{Introduced: "0", Fixed: "3.4"}}})
	p := advisory.NewCollection(sample.Project(), []*advisory.Record{r}).Public(sample.Date)
	_, files := export(t, p, nil)
	valid(t, files)
	var d document
	if err := json.Unmarshal(files[Path(r)], &d); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range d.Vulnerabilities {
		got = append(got, v.CVE)
		for _, id := range v.IDs {
			got = append(got, id.System+" "+id.Text)
		}
	}
	ids := "OSV x_SAMPLE-2026-0001,GitHub Advisory Database GHSA-2345-cfgh-jmpq," +
		"Go Vulnerability Database GO-2026-0001"
	want := "CVE-2026-0001," + ids + ",CVE-2026-0002," + ids
	if s := strings.Join(got, ","); s != want {
		t.Errorf("vulnerabilities and ids %s, want %s", s, want)
	}
	const opam = "vers:opam/<3.4"
	if !bytes.Contains(bytes.ReplaceAll(files[Path(r)], []byte(`\u003c`), []byte("<")), []byte(opam)) {
		t.Errorf("no product %s", opam)
	}
}

// A provider of nothing but imports publishes no document, and says why.
func TestEveryRecordHasADocumentOrAReason(t *testing.T) {
	nothing := &advisory.Record{ID: "SAMPLE-2026-0100", Title: "Made up", Issued: sample.Date}
	records := append(sample.Cases(), nothing)
	records = append(records, sample.HostileRecords()...)
	p := advisory.NewCollection(sample.Project(), records).Public(sample.Date)
	out, files := export(t, p, nil)
	skipped := map[string]string{}
	for _, s := range out.Skipped {
		skipped[s.ID] = s.Reason
	}
	for _, r := range p.Records() {
		if (files[Path(r)] == nil) == (skipped[r.ID] == "") && advisory.ValidID(r.ID) {
			t.Errorf("%s: neither a document nor a reason, or both", r.ID)
		}
	}
	for id, want := range map[string]string{"x_MADE-01": SkippedImported,
		"SAMPLE-2026-0100": SkippedNothing, "../../../etc/passwd": SkippedID} {
		if skipped[id] != want {
			t.Errorf("%s: skipped because %q, want %q", id, skipped[id], want)
		}
	}
}

func TestHostileText(t *testing.T) {
	p := advisory.NewCollection(sample.Project(), sample.HostileRecords()).Public(sample.Date)
	_, files := export(t, p, testKey(t))
	if n := valid(t, files); n < len(sample.Hostile)/2 {
		t.Errorf("%d documents", n)
	}
	for name, data := range files {
		if !strings.HasPrefix(name, ".well-known/") || strings.Contains(name, "..") {
			t.Errorf("the path %q leads out of the tree", name)
		}
		if bytes.Contains(data, []byte("<script")) || bytes.ContainsAny(data, "\x00\x1b") {
			t.Errorf("%s: hostile text is as it was", name)
		}
	}
}

func TestHostileProject(t *testing.T) {
	for _, text := range sample.Hostile {
		j := sample.Project()
		j.Name, j.Policy = text, text
		j.Contact, j.Languages = append(j.Contact, text), []string{text}
		out, err := Export(advisory.NewCollection(j, sample.Cases()).Public(sample.Date), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range out.Files {
			if f.Path == SecurityTxtPath && strings.Count(string(f.Data), "\nContact:") > 1 {
				t.Errorf("%.40q made a field:\n%s", text, f.Data)
			}
		}
	}
	j := sample.Project()
	j.Contact = nil
	if _, err := Export(advisory.NewCollection(j, nil).Public(sample.Date), nil); err == nil {
		t.Error("security.txt without a contact was written")
	}
}

// The keys of the project lie beside the one that signs, which is the last of the metadata.
func TestOtherKeys(t *testing.T) {
	key := testKey(t)
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	other, err := sign.Generate("Next", "", made, rand.NewChaCha8([32]byte{2}))
	if err != nil {
		t.Fatal(err)
	}
	p := sample.Few()
	p.Project.Keys = []advisory.PublicKey{{File: "keys/1.asc", Armoured: other.PublicKey()},
		{File: "keys/2.asc", Armoured: key.Armoured()}, {File: "3.asc", Armoured: other.PublicKey()}}
	_, files := export(t, p, key)
	for _, k := range []*sign.Public{key, other.Public()} {
		if !bytes.Equal(files[KeyPath(k)], k.Armoured()) {
			t.Errorf("%s is not the key", KeyPath(k))
		}
	}
	var m metadata
	if err := json.Unmarshal(files[MetadataPath], &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Keys) != 2 || m.Keys[0].Fingerprint != other.Fingerprint() ||
		m.Keys[1].Fingerprint != key.Fingerprint() {
		t.Errorf("the keys are %v", m.Keys)
	}
	valid(t, files)
	if _, files := export(t, p, nil); files[KeyPath(other.Public())] != nil {
		t.Error("a tree that is not signed has a key")
	}
	p.Project.Keys[1].Armoured = []byte("no key")
	if _, err := Export(p, key); err == nil || !strings.Contains(err.Error(), "keys/2.asc") {
		t.Errorf("a file that is no key: %v", err)
	}
}

func TestHashes(t *testing.T) {
	_, files := export(t, sample.Few(), nil)
	name := Dir + "2026/sample-2026-0001.json"
	sum := sha512.Sum512(files[name])
	want := hex.EncodeToString(sum[:]) + "  sample-2026-0001.json\n"
	if got := string(files[name+".sha512"]); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// RFC 9116 §2.5.5 and the experience of others: it must not outlast the key that signed it.
func TestSecurityTxtExpires(t *testing.T) {
	key := testKey(t)
	for _, c := range []struct {
		date, want time.Time
	}{
		{sample.Date, sample.Date.AddDate(0, 0, SecurityTxtDays)},
		{key.Expires().AddDate(0, 0, -40), key.Expires()},
	} {
		p := advisory.NewCollection(sample.Project(), nil).Public(c.date)
		_, files := export(t, p, key)
		text := string(files[SecurityTxtPath])
		if !strings.Contains(text, "\nExpires: "+stamp(c.want)+"\n") {
			t.Errorf("on %s, want %s:\n%s", c.date, c.want, text)
		}
	}
	if SecurityTxtDays >= 365 {
		t.Error("a year or more")
	}
}

func TestChangesAreNewestFirst(t *testing.T) {
	p := sample.Public(100)
	_, files := export(t, p, nil)
	var dates []string
	for line := range strings.Lines(string(files[Dir+"changes.csv"])) {
		dates = append(dates, strings.Split(line, `"`)[3])
	}
	if len(dates) != 100 || !slices.IsSortedFunc(dates, func(a, b string) int {
		return strings.Compare(b, a)
	}) {
		t.Errorf("%d dates: %v", len(dates), dates)
	}
}

func TestProducts(t *testing.T) {
	ranges := func(v ...string) []advisory.Range {
		var list []advisory.Range
		for i := 0; i < len(v); i += 2 {
			list = append(list, advisory.Range{Introduced: v[i], Fixed: v[i+1]})
		}
		return list
	}
	const mod = "example.org/sample"
	for name, c := range map[string]struct {
		module string
		ranges []advisory.Range
		want   string
	}{
		"one":     {mod, ranges("1.2.0", "1.2.4"), "vers:golang/>=v1.2.0|<v1.2.4 v1.2.4"},
		"first":   {mod, ranges("0", "1.2.4"), "vers:golang/<v1.2.4 v1.2.4"},
		"no fix":  {mod, ranges("1.2.0", ""), "vers:golang/>=v1.2.0"},
		"all":     {mod, ranges("0", ""), "vers:golang/*"},
		"nothing": {mod, nil, "vers:golang/*"},
		"in order": {mod, ranges("2.0.0", "2.1.0", "0", "1.0.0"),
			"vers:golang/<v1.0.0|>=v2.0.0|<v2.1.0 v1.0.0 v2.1.0"},
		"overlap": {mod, ranges("1.0.0", "1.5.0", "1.2.0", "2.0.0", "1.3.0", "1.4.0"),
			"vers:golang/>=v1.0.0|<v2.0.0 v2.0.0"},
		"touch": {mod, ranges("1.0.0", "1.5.0", "1.5.0", ""),
			"vers:golang/>=v1.0.0"},
		"plus": {mod, ranges("0", "2.0.0+incompatible"),
			"vers:golang/<v2.0.0%2Bincompatible v2.0.0+incompatible"},
		"go": {"stdlib", ranges("1.26rc1", "1.26.2"), "vers:golang/>=1.26rc1|<1.26.2 1.26.2"},
	} {
		p := sample.Project()
		got := collect(&p, &advisory.Record{Affected: []advisory.Affected{
			{Ecosystem: advisory.Go, Module: c.module, Ranges: c.ranges}}})
		b := got.tree().Branches[0]
		if c.module != "stdlib" {
			b = b.Branches[0]
		}
		var names []string
		for _, v := range b.Branches {
			names = append(names, v.Name)
		}
		if s := strings.Join(names, " "); s != c.want {
			t.Errorf("%s: %s, want %s", name, s, c.want)
		}
		if len(got.fixed)+1 != len(names) || len(got.open)+len(got.fixable) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestWeaknessNames(t *testing.T) {
	if n := len(weaknessNames()); n < 900 {
		t.Errorf("%d names", n)
	}
	for id, want := range map[string]string{"CWE-125": "Out-of-bounds Read", "CWE-0": "", "#": ""} {
		if got := weaknessName(id); got != want {
			t.Errorf("%s is %q, want %q", id, got, want)
		}
	}
}

func BenchmarkExport(b *testing.B) {
	key := testKey(b)
	for _, n := range []int{500, 5000} {
		p := sample.Public(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Export(p, key); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
