package publish

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/export"
	"github.com/atoll-os/atoll/advisory/sign"
)

// AheadMin is how long the keys and security.txt of a tree that is published must still be valid:
// time to notice and to make new ones.
const AheadMin = 30 * 24 * time.Hour

// Terms are what a tree is judged by.
type Terms struct {
	Date  time.Time     // validity is judged at it
	Ahead time.Duration // how long after it keys and security.txt must still be valid
	Key   *sign.Public  // signatures must be by this one; nil: by a key that the tree itself has

	Progress export.Progress // is told of the files whose signatures were looked at; nil: nobody is
}

// Judge returns what is wrong with a tree by itself, in the order of the files: hashes, signatures,
// validity and records. A tree without any key is not signed, which is no fault unless the terms
// name a key. It stops early if ctx ends, and has then not found everything.
func Judge(ctx context.Context, tree []advisory.File, terms Terms) []advisory.Finding {
	j := &judge{tree: index(tree), terms: terms}
	j.manifest(tree)
	j.keys(tree)
	j.signatures(ctx, tree)
	j.securityTxt()
	j.records(tree)
	advisory.SortFindings(j.found)
	return j.found
}

// finder collects findings.
type finder struct{ found []advisory.Finding }

func (f *finder) find(file, hint, format string, args ...any) {
	f.found = append(f.found, advisory.Finding{File: file, Message: fmt.Sprintf(format, args...),
		Hint: hint})
}

// judge looks at one tree.
type judge struct {
	finder
	tree    map[string][]byte
	terms   Terms
	signers []*sign.Public
}

// manifest checks that the manifest lists every file with its hash, and nothing else.
func (j *judge) manifest(tree []advisory.File) {
	const again = "export the tree anew; never change its files by hand"
	b, ok := j.tree[export.ManifestPath]
	if !ok {
		j.find(export.ManifestPath, again, "the tree has no manifest")
		return
	}
	m, err := export.ReadManifest(b)
	if err != nil {
		j.find(export.ManifestPath, again, "it cannot be read: %v", err)
		return
	}
	if !m.Expires.After(j.terms.Date) {
		j.find(export.ManifestPath, "publish anew: clients take an old tree for one that is held back",
			"it expired at %s", stamp(m.Expires))
	}
	if m.Issued.After(j.terms.Date) {
		j.find(export.ManifestPath, "look at the clock, and at --date", "it is issued %s, after %s",
			stamp(m.Issued), stamp(j.terms.Date))
	}
	for _, f := range tree {
		if f.Path == export.ManifestPath || f.Path == export.ManifestPath+".asc" {
			continue
		}
		want, listed := m.Files[f.Path]
		sum := sha256.Sum256(f.Data)
		switch {
		case !listed:
			j.find(f.Path, again, "the manifest does not list it")
		case want != hex.EncodeToString(sum[:]):
			j.find(f.Path, again, "its SHA-256 is not the one in the manifest")
		}
	}
	for name := range m.Files {
		if _, ok := j.tree[name]; !ok {
			j.find(name, again, "the manifest lists it, but it is not there")
		}
	}
}

// keys checks the keys of the tree, and decides which ones may have signed.
func (j *judge) keys(tree []advisory.File) {
	for _, f := range tree {
		name, ok := strings.CutPrefix(f.Path, keyFolder)
		if !ok || !strings.HasSuffix(name, ".asc") {
			continue
		}
		key, err := sign.ReadPublic(f.Data)
		if err != nil {
			j.find(f.Path, "put the armoured public key there", "no key: %v", err)
			continue
		}
		if name != key.Fingerprint()+".asc" {
			j.find(f.Path, "name it "+key.Fingerprint()+".asc", "it has another key")
			continue
		}
		if key.RevokedAt(j.terms.Date) {
			continue // there for who has it, to learn of that; nothing is signed with it
		}
		if err := key.ValidAt(j.terms.Date.Add(j.terms.Ahead)); err != nil {
			j.find(f.Path, "make a new key in time: the security process says how",
				"the key is not valid for long enough: %v", err)
		}
		j.signers = append(j.signers, key)
	}
	if j.terms.Key != nil {
		j.signers = []*sign.Public{j.terms.Key}
	}
	if len(j.signers) > 0 && j.tree[export.ManifestPath+".asc"] == nil {
		j.find(export.ManifestPath, "export with --key", "it is not signed")
	}
}

