package check

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-os/atoll/advisory/osv"
	"github.com/atoll-os/atoll/advisory/vex"
)

// ReadVEX reads an OpenVEX document, for Options.VEX.
func ReadVEX(name string) (*vex.Document, error) {
	text, err := readMax(name, vex.DocumentBytesMax)
	if err != nil {
		return nil, err
	}
	d, err := vex.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("check: %s: %w", name, err)
	}
	return d, nil
}

// apply lets statements decide: of several documents the last one that says something. An advisory
// that is withdrawn stays so.
func (r *Report) apply(documents []*vex.Document, now time.Time) {
	documents = slices.Clone(documents)
	slices.SortStableFunc(documents, func(a, b *vex.Document) int {
		return a.Timestamp.Compare(b.Timestamp)
	})
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		if _, ok := v.Record.withdrawn(now); ok {
			continue
		}
		for _, d := range documents {
			if s := r.Target.statement(d, v); s != nil {
				v.Status, v.Reason = fromVEX(s)
				v.Reason = "VEX of " + quote(d.Author) + ": " + v.Reason
			}
		}
	}
}

// statement finds what a document says about a verdict.
func (inv *Inventory) statement(d *vex.Document, v *Verdict) *vex.Statement {
	component := osv.PURL(v.Module.Ecosystem, v.Module.Path, v.Module.Version)
	for _, m := range inv.Modules {
		if !m.Main {
			break // they come first
		}
		program := osv.PURL(m.Ecosystem, m.Path, m.Version)
		if s := d.Find(v.Record.ids(), program, component); s != nil {
			return s
		}
	}
	return d.Find(v.Record.ids(), "", component)
}

// fromVEX turns a statement into a status and its reason.
func fromVEX(s *vex.Statement) (Status, string) {
	switch s.Status {
	case vex.NotAffected:
		if s.ImpactStatement != "" {
			return NotAffected, firstLine([]byte(s.ImpactStatement))
		}
		return NotAffected, strings.ReplaceAll(s.Justification, "_", " ")
	case vex.Fixed:
		return NotAffected, "fixed"
	case vex.Affected:
		if s.ActionStatement != "" {
			return Affected, firstLine([]byte(s.ActionStatement))
		}
		return Affected, "affected"
	}
	return Unknown, "under investigation"
}

// VEX turns a result into an OpenVEX document, nil if there is nothing to state: a document has at
// least one statement. Gaps have no place in one, since they are about no advisory. An author of
// one's own is for who signs it to write.
func (r *Result) VEX() *vex.Document {
	d := &vex.Document{Context: vex.Context, Author: tool, Timestamp: r.Date, Version: 1,
		Tooling: tool}
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
				d.Statements = append(d.Statements, s)
			}
		}
	}
	if len(d.Statements) == 0 {
		return nil
	}
	d.ID = fmt.Sprintf("urn:atoll:check:%x", hash.Sum(nil)[:16])
	return d
}

func (v *Verdict) vex(t *Inventory) vex.Statement {
	s := vex.Statement{Products: v.products(t), Vulnerability: vex.Vulnerability{
		ID: v.Record.URL(), Name: v.Record.ID, Aliases: v.Record.Aliases}}
	switch v.Status {
	case NotAffected:
		s.Status, s.ImpactStatement = vex.NotAffected, v.Reason
		if v.Level == LevelSymbol {
			s.Justification = vex.CodeNotExecuted
		}
	case Unknown:
		s.Status, s.StatusNotes = vex.UnderInvestigation, v.Reason
	case Affected:
		s.Status, s.StatusNotes = vex.Affected, v.Reason
		s.ActionStatement = "No version with a fix is known."
		if v.Fixed != "" {
			s.ActionStatement = "Update " + v.Module.Path + " to " + v.Fixed +
				" or a later version with the fix."
		}
	}
	if v.Suppressed != nil {
		s.StatusNotes = v.Reason + "; ignored: " + v.Suppressed.Reason
	}
	return s
}

// products names the main modules of a target and the module as a part of each; the module alone
// if nobody says into what it is built.
func (v *Verdict) products(t *Inventory) (list []vex.Product) {
	part := vex.Component{ID: osv.PURL(v.Module.Ecosystem, v.Module.Path, v.Module.Version)}
	for _, m := range t.Modules {
		if !m.Main {
			break // they come first
		}
		p := vex.Product{Component: vex.Component{ID: osv.PURL(m.Ecosystem, m.Path, m.Version)}}
		if p.ID != part.ID {
			p.Subcomponents = []vex.Component{part}
		}
		list = append(list, p)
	}
	if len(list) == 0 {
		list = []vex.Product{{Component: part}}
	}
	return list
}
