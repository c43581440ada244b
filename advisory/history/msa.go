package history

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/sign"
)

// signedHeader begins a clear-signed message (RFC 9580 §7).
const (
	signedHeader    = "-----BEGIN PGP SIGNED MESSAGE-----"
	signatureHeader = "-----BEGIN PGP SIGNATURE-----"
)

var (
	// "# MirageOS Security Advisory (MirageOS-SA-00.mirage-net-xen)",
	// "## MirageOS Security Advisory 01 - memory disclosure in mirage-net-xen"
	msaTitle = regexp.MustCompile(
		`^#{1,2} MirageOS Security Advisory (?:\(MirageOS-SA-(\d\d)\.[^)]*\)|(\d\d) - (.+))$`)
	// "Module:       netchannel", "- Module:       netchannel"
	msaField = regexp.MustCompile(`^(?:- )?([A-Z][A-Za-z]*): +(\S.*)$`)
	// "I.   Background", "### Background"
	msaHeading = regexp.MustCompile(`^(?:[IVX]+\. +|### )(\S.*)$`)
	// "2016-05-03 1.4.2 release", "2019-04-22: mirage-xen 3.4.0"
	msaCorrected = regexp.MustCompile(
		`^\d{4}-\d\d-\d\d:? (?:([a-z0-9-]+) )?([0-9][A-Za-z0-9.~+-]*)(?: release)?$`)
	// "mirage-net-xen <1.4.2", "ocaml-gnt (no longer supported)"
	msaAffects = regexp.MustCompile(`^([a-z0-9-]+) *(.*)$`)
	msaBound   = regexp.MustCompile(`^(>=|<=|=|<|>) *([0-9][A-Za-z0-9.~+-]*)$`)
	// a commit by its hash
	msaCommit = regexp.MustCompile(`^[0-9a-f]{40}$`)
	msaLabel  = regexp.MustCompile(`^\[([^\]]+)\]: https://\S+$`)
	msaLink   = regexp.MustCompile(`https://[^\s)>\]]+`)
)

// msaPages is where the advisories are.
const msaPages = "https://mirageos.org/blog/MSA"

// MSA reads the text of a MirageOS security advisory, clear-signed as it was published. The
// signature is checked only if there is a key. File is for findings.
func MSA(file string, text []byte, key *sign.Public) (*advisory.Record, []advisory.Finding, error) {
	if len(text) > SourceBytesMax {
		return nil, nil, fmt.Errorf("history: read MSA: longer than %d bytes", SourceBytesMax)
	}
	n := &notes{file: file}
	plain, err := n.unsigned(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), key)
	if err != nil {
		return nil, nil, err
	}
	m := &msa{notes: n, fields: map[string]string{}, record: &advisory.Record{File: file,
		Imported: &advisory.Origin{From: "MirageOS", Licence: NoLicence}}}
	err = m.read(strings.Split(string(plain), "\n"))
	if err == nil {
		err = writable(m.record)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("history: read MSA: %w", err)
	}
	return m.record, n.list, nil
}

// unsigned takes the text out of a clear-signed message.
func (n *notes) unsigned(text []byte, key *sign.Public) ([]byte, error) {
	body, signed := bytes.CutPrefix(text, []byte(signedHeader+"\n"))
	switch {
	case key != nil:
		plain, err := key.VerifyClear(text)
		if err != nil {
			return nil, fmt.Errorf("history: read MSA: %w", err)
		}
		return plain, nil
	case !signed:
		n.add("look where the text is from", "the text is not signed")
		return text, nil
	}
	n.add("give the key of the signature", "the signature was not checked")
	_, body, ok := bytes.Cut(body, []byte("\n\n")) // behind "Hash: …"
	body, _, ok2 := bytes.Cut(body, []byte("\n"+signatureHeader+"\n"))
	if !ok || !ok2 {
		return nil, errors.New("history: read MSA: a broken clear-signed message")
	}
	lines := bytes.Split(body, []byte("\n"))
	for i := range lines {
		lines[i] = bytes.TrimPrefix(lines[i], []byte("- "))
	}
	return bytes.Join(lines, []byte("\n")), nil
}

// msa is an advisory that is being read.
type msa struct {
	*notes
	record *advisory.Record
	fields map[string]string // in lower case; several lines are joined by newlines
}

func (m *msa) read(lines []string) error {
	i, err := m.head(lines)
	if err != nil {
		return err
	}
	name, part := "", []string{}
	for _, line := range lines[i:] {
		if h := msaHeading.FindStringSubmatch(line); h != nil {
			m.section(name, part)
			name, part = h[1], nil
			continue
		}
		part = append(part, line)
	}
	m.section(name, part)
	return m.finish()
}

// head reads the title and the fields, and returns the line behind them.
func (m *msa) head(lines []string) (int, error) {
	i := 0
	for i < len(lines) && strings.TrimSpace(lines[i]) == "" {
		i++
	}
	if i == len(lines) {
		return 0, errors.New("no text")
	}
	t := msaTitle.FindStringSubmatch(strings.TrimSpace(lines[i]))
	if t == nil {
		return 0, fmt.Errorf("%.60q is no title of a MirageOS security advisory", lines[i])
	}
	number := t[1] + t[2]
	m.id = "x_MSA-" + number
	m.record.ID, m.record.Title = m.id, oneLine(t[3])
	m.record.Imported.URL = msaPages + number
	m.record.References = []advisory.Reference{{Type: "ADVISORY", URL: msaPages + number}}
	last := ""
	for i++; i < len(lines); i++ {
		line := lines[i]
		f := msaField.FindStringSubmatch(line)
		switch {
		case f != nil:
			last = strings.ToLower(f[1])
			m.fields[last] = strings.TrimSpace(f[2])
		case strings.TrimSpace(line) == "": // before the first field, and behind Topic
		case strings.HasPrefix(line, "  ") && last != "":
			m.fields[last] += "\n" + strings.TrimSpace(line)
		default:
			return i, nil
		}
	}
	return i, nil
}