// signatures checks every signature of the tree against the file that it is for.
func (j *judge) signatures(ctx context.Context, tree []advisory.File) {
	for i, f := range tree {
		if ctx.Err() != nil {
			return
		}
		if j.terms.Progress != nil {
			j.terms.Progress(i, len(tree))
		}
		signed, ok := strings.CutSuffix(f.Path, ".asc")
		if !ok || strings.HasPrefix(f.Path, keyFolder) {
			continue
		}
		if len(j.signers) == 0 {
			j.find(f.Path, "put the public key into "+keyFolder, "a signature, and no key to check it")
			continue
		}
		data, ok := j.tree[signed]
		if !ok {
			j.find(f.Path, "export the tree anew", "a signature of a file that is not there")
			continue
		}
		if err := j.verify(f.Data, data); err != nil {
			j.find(f.Path, "export the tree anew, with the key that is published", "%v", err)
		}
	}
	if text := j.tree[csaf.SecurityTxtPath]; bytes.HasPrefix(text, []byte(clearHeader)) {
		if err := j.verify(text, nil); err != nil {
			j.find(csaf.SecurityTxtPath, "export the tree anew, with the key that is published", "%v", err)
		}
	}
}

const clearHeader = "-----BEGIN PGP SIGNED MESSAGE-----"

// verify checks a signature, detached or clear, by any of the signers. The text of a clear one must
// be data, unless that is nil.
func (j *judge) verify(signature, data []byte) error {
	err := fmt.Errorf("no key to check it with")
	for _, key := range j.signers {
		if !bytes.HasPrefix(signature, []byte(clearHeader)) {
			err = key.Verify(data, signature)
		} else {
			var text []byte
			text, err = key.VerifyClear(signature)
			if err == nil && data != nil && !bytes.Equal(text, data) {
				err = fmt.Errorf("the signed text is not that of the file beside it")
			}
		}
		if err == nil {
			return nil
		}
	}
	return err
}

// securityTxt checks that people can still rely on where to report.
func (j *judge) securityTxt() {
	text, ok := j.tree[csaf.SecurityTxtPath]
	if !ok {
		j.find(csaf.SecurityTxtPath, "export writes it", "there is none")
		return
	}
	for line := range strings.Lines(string(text)) {
		value, ok := strings.CutPrefix(strings.TrimSpace(line), "Expires:")
		if !ok {
			continue
		}
		at, err := time.Parse(time.RFC3339, strings.TrimSpace(value))
		if err != nil {
			j.find(csaf.SecurityTxtPath, "write Expires as RFC 3339", "%v", err)
		} else if at.Before(j.terms.Date.Add(j.terms.Ahead)) {
			j.find(csaf.SecurityTxtPath, "export anew, with a later --date", "it expires too soon: %s",
				stamp(at))
		}
		return
	}
	j.find(csaf.SecurityTxtPath, "RFC 9116 §2.5.5 demands one", "it has no Expires")
}

// records checks the dates of every record, and that a withdrawal says why.
func (j *judge) records(tree []advisory.File) {
	for _, f := range tree {
		if !isRecord(f.Path) {
			continue
		}
		p, err := promiseOf(f)
		switch {
		case err != nil:
			j.find(f.Path, "export the tree anew", "%v", err)
		case p.published.IsZero():
			j.find(f.Path, "give the record an issued date", "it does not say when it was published")
		case p.published.After(j.terms.Date) || p.modified.After(j.terms.Date):
			j.find(f.Path, "export for a later --date, or correct the record's dates",
				"published %s and modified %s, later than %s", stamp(p.published), stamp(p.modified),
				stamp(j.terms.Date))
		case p.modified.Before(p.published):
			j.find(f.Path, "correct the record's dates", "modified %s, before it was published: %s",
				stamp(p.modified), stamp(p.published))
		case !p.withdrawn.IsZero() && strings.TrimSpace(p.reason) == "":
			j.find(f.Path, "write the reason beside withdrawn: people and tools relied on the record",
				"it is withdrawn, and nothing says why")
		}
	}
}
