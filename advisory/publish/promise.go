package publish

import (
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
	"github.com/atoll-os/atoll/advisory/csaf"
	"github.com/atoll-os/atoll/advisory/feed"
	"github.com/atoll-os/atoll/advisory/govulndb"
	"github.com/atoll-os/atoll/advisory/osv"
)

// Folders of the published tree, each with a slash at the end.
const (
	osvFolder  = osv.Dir
	goFolder   = govulndb.Dir + "ID/"
	csafFolder = csaf.Dir
	keyFolder  = csaf.KeyDir
	wellKnown  = ".well-known/"
	advisories = "advisories/"
	security   = "security/"
	modules    = feed.ModuleDir
)

// promise is what one file says about a record, in whatever format: what a reader may rely on from
// then on.
type promise struct {
	published, modified, withdrawn time.Time
	version                        int      // of the text, 0 if the format has none
	reason                         string   // of the withdrawal
	modules                        []string // their folders below advisories/module/
}

// isRecord tells whether a file is a record that promises something: an OSV entry of either
// database, or a CSAF document.
func isRecord(name string) bool {
	if path.Ext(name) != ".json" {
		return false
	}
	if rest, ok := strings.CutPrefix(name, csafFolder); ok { // YEAR/ID.json
		return strings.Count(rest, "/") == 1
	}
	dir := path.Dir(name) + "/"
	return dir == goFolder || dir == osvFolder && name != osvFolder+"all.json"
}

// csafPromise are the fields of a CSAF document that are promises.
type csafPromise struct {
	Document struct {
		Tracking struct {
			Initial time.Time `json:"initial_release_date"`
			Current time.Time `json:"current_release_date"`
			Version string    `json:"version"`
		} `json:"tracking"`
	} `json:"document"`
}

// promiseOf reads what a record promises.
func promiseOf(f advisory.File) (*promise, error) {
	if strings.HasPrefix(f.Path, csafFolder) {
		var c csafPromise
		if err := json.Unmarshal(f.Data, &c); err != nil {
			return nil, fmt.Errorf("no CSAF document: %w", err)
		}
		t := c.Document.Tracking
		version, err := strconv.Atoi(t.Version)
		if err != nil || version < 1 {
			return nil, fmt.Errorf("no CSAF document: version %.100q", t.Version)
		}
		return &promise{published: t.Initial, modified: t.Current, version: version}, nil
	}
	o, err := osv.ParseForeign(f.Data)
	if err != nil {
		return nil, err
	}
	p := &promise{modified: o.Modified}
	if o.Published != nil {
		p.published = *o.Published
	}
	if o.Withdrawn != nil {
		p.withdrawn = *o.Withdrawn
	}
	if o.DatabaseSpecific != nil {
		p.reason = o.DatabaseSpecific.WithdrawnReason
	}
	for _, a := range o.Affected {
		of := advisory.Affected{Ecosystem: a.Package.Ecosystem, Module: a.Package.Name}
		if folder, ok := of.Folder(); ok {
			p.modules = append(p.modules, folder)
		}
	}
	return p, nil
}
