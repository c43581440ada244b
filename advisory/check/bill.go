package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-os/atoll/advisory"
)

// Limits of a bill of materials.
const (
	billDepthMax   = 64      // components within components
	billEntriesMax = 200_000 // components or packages
)

// ErrNoBill is a JSON file that is neither CycloneDX nor SPDX 2.
var ErrNoBill = errors.New("it is no bill of materials in CycloneDX or SPDX 2 JSON")

// readBill reads a bill of materials of either kind.
func readBill(target string, text []byte) (*Inventory, error) {
	text = bytes.TrimPrefix(text, byteOrderMark)
	var head struct {
		BOMFormat   string `json:"bomFormat"`
		SPDXVersion string `json:"spdxVersion"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("check: %s: %w: %w", target, ErrNoBill, jsonError(text, err))
	}
	var inv *Inventory
	var err error
	switch {
	case head.BOMFormat == "CycloneDX":
		inv, err = readCycloneDX(target, text)
	case strings.HasPrefix(head.SPDXVersion, "SPDX-2."):
		inv, err = readSPDX(target, text)
	default:
		err = fmt.Errorf("check: %s: %w", target, ErrNoBill)
	}
	if err != nil {
		return nil, err
	}
	inv.finish()
	return inv, nil
}

// byteOrderMark is what some programs begin a file in UTF-8 with.
var byteOrderMark = []byte("\xef\xbb\xbf")

// looksLikeJSON tells whether a file begins as a JSON object does.
func looksLikeJSON(head []byte) bool {
	head = bytes.TrimPrefix(head, byteOrderMark)
	head = bytes.TrimLeft(head, " \t\r\n")
	return len(head) > 0 && head[0] == '{'
}

// component is what we read of a component of CycloneDX 1.2 to 1.7.
type component struct {
	Type       string      `json:"type"`
	Name       string      `json:"name"`
	Version    string      `json:"version"`
	PURL       string      `json:"purl"`
	Components []component `json:"components"`
}

// cycloneDX is what we read of a document (https://cyclonedx.org/docs/1.6/json/).
type cycloneDX struct {
	BOMFormat string `json:"bomFormat"`
	Metadata  struct {
		Component *component `json:"component"`
	} `json:"metadata"`
	Components   []component `json:"components"`
	Compositions []struct {
		Aggregate string `json:"aggregate"`
	} `json:"compositions"`
}

// readCycloneDX lists the components of a document. One that says of itself that it is incomplete,
// or that lists nothing, leaves a gap.
func readCycloneDX(target string, text []byte) (*Inventory, error) {
	var doc cycloneDX
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("check: %s: %w", target, jsonError(text, err))
	}
	if doc.BOMFormat != "CycloneDX" {
		return nil, fmt.Errorf("check: %s: %w", target, ErrNoBill)
	}
	inv := &Inventory{Target: target, Kind: KindCycloneDX}
	b := bill{inv: inv}
	if c := doc.Metadata.Component; c != nil {
		inv.Image = Module{Path: c.Name, Version: c.Version, File: target}
		if c.Version == "" {
			inv.Image.Doubt = "its bill of materials names no version"
		}
		if err := b.add(*c, true, 0); err != nil {
			return nil, fmt.Errorf("check: %s: %w", target, err)
		}
	}
	listed := b.entries
	for _, c := range doc.Components {
		if err := b.add(c, false, 0); err != nil {
			return nil, fmt.Errorf("check: %s: %w", target, err)
		}
	}
	if b.entries == listed {
		inv.Gaps = append(inv.Gaps, "its bill of materials lists no components")
	}
	for _, c := range doc.Compositions {
		switch c.Aggregate {
		case "", "complete", "not_specified":
		default:
			inv.Gaps = append(inv.Gaps, "its bill of materials says that it is "+quote(c.Aggregate))
		}
	}
	return inv, nil
}

// finish brings an inventory of a bill of materials into order. Go's standard library is built into
// whatever has a Go module, so a bill that does not name it leaves a doubt, and not nothing.
func (inv *Inventory) finish() {
	var std *Module
	modules := false
	for i, m := range inv.Modules {
		if m.Ecosystem == advisory.Go && m.Path == stdlib {
			std = &inv.Modules[i]
		}
		modules = modules || m.Folded
	}
	switch {
	case std != nil:
		tool := *std
		tool.Path = toolchain
		inv.Modules = append(inv.Modules, tool)
	case modules:
		inv.Modules = append(inv.Modules, goRelease("",
			"its bill of materials does not name the Go release", inv.Target, 0)...)
	}
	inv.Modules = sortModules(inv.Modules)
	slices.Sort(inv.Gaps)
	inv.Gaps = slices.Compact(inv.Gaps)
}

// bill collects the entries of a bill of materials.
type bill struct {
	inv     *Inventory
	entries int
}

// add takes one component and those within it.
func (b *bill) add(c component, main bool, depth int) error {
	if depth > billDepthMax {
		return fmt.Errorf("components lie over %d deep", billDepthMax)
	}
	if b.entries++; b.entries > billEntriesMax {
		return fmt.Errorf("over %d components", billEntriesMax)
	}
	b.entry(c.Name, c.Version, c.PURL, main)
	for _, inner := range c.Components {
		if err := b.add(inner, false, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// entry takes what is known of a package. Without a package URL its ecosystem is not known: it
// counts as what has that name, with a doubt.
func (b *bill) entry(name, version, purl string, main bool) {
	m, ok := modulePurl(purl)
	switch {
	case ok:
	case purl != "" || name == "": // of an ecosystem that no record names, or nothing at all
		return
	default:
		m = Module{Ecosystem: advisory.Go, Path: name}
		if m.Version, m.Doubt = moduleVersion(version); m.Doubt == "" {
			m.Doubt = "its entry has no package URL"
		}
	}
	m.Main, m.File = main, b.inv.Target
	b.inv.Modules = append(b.inv.Modules, m)
}

// jsonError says where JSON is wrong, and what.
func jsonError(text []byte, err error) error {
	line := func(offset int64) int { // of the last byte that was read
		return 1 + bytes.Count(text[:max(0, min(offset, int64(len(text)))-1)], []byte("\n"))
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", line(syntax.Offset), err)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s is of the type %s, which it cannot be", line(kind.Offset),
			kind.Field, kind.Value)
	}
	return err
}
