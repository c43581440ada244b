package publish

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory"
)

// Folders of the published tree, each with a slash at the end.
const (
	osvFolder  = "advisories/osv/"
	goFolder   = "advisories/go/ID/"
	csafFolder = ".well-known/csaf/white/"
	keyFolder  = ".well-known/csaf/openpgp/"
	wellKnown  = ".well-known/"
	advisories = "advisories/"
	security   = "security/"
	modules    = "advisories/module/"
)

// promise is what one file says about a record, in whatever format: what a reader may rely on from
// then on.
type promise struct {
	published, modified, withdrawn time.Time
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

// osvPromise are the fields of an OSV entry that are promises.
type osvPromise struct {
	Published time.Time `json:"published"`
	Modified  time.Time `json:"modified"`
	Withdrawn time.Time `json:"withdrawn"`
	Affected  []struct {
		Package struct {
			Ecosystem string `json:"ecosystem"`
			Name      string `json:"name"`
		} `json:"package"`
	} `json:"affected"`
	DatabaseSpecific struct {
		WithdrawnReason string `json:"withdrawn_reason"`
	} `json:"database_specific"`
}

// csafPromise are the fields of a CSAF document that are promises.
type csafPromise struct {
	Document struct {
		Tracking struct {
			Initial time.Time `json:"initial_release_date"`
			Current time.Time `json:"current_release_date"`
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
		return &promise{published: t.Initial, modified: t.Current}, nil
	}
	var o osvPromise
	if err := json.Unmarshal(f.Data, &o); err != nil {
		return nil, fmt.Errorf("no OSV entry: %w", err)
	}
	p := &promise{published: o.Published, modified: o.Modified, withdrawn: o.Withdrawn,
		reason: o.DatabaseSpecific.WithdrawnReason}
	for _, a := range o.Affected {
		of := advisory.Affected{Ecosystem: a.Package.Ecosystem, Module: a.Package.Name}
		if folder, ok := of.Folder(); ok {
			p.modules = append(p.modules, folder)
		}
	}
	return p, nil
}
