package osv

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Build makes the entry of a record.
func Build(p *advisory.Project, r *advisory.Record) (*Entry, error) {
	if err := Named(r); err != nil {
		return nil, fmt.Errorf("osv: %s: %w", r.File, err)
	}
	e := &Entry{
		SchemaVersion: SchemaVersion,
		ID:            p.ID(r),
		Modified:      instant(r.Changed()),
		Published:     pointer(r.Issued),
		Related:       slices.Clone(r.Related),
		Summary:       r.Title,
		Details:       details(r),
	}
	e.Aliases = aliases(e.ID, r)
	if r.Withdrawn != nil {
		e.Withdrawn = pointer(r.Withdrawn.Date)
	}
	for _, s := range r.Severity {
		e.Severity = append(e.Severity, Severity{severityType(s.Vector), s.Vector})
	}
	for i := range r.Affected {
		a, err := affected(&r.Affected[i])
		if err != nil {
			return nil, fmt.Errorf("osv: %s: %s: %w", r.File, r.ID, err)
		}
		e.Affected = append(e.Affected, a)
	}
	e.References = references(p, r)
	for _, c := range r.Credits {
		e.Credits = append(e.Credits, Credit{c.Name, slices.Clone(c.Contact), c.Type})
	}
	var err error
	if e.DatabaseSpecific, err = databaseSpecific(p, r); err != nil {
		return nil, fmt.Errorf("osv: %s: %s: %w", r.File, r.ID, err)
	}
	if err := e.validate(); err != nil {
		return nil, fmt.Errorf("osv: %s: %w", r.File, err)
	}
	return e, nil
}

// Named tells what of a record has no name that can be published; nil if all has.
func Named(r *advisory.Record) error {
	if !advisory.ValidID(r.ID) {
		return fmt.Errorf("%.200q is no id", r.ID)
	}
	for i := range r.Affected {
		if r.Affected[i].Module == "" {
			return fmt.Errorf("%s: a module without a path", r.ID)
		}
		for _, p := range r.Affected[i].Packages {
			if p.Path == "" {
				return fmt.Errorf("%s: a package without a path", r.ID)
			}
		}
	}
	for _, i := range r.Images {
		if i.Name == "" {
			return fmt.Errorf("%s: an image without a name", r.ID)
		}
	}
	return nil
}

// instant returns a time as OSV has it: UTC, whole seconds.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

func pointer(t time.Time) *time.Time {
	t = instant(t)
	return &t
}

// aliases returns the record's, and for ours the id that people use, which is not the entry's.
func aliases(id string, r *advisory.Record) []string {
	list := slices.Clone(r.Aliases)
	if id != r.ID {
		list = append(list, r.ID)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// details is the text: the description, then the other sections under their names.
func details(r *advisory.Record) string {
	var parts []string
	if r.Withdrawn != nil {
		parts = append(parts, "Withdrawn: "+r.Withdrawn.Reason)
	}
	for i, s := range r.Sections {
		text := strings.TrimSpace(s.Text)
		if text == "" {
			continue
		}
		if i > 0 {
			text = "## " + s.Name + "\n\n" + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n\n")
}

// severityType is CVSS_V4 or CVSS_V3: a vector says its version.
func severityType(vector string) string {
	if strings.HasPrefix(vector, "CVSS:4") {
		return "CVSS_V4"
	}
	return "CVSS_V3"
}

func affected(a *advisory.Affected) (Affected, error) {
	var out Affected
	var err error
	out.Package = Package{a.Ecosystem, a.Module, PURL(a.Ecosystem, a.Module, "")}
	if out.Ranges, err = Ranges(a.Ecosystem, a.Ranges); err != nil {
		return out, fmt.Errorf("module %s: %w", a.Module, err)
	}
	if len(a.Packages) == 0 {
		return out, nil
	}
	out.EcosystemSpecific = &EcosystemSpecific{}
	for _, p := range a.Packages {
		out.EcosystemSpecific.Imports = append(out.EcosystemSpecific.Imports, Import{
			p.Path, slices.Clone(p.GOOS), slices.Clone(p.GOARCH), slices.Clone(p.Symbols)})
	}
	return out, nil
}

// references begins with the permalink: scanners link to a database that does not have our ids. A
// link without a type is of the type that says nothing.
func references(p *advisory.Project, r *advisory.Record) []Reference {
	list := []Reference{{"ADVISORY", p.Permalink(r)}}
	for _, ref := range r.References {
		if ref := (Reference{cmp.Or(ref.Type, "WEB"), ref.URL}); !slices.Contains(list, ref) {
			list = append(list, ref)
		}
	}
	return list
}

func databaseSpecific(p *advisory.Project, r *advisory.Record) (*DatabaseSpecific, error) {
	d := &DatabaseSpecific{
		URL:          p.Permalink(r),
		ReviewStatus: "REVIEWED",
		CWE:          slices.Clone(r.CWE),
	}
	if r.Withdrawn != nil {
		d.WithdrawnReason = r.Withdrawn.Reason
	}
	var err error
	if d.Severity, err = rating(r); err != nil {
		return nil, err
	}
	for _, image := range r.Images {
		list, err := Ranges(advisory.Go, image.Ranges)
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", image.Name, err)
		}
		d.Images = append(d.Images, Image{image.Name, list})
	}
	if o := r.Imported; o != nil {
		d.Imported = &Origin{o.From, o.URL, o.Licence}
	}
	return d, nil
}

// rating is the worst of the record's vectors, in capitals as other databases have it; "" if the
// record has none.
func rating(r *advisory.Record) (string, error) {
	worst, rating := -1.0, ""
	for _, s := range r.Severity {
		score, text, err := s.Score()
		if err != nil {
			return "", err
		}
		if score > worst {
			worst, rating = score, strings.ToUpper(text)
		}
	}
	return rating, nil
}
