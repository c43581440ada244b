package check

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/package-url/packageurl-go"

	"github.com/atoll-os/atoll/advisory"
)

// Statement is what a VEX document says about vulnerabilities in products.
type Statement struct {
	Names    []string // ids and aliases of the vulnerability
	Status   Status
	Reason   string
	Author   string
	Products []product
	At       time.Time
}

// product is a product of a statement, by package URL, and the parts of it that are meant.
type product struct {
	purl  string
	parts []string
}

// vexBytesMax bounds a VEX document.
const vexBytesMax = 16 << 20

// openVEX is what we read of a document (https://github.com/openvex/spec, 0.2.0).
type openVEX struct {
	Context    string    `json:"@context"`
	Author     string    `json:"author"`
	Timestamp  time.Time `json:"timestamp"`
	Statements []struct {
		Vulnerability struct {
			ID      string   `json:"@id"`
			Name    string   `json:"name"`
			Aliases []string `json:"aliases"`
		} `json:"vulnerability"`
		Timestamp   time.Time `json:"timestamp"`
		LastUpdated time.Time `json:"last_updated"`
		Products    []struct {
			vexProduct
			Parts []vexProduct `json:"subcomponents"`
		} `json:"products"`
		Status        string `json:"status"`
		Justification string `json:"justification"`
		Impact        string `json:"impact_statement"`
		Action        string `json:"action_statement"`
	} `json:"statements"`
}

type vexProduct struct {
	ID          string `json:"@id"`
	Identifiers struct {
		PURL string `json:"purl"`
	} `json:"identifiers"`
}

func (p vexProduct) purl() string {
	if p.Identifiers.PURL != "" {
		return p.Identifiers.PURL
	}
	return p.ID
}

// ReadVEX reads an OpenVEX document. A statement that somebody is not affected without saying why
// is a finding, and says nothing.
func ReadVEX(name string) (list []Statement, findings []advisory.Finding, err error) {
	text, err := readMax(name, vexBytesMax)
	if err != nil {
		return nil, nil, err
	}
	return parseVEX(name, text)
}

// errNoVEX is a JSON file that is no VEX document.
var errNoVEX = errors.New("no OpenVEX document")

func parseVEX(name string, text []byte) (list []Statement, findings []advisory.Finding, err error) {
	var doc openVEX
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, nil, fmt.Errorf("check: %s: %w: %w", name, errNoVEX, jsonError(text, err))
	}
	if !strings.HasPrefix(doc.Context, "https://openvex.dev/ns") {
		return nil, nil, fmt.Errorf("check: %s: %w", name, errNoVEX)
	}
	for i, from := range doc.Statements {
		s := Statement{Author: doc.Author, At: doc.Timestamp,
			Names: append([]string{from.Vulnerability.Name}, from.Vulnerability.Aliases...)}
		for _, at := range []time.Time{from.Timestamp, from.LastUpdated} {
			if at.After(s.At) {
				s.At = at
			}
		}
		why := firstLine([]byte(from.Impact))
		if why == "" {
			why = firstLine([]byte(strings.ReplaceAll(from.Justification, "_", " ")))
		}
		switch from.Status {
		case "not_affected":
			if s.Status, s.Reason = NotAffected, why; why == "" {
				findings = append(findings, advisory.Finding{File: name, ID: from.Vulnerability.Name,
					Message: fmt.Sprintf("statement %d says not_affected and not why, and counts for nothing",
						i+1), Hint: "write justification or impact_statement"})
				continue
			}
		case "fixed":
			s.Status, s.Reason = NotAffected, "fixed"
		case "affected":
			s.Status, s.Reason = Affected, firstLine([]byte(from.Action))
		case "under_investigation":
			s.Status, s.Reason = Unknown, "under investigation"
		default:
			return nil, nil, fmt.Errorf("check: %s: %w: statement %d has the status %s", name, errNoVEX,
				i+1, quote(from.Status))
		}
		for _, p := range from.Products {
			to := product{purl: p.purl()}
			for _, part := range p.Parts {
				to.parts = append(to.parts, part.purl())
			}
			s.Products = append(s.Products, to)
		}
		list = append(list, s)
	}
	return list, findings, nil
}

// apply lets statements decide, in the order of their times: the last one holds.
func (r *Report) apply(statements []Statement) {
	statements = slices.Clone(statements)
	slices.SortStableFunc(statements, func(a, b Statement) int { return a.At.Compare(b.At) })
	for i := range r.Verdicts {
		v := &r.Verdicts[i]
		if v.Record.Withdrawn != nil && v.Status == NotAffected {
			continue
		}
		for _, s := range statements {
			if slices.ContainsFunc(s.Names, func(n string) bool { return n != "" && v.Record.Is(n) }) &&
				s.about(r.Target, &v.Module) {
				v.Status, v.Reason = s.Status, "VEX of "+quote(s.Author)+": "+s.Reason
			}
		}
	}
}

// about tells whether a statement is about a module of a target: the module is a product of its
// own, or a part that is named of a product that is the target. A product without parts is all of
// it.
func (s *Statement) about(t *Inventory, m *Module) bool {
	for _, p := range s.Products {
		if len(p.parts) == 0 && samePurl(p.purl, m) {
			return true
		}
		for i := range t.Modules {
			if !t.Modules[i].Main || !samePurl(p.purl, &t.Modules[i]) {
				continue
			}
			if len(p.parts) == 0 || slices.ContainsFunc(p.parts, func(part string) bool {
				return samePurl(part, m)
			}) {
				return true
			}
		}
	}
	return false
}

// samePurl tells whether a package URL names a module, and its version if it has one.
func samePurl(text string, m *Module) bool {
	p, err := packageurl.FromString(text)
	if err != nil {
		return false
	}
	named, ok := modulePurl(text)
	if !ok || named.Ecosystem != m.Ecosystem || !strings.EqualFold(named.Path, m.Path) {
		return false
	}
	return p.Version == "" || named.Version != "" && named.Version == m.Version
}
