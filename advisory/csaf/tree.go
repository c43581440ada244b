// Package csaf exports advisories as a CSAF 2.0 provider: documents of the profile Security
// Advisory, and round them what makes a directory one that aggregators collect from
// (https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html §7). With a key the provider is
// a trusted one. A provider without documents is complete, but csaf_checker 3.7.0 passes none that
// has nothing to look at. The signatures themselves are made by package export, after which each
// document has <name>.asc beside it.
package csaf

import (
	"cmp"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"html"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

// Where the files are, relative to the website's root.
const (
	SecurityTxtPath = ".well-known/security.txt"
	dir             = ".well-known/csaf/"
	MetadataPath    = dir + "provider-metadata.json"
	servicePath     = dir + "service.json"
	KeyDir          = dir + "openpgp/" // the public keys, each as FINGERPRINT.asc
	Dir             = dir + "white/"   // what everybody may read and pass on: TLP:WHITE
	feedPath        = Dir + "csaf-feed-tlp-white.json"
	categoryPath    = Dir + "category-white.json"
)

var noFileName = regexp.MustCompile(`[^+\-a-z0-9]+`)

// Path is where the document of a record is: in the folder of the year of its issue (§7.1.11),
// named as §5.1 says.
func Path(r *advisory.Record) string {
	name := noFileName.ReplaceAllString(strings.ToLower(r.ID), "_") + ".json"
	return fmt.Sprintf("%s%04d/%s", Dir, r.Issued.UTC().Year(), name)
}

// KeyPath is where the public key is.
func KeyPath(key *sign.Public) string { return KeyDir + key.Fingerprint() + ".asc" }

// tree collects the files. documents are the records that have one, the last changed first.
type tree struct {
	public    *advisory.Public
	key       *sign.Public   // nil: documents are not signed
	others    []*sign.Public // keys that do not sign now
	documents []*advisory.Record
	files     []advisory.File
}

// Export makes the provider's tree and security.txt. key is the one that export signs with; the
// project's other keys lie beside it, so that a change of keys can be announced. Without
// it the role is csaf_provider in place of csaf_trusted_provider, and the directory is the only way
// to the documents: csaf_checker takes an entry of a ROLIE feed without a signature for an error.
func Export(p *advisory.Public, key *sign.Public) (advisory.Output, error) {
	t := &tree{public: p, key: key}
	var out advisory.Output
	for _, r := range p.Records() {
		if reason := skip(r); reason != "" {
			out.Skipped = append(out.Skipped, advisory.Skip{ID: r.ID, Reason: reason})
			continue
		}
		t.documents = append(t.documents, r)
		t.document(Path(r), encode(build(&p.Project, r)))
	}
	slices.SortStableFunc(t.documents, func(a, b *advisory.Record) int {
		return cmp.Or(b.Changed().Compare(a.Changed()), strings.Compare(a.ID, b.ID))
	})
	if err := t.otherKeys(); err != nil {
		return out, err
	}
	t.add(MetadataPath, encode(t.metadata()))
	if key != nil {
		for _, k := range append(t.others, key) {
			t.add(KeyPath(k), k.Armoured())
		}
		t.add(servicePath, encode(t.service()))
		t.add(feedPath, encode(t.feed()))
		t.add(categoryPath, encode(t.categories()))
	}
	t.add(Dir+"index.txt", []byte(t.index()))
	t.add(Dir+"changes.csv", []byte(t.changes()))
	t.listings()
	text, err := securityTxt(p, key)
	if err != nil {
		return out, err
	}
	t.add(SecurityTxtPath, text)
	out.Files = t.files
	return out, nil
}

// otherKeys reads the project's keys but the one that signs, in the order of their fingerprints. A
// tree that is not signed has none.
func (t *tree) otherKeys() error {
	if t.key == nil {
		return nil
	}
	for _, file := range t.public.Project.Keys {
		k, err := sign.ReadPublic(file.Armoured)
		if err != nil {
			return fmt.Errorf("csaf: %s: %w", file.File, err)
		}
		if k.Fingerprint() != t.key.Fingerprint() {
			t.others = append(t.others, k)
		}
	}
	compare := func(a, b *sign.Public) int { return strings.Compare(a.Fingerprint(), b.Fingerprint()) }
	slices.SortFunc(t.others, compare)
	t.others = slices.CompactFunc(t.others, func(a, b *sign.Public) bool { return compare(a, b) == 0 })
	return nil
}

func (t *tree) add(name string, data []byte) {
	t.files = append(t.files, advisory.File{Path: name, Data: data})
}

// document adds a document and its hashes (§7.1.18).
func (t *tree) document(name string, data []byte) {
	sum256, sum512 := sha256.Sum256(data), sha512.Sum512(data)
	line := func(sum []byte) []byte {
		return []byte(hex.EncodeToString(sum) + "  " + path.Base(name) + "\n")
	}
	t.add(name, data)
	t.add(name+".sha256", line(sum256[:]))
	t.add(name+".sha512", line(sum512[:]))
}

// suffixes are those of the files that belong to a document.
func (t *tree) suffixes() []string {
	if t.key == nil {
		return []string{"", ".sha256", ".sha512"}
	}
	return []string{"", ".asc", ".sha256", ".sha512"}
}

// url is the address of a file.
func (t *tree) url(name string) string { return t.public.Project.BaseURL + "/" + name }

// index lists the documents for those who fetch all (§7.1.12).
func (t *tree) index() string {
	var names []string
	for _, r := range t.documents {
		names = append(names, strings.TrimPrefix(Path(r), Dir)+"\n")
	}
	slices.Sort(names)
	return strings.Join(names, "")
}

// changes lists the documents for those who fetch what is new (§7.1.13).
func (t *tree) changes() string {
	var b strings.Builder
	for _, r := range t.documents {
		fmt.Fprintf(&b, "\"%s\",\"%s\"\n", strings.TrimPrefix(Path(r), Dir), stamp(r.Changed()))
	}
	return b.String()
}

// listings adds index.html to the directories, for servers that make none by themselves (§7.1.14).
func (t *tree) listings() {
	years := map[string][]string{}
	top := []string{"changes.csv", "index.txt"}
	if t.key != nil {
		top = append(top, "category-white.json", "csaf-feed-tlp-white.json")
	}
	for _, r := range t.documents {
		name := Path(r)
		year := path.Dir(name) + "/"
		if years[year] == nil {
			top = append(top, strings.TrimPrefix(year, Dir))
		}
		for _, suffix := range t.suffixes() {
			years[year] = append(years[year], path.Base(name)+suffix)
		}
	}
	slices.Sort(top)
	t.add(Dir+"index.html", listing(Dir, top))
	for _, name := range top {
		if year := Dir + name; strings.HasSuffix(name, "/") {
			slices.Sort(years[year])
			t.add(year+"index.html", listing(year, years[year]))
		}
	}
}

func listing(dir string, names []string) []byte {
	var b strings.Builder
	title := html.EscapeString("/" + dir)
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"+
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"+
		"<title>%s</title>\n</head>\n<body>\n<h1>%s</h1>\n<ul>\n", title, title)
	for _, name := range names {
		n := html.EscapeString(name)
		fmt.Fprintf(&b, "<li><a href=\"%s\">%s</a></li>\n", n, n)
	}
	b.WriteString("</ul>\n</body>\n</html>\n")
	return []byte(b.String())
}
