package publish

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/sign"
)

// A good tree has no fault, signed or not; with a key, only that key will do.
func TestJudgeGood(t *testing.T) {
	key := testKey(t, 1)
	signed := treeOf(t, records(), firstDay, key, nil, pages()...)
	unsigned := treeOf(t, records(), firstDay, nil, nil, pages()...)
	terms := Terms{Date: firstDay, Ahead: AheadMin}
	wantFindings(t, Judge(t.Context(), signed.Files, terms), nil)
	wantFindings(t, Judge(t.Context(), unsigned.Files, terms), nil)
	terms.Key = key.Public()
	wantFindings(t, Judge(t.Context(), signed.Files, terms), nil)
	wantFindings(t, Judge(t.Context(), unsigned.Files, terms), []string{
		export.ManifestPath + ": it is not signed"})
	terms.Key = testKey(t, 2).Public()
	wantFindings(t, Judge(t.Context(), signed.Files, terms), []string{
		export.ManifestPath + ".asc: sign: verify", ".well-known/security.txt: sign: verify"})
	if got := Signer(signed.Files); got == nil || got.Fingerprint() != key.Fingerprint() {
		t.Errorf("signed by %q", got)
	}
	if got := Signer(unsigned.Files); got != nil {
		t.Errorf("unsigned, but by %q", got)
	}
}

// Every file that is changed, added or taken away is found.
func TestJudgeDamage(t *testing.T) {
	key := testKey(t, 1)
	tree := treeOf(t, records(), firstDay, key, nil, pages()...)
	terms := Terms{Date: firstDay, Ahead: AheadMin}
	for _, f := range tree.Files {
		changed := with(tree.Files, f.Path, func(data []byte) []byte {
			return append([]byte("x"), data...)
		})
		missing := with(tree.Files, f.Path, gone)
		for what, files := range map[string][]advisory.File{"changed": changed, "missing": missing} {
			found := Judge(t.Context(), files, terms)
			named := false
			for _, found := range found {
				named = named || strings.HasPrefix(found.File, strings.TrimSuffix(f.Path, ".asc"))
			}
			if !named {
				t.Errorf("%s %s: found only %v", f.Path, what, found)
			}
		}
	}
	wantFindings(t, Judge(t.Context(), with(tree.Files, "more.html", text("more")), terms), []string{
		"more.html: the manifest does not list it"})
}