// section takes a part of the text. Links of the part about corrections, and commits, are
// references to fixes.
func (m *msa) section(name string, lines []string) {
	if name == "" {
		return
	}
	if name == "References" { // how to check the signature, and where links of the text lead
		for _, line := range lines {
			if l := msaLabel.FindStringSubmatch(line); l != nil {
				m.label(l[1], line)
			}
		}
		return
	}
	text := strings.Join(lines, "\n")
	addSection(m.record, name, text)
	if name != "Correction details" {
		return
	}
	for _, link := range msaLink.FindAllString(text, -1) {
		m.fix(link)
	}
	for _, word := range strings.Fields(text) {
		if msaCommit.MatchString(word) {
			m.fix("https://github.com/mirage/" + m.fields["module"] + "/commit/" + word)
		}
	}
}

// label puts where a link leads below the sections that have it.
func (m *msa) label(label, line string) {
	for i := range m.record.Sections {
		s := &m.record.Sections[i]
		if strings.Contains(s.Text, "["+label+"]") {
			s.Text += "\n\n" + line
		}
	}
}

func (m *msa) fix(url string) {
	for _, r := range m.record.References {
		if r.URL == url {
			return
		}
	}
	m.record.References = append(m.record.References, advisory.Reference{Type: "FIX", URL: url})
}

// finish reads the fields.
func (m *msa) finish() error {
	r := m.record
	at, err := time.Parse(time.DateOnly, m.fields["announced"])
	if err != nil {
		return fmt.Errorf("no date in Announced: %w", err)
	}
	r.Issued = at
	if r.Title == "" {
		r.Title = oneLine(m.fields["topic"])
	}
	if r.Title == "" || m.fields["module"] == "" {
		return errors.New("no Topic or no Module")
	}
	first, size := utf8.DecodeRuneInString(r.Title)
	r.Title = string(unicode.ToUpper(first)) + r.Title[size:]
	for _, name := range strings.Split(m.fields["credits"], ",") {
		if name = oneLine(name); name != "" {
			r.Credits = append(r.Credits, advisory.Credit{Name: name, Type: "OTHER"})
		}
	}
	if cve := m.fields["cve"]; cve != "" {
		r.Aliases = strings.Fields(strings.ReplaceAll(cve, ",", " "))
	}
	return m.affects(m.corrected())
}

// corrected reads the versions that correct the problem, by package.
func (m *msa) corrected() map[string][]string {
	by := map[string][]string{}
	for _, line := range strings.Split(m.fields["corrected"], "\n") {
		line = strings.TrimSuffix(strings.TrimSpace(line), ",")
		c := msaCorrected.FindStringSubmatch(line)
		if c == nil {
			m.add("look at the source", "Corrected %.60q is no date and version: left out", line)
			continue
		}
		name := c[1]
		if name == "" {
			name = m.fields["module"]
		}
		by[name] = append(by[name], c[2])
	}
	return by
}

// affects reads the packages, and holds their ranges against the versions that correct them.
func (m *msa) affects(corrected map[string][]string) error {
	text := strings.ReplaceAll(m.fields["affects"], "\n", " ")
	for _, item := range strings.Split(text, ",") {
		a := msaAffects.FindStringSubmatch(strings.TrimSpace(item))
		if a == nil {
			return fmt.Errorf("affects %.60q is no package", item)
		}
		v, err := m.versions(a[1], a[2], corrected[a[1]])
		if err != nil {
			return err
		}
		m.record.Affected = append(m.record.Affected, advisory.Affected{Ecosystem: advisory.Opam,
			Module: a[1], Ranges: []advisory.Range{v}})
	}
	return nil
}

// versions reads a constraint such as ">= 0.6.6 & < 0.7.5".
func (m *msa) versions(name, constraint string, corrected []string) (advisory.Range, error) {
	v := advisory.Range{Introduced: advisory.First}
	if constraint == "" || strings.HasPrefix(constraint, "(") { // "(no longer supported)"
		m.add("", "%s %s: all versions count, and no fix", name, constraint)
		return v, nil
	}
	for _, part := range strings.Split(constraint, "&") {
		b := msaBound.FindStringSubmatch(strings.TrimSpace(part))
		switch {
		case b != nil && b[1] == "<":
			v.Fixed = b[2]
		case b != nil && b[1] == ">=":
			v.Introduced = b[2]
		case b != nil && b[1] == "=" && len(corrected) == 1:
			v.Introduced, v.Fixed = b[2], corrected[0]
		default:
			return v, fmt.Errorf("affects %s %.60q cannot be read as a range", name, constraint)
		}
	}
	for _, c := range corrected {
		if c == v.Fixed {
			return v, nil
		}
	}
	m.add("the range is kept as it is; look at the source",
		"%s is affected below %s, but corrected in %s", name, v.Fixed, strings.Join(corrected, ", "))
	return v, nil
}
