package check

import (
	"net/url"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/internal/terminal"
)

// Record is an advisory of a database, as an OSV entry whatever the database holds.
type Record struct {
	osv.Entry
	Database string // the location of the database
}

// Title is what the record is about, in a line.
func (r *Record) Title() string {
	if r.Summary != "" {
		return firstLine([]byte(r.Summary))
	}
	return firstLine([]byte(r.Details))
}

// URL is the record's page for people, "" if it names none: an address of the web, and nothing that
// a reader would not expect behind a link.
func (r *Record) URL() string {
	if r.DatabaseSpecific != nil && isAddress(r.DatabaseSpecific.URL) {
		return r.DatabaseSpecific.URL
	}
	for _, ref := range r.References {
		if ref.Type == "ADVISORY" && isAddress(ref.URL) {
			return ref.URL
		}
	}
	return ""
}

func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		terminal.Line(text) == text && !strings.ContainsAny(text, " <>\"`\\^{|}")
}

// ids are the names of the record: its id and its aliases, and what has the prefix x_ of a database
// of one's own also without it.
func (r *Record) ids() (list []string) {
	for _, id := range append([]string{r.ID}, r.Aliases...) {
		list = append(list, id)
		if own, ok := strings.CutPrefix(id, "x_"); ok {
			list = append(list, own)
		}
	}
	return list
}

// withdrawn returns why a record no longer holds, if it does not at an instant.
func (r *Record) withdrawn(now time.Time) (reason string, ok bool) {
	if r.Withdrawn == nil || r.Withdrawn.After(now) {
		return "", false
	}
	reason = "withdrawn on " + r.Withdrawn.UTC().Format(time.DateOnly)
	if r.DatabaseSpecific != nil && r.DatabaseSpecific.WithdrawnReason != "" {
		reason += ": " + firstLine([]byte(r.DatabaseSpecific.WithdrawnReason))
	}
	return reason, true
}

// about returns what the record says about a module. Modules of a bill of materials have lost the
// case of their letters; the paths of everything else are exact.
func (r *Record) about(m *Module, image bool) (about []osv.Affected) {
	if image {
		if r.DatabaseSpecific == nil {
			return nil
		}
		for _, i := range r.DatabaseSpecific.Images {
			if i.Name == m.Path {
				about = append(about, osv.Affected{Ranges: i.Ranges,
					Package: osv.Package{Ecosystem: advisory.Go, Name: i.Name}})
			}
		}
		return about
	}
	for _, a := range r.Affected {
		same := a.Package.Name == m.Path || m.Folded && strings.EqualFold(a.Package.Name, m.Path)
		if same && a.Package.Ecosystem == m.Ecosystem {
			about = append(about, a)
		}
	}
	return about
}
