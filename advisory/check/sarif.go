package check

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/atoll-os/atoll/internal/terminal"
)

// The types of a SARIF log (OASIS, 2.1.0), as far as they are used.

// SARIF is a result as a SARIF log: a rule for each advisory, a result for each verdict that is not
// "not affected".
type SARIF struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []SARIFRun `json:"runs"`
}

// SARIFRun is the run of the check.
type SARIFRun struct {
	Tool    SARIFTool     `json:"tool"`
	Results []SARIFResult `json:"results"`
}

// SARIFTool names who looked.
type SARIFTool struct {
	Driver SARIFDriver `json:"driver"`
}

// SARIFDriver has the rules.
type SARIFDriver struct {
	Name  string      `json:"name"`
	Rules []SARIFRule `json:"rules"`
}

// SARIFRule is an advisory.
type SARIFRule struct {
	ID      string    `json:"id"`
	Short   SARIFText `json:"shortDescription"`
	HelpURI string    `json:"helpUri,omitempty"`
}

// SARIFText is a text.
type SARIFText struct {
	Text string `json:"text"`
}

// SARIFResult is a verdict.
type SARIFResult struct {
	RuleID       string             `json:"ruleId"`
	Level        string             `json:"level"`
	Message      SARIFText          `json:"message"`
	Locations    []SARIFLocation    `json:"locations,omitempty"`
	Fingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions []SARIFSuppression `json:"suppressions,omitempty"`
}

// SARIFLocation is where a module is named.
type SARIFLocation struct {
	Physical SARIFPhysical `json:"physicalLocation"`
}

// SARIFPhysical is a file and a line.
type SARIFPhysical struct {
	Artifact SARIFArtifact `json:"artifactLocation"`
	Region   *SARIFRegion  `json:"region,omitempty"`
}

// SARIFArtifact is a file.
type SARIFArtifact struct {
	URI string `json:"uri"`
}

// SARIFRegion is a line.
type SARIFRegion struct {
	Line int `json:"startLine"`
}

// SARIFSuppression says why a result does not count.
type SARIFSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

// gapRule is the rule under which gaps are reported.
const gapRule = "unknown-modules"

// SARIF turns a result into a SARIF log.
func (r *Result) SARIF() *SARIF {
	run := SARIFRun{Tool: SARIFTool{SARIFDriver{Name: tool, Rules: []SARIFRule{}}},
		Results: []SARIFResult{}}
	seen := map[string]bool{}
	rule := func(rule SARIFRule) {
		if !seen[rule.ID] {
			seen[rule.ID] = true
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
		}
	}
	for i := range r.Reports {
		report := &r.Reports[i]
		for _, g := range report.Gaps {
			rule(SARIFRule{ID: gapRule, Short: SARIFText{"Not all modules are known"}})
			run.Results = append(run.Results, SARIFResult{RuleID: gapRule, Level: "warning",
				Message: SARIFText{terminal.Line(g)}, Locations: locations(report.Target.Target, 0),
				Fingerprints: map[string]string{"gap/v1": report.Target.Target + " " + g}})
		}
		for k := range report.Verdicts {
			v := &report.Verdicts[k]
			if v.Status == NotAffected {
				continue
			}
			short := v.Record.Title()
			if short == "" {
				short = v.Record.ID
			}
			rule(SARIFRule{v.Record.ID, SARIFText{terminal.Line(short)}, v.Record.URL()})
			run.Results = append(run.Results, v.sarif())
		}
	}
	return &SARIF{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []SARIFRun{run}}
}

func (v *Verdict) sarif() SARIFResult {
	text := string(v.Status) + ": " + v.Module.name() + ": " + terminal.Line(v.Reason) + "."
	if v.Fixed != "" {
		text += " Fixed in " + v.Fixed + "."
	}
	s := SARIFResult{RuleID: v.Record.ID, Level: "error", Message: SARIFText{text},
		Locations:    locations(v.Module.File, v.Module.Line),
		Fingerprints: map[string]string{"advisory/v1": v.Record.ID + " " + v.Module.Path}}
	if v.Status == Unknown {
		s.Level = "warning"
	}
	if v.Suppressed != nil {
		s.Suppressions = []SARIFSuppression{{"external", v.Suppressed.Reason}}
	}
	return s
}

// locations names a file, relative as it was named, and a line if there is one.
func locations(file string, line int) []SARIFLocation {
	if file == "" || file == "-" {
		return nil
	}
	name := filepath.ToSlash(filepath.Clean(file))
	uri := (&url.URL{Path: name}).String()
	if filepath.IsAbs(file) {
		uri = (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(name, "/")}).String()
	}
	at := SARIFPhysical{Artifact: SARIFArtifact{uri}}
	if line > 0 {
		at.Region = &SARIFRegion{line}
	}
	return []SARIFLocation{{at}}
}
