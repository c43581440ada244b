package vex

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Limits of a document that may be anybody's.
const (
	DocumentBytesMax = 16 << 20
	StatementsMax    = 100_000
)

// Parse reads a document of OpenVEX 0.2.0 by whatever wrote it; fields that Document does not have
// are left out. It is an error if a statement has no vulnerability or no known status, or says
// "not affected" without a reason: who believes it should know why. An action statement may be
// missing: govulncheck leaves it out.
func Parse(text []byte) (*Document, error) {
	if len(text) > DocumentBytesMax {
		return nil, fmt.Errorf("vex: read document: %d bytes, at most %d", len(text),
			DocumentBytesMax)
	}
	d := &Document{}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(d); err != nil {
		return nil, fmt.Errorf("vex: read document: %w", err)
	}
	if len(bytes.TrimSpace(text[decoder.InputOffset():])) > 0 {
		return nil, errors.New("vex: read document: there is more after it")
	}
	if !strings.HasPrefix(d.Context, "https://openvex.dev/ns/v0.2") {
		return nil, fmt.Errorf("vex: read document: @context is %.200q, not OpenVEX 0.2.0's %q",
			d.Context, Context)
	}
	if len(d.Statements) > StatementsMax {
		return nil, fmt.Errorf("vex: read document: %d statements, at most %d", len(d.Statements),
			StatementsMax)
	}
	for i := range d.Statements {
		if err := d.Statements[i].validate(); err != nil {
			return nil, fmt.Errorf("vex: read document: statement %d: %w", i+1, err)
		}
	}
	return d, nil
}

var statuses = []string{Affected, NotAffected, Fixed, UnderInvestigation}

var justifications = []string{"", ComponentNotPresent, CodeNotPresent, CodeNotExecuted,
	CodeNotControlled, Mitigated}

func (s *Statement) validate() error {
	switch {
	case s.Vulnerability.Name == "":
		return errors.New("no name of a vulnerability")
	case !slices.Contains(statuses, s.Status):
		return fmt.Errorf("status is %.200q, not one of %s", s.Status, strings.Join(statuses, ", "))
	case !slices.Contains(justifications, s.Justification):
		return fmt.Errorf("justification is %.200q, not one of %s", s.Justification,
			strings.Join(justifications[1:], ", "))
	case s.Status == NotAffected && s.Justification == "" && s.ImpactStatement == "":
		return errors.New("not_affected without justification and without impact_statement")
	}
	return nil
}

// Find returns the last statement on a vulnerability, by any of its ids, with regard to a
// component of a program; nil if there is none. Both are package URLs: the program's may be
// empty, or its version may be left out if it is not known. Of statements of the same time the
// later one in the document is the last.
func (d *Document) Find(ids []string, program, component string) *Statement {
	var last *Statement
	var when time.Time
	for i := range d.Statements {
		s := &d.Statements[i]
		at := d.at(s)
		if s.about(ids) && s.covers(program, component) && (last == nil || !at.Before(when)) {
			last, when = s, at
		}
	}
	return last
}

// at is the instant of which a statement speaks: its own last one, or else the document's.
func (d *Document) at(s *Statement) time.Time {
	at := d.Timestamp
	if s.Timestamp != nil {
		at = *s.Timestamp
	}
	if s.LastUpdated != nil && s.LastUpdated.After(at) {
		at = *s.LastUpdated
	}
	return at
}

// about tells whether the statement's vulnerability has one of the ids.
func (s *Statement) about(ids []string) bool {
	return slices.Contains(ids, s.Vulnerability.Name) ||
		slices.ContainsFunc(s.Vulnerability.Aliases, func(a string) bool {
			return slices.Contains(ids, a)
		})
}

// covers tells whether the statement is about a component: it is the product itself, or it is in
// the product and the statement is about all of that or names it.
func (s *Statement) covers(program, component string) bool {
	for _, p := range s.Products {
		if p.matches(component) && len(p.Subcomponents) == 0 {
			return true
		}
		if program == "" || !p.matches(program) {
			continue
		}
		if len(p.Subcomponents) == 0 || slices.ContainsFunc(p.Subcomponents,
			func(c Component) bool { return c.matches(component) }) {
			return true
		}
	}
	return false
}

func (c *Component) matches(purl string) bool {
	return c.ID != "" && match(c.ID, purl) ||
		c.Identifiers != nil && c.Identifiers.PURL != "" && match(c.Identifiers.PURL, purl)
}
