package check

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/atoll-os/atoll/advisory/osv"
)

// The types of an OpenVEX document (https://github.com/openvex/spec, 0.2.0).

// VEX is a result as an OpenVEX document.
type VEX struct {
	Context    string         `json:"@context"`
	ID         string         `json:"@id"`
	Author     string         `json:"author"`
	Timestamp  time.Time      `json:"timestamp"`
	Version    int            `json:"version"`
	Tooling    string         `json:"tooling"`
	Statements []VEXStatement `json:"statements"`
}

// VEXStatement is what one advisory means for a target.
type VEXStatement struct {
	Vulnerability VEXVulnerability `json:"vulnerability"`
	Products      []VEXProduct     `json:"products"`
	Status        string           `json:"status"`
	Notes         string           `json:"status_notes,omitempty"`
	Justification string           `json:"justification,omitempty"`
	Impact        string           `json:"impact_statement,omitempty"`
	Action        string           `json:"action_statement,omitempty"`
}

// VEXVulnerability names an advisory.
type VEXVulnerability struct {
	ID      string   `json:"@id,omitempty"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
}

// VEXProduct is a target, or a module of which nobody says into what it is built.
type VEXProduct struct {
	ID    string    `json:"@id"`
	Parts []VEXPart `json:"subcomponents,omitempty"`
}

// VEXPart is a module of a target.
type VEXPart struct {
	ID string `json:"@id"`
}

// VEX turns a result into an OpenVEX document, nil if there is nothing to state: a document has at
// least one statement. Gaps have no place in one, since they are about no advisory. An author of
// one's own is for who signs it to write.
func (r *Result) VEX() *VEX {
	doc := &VEX{Context: "https://openvex.dev/ns/v0.2.0", Author: "atoll advisory check",
		Timestamp: r.Date, Version: 1, Tooling: "atoll advisory check", Statements: []VEXStatement{}}
	hash, seen := sha256.New(), map[string]bool{}
	for i := range r.Reports {
		for k := range r.Reports[i].Verdicts {
			s := r.Reports[i].Verdicts[k].vex(r.Reports[i].Target)
			text, err := json.Marshal(s)
			if err != nil {
				panic("check: BUG: write VEX: " + err.Error())
			}
			if !seen[string(text)] { // two targets may be of the same modules
				seen[string(text)] = true
				hash.Write(text)
				doc.Statements = append(doc.Statements, s)
			}
		}
	}
	if len(doc.Statements) == 0 {
		return nil
	}
	doc.ID = "urn:atoll:check:" + hex.EncodeToString(hash.Sum(nil)[:16])
	return doc
}

func (v *Verdict) vex(t *Inventory) VEXStatement {
	s := VEXStatement{Vulnerability: VEXVulnerability{ID: v.Record.URL(), Name: v.Record.ID,
		Aliases: v.Record.Aliases}, Products: v.products(t)}
	switch v.Status {
	case NotAffected:
		s.Status, s.Impact = "not_affected", v.Reason
		if v.Level == LevelSymbol {
			s.Justification = "vulnerable_code_not_in_execute_path"
		}
	case Unknown:
		s.Status, s.Notes = "under_investigation", v.Reason
	case Affected:
		s.Status, s.Notes = "affected", v.Reason
		s.Action = "No version with a fix is known."
		if v.Fixed != "" {
			s.Action = "Update " + v.Module.Path + " to " + v.Fixed + " or a later version with the fix."
		}
	}
	if v.Suppressed != nil {
		s.Notes = v.Reason + "; ignored: " + v.Suppressed.Reason
	}
	return s
}

// products names the main modules of a target and the module as a part of each.
func (v *Verdict) products(t *Inventory) (list []VEXProduct) {
	part := osv.PURL(v.Module.Ecosystem, v.Module.Path, v.Module.Version)
	for _, m := range t.Modules {
		if !m.Main {
			continue
		}
		p := VEXProduct{ID: osv.PURL(m.Ecosystem, m.Path, m.Version)}
		if p.ID != part {
			p.Parts = []VEXPart{{part}}
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		list = []VEXProduct{{ID: part}}
	}
	return list
}
