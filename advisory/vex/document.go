// Package vex writes and reads OpenVEX 0.2.0 documents
// (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md): statements on whether a product has
// a vulnerability, by which a scanner can leave out what does not hold.
package vex

import (
	"encoding/json"
	"time"
)

// Context says that a document is OpenVEX 0.2.0.
const Context = "https://openvex.dev/ns/v0.2.0"

// Status of a product.
const (
	Affected           = "affected"
	NotAffected        = "not_affected"
	Fixed              = "fixed"
	UnderInvestigation = "under_investigation"
)

// Justifications of NotAffected.
const (
	ComponentNotPresent = "component_not_present"
	CodeNotPresent      = "vulnerable_code_not_present"
	CodeNotExecuted     = "vulnerable_code_not_in_execute_path"
	CodeNotControlled   = "vulnerable_code_cannot_be_controlled_by_adversary"
	Mitigated           = "inline_mitigations_already_exist"
)

// Document is a document. Version counts its revisions from 1. Times are UTC.
type Document struct {
	Context     string      `json:"@context"`
	ID          string      `json:"@id"` // a URL
	Author      string      `json:"author"`
	Role        string      `json:"role,omitempty"`
	Timestamp   time.Time   `json:"timestamp"`
	LastUpdated *time.Time  `json:"last_updated,omitempty"`
	Version     int         `json:"version"`
	Tooling     string      `json:"tooling,omitempty"`
	Statements  []Statement `json:"statements"`
}

// Statement gives the status of products with regard to one vulnerability. NotAffected needs a
// justification or an impact statement, Affected an action statement.
type Statement struct {
	Vulnerability   Vulnerability `json:"vulnerability"`
	Timestamp       *time.Time    `json:"timestamp,omitempty"` // the document's, if there is none
	LastUpdated     *time.Time    `json:"last_updated,omitempty"`
	Products        []Product     `json:"products,omitempty"`
	Status          string        `json:"status"`
	StatusNotes     string        `json:"status_notes,omitempty"`
	Justification   string        `json:"justification,omitempty"`
	ImpactStatement string        `json:"impact_statement,omitempty"`
	ActionStatement string        `json:"action_statement,omitempty"`
}

// Vulnerability is named by an id and by those that others gave it.
type Vulnerability struct {
	ID      string   `json:"@id,omitempty"` // a URL
	Name    string   `json:"name"`
	Aliases []string `json:"aliases,omitempty"`
}

// Product is what the status is of: a program, or with Subcomponents only these in it.
type Product struct {
	Component
	Subcomponents []Component `json:"subcomponents,omitempty"`
}

// Component is named by an IRI, for which a package URL does.
type Component struct {
	ID          string       `json:"@id,omitempty"`
	Identifiers *Identifiers `json:"identifiers,omitempty"`
}

// Identifiers are other names of a component.
type Identifiers struct {
	PURL string `json:"purl,omitempty"`
}

// Append appends the document as indented JSON. The same document always gives the same bytes.
func (d *Document) Append(b []byte) []byte {
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		panic("vex: BUG: write document: " + err.Error())
	}
	return append(append(b, text...), '\n')
}
