package publish

import (
	"strings"
	"testing"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/export"
)

// What follows as it should passes the gate: the same records a day later, more of them, one that
// is corrected, one that is withdrawn.
func TestGateLetsPass(t *testing.T) {
	key := testKey(t, 1)
	old := treeOf(t, records(), firstDay, key, nil, pages()...)
	for _, c := range []struct {
		name   string
		change func(list []*advisory.Record) []*advisory.Record
	}{
		{"nothing new", func(list []*advisory.Record) []*advisory.Record { return list }},
		{"another record", func(list []*advisory.Record) []*advisory.Record {
			r := *list[0]
			r.ID, r.Issued = "EX-2026-0002", secondDay
			return append(list, &r)
		}},
		{"a correction", func(list []*advisory.Record) []*advisory.Record {
			list[0].Modified, list[0].Title = secondDay, "Made up: corrected"
			return list
		}},
		{"a withdrawal", func(list []*advisory.Record) []*advisory.Record {
			list[0].Withdrawn = &advisory.Withdrawal{Date: secondDay, Reason: "It was none."}
			return list
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := treeOf(t, c.change(records()), secondDay, key, old, pages()...)
			for _, f := range Gate(t.Context(), old.Files, next.Files, Options{Date: secondDay}) {
				t.Error(f)
			}
		})
	}
	for _, f := range Gate(t.Context(), nil, old.Files, Options{Date: firstDay}) {
		t.Errorf("the first tree: %v", f)
	}
}

// Every promise that a tree can break by its records.
func TestGateRefusesRecords(t *testing.T) {
	key := testKey(t, 1)
	changed := records()
	changed[0].Modified = firstDay.Add(-time.Hour)
	old := treeOf(t, changed, firstDay, key, nil, pages()...)
	for _, c := range []struct {
		name   string
		change func(list []*advisory.Record) []*advisory.Record
		want   []string // beginnings of findings
	}{
		{"a record vanishes", func(list []*advisory.Record) []*advisory.Record { return list[1:] },
			[]string{"advisories/osv/x_EX-2026-0001.json: it was published and is gone",
				"advisories/go/ID/x_EX-2026-0001.json: it was published and is gone",
				".well-known/csaf/white/2026/ex-2026-0001.json: it was published and is gone"}},
		{"the issue date moves", func(list []*advisory.Record) []*advisory.Record {
			list[0].Issued = list[0].Issued.Add(time.Hour)
			return list
		}, []string{"advisories/osv/x_EX-2026-0001.json: published is 2026-05-01T01:00:00Z, but was ",
			"advisories/go/ID/x_EX-2026-0001.json: published is",
			".well-known/csaf/white/2026/ex-2026-0001.json: published is"}},
		{"modified goes back", func(list []*advisory.Record) []*advisory.Record {
			list[0].Modified = list[0].Modified.Add(-time.Hour)
			return list
		}, []string{"advisories/osv/x_EX-2026-0001.json: modified is 2026-06-01T10:00:00Z, before the "}},
		{"a withdrawal without a reason", func(list []*advisory.Record) []*advisory.Record {
			list[0].Withdrawn = &advisory.Withdrawal{Date: secondDay}
			return list
		}, []string{"advisories/osv/x_EX-2026-0001.json: it is withdrawn, and nothing says why",
			"advisories/go/ID/x_EX-2026-0001.json: it is withdrawn, and nothing says why"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := records()
			list[0].Modified = changed[0].Modified
			next := treeOf(t, c.change(list), secondDay, key, old, pages()...)
			wantFindings(t, Gate(t.Context(), old.Files, next.Files, Options{Date: secondDay}), c.want)
		})
	}
}

// wantFindings checks that findings with these beginnings are there, each with a hint.
func wantFindings(t *testing.T, found []advisory.Finding, want []string) {
	t.Helper()
	var all []string
	for _, f := range found {
		all = append(all, f.String())
		if f.Hint == "" {
			t.Errorf("no hint: %v", f)
		}
	}
	joined := "\n" + strings.Join(all, "\n")
	for _, w := range want {
		if !strings.Contains(joined, "\n"+w) {
			t.Errorf("not found: %s\nin:%s", w, joined)
		}
	}
	if len(want) == 0 && len(found) > 0 {
		t.Errorf("found:%s", joined)
	}
}

// Addresses stay for ever; a document may go, and so may a module's page once no record names it.
func TestGateAddresses(t *testing.T) {
	key := testKey(t, 1)
	old := treeOf(t, records(), firstDay, key, nil, pages()...)
	next := treeOf(t, records(), secondDay, key, old)
	wantFindings(t, Gate(t.Context(), old.Files, next.Files, Options{Date: secondDay}), []string{
		"advisories/EX-2026-0001/index.html: it was published and is gone",
		"advisories/module/example.org/!mod/index.html: it was published and is gone",
		"security/index.html: it was published and is gone"})
	list := records()
	list[0].Affected[0].Module, list[0].Modified = "example.org/other", secondDay
	list[0].Sections = append(list[0].Sections, advisory.Section{Name: advisory.Updates,
		Text: "- 2026-06-02: another module."})
	corrected := treeOf(t, list, secondDay, key, old, pages()[0], pages()[3])
	wantFindings(t, Gate(t.Context(), old.Files, corrected.Files, Options{Date: secondDay}), nil)
}

