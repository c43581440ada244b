package history

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/internal/golden"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// wantNotes checks that there are these notes, by parts of them, and as many.
func wantNotes(t *testing.T, notes []advisory.Finding, want ...string) {
	t.Helper()
	var all []string
	for _, n := range notes {
		all = append(all, n.String())
	}
	joined := strings.Join(all, "\n")
	for _, w := range want {
		if !strings.Contains(joined, w) {
			t.Errorf("no note %q in:\n%s", w, joined)
		}
	}
	if len(notes) != len(want) {
		t.Errorf("%d notes, want %d:\n%s", len(notes), len(want), joined)
	}
}

// What an entry says wrongly or not at all is left out or completed, and said.
func TestOSECOddities(t *testing.T) {
	r, notes, err := OSEC("made-up.json", []byte(`{"id":"OSEC-2026-99","summary":"Made\nup",
		"modified":"2026-03-01T10:00:00+01:00","withdrawn":"2026-03-02T00:00:00Z",
		"severity":[{"type":"CVSS_V2","score":"AV:N"}],
		"details":"First.\r\n\r\n## Empty\n\n## More\nSecond.  \n### Third",
		"affected":[
			{"package":{"ecosystem":"Go","name":"example.org/mod"}},
			{"package":{"ecosystem":"opam","name":"made-up"},"ranges":[
				{"type":"ECOSYSTEM","events":[{"introduced":"1"},{"last_affected":"2"},{"fixed":"3"}]},
				{"type":"GIT","repo":"https://example.org/a.git","events":[{"introduced":"abc"},
					{"fixed":"def"},{"fixed":"def"}]}]},
			{"package":{"ecosystem":"opam","name":"other"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	wantNotes(t, notes, "no published date: modified, 2026-03-01T09:00:00Z, stands for it",
		"withdrawn, and OSV has no field for why", `severity "AV:N" left out`,
		`example.org/mod of ecosystem "Go" left out`, "does not fit, and is left out",
		"no versions given for other")
	if r.Title != "Made up" || !r.Issued.Equal(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)) ||
		len(r.Severity) != 0 || r.Withdrawn.Reason == "" || len(r.Affected) != 2 ||
		r.Affected[0].Ranges[0] != (advisory.Range{Introduced: "1", Fixed: "3"}) {
		t.Errorf("read as %+v", r)
	}
	if r.Section("Description") != "First." || r.Section("More") != "Second.\n### Third" ||
		len(r.Sections) != 2 {
		t.Errorf("sections %+v", r.Sections)
	}
	want := []advisory.Reference{{Type: "INTRODUCED", URL: "https://example.org/a/commit/abc"},
		{Type: "FIX", URL: "https://example.org/a/commit/def"}}
	if len(r.References) != 2 || r.References[0] != want[0] || r.References[1] != want[1] {
		t.Errorf("references %+v", r.References)
	}
	r, notes, err = OSEC("made-up.json", []byte(`{"id":"OSEC-2026-99","summary":"Made up",
		"published":"2026-03-02T00:00:00Z","modified":"2026-03-01T00:00:00Z"}`))
	if err != nil || !r.Modified.IsZero() {
		t.Errorf("modified %v, %v", r.Modified, err)
	}
	wantNotes(t, notes, "before it was published: left out")
}

// What is no source of its kind.
func TestSourcesRefused(t *testing.T) {
	long := bytes.Repeat([]byte("x"), XSABytesMax+1)
	osec := func(b []byte) error { _, _, err := OSEC("x", b); return err }
	msa := func(b []byte) error { _, _, err := MSA("x", b, nil); return err }
	xsa := func(b []byte) error { _, _, err := XSA("x", b); return err }
	const head = "## MirageOS Security Advisory 09 - made up\n- Module: a\n"
	const dated = head + "- Announced: 2026-01-01\n"
	for _, c := range []struct {
		name string
		read func([]byte) error
		text string
		want string
	}{
		{"OSEC", osec, string(long), "longer than"},
		{"OSEC", osec, "{", "unexpected end"},
		{"OSEC", osec, `{"id":"GO-2026-1"}`, "not OSEC-YEAR-NUMBER"},
		{"OSEC", osec, `{"id":"OSEC-../1"}`, "not OSEC-YEAR-NUMBER"},
		{"OSEC", osec, `{"id":"OSEC-2026-99","summary":"a\u0007"}`, "what comes of it is no record"},
		{"MSA", msa, string(long), "longer than"},
		{"MSA", msa, "\n\n", "no text"},
		{"MSA", msa, "# Another title", "no title of a MirageOS"},
		{"MSA", msa, "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA1\n\ntext", "broken clear-signed"},
		{"MSA", msa, head, "no date in Announced"},
		{"MSA", msa, "## MirageOS Security Advisory 09 - x\n- Announced: 2026-01-01", "no Module"},
		{"MSA", msa, dated, `"" is no package`},
		{"MSA", msa, dated + "- Affects: a > 1.0\n", "cannot be read as a range"},
		{"MSA", msa, dated + "- Affects: a = 1.0\n", "cannot be read as a range"},
		{"MSA", msa, dated + "- Affects: a < 1.0\n\n### A\x07\n\nx", "what comes of it is no record"},
		{"XSA", xsa, string(long), "longer than"},
		{"XSA", xsa, "{}", "cannot unmarshal"},
		{"XSA", xsa, `[{"xsas":[` + strings.Repeat(`{"xsa":1,"public_time":"2026-01-01"},`, XSAMax) +
			`{"xsa":1,"public_time":"2026-01-01"}]}]`, "more than 10000"},
	} {
		if err := c.read([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// A clear-signed text is read with or without its key; a wrong key, or a changed text, is refused.
func TestMSASigned(t *testing.T) {
	key := func(seed byte) *sign.Key {
		made := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
		k, err := sign.Generate("Made up", "", made, rand.NewChaCha8([32]byte{seed}))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	one, two := key(1), key(2)
	plain, _, err := MSA("03.txt", read(t, "msa/03.txt"), nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := one.Clear(read(t, "msa/03.txt"), time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(signed, []byte("- - Module:")) {
		t.Error("nothing was escaped")
	}
	for _, c := range []struct {
		key   *sign.Public
		notes []string
	}{{nil, []string{"the signature was not checked"}}, {one.Public(), nil}} {
		r, notes, err := MSA("03.txt", signed, c.key)
		if err != nil {
			t.Fatal(err)
		}
		wantNotes(t, notes, c.notes...)
		if !bytes.Equal(r.Append(nil), plain.Append(nil)) {
			t.Errorf("the signed text is read as\n%s", r.Append(nil))
		}
	}
	if _, _, err := MSA("03.txt", signed, two.Public()); err == nil {
		t.Error("another key will do")
	}
	changed := bytes.Replace(signed, []byte("0.7.5"), []byte("0.7.4"), 1)
	if _, _, err := MSA("03.txt", changed, one.Public()); err == nil {
		t.Error("a changed text will do")
	}
}

// A line that cannot be read in a field is left out, and said.
func TestMSAOddities(t *testing.T) {
	text := strings.Replace(string(read(t, "msa/01.txt")), "2019-03-20 1.10.1 release",
		"2019-03-20 1.10.1 release,\n                some day", 1)
	r, notes, err := MSA("01.txt", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantNotes(t, notes, "not signed", `Corrected "some day" is no date and version: left out`)
	if r.Affected[0].Ranges[0] != (advisory.Range{Introduced: "1.10.0", Fixed: "1.10.1"}) {
		t.Errorf("affected %+v", r.Affected)
	}
	text = strings.Replace(string(read(t, "msa/01.txt")), "Advisory 01 - ", "Advisory 01 - é", 1)
	if r, _, err = MSA("01.txt", []byte(text), nil); err != nil || !strings.HasPrefix(r.Title, "É") {
		t.Errorf("a title that begins with a letter of two bytes: %v", err)
	}
}

// The index gives facts; numbers that are not public are left out, and said.
func TestXSA(t *testing.T) {
	records, notes, err := XSA("xsa.json", read(t, "xsa.json"))
	if err != nil {
		t.Fatal(err)
	}
	wantNotes(t, notes, "nothing is public: the number is unused", `public_time "soon" is no time`,
		"is no number of an XSA")
	if len(records) != 2 {
		t.Fatalf("%d records", len(records))
	}
	golden.Check(t, "testdata/xsa-494.md", records[0].Append(nil))
	if r := records[1]; r.ID != "x_XSA-9001" || r.Imported == nil || len(r.Affected) != 0 {
		t.Errorf("read as %+v", r)
	}
	bad, notes, err := XSA("x", []byte(
		`[{"xsas":[{"xsa":7,"title":"\u0007","public_time":"2026-01-01"}]}]`))
	if err != nil || len(bad) != 0 {
		t.Errorf("with a control character: %v", err)
	}
	wantNotes(t, notes, "left out: what comes of it is no record")
	untitled, _, err := XSA("x", []byte(`[{"xsas":[{"xsa":7,"public_time":"2026-01-01"}]}]`))
	if err != nil || untitled[0].Title != "Xen Security Advisory 7" {
		t.Errorf("without a title: %v", err)
	}
}

// Records that have nothing to do with each other do not count as one problem; a name in common
// does, and a CVE that one lacks is said.
func TestSame(t *testing.T) {
	a := &advisory.Record{ID: "A-1", Aliases: []string{"CVE-2026-1", "CVE-2026-2"}}
	b := &advisory.Record{ID: "B-1", Aliases: []string{"CVE-2026-2"},
		Affected: []advisory.Affected{{Module: "m", Ranges: []advisory.Range{{Introduced: "0"}}}}}
	c := &advisory.Record{ID: "C-1", Related: []string{"A-1"}, Affected: b.Affected}
	d := &advisory.Record{ID: "D-1", Affected: []advisory.Affected{{Module: "m"}}}
	if !Same(a, b) || !Same(a, c) || Same(b, c) || Same(a, a) || Same(a, d) {
		t.Error("wrong about what is the same")
	}
	wantNotes(t, Disagreements(a, b), "lacks the name CVE-2026-1, which A-1 has",
		"names m, which A-1 lacks")
	wantNotes(t, Disagreements(b, d), "m is affected in all versions, but B-1 has >=0",
		"lacks the name CVE-2026-2, which B-1 has")
}
