package check

import (
	"encoding/json"
	"fmt"
)

// spdx is what we read of a document of SPDX 2.2 or 2.3 (https://spdx.github.io/spdx-spec/v2.3/).
type spdx struct {
	DocumentDescribes []string      `json:"documentDescribes"`
	Packages          []spdxPackage `json:"packages"`
	Relationships     []struct {
		From string `json:"spdxElementId"`
		To   string `json:"relatedSpdxElement"`
		Type string `json:"relationshipType"`
	} `json:"relationships"`
}

type spdxPackage struct {
	ID           string `json:"SPDXID"`
	Name         string `json:"name"`
	Version      string `json:"versionInfo"`
	ExternalRefs []struct {
		Type    string `json:"referenceType"`
		Locator string `json:"referenceLocator"`
	} `json:"externalRefs"`
}

// readSPDX lists the packages of a document.
func readSPDX(target string, text []byte) (*Inventory, error) {
	var doc spdx
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("check: %s: %w", target, jsonError(text, err))
	}
	if len(doc.Packages) > billEntriesMax {
		return nil, fmt.Errorf("check: %s: over %d packages", target, billEntriesMax)
	}
	described := map[string]bool{}
	for _, id := range doc.DocumentDescribes {
		described[id] = true
	}
	for _, r := range doc.Relationships {
		if r.From == "SPDXRef-DOCUMENT" && r.Type == "DESCRIBES" {
			described[r.To] = true
		}
	}
	inv := &Inventory{Target: target, Kind: KindSPDX}
	b := bill{inv: inv}
	others := 0
	for _, p := range doc.Packages {
		main := described[p.ID]
		if !main {
			others++
		}
		purls := 0
		for _, ref := range p.ExternalRefs {
			if ref.Type == "purl" {
				b.entry(p.Name, p.Version, ref.Locator, main)
				purls++
			}
		}
		if purls == 0 {
			b.entry(p.Name, p.Version, "", main)
		}
	}
	if others == 0 {
		inv.Gaps = append(inv.Gaps, "its bill of materials lists no packages")
	}
	return inv, nil
}