// Sequence and hash of the manifests make a chain.
func TestGateChain(t *testing.T) {
	key := testKey(t, 1)
	old := treeOf(t, records(), firstDay, key, nil, pages()...)
	again := treeOf(t, records(), secondDay, key, nil, pages()...)
	wantFindings(t, Gate(t.Context(), old.Files, again.Files, Options{Date: secondDay}), []string{
		export.ManifestPath + ": sequence 1 does not follow 1",
		export.ManifestPath + `: previous is "", but the published manifest has `})
	other := treeOf(t, records()[:1], firstDay, key, nil, pages()...)
	forked := treeOf(t, records(), secondDay, key, other, pages()...)
	wantFindings(t, Gate(t.Context(), old.Files, forked.Files, Options{Date: secondDay}), []string{
		export.ManifestPath + ": previous is "})
	later := treeOf(t, records(), secondDay, key, nil, pages()...)
	earlier := treeOf(t, records(), firstDay, key, nil, pages()...)
	wantFindings(t, Gate(t.Context(), later.Files, earlier.Files, Options{Date: secondDay}), []string{
		export.ManifestPath + ": issued 2026-06-01T12:00:00Z, before the published "})
	broken := with(old.Files, export.ManifestPath, text("{"))
	next := treeOf(t, records(), secondDay, key, old, pages()...)
	wantFindings(t, Gate(t.Context(), broken, next.Files, Options{Date: secondDay}), []string{
		export.ManifestPath + ": the published manifest cannot be read"})
	broken = with(old.Files, "advisories/osv/x_EX-2026-0001.json", text("[]"))
	wantFindings(t, Gate(t.Context(), broken, next.Files, Options{Date: secondDay}), []string{
		"advisories/osv/x_EX-2026-0001.json: the published record cannot be read"})
	unmanaged := with(old.Files, export.ManifestPath, gone)
	first := treeOf(t, records(), secondDay, key, nil, pages()...)
	wantFindings(t, Gate(t.Context(), unmanaged, first.Files, Options{Date: secondDay}), nil)
}

// Another key is refused unless it is named; a signed tree is never followed by an unsigned one.
func TestGateKeys(t *testing.T) {
	one, two := testKey(t, 1), testKey(t, 2)
	old := treeOf(t, records(), firstDay, one, nil, pages()...)
	next := treeOf(t, records(), secondDay, two, old, pages()...)
	wantFindings(t, Gate(t.Context(), old.Files, next.Files, Options{Date: secondDay}), []string{
		keyFolder + two.Fingerprint() + ".asc: the key is another one: the published tree has " +
			one.Fingerprint()})
	meant := Options{Date: secondDay, NewKey: two.Fingerprint()}
	wantFindings(t, Gate(t.Context(), old.Files, next.Files, meant), nil)
	unsigned := treeOf(t, records(), secondDay, nil, old, pages()...)
	wantFindings(t, Gate(t.Context(), old.Files, unsigned.Files, meant), []string{
		export.ManifestPath + ": the published tree is signed, this one is not"})
	before := treeOf(t, records(), firstDay, nil, nil, pages()...)
	signed := treeOf(t, records(), secondDay, one, before, pages()...)
	wantFindings(t, Gate(t.Context(), before.Files, signed.Files, Options{Date: secondDay}), nil)
}

// Each change makes a new version of a text, which is the number of its updates: two changes and
// one update are one too few.
func TestGateVersions(t *testing.T) {
	key := testKey(t, 1)
	on := func(day time.Time, updates string) []*advisory.Record {
		list := records()
		list[0].Modified = day
		list[0].Sections = append(list[0].Sections,
			advisory.Section{Name: advisory.Updates, Text: updates})
		return list
	}
	old := treeOf(t, on(firstDay, "- 2026-06-01: more."), firstDay, key, nil, pages()...)
	for updates, want := range map[string][]string{
		"- 2026-06-01: more.\n- 2026-06-02: yet more.": nil,
		"- 2026-06-02: yet more.": {".well-known/csaf/white/2026/ex-2026-0001.json: " +
			"it was modified, and the version of its text is still 2"},
	} {
		next := treeOf(t, on(secondDay, updates), secondDay, key, old, pages()...)
		found := Gate(t.Context(), old.Files, next.Files, Options{Date: secondDay})
		wantFindings(t, found, want)
	}
}
