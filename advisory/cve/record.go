// Package cve makes drafts of CVE records (https://cveproject.github.io/cve-schema/), version 5.1,
// to hand in to a CVE Numbering Authority (CNA). A project that is none cannot publish one itself:
// what only the authority knows is a placeholder, which the draft says under x_draft.
package cve

import (
	"encoding/json"
	"time"
)

// DataVersion is the version of the format.
const DataVersion = "5.1.1"

// PlaceholderOrg stands for the authority's identifier, which is a random UUID.
const PlaceholderOrg = "00000000-0000-4000-8000-000000000000"

type record struct {
	DataType    string     `json:"dataType"`
	DataVersion string     `json:"dataVersion"`
	Metadata    metadata   `json:"cveMetadata"`
	Containers  containers `json:"containers"`
}

type metadata struct {
	CVEID         string `json:"cveId"`
	AssignerOrgID string `json:"assignerOrgId"`
	State         string `json:"state"` // PUBLISHED or REJECTED
}

type containers struct {
	CNA cna `json:"cna"`
}

// cna is what the authority publishes; a rejected record has only the reasons.
type cna struct {
	Provider        provider    `json:"providerMetadata"`
	RejectedReasons []text      `json:"rejectedReasons,omitempty"`
	Title           string      `json:"title,omitempty"`
	DatePublic      *time.Time  `json:"datePublic,omitempty"`
	Descriptions    []text      `json:"descriptions,omitempty"`
	Affected        []product   `json:"affected,omitempty"`
	ProblemTypes    []problem   `json:"problemTypes,omitempty"`
	Metrics         []metric    `json:"metrics,omitempty"`
	References      []reference `json:"references,omitempty"`
	Workarounds     []text      `json:"workarounds,omitempty"`
	Solutions       []text      `json:"solutions,omitempty"`
	Credits         []credit    `json:"credits,omitempty"`
	Timeline        []moment    `json:"timeline,omitempty"`
	Source          *source     `json:"source,omitempty"`
	Draft           string      `json:"x_draft,omitempty"`
}

type provider struct {
	OrgID string `json:"orgId"`
}

type text struct {
	Lang  string `json:"lang"`
	Value string `json:"value"`
}

// product is a Go package, a package of opam or an image.
type product struct {
	Vendor          string    `json:"vendor,omitempty"`
	Product         string    `json:"product,omitempty"`
	CollectionURL   string    `json:"collectionURL,omitempty"`
	PackageName     string    `json:"packageName,omitempty"`
	Platforms       []string  `json:"platforms,omitempty"`
	ProgramRoutines []routine `json:"programRoutines,omitempty"`
	DefaultStatus   string    `json:"defaultStatus"`
	Versions        []version `json:"versions,omitempty"`
}

type routine struct {
	Name string `json:"name"`
}

// version is a range: Version <= v < LessThan.
type version struct {
	Version  string `json:"version"`
	LessThan string `json:"lessThan"`
	Status   string `json:"status"`
	Type     string `json:"versionType"`
}

type problem struct {
	Descriptions []weakness `json:"descriptions"`
}

type weakness struct {
	Lang        string `json:"lang"`
	Description string `json:"description"`
	CWE         string `json:"cweId"`
	Type        string `json:"type"`
}

type metric struct {
	Format string `json:"format"`
	V4     *cvss  `json:"cvssV4_0,omitempty"`
	V31    *cvss  `json:"cvssV3_1,omitempty"`
}

type cvss struct {
	Version  string  `json:"version"`
	Vector   string  `json:"vectorString"`
	Score    float64 `json:"baseScore"`
	Severity string  `json:"baseSeverity"`
}

type reference struct {
	URL  string   `json:"url"`
	Tags []string `json:"tags,omitempty"`
}

type credit struct {
	Lang  string `json:"lang"`
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
}

type moment struct {
	Time  time.Time `json:"time"`
	Lang  string    `json:"lang"`
	Value string    `json:"value"`
}

type source struct {
	Advisory string `json:"advisory"`
}

// encode writes a record as indented JSON: people look at a draft.
func (r *record) encode() []byte {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		panic("cve: BUG: write record: " + err.Error())
	}
	return append(text, '\n')
}
