package publish

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Gate returns what is against putting a new tree in the place of an old one, at a date: what is
// wrong with the new one by itself, and what it breaks of what the old one promised. An empty old
// tree promised nothing. The findings are in the order of the files.
func Gate(old, tree []advisory.File, date time.Time) []advisory.Finding {
	g := &gate{old: index(old), tree: index(tree)}
	g.found = Judge(tree, nil, date)
	if len(old) > 0 {
		g.chain(date)
		g.addresses()
		g.promises()
		g.signers()
	}
	slices.SortStableFunc(g.found, func(a, b advisory.Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return g.found
}

// index finds the files of a tree by their paths.
func index(tree []advisory.File) map[string][]byte {
	files := make(map[string][]byte, len(tree))
	for _, f := range tree {
		files[f.Path] = f.Data
	}
	return files
}

// gate collects what a new tree breaks.
type gate struct {
	old, tree map[string][]byte
	found     []advisory.Finding
}

func (g *gate) find(file, hint, format string, args ...any) {
	g.found = append(g.found, advisory.Finding{File: file, Message: fmt.Sprintf(format, args...),
		Hint: hint})
}

// chain checks that the new manifest follows the old one.
func (g *gate) chain(date time.Time) {
	b, ok := g.old[ManifestPath]
	if !ok {
		return // Judge says so of the new one; an old one without is followed by any
	}
	before, err := parseManifest(b)
	if err != nil {
		g.find(ManifestPath, "look at the published tree: was it changed by hand?",
			"the published manifest cannot be read: %v", err)
		return
	}
	after, err := parseManifest(g.tree[ManifestPath])
	if err != nil {
		return // Judge says so
	}
	const again = "export again, with --previous naming the published tree"
	if after.Sequence != before.Sequence+1 {
		g.find(ManifestPath, again, "sequence %d does not follow %d", after.Sequence, before.Sequence)
	}
	sum := sha256.Sum256(b)
	if want := hex.EncodeToString(sum[:]); after.Previous != want {
		g.find(ManifestPath, again, "previous is %q, but the published manifest has %s",
			after.Previous, want)
	}
	if after.Issued.Before(before.Issued) {
		g.find(ManifestPath, "export with a later --date", "issued %s, before the published %s",
			stamp(after.Issued), stamp(before.Issued))
	}
}

// forever tells whether a path is an address that must stay: people and machines have it in
// signed texts, feeds and bookmarks. Files that a directory listing or an index leads to are among
// them, since a mirror may have kept the old index. Drafts for others are not, and keys are looked
// at by signers.
func forever(name string) bool {
	for _, not := range []string{"advisories/cve/", "advisories/vex/", keyFolder} {
		if strings.HasPrefix(name, not) {
			return false
		}
	}
	for _, is := range []string{advisories, wellKnown, security} {
		if strings.HasPrefix(name, is) {
			return true
		}
	}
	return false
}

// addresses checks that nothing vanishes. The page and the feed of a module may, if a correction
// took it out of all records.
func (g *gate) addresses() {
	named := map[string]bool{}
	for name, data := range g.tree {
		if !isRecord(name) {
			continue
		}
		if p, err := promiseOf(advisory.File{Path: name, Data: data}); err == nil {
			for _, m := range p.modules {
				named[m] = true
			}
		}
	}
	for name := range g.old {
		if _, stays := g.tree[name]; stays || !forever(name) {
			continue
		}
		hint := "keep the file: its address is in signed texts, feeds and bookmarks"
		if rest, ok := strings.CutPrefix(name, modules); ok {
			if !named[rest[:strings.LastIndex("/"+rest, "/")-min(1, strings.Count(rest, "/"))]] {
				continue
			}
		}
		if isRecord(name) {
			hint = "a record is withdrawn, with a reason, and never removed"
		}
		g.find(name, hint, "it was published and is gone")
	}
}

// promises checks that dates only move as they may.
func (g *gate) promises() {
	for name, data := range g.old {
		if !isRecord(name) || g.tree[name] == nil {
			continue
		}
		before, err := promiseOf(advisory.File{Path: name, Data: data})
		if err != nil {
			g.find(name, "look at the published tree: was it changed by hand?",
				"the published record cannot be read: %v", err)
			continue
		}
		after, err := promiseOf(advisory.File{Path: name, Data: g.tree[name]})
		if err != nil {
			continue // Judge says so
		}
		if !after.published.Equal(before.published) {
			g.find(name, "put the old issued date back; a correction moves modified",
				"published is %s, but was %s", stamp(after.published), stamp(before.published))
		}
		if after.modified.Before(before.modified) {
			g.find(name, "set modified to the time of the correction",
				"modified is %s, before the published %s", stamp(after.modified), stamp(before.modified))
		}
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "not given"
	}
	return t.UTC().Format(time.RFC3339)
}
