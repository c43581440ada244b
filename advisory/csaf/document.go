package csaf

// document is a CSAF 2.0 document as far as we write one: https://docs.oasis-open.org/csaf/csaf/
// v2.0/os/csaf-v2.0-os.html §3.2. The order of the members is that of the standard.
type document struct {
	Document        head            `json:"document"`
	ProductTree     *productTree    `json:"product_tree,omitempty"`
	Vulnerabilities []vulnerability `json:"vulnerabilities,omitempty"`
}

type head struct {
	Acknowledgments []acknowledgment   `json:"acknowledgments,omitempty"`
	Severity        *aggregateSeverity `json:"aggregate_severity,omitempty"`
	Category        string             `json:"category"`
	Version         string             `json:"csaf_version"`
	Distribution    distribution       `json:"distribution"`
	Notes           []note             `json:"notes,omitempty"`
	Publisher       publisher          `json:"publisher"`
	References      []reference        `json:"references,omitempty"`
	Title           string             `json:"title"`
	Tracking        tracking           `json:"tracking"`
}

type acknowledgment struct {
	Names   []string `json:"names"`
	Summary string   `json:"summary,omitempty"`
	URLs    []string `json:"urls,omitempty"`
}

type aggregateSeverity struct {
	Namespace string `json:"namespace"`
	Text      string `json:"text"`
}

type distribution struct {
	TLP tlp `json:"tlp"`
}

type tlp struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}

type note struct {
	Category string `json:"category"`
	Text     string `json:"text"`
	Title    string `json:"title,omitempty"`
}

type publisher struct {
	Category  string `json:"category"`
	Contact   string `json:"contact_details,omitempty"`
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

type reference struct {
	Category string `json:"category"`
	Summary  string `json:"summary"`
	URL      string `json:"url"`
}

type tracking struct {
	Aliases  []string   `json:"aliases,omitempty"`
	Current  string     `json:"current_release_date"`
	ID       string     `json:"id"`
	Initial  string     `json:"initial_release_date"`
	Revision []revision `json:"revision_history"`
	Status   string     `json:"status"`
	Version  string     `json:"version"`
}

type revision struct {
	Date    string `json:"date"`
	Number  string `json:"number"`
	Summary string `json:"summary"`
}

type productTree struct {
	Branches []branch `json:"branches"`
}

type branch struct {
	Branches []branch `json:"branches,omitempty"`
	Category string   `json:"category"`
	Name     string   `json:"name"`
	Product  *product `json:"product,omitempty"`
}

type product struct {
	Name   string  `json:"name"`
	ID     string  `json:"product_id"`
	Helper *helper `json:"product_identification_helper,omitempty"`
}

type helper struct {
	PURL string `json:"purl"`
}

type vulnerability struct {
	CVE          string        `json:"cve,omitempty"`
	CWE          *weakness     `json:"cwe,omitempty"`
	IDs          []foreignID   `json:"ids,omitempty"`
	Notes        []note        `json:"notes"`
	Status       productStatus `json:"product_status"`
	References   []reference   `json:"references,omitempty"`
	ReleaseDate  string        `json:"release_date"`
	Remediations []remediation `json:"remediations,omitempty"`
	Scores       []score       `json:"scores,omitempty"`
	Title        string        `json:"title"`
}

type weakness struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type foreignID struct {
	System string `json:"system_name"`
	Text   string `json:"text"`
}

type productStatus struct {
	Fixed    []string `json:"fixed,omitempty"`
	Affected []string `json:"known_affected,omitempty"`
}

type remediation struct {
	Category string   `json:"category"`
	Details  string   `json:"details"`
	Products []string `json:"product_ids"`
}

type score struct {
	CVSS3    cvss3    `json:"cvss_v3"`
	Products []string `json:"products"`
}

// cvss3 has what https://www.first.org/cvss/cvss-v3.1.json demands; the vector says the rest.
type cvss3 struct {
	Version  string  `json:"version"`
	Vector   string  `json:"vectorString"`
	Score    float64 `json:"baseScore"`
	Severity string  `json:"baseSeverity"`
}
