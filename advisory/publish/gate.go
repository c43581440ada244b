package publish

import (
	"context"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/cve"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/sign"
	"github.com/atoll-os/atoll/advisory/vex"
)

// Gate returns what is against putting a new tree in the place of an old one, at the date of the
// options: what is wrong with the new one by itself, and what it breaks of what the old one
// promised. An empty old tree promised nothing. The findings are in the order of the files. It
// stops early if ctx ends, as Judge does.
func Gate(ctx context.Context, old, tree []advisory.File, o Options) []advisory.Finding {
	g := &gate{old: index(old), tree: index(tree), newKey: o.NewKey}
	g.found = Judge(ctx, tree,
		Terms{Date: o.Date, Ahead: AheadMin, Progress: o.Judging})
	if len(old) > 0 {
		g.chain()
		g.addresses()
		g.promises()
		g.signers()
	}
	advisory.SortFindings(g.found)
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
	finder
	old, tree map[string][]byte
	newKey    string // fingerprint of a key that may replace the old one
}

// chain checks that the new manifest follows the old one.
func (g *gate) chain() {
	b, ok := g.old[export.ManifestPath]
	if !ok {
		return // Judge says so of the new one; an old one without is followed by any
	}
	before, err := export.ReadManifest(b)
	if err != nil {
		g.find(export.ManifestPath, "look at the published tree: was it changed by hand?",
			"the published manifest cannot be read: %v", err)
		return
	}
	after, err := export.ReadManifest(g.tree[export.ManifestPath])
	if err != nil {
		return // Judge says so
	}
	const again = "export again, with --previous naming the published tree"
	if after.Sequence != before.Sequence+1 {
		g.find(export.ManifestPath, again, "sequence %d does not follow %d", after.Sequence,
			before.Sequence)
	}
	if after.Previous != before.Hash() {
		g.find(export.ManifestPath, again, "previous is %q, but the published manifest has %s",
			after.Previous, before.Hash())
	}
	if after.Issued.Before(before.Issued) {
		g.find(export.ManifestPath, "export with a later --date", "issued %s, before the published %s",
			stamp(after.Issued), stamp(before.Issued))
	}
}

// forever tells whether a path is an address that must stay: people and machines have it in
// signed texts, feeds and bookmarks. Files that a directory listing or an index leads to are among
// them, since a mirror may have kept the old index. Drafts for others are not, and keys are looked
// at by signers.
func forever(name string) bool {
	for _, not := range []string{cve.Dir, vex.Dir, keyFolder} {
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
		if _, stays := g.tree[name]; stays || !forever(name) || g.companion(name) {
			continue
		}
		hint := "keep the file: its address is in signed texts, feeds and bookmarks"
		if rest, ok := strings.CutPrefix(name, modules); ok {
			if !named[path.Dir(rest)] {
				continue
			}
		}
		if isRecord(name) {
			hint = "a record is withdrawn, with a reason, and never removed"
		}
		g.find(name, hint, "it was published and is gone")
	}
}

// companion tells whether a file vanished with the one that it belongs to, or is a signature in a
// tree that was signed: one finding says it.
func (g *gate) companion(name string) bool {
	for _, ending := range []string{".asc", ".sha256", ".sha512", ".gz"} {
		if owner, ok := strings.CutSuffix(name, ending); ok {
			return g.tree[owner] == nil || ending == ".asc" && g.tree[export.ManifestPath+".asc"] == nil
		}
	}
	return false
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
		if after.modified.After(before.modified) && after.version > 0 && after.version <= before.version {
			g.find(name, "under ## Updates, write an item with its date for each change, keep the old ones",
				"it was modified, and the version of its text is still %d", after.version)
		}
	}
}

// signers checks that who trusts the old tree's key can trust the new one's.
func (g *gate) signers() {
	fingerprint := func(tree map[string][]byte) string {
		if key := signerOf(tree); key != nil {
			return key.Fingerprint()
		}
		return ""
	}
	before, after := fingerprint(g.old), fingerprint(g.tree)
	switch {
	case before == "" || before == after:
	case after == "":
		g.find(export.ManifestPath, "export with --key", "the published tree is signed, this one is not")
	case after != g.newKey:
		g.find(keyFolder+after+".asc", "if that is meant: --new-key "+after,
			"the key is another one: the published tree has %s", before)
	}
}

// Signer returns the key of a tree that signed its manifest, nil if none did. It shows nothing
// about who has that key.
func Signer(tree []advisory.File) *sign.Public { return signerOf(index(tree)) }

func signerOf(tree map[string][]byte) *sign.Public {
	signature, ok := tree[export.ManifestPath+".asc"]
	if !ok {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if !strings.HasPrefix(name, keyFolder) {
			continue
		}
		key, err := sign.ReadPublic(tree[name])
		if err == nil && key.Verify(tree[export.ManifestPath], signature) == nil {
			return key
		}
	}
	return nil
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "not given"
	}
	return t.UTC().Format(time.RFC3339)
}