// Faults of single files, whatever the manifest says of them.
func TestJudgeFiles(t *testing.T) {
	key := testKey(t, 1)
	tree := treeOf(t, records(), firstDay, key, nil, pages()...)
	const osvFile = "advisories/osv/x_EX-2026-0001.json"
	const csafFile = ".well-known/csaf/white/2026/ex-2026-0001.json"
	keyFile := keyFolder + key.Fingerprint() + ".asc"
	other := testKey(t, 2).PublicKey()
	entry := func(published string) string {
		text := `{"id":"EX-2026-0001","modified":"2026-05-01T00:00:00Z"`
		if published != "" {
			text += `,"published":"` + published + `"`
		}
		return text + "}"
	}
	day := func(d int) Terms { return Terms{Date: firstDay.AddDate(0, 0, d)} }
	for _, c := range []struct {
		name   string
		file   string
		change func([]byte) []byte
		terms  Terms
		want   string
	}{
		{"no manifest", export.ManifestPath, gone, day(0), export.ManifestPath + ": the tree has no man"},
		{"no JSON", export.ManifestPath, text("{"), day(0), export.ManifestPath + ": it cannot be read"},
		{"expired", "x", text(""), day(14), export.ManifestPath + ": it expired at 2026-06-15"},
		{"from the future", "x", text(""), day(-1), export.ManifestPath + ": it is issued 2026-06-01"},
		{"no key", keyFile, text("no key"), day(0), keyFile + ": no key: "},
		{"another key", keyFile, text(string(other)), day(0), keyFile + ": it has another key"},
		{"key without signature", export.ManifestPath + ".asc", gone, day(0),
			export.ManifestPath + ": it is not signed"},
		{"signature without key", keyFile, gone, day(0),
			export.ManifestPath + ".asc: a signature, and no key to check it"},
		{"signature without file", csafFile, gone, day(0),
			csafFile + ".asc: a signature of a file that is not there"},
		{"no security.txt", csaf.SecurityTxtPath, gone, day(0), csaf.SecurityTxtPath + ": there is none"},
		{"security.txt without expiry", csaf.SecurityTxtPath, text("Contact: x\n"), day(0),
			csaf.SecurityTxtPath + ": it has no Expires"},
		{"security.txt with a bad expiry", csaf.SecurityTxtPath, text("Expires: soon\n"), day(0),
			csaf.SecurityTxtPath + ": parsing time"},
		{"security.txt expires soon", csaf.SecurityTxtPath, text("Expires: 2026-06-30T00:00:00Z\n"),
			Terms{Date: firstDay, Ahead: AheadMin}, csaf.SecurityTxtPath + ": it expires too soon"},
		{"no record", osvFile, text("no JSON"), day(0), osvFile + ": osv: read entry: "},
		{"no document", csafFile, text("[]"), day(0), csafFile + ": no CSAF document"},
		{"no version", csafFile, text("{}"), day(0), csafFile + ": no CSAF document: version"},
		{"not published", osvFile, text(entry("")), day(0), osvFile + ": it does not say when it was"},
		{"published later", osvFile, text(entry("2026-06-02T00:00:00Z")), day(0),
			osvFile + ": published 2026-06-02T00:00:00Z and modified 2026-05-01T00:00:00Z, later than "},
		{"modified before", osvFile, text(entry("2026-05-02T00:00:00Z")), day(0),
			osvFile + ": modified 2026-05-01T00:00:00Z, before it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wantFindings(t, Judge(t.Context(), with(tree.Files, c.file, c.change), c.terms),
				[]string{c.want})
		})
	}
}

// A key, and security.txt, must be valid for 30 days after the date.
func TestJudgeAhead(t *testing.T) {
	key := testKey(t, 1)
	last := key.Expires().Add(-AheadMin - time.Second).Truncate(24 * time.Hour)
	for _, c := range []struct {
		day  time.Time
		want []string
	}{
		{last, nil},
		{last.Add(48 * time.Hour), []string{keyFolder + key.Fingerprint() +
			".asc: the key is not valid for long enough"}},
	} {
		tree := treeOf(t, records(), c.day, key, nil)
		wantFindings(t, Gate(t.Context(), nil, tree.Files, Options{Date: c.day}), c.want)
	}
}

// A revoked key may lie in the tree for ever, beside the one that signs; it cannot be that one.
func TestJudgeRevoked(t *testing.T) {
	const where = "../sign/testdata/revoked"
	armoured, err := os.ReadFile(where + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	public, err := sign.ReadPublic(armoured)
	if err != nil {
		t.Fatal(err)
	}
	revoked := advisory.File{Path: keyFolder + public.Fingerprint() + ".asc", Data: armoured}
	day, key := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), testKey(t, 1)
	tree := treeOf(t, records(), day, key, nil, revoked)
	wantFindings(t, Gate(t.Context(), nil, tree.Files, Options{Date: day}), nil)
	own := keyFolder + key.Fingerprint() + ".asc"
	wantFindings(t, Judge(t.Context(), with(tree.Files, own, gone), Terms{Date: day}), []string{
		export.ManifestPath + ".asc: a signature, and no key to check it"})
}

// Clear-signed text must be that of the file beside it.
func TestJudgeClearText(t *testing.T) {
	key := testKey(t, 1)
	signed, err := key.Clear([]byte("one text\n"), firstDay)
	if err != nil {
		t.Fatal(err)
	}
	files := []advisory.File{{Path: "a.txt", Data: []byte("another text\n")},
		{Path: "a.txt.asc", Data: signed}}
	wantFindings(t, Judge(t.Context(), files, Terms{Date: firstDay, Key: key.Public()}), []string{
		"a.txt.asc: the signed text is not that of the file beside it"})
}
