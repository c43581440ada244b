package check

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Record is an advisory of a database, as an OSV entry whatever the database holds.
type Record struct {
	osv.Entry
	Database string // the location of the database
}

// entryBytesMax bounds one record of a database.
const entryBytesMax = 8 << 20

// errNoEntry is a JSON file that is no record.
var errNoEntry = errors.New("no OSV record: it has no id or no time of modification")

// parseEntry reads a record in OSV. What a foreign database adds in database_specific may have any
// form; where it is not ours it is left out.
func parseEntry(text []byte) (*Record, error) {
	var lax struct {
		osv.Entry
		Specific json.RawMessage `json:"database_specific"`
	}
	if err := json.Unmarshal(text, &lax); err != nil {
		return nil, jsonError(text, err)
	}
	if lax.ID == "" || lax.Modified.IsZero() {
		return nil, errNoEntry
	}
	r := &Record{Entry: lax.Entry}
	var specific osv.DatabaseSpecific
	if lax.Specific != nil && json.Unmarshal(lax.Specific, &specific) == nil {
		r.DatabaseSpecific = &specific
	}
	return r, nil
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
		plain(text) == text && !strings.ContainsAny(text, " <>\"`\\^{|}")
}

// Is tells whether the record has an id or an alias of this name, with or without the prefix x_ of
// a database of one's own.
func (r *Record) Is(name string) bool {
	name = strings.TrimPrefix(name, "x_")
	same := func(id string) bool { return strings.TrimPrefix(id, "x_") == name }
	return same(r.ID) || slices.ContainsFunc(r.Aliases, same)
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
