package site

import (
	"html/template"
	"path"
	"strings"

	"github.com/atoll-os/atoll/advisory/sign"
)

type securityPage struct {
	frame
	Heading   string
	Body      template.HTML // of security.md
	Contacts  []link
	Languages string
	Process   *document // the RFC on the security process
	Keys      []key
	Machine   []machineFile
	Commands  []string
}

// key is a key that advisories are signed with, or were until it was revoked.
type key struct {
	Fingerprint, Path string
	Revoked           bool
}

// machineFile is something that programs read.
type machineFile struct{ Name, Path, Use string }

const keyFolder = ".well-known/csaf/openpgp/"

// addSecurity makes the page on how to report, and on what programs can read.
func (b *builder) addSecurity() error {
	f := b.frame("security/", "Report a vulnerability in "+b.project.Name,
		"How to report a vulnerability in "+b.project.Name+", and how to follow its advisories.")
	p := securityPage{frame: f, Heading: "Report a vulnerability",
		Languages: strings.Join(b.project.Languages, ", ")}
	if d := b.library.byFile["security.md"]; d != nil {
		p.Heading, p.Body = d.Title, d.Body
	}
	for _, c := range b.project.Contact {
		p.Contacts = append(p.Contacts, link{strings.TrimPrefix(c, "mailto:"), c})
	}
	p.Process = b.library.byFile["rfc/0001-security-process.md"]
	for _, file := range b.Files {
		if path.Dir(file.Path)+"/" == keyFolder && path.Ext(file.Path) == ".asc" {
			name := strings.TrimSuffix(path.Base(file.Path), ".asc")
			public, err := sign.ReadPublic(file.Data)
			revoked := err == nil && public.RevokedAt(b.Public.Date)
			p.Keys = append(p.Keys, key{inFours(name), file.Path, revoked})
		}
	}
	for _, m := range []machineFile{
		{"Atom feed", feedPath, "for feed readers"},
		{"Go vulnerability database", goIndex, "for govulncheck"},
		{"OSV records", "advisories/osv/all.json", "for osv-scanner and aggregators"},
		{"CSAF provider metadata", ".well-known/csaf/provider-metadata.json", "for CSAF tools"},
		{"security.txt", ".well-known/security.txt", "RFC 9116"},
		{"Index", "advisories/index.json", "all advisories with ids, dates and titles"},
		{"Manifest", "advisories/manifest.json", "the sum of every file, with an expiry"},
	} {
		if b.exported[m.Path] {
			p.Machine = append(p.Machine, m)
		}
	}
	if b.exported[goIndex] {
		p.Commands = b.checkCommands()
	}
	return b.addPage("security", f.Path, p)
}

// inFours writes a fingerprint so that people can compare it.
func inFours(s string) string {
	var b strings.Builder
	for i, c := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}
